"""Which rows of the indexer stand in a value of a file?

Answers (`{"fills": […]}`, `{"trades": […]}`, `{"markets": {…}}`), socket messages of the channels
`v4_subaccounts`, `v4_parent_subaccounts` and `v4_trades`, and rows by themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from importers.dydx.fills import Fill, account_of, fill_row
from importers.hyperliquid.fields import Raw, text_of
from importers.hyperliquid.other_rows import refused_raw
from importers.hyperliquid.reading import RawLine, read_line
from importers.hyperliquid.rows import Place, Refused, RowRefused
from importers.hyperliquid.strict_json import fault_in

TRADES: Final = "v4_trades"
SUBACCOUNTS: Final = frozenset({"v4_subaccounts", "v4_parent_subaccounts"})
NO_ROWS: Final = frozenset({"connected", "subscribed", "unsubscribed", "pong"})


@dataclass(slots=True)
class Shapes:
    """Reads the values of one file; remembers markets, and whether the file had to name them."""

    file: str
    owner: str | None = None
    markets: list[Raw] = field(default_factory=list)
    is_derived: bool = False

    def rows(self, raw: RawLine) -> Iterator[Fill | Refused]:
        """The rows of a line, in their order."""
        place = Place(self.file, raw.line, 0)
        if raw.is_unread:
            # The reader leaves what looks like the other venue's blocks to that venue.
            raw = read_line(raw.value, raw.line)
        fault = raw.fault or fault_in(raw.value)
        if fault is not None:
            yield refused_raw(place, raw.value, RowRefused("bad_json", fault))
            return
        try:
            yield from self._rows(place, raw.value)
        except RowRefused as found:
            yield refused_raw(place, raw.value, found)

    def _rows(self, place: Place, value: Any) -> Iterator[Fill | Refused]:
        if isinstance(value, list):
            yield from self._many(place, value, self._row)
        elif not isinstance(value, dict):
            raise RowRefused("unknown_kind", f"a {type(value).__name__} by itself")
        elif "channel" in value:
            yield from self._message(place, value)
        elif isinstance(value.get("fills"), list):
            owner = value.get("address")
            named = owner if isinstance(owner, str) else None
            yield from self._many(place, value["fills"], self._row, named)
        elif isinstance(value.get("trades"), list):
            market = value.get("market") or value.get("id")
            yield from self._many(place, value["trades"], self._trade, market)
        elif isinstance(value.get("markets"), dict):
            self.markets += [one for one in value["markets"].values() if isinstance(one, dict)]
        else:
            yield self._row(place, value, None)

    def _message(self, place: Place, value: Raw) -> Iterator[Fill | Refused]:
        channel, contents = value["channel"], value.get("contents")
        if not isinstance(contents, dict):
            if value.get("type") in NO_ROWS:
                return
            raise RowRefused("bad_field", "the message has no contents")
        if channel == TRADES:
            yield from self._many(place, contents.get("trades"), self._trade, value.get("id"))
        elif channel in SUBACCOUNTS:
            # Orders, transfers and positions beside the fills say nothing that is booked here.
            owner = str(value.get("id") or "").partition("/")
            number = int(owner[2]) if owner[2].isdigit() else None
            rows = contents.get("fills") or []
            yield from self._many(place, rows, self._row, owner[0] or None, number)
        else:
            raise RowRefused("unknown_kind", f"a message of channel {str(channel)[:40]}")

    def _many(self, place: Place, values: Any, read: Any, *more: Any) -> Iterator[Fill | Refused]:
        if not isinstance(values, list):
            raise RowRefused("bad_field", "no list of rows")
        for number, value in enumerate(values):
            here = place._replace(row=number)
            if not isinstance(value, dict):
                yield refused_raw(here, value, RowRefused("bad_field", "the row is no object"))
                continue
            try:
                yield read(here, value, *(more or (None,)))
            except RowRefused as fault:
                yield refused_raw(here, value, fault)

    def _row(
        self, place: Place, raw: Raw, owner: str | None, number: int | None = None
    ) -> Fill | Refused:
        """A fill; where nothing says whose it is, the file's name stands for the account."""
        if number is not None and raw.get("subaccountNumber") is None:
            raw = {**raw, "subaccountNumber": number}
        found = account_of(raw, owner or self.owner)
        if found is None:
            self.is_derived = True
            name = PurePosixPath(self.file).name.partition(".")[0]
            found = account_of(raw, f"account:{name}")
        return fill_row(place, raw, found)

    def _trade(self, place: Place, raw: Raw, market: Any) -> Fill | Refused:
        """A public trade: the side is the taker's, and nobody is named."""
        named = {**raw, "market": raw.get("market") or market}
        text_of(named, "market")
        return fill_row(place, named, None)
