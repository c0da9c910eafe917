"""Which kind of archive is this line from, and which rows does it hold?

Lines are known by their shape, never by the name of their file. What has no known shape is a
refused row of `unknown_kind`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from importers.hyperliquid.fields import LARGEST_WHOLE, address_of, text_or_none, utc_of
from importers.hyperliquid.fill_rows import Block, fill_row, trade_rows
from importers.hyperliquid.funding_rates import is_rate, rate_row
from importers.hyperliquid.ledger_updates import KINDS
from importers.hyperliquid.other_rows import (
    dump_row,
    event_rows,
    raw_key,
    refused_raw,
    socket_funding_row,
)
from importers.hyperliquid.pairs import RowOrPair, count_of, row_by_row
from importers.hyperliquid.plain_fills import PlainFills
from importers.hyperliquid.reading import Cells, Header, RawLine, read_line
from importers.hyperliquid.rows import Place, Refused, Row, RowRefused
from importers.hyperliquid.state_rows import (
    is_account_state,
    is_account_value,
    is_market_of_positions,
    position_rows,
    state_row,
    value_row,
)
from importers.hyperliquid.strict_json import Doubled, fault_in
from importers.hyperliquid.tables import TABLES
from importers.hyperliquid.unpacking import PACKED

BLOCK_FIELDS: Final = {"block_number", "block_time"}

Raw = dict[str, Any]


@dataclass(slots=True)
class Shapes:
    """Reads the lines of one file; remembers what a header said and which blocks were met."""

    file: str
    account: str | None = None
    places: Mapping[str, int] = field(default_factory=dict)
    header: list[str] = field(default_factory=list)
    metas: list[Raw] = field(default_factory=list)
    blocks: int = 0
    events: int = 0
    derived: bool = False
    plain_fills: PlainFills = field(init=False)
    _block_before: Block | None = None

    def __post_init__(self) -> None:
        self.plain_fills = PlainFills(self.file, self.places, _fill_in_block)

    def rows(self, raw: RawLine) -> list[Row]:
        """The rows of a line, in their order."""
        return row_by_row(self.pairs_and_rows(raw))

    def pairs_and_rows(self, raw: RawLine) -> list[RowOrPair]:
        """The same, but for rows that stand beside their partners and are plain: these together."""
        if raw.is_unread:
            found = self.plain_fills.rows(raw.line, raw.value)
            if found is not None:
                block, rows = found
                self._count(block, count_of(rows))
                return rows
            raw = read_line(raw.value, raw.line)
        return list(self._doubted_rows(raw))

    def _doubted_rows(self, raw: RawLine) -> Iterator[Row]:
        place = Place(self.file, raw.line, 0)
        if raw.fault is not None:
            detail = raw.fault
            key = raw_key(place, detail)
            yield Refused(place, None, key, "bad_json", detail, "unreadable")
            return
        try:
            yield from self._rows(place, raw.value)
        except RowRefused as fault:
            yield refused_raw(place, raw.value, fault)

    def _rows(self, place: Place, value: Any) -> Iterator[Row]:
        if isinstance(value, Header):
            self.header = list(value)
        elif isinstance(value, Cells):
            read = TABLES.get(tuple(self.header))
            if read is None:
                raise RowRefused("unknown_kind", "the columns are not those of a known table")
            yield read(place, value)
        elif isinstance(value, Doubled):
            raise RowRefused("bad_json", fault_in(value) or "")
        elif isinstance(value, dict) and value.keys() >= BLOCK_FIELDS:
            # A block without events may do without the list of them.
            yield from self._block(place, {"events": [], **value})
        elif isinstance(value, dict) and "events" in value:
            yield from self._block(place, value)
        elif isinstance(value, dict) and "channel" in value:
            yield from self._message(place, value)
        elif isinstance(value, list):
            yield from self._list(place, value)
        else:
            yield from self._single(place, value)

    def _single(self, place: Place, value: Any) -> Iterator[Row]:
        """A row by itself: a line of a dump, or an element of one."""
        if isinstance(value, dict) and is_market_of_positions(value):
            yield from position_rows(place, value)
            return
        if fault := fault_in(value):
            raise RowRefused("bad_json", fault)
        if not isinstance(value, dict):
            raise RowRefused("unknown_kind", f"a {type(value).__name__} by itself")
        if "universe" in value:
            self.metas.append(value)
        else:
            yield from self._known(place, value)

    def _known(self, place: Place, value: Raw) -> Iterator[Row]:
        if "fill" in value and isinstance(value["fill"], dict):
            role = value.get("role")
            yield fill_row(place, self._user(str(role) if role else None), value["fill"], None)
        elif isinstance(event := value.get("event"), dict) and "inner" in event:
            yield from event_rows(place.line, self.file, [event], Block(0, utc_of(event, "time")))
        elif "side_info" in value:
            yield from trade_rows(place, value)
        elif is_account_value(value):
            yield value_row(place, value)
        elif is_account_state(value):
            yield state_row(place, self._user(), value)
        elif "delta" in value:
            yield dump_row(place, self._user(), value)
        elif value.get("type") in KINDS:
            # A ledger update without its envelope has no time.
            yield dump_row(place, self._user(), {"delta": value})
        elif {"coin", "px", "sz", "side"} <= value.keys():
            user = value.get("user")
            yield fill_row(place, address_of(user) if user else self._user(), value, None)
        elif {"coin", "usdc", "szi"} <= value.keys():
            yield socket_funding_row(place, self._user(), value)
        elif is_rate(value):
            yield rate_row(place, value)
        elif {"vaultAddress", "equity"} <= value.keys():
            raise RowRefused("out_of_scope", "a share of a vault is no perpetual cash")
        else:
            names = ", ".join(sorted(value)[:6])
            raise RowRefused("unknown_kind", f"no known row has the fields {names}"[:160])

    def _list(self, place: Place, value: list[Any]) -> Iterator[Row]:
        match value:
            case [str(user), dict() as fill]:
                if fault := fault_in(fill):
                    raise RowRefused("bad_json", fault)
                yield fill_row(place, address_of(user), fill, None)
            case [dict() as meta, list()] if "universe" in meta:
                self.metas.append(meta)
            case _:
                for number, part in enumerate(value):
                    here = place._replace(row=number)
                    try:
                        yield from self._single(here, part)
                    except RowRefused as fault:
                        yield refused_raw(here, part, fault)

    def _message(self, place: Place, value: Raw) -> Iterator[Row]:
        data = value.get("data")
        if not isinstance(data, dict):
            raise RowRefused("bad_field", "the message has no data")
        user = address_of(data["user"]) if data.get("user") else self._user()
        kinds = {"userFills": "fills", "userFundings": "fundings"}
        kind = kinds.get(text_or_none(value, "channel") or "", "")
        if not isinstance(rows := data.get(kind), list):
            raise RowRefused("unknown_kind", f"a message of channel {value['channel']!r}"[:160])
        for number, part in enumerate(rows):
            here = place._replace(row=number)
            fault = fault_in(part) or (None if isinstance(part, dict) else "the row is no object")
            if fault:
                yield refused_raw(here, part, RowRefused("bad_json", fault))
            elif kind == "fills":
                yield fill_row(here, user, part, None)
            else:
                yield socket_funding_row(here, user, part)

    def _block(self, place: Place, value: Raw) -> Iterator[Row]:
        block, events = _block_of(value), value["events"]
        self._count(block, len(events))
        if events and isinstance(events[0], list):
            for row, event in enumerate(events):
                yield _fill_in_block(place._replace(row=row), event, block)
        else:
            yield from event_rows(place.line, self.file, events, block)

    def _count(self, block: Block, events: int) -> None:
        """A block may be split over several lines with the same envelope: it counts once."""
        self.blocks += block != self._block_before
        self._block_before = block
        self.events += events

    def _user(self, role: str | None = None) -> str:
        """The account of a dump that does not name it, and says so."""
        if self.account is not None and role is None:
            return self.account
        self.derived = True
        path = PurePosixPath(self.file)
        name = PurePosixPath(path.stem if path.suffix in PACKED else path).stem
        return f"account:{name}:{role}" if role else f"account:{name}"


def _block_of(value: Raw) -> Block:
    number = value.get("block_number")
    if (
        type(number) is not int
        or not 0 < number <= LARGEST_WHOLE
        or not isinstance(value["events"], list)
    ):
        raise RowRefused("bad_field", "a block line has a block_number and a list of events")
    return Block(number, utc_of(value, "block_time"))


def _fill_in_block(place: Place, event: Any, block: Block) -> Row:
    """One `[user, fill]` of a block, read field by field."""
    try:
        return _told(place, event, block)
    except RowRefused as fault:
        key = raw_key(place, event)
        return Refused(place, block.time, key, fault.code, fault.detail, "fill")


def _told(place: Place, event: Any, block: Block) -> Row:
    if fault := fault_in(event):
        raise RowRefused("bad_json", fault)
    match event:
        case [str(user), dict() as fill]:
            return fill_row(place, address_of(user), fill, block)
        case _:
            raise RowRefused("bad_field", "an event of a fill block is [user, fill]")
