"""What is an answer before anybody chose how to print it?

A page is data: the JSON object of the contract, and beside it tables and sentences for people. Both
carry the same decimal strings, so no rendering ever computes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.instants import instant_text

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Row = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class AsOf:
    """The point of the log for which an answer holds; an empty log has no time."""

    seq: int
    time: int | None
    root: str

    @property
    def time_text(self) -> str | None:
        """The time in UTC."""
        return None if self.time is None else instant_text(self.time)

    def body(self) -> dict[str, Json]:
        """As it stands in every JSON object."""
        return {"seq": self.seq, "time": self.time_text, "root": self.root}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people.

    `columns` are keys of the rows with their headings, `words` those that are text and stand left.
    """

    columns: Mapping[str, str]
    rows: Sequence[Row]
    words: frozenset[str] = frozenset()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: what programs read (`schema`, `as_of`, `body`) and what people read (`parts`).

    `rows` names the member of the body whose items are lines of NDJSON and CSV; `flat` are the
    lines of CSV where those items hold lists of their own.
    """

    schema: str
    as_of: AsOf | None
    body: dict[str, Json]
    rows: str | None = None
    parts: tuple[Table | str, ...] = field(default=())
    flat: Table | None = None

    def object(self) -> dict[str, Json]:
        """The whole JSON object."""
        head: dict[str, Json] = {"schema": self.schema}
        if self.as_of is not None:
            head["as_of"] = self.as_of.body()
        return {**head, **self.body}

    def lines(self) -> Sequence[Row]:
        """The rows as programs read them."""
        found = self.body.get(self.rows) if self.rows is not None else None
        if not isinstance(found, Sequence) or isinstance(found, str):
            return []
        return [row for row in found if isinstance(row, Mapping)]

    def rest(self) -> dict[str, Json]:
        """The JSON object without its rows."""
        return {key: value for key, value in self.object().items() if key != self.rows}


def json_text(value: Json) -> str:
    """One JSON value on one line, the way every answer is written."""
    return json.dumps(value, ensure_ascii=False)
