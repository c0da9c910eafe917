"""Who may see which part of an explanation?

An auditor sees everything. A trader sees its own row in full, and of everybody else the rank and
the outcome. The public sees totals. What others hold is not cut out of the object: a new object is
made of what is allowed, so a field that is added to explanations later stays hidden until it is
named here. What follows from other people's amounts is withheld with them: totals over fewer than
five candidates, the lights, and the nearest escape, which would give away a neighbour's score.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from reports.audience_words import FEWEST_FOR_TOTALS, AudienceWords

Document = Mapping[str, Any]

WITHHELD_ESCAPE: Final = "the nearest escape: its threshold would show another account's score"
WITHHELD_FROM_TRADERS: Final = (
    "names, sizes, equity and scores of other accounts",
    "the bankrupt account's name, equity and margin",
    WITHHELD_ESCAPE,
    "events in which the account had no part",
)
WITHHELD_FROM_THE_PUBLIC: Final = ("the rows of all accounts", "all events")
WITHHELD_TOTALS: Final = "totals, because there are fewer than five candidates"


class Audience(StrEnum):
    """For whom an explanation is written."""

    AUDITOR = "auditor"
    TRADER = "trader"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads, and what belongs to the reader beside the explanation itself.

    `side` is that of the bankrupt position, `seqs` are the events the reader is a party to, `row`
    the proof of its own row, `exclusion` the code under which it was no candidate.
    """

    audience: Audience
    quote: str
    side: str
    account: str | None = None
    seqs: frozenset[int] = field(default=frozenset())
    row: Document | None = None
    exclusion: str | None = None


def seen_by(document: Document, viewer: Viewer) -> dict[str, Any]:
    """The explanation as its reader may see it; the auditor's is the explanation itself."""
    if viewer.audience is Audience.AUDITOR:
        return dict(document)
    return _Redaction(document, viewer).made()


def has_totals(document: Document) -> bool:
    """Whether enough candidates stand behind the totals of this (whole) explanation."""
    count: int = document["candidates"]["count"]
    return count >= FEWEST_FOR_TOTALS


def audience_row(audience: Audience, account: str | None, *, has_totals: bool) -> dict[str, Any]:
    """Who reads, and what was withheld from them."""
    is_trader = audience is Audience.TRADER
    withheld = list(WITHHELD_FROM_TRADERS if is_trader else WITHHELD_FROM_THE_PUBLIC)
    if not has_totals:
        withheld.append(WITHHELD_TOTALS)
    return {
        "name": str(audience),
        "account": account,
        "totals": "shown" if has_totals else "suppressed",
        "withheld": withheld,
    }


def step_seen(step: Document, seqs: Container[int], *, has_totals: bool) -> dict[str, Any]:
    """A step as nobody but an auditor sees it: `seqs` are the reader's own events."""
    shown = _some(step, "step", "reason")
    total = _some(step, "offered", "used", "left") if has_totals else {}
    own = [seq for seq in step["seqs"] if seq in seqs]
    return {**_nothing(step), **shown, **total, "seqs": own}


def totals_seen(found: Document, *, has_totals: bool) -> dict[str, Any]:
    """Totals, where enough candidates stand behind them."""
    return dict(found) if has_totals else _nothing(found)


def conservation_seen(found: Document, *, has_totals: bool) -> dict[str, Any]:
    """Whether the books close, and the sums where they may be seen."""
    after = found["after"]
    return {
        "before": totals_seen(found["before"], has_totals=has_totals),
        "after": totals_seen(after, has_totals=has_totals),
        "sides": _compared(after["open_interest_long"], after["open_interest_short"]),
        "books": _compared(after["equity_sum"], after["net_deposits"]),
    }


class _Redaction:
    """Makes the object of a trader or of the public."""

    def __init__(self, document: Document, viewer: Viewer) -> None:
        self._of = document
        self._viewer = viewer
        self._totals = has_totals(document)
        self._own = self._own_row() if viewer.audience is Audience.TRADER else None
        self._words = AudienceWords(
            document, viewer.account, viewer.side, viewer.quote, self._own, viewer.exclusion
        )

    def made(self) -> dict[str, Any]:
        found, is_trader = self._of, self._viewer.audience is Audience.TRADER
        counts = is_trader or self._totals
        body: dict[str, Any] = {
            "schema": found["schema"],
            "as_of": found["as_of"],
            "audience": audience_row(
                self._viewer.audience, self._viewer.account, has_totals=self._totals
            ),
            "decision": self._decision(),
            "trigger": {**_nothing(found["trigger"]), **_some(found["trigger"], "rule", "holds")},
            "waterfall": [self._step(step) for step in found["waterfall"]],
            "candidates": {
                "count": found["candidates"]["count"] if counts else None,
                "excluded": dict(found["candidates"]["excluded"]) if self._totals else None,
                "root": found["candidates"]["root"],
                # Stands only where rows are salted, which is no secret.
                **_some(found["candidates"], *({"blinded"} & found["candidates"].keys())),
            },
            "ranking": [self._ranked(row) for row in found["ranking"]] if is_trader else [],
            "cut_after_rank": found["cut_after_rank"] if counts else None,
        }
        if is_trader:
            body["account"] = self._account()
        else:
            body["answer"] = self._words.public_answer(has_totals=self._totals)
        body["totals"] = totals_seen(found["totals"], has_totals=self._totals)
        body["conservation"] = conservation_seen(found["conservation"], has_totals=self._totals)
        body["verification"] = _some(found["verification"], "redecided", "ranking_root")
        body["evidence"] = [
            _some(item, "seq", "leaf")
            for item in found["evidence"]
            if item["seq"] in self._viewer.seqs
        ]
        if is_trader:
            body["own_row"] = None if self._viewer.row is None else dict(self._viewer.row)
        return body

    def _own_row(self) -> Document | None:
        rows: list[Document] = self._of["ranking"]
        return next((row for row in rows if row["account"] == self._viewer.account), None)

    def _decision(self) -> dict[str, Any]:
        decision: Document = self._of["decision"]
        shown = _some(decision, "id", "seq", "market", "policy", "close_price", "mark_price")
        total = _some(decision, "quantity") if self._totals else {}
        return {**_nothing(decision), **shown, **total}

    def _step(self, step: Document) -> dict[str, Any]:
        return step_seen(step, self._viewer.seqs, has_totals=self._totals)

    def _ranked(self, row: Document) -> dict[str, Any]:
        outcome = {"outcome": "not_closed" if row["closed"] == "0" else "closed"}
        if row is not self._own:
            return {**_nothing(row), "rank": row["rank"], **outcome}
        lights = {} if self._totals else {"lights": None}
        return {**row, **lights, **outcome}

    def _account(self) -> dict[str, Any]:
        own = self._own
        return {
            **_nothing(self._of["account"]),
            "account": self._viewer.account,
            "rank": None if own is None else own["rank"],
            "answer": self._words.answer(),
            "why_not_others": self._words.why_not_others(),
        }


def _some(found: Document, *names: str) -> dict[str, Any]:
    return {name: found[name] for name in names}


def _nothing(found: Document) -> dict[str, None]:
    """The same members without what they hold, so that readers find every key."""
    return dict.fromkeys(found)


def _compared(one: str, other: str) -> str:
    return "equal" if one == other else "differs"
