"""What can a row of the archive be, once it is read?

A row is a fill, a funding payment, a ledger update, a mark, something that moves nothing by rule,
or refused. Decimals stay exact decimals here; lots and ticks need the scale of the coin (`scales`).
"""

from fractions import Fraction
from functools import partial
from typing import Any, Final, Literal, NamedTuple

from domain.units import Decimal10, parse_decimal

Reason = Literal[
    "bad_json",
    "bad_field",
    "bad_time",
    "bad_scale",
    "unknown_kind",
    "effect_unknown",
    "out_of_scope",
    "duplicate",
    "conflict",
    "before_snapshot",
    "after_end",
    "hash_mismatch",
    "fee_token",
    "aggregate",
]
"""Why a row is not applied: a closed list, a new reason is a new version of the report."""

StreamOrder = Literal["misc-first", "fills-first"]
STREAM_ORDERS: Final[dict[StreamOrder, str]] = {
    "misc-first": "ledger and funding before fills",
    "fills-first": "fills before ledger and funding",
}
"""Order inside a block, which the venue does not publish: a choice that has a name."""

MONEY_PLACES: Final = 6
NANOSECONDS: Final = 1_000_000
NOTHING: Final = Fraction(0)
RECORDED_BEFORE: Final = "recorded by an earlier import"
READ_BEFORE: Final = "the same row was read before"


def exact(text: str) -> Decimal10:
    """The decimal that a row was found to print."""
    number = parse_decimal(text)
    if number is None:
        raise ValueError(text)
    return number


class Place(NamedTuple):
    """Where a row stands: file, line, and its number within the line."""

    file: str
    line: int
    row: int

    def text(self) -> str:
        """`fills.jsonl:12#3`."""
        return f"{self.file}:{self.line}#{self.row}"


# A named tuple's own constructor costs twice as much.
new_place = partial(tuple.__new__, Place)


class RowRefused(Exception):
    """A row cannot be applied: one of the reasons, and what was found."""

    def __init__(self, code: Reason, detail: str) -> None:
        super().__init__(code, detail)
        self.code: Reason = code
        self.detail = detail


class Refused(NamedTuple):
    """A row that is not applied; `time` is None when the row does not say a believable one."""

    place: Place
    time: int | None
    key: str
    code: Reason
    detail: str
    kind: str
    amount: Fraction = NOTHING
    account: str | None = None
    block: int | None = None
    partner: str | None = None
    """A second account whose cash the row would have moved."""


class Liquidation(NamedTuple):
    """The liquidation mark of a fill: whom it liquidates, at which mark, how."""

    user: str | None
    mark: Decimal10 | None
    method: str


FEE_NOT_PRINTED: Final = "fee not printed: nothing is charged for an auto-deleveraging close"
"""Note of a close in a list that has no column for fees."""


class Fill(NamedTuple):
    """One side of a match, as printed. `time` is in nanoseconds, `sign` is +1 for a buy.

    `price`, `size` and `start` are exact decimals as the venue wrote them; `scales` makes ticks and
    lots of them.
    """

    place: Place
    time: int
    key: str
    account: str
    coin: str
    sign: int
    price: str
    size: str
    start: str
    closed_pnl: int | None
    fee: int
    label: str | None
    taker: bool | None
    match: int | None
    order: int | None
    hash: str
    block: int | None
    liquidation: Liquidation | None
    notes: tuple[str, ...] = ()
    counts: bool = True
    """False for the second side of a row that states both: a row is counted once."""
    grid: tuple[int, int, int] | None = None
    """Signed lots, lots of the start, ticks, where the coin's scale was known when it was read."""

    @property
    def core(self) -> tuple[object, ...]:
        """What must agree when the same row is delivered twice."""
        numbers = (exact(self.price), exact(self.size), exact(self.start))
        return (*numbers, self.closed_pnl, self.fee)

    @property
    def amount(self) -> Fraction:
        """Price times size."""
        return exact(self.price).fraction() * exact(self.size).fraction()


class Funding(NamedTuple):
    """A funding payment, positive when received; `samples` hours in one row."""

    place: Place
    time: int
    key: str
    account: str
    coin: str
    paid: int
    size: Decimal10 | None
    samples: int
    notes: tuple[str, ...] = ()
    block: int | None = None

    @property
    def core(self) -> tuple[object, ...]:
        """What must agree when the same row is delivered twice."""
        return (self.paid,)

    @property
    def amount(self) -> Fraction:
        """The printed payment."""
        return Fraction(self.paid, 10**MONEY_PLACES)


class Update(NamedTuple):
    """A ledger update: its effect is looked up in the table of `ledger_updates`."""

    place: Place
    time: int
    key: str
    subject: str
    kind: str
    delta: dict[str, Any]
    notes: tuple[str, ...] = ()
    block: int | None = None

    @property
    def core(self) -> tuple[object, ...]:
        """The key says it all."""
        return ()


class Mark(NamedTuple):
    """The mark price of a coin at an instant."""

    place: Place
    time: int
    key: str
    coin: str
    price: Decimal10
    notes: tuple[str, ...] = ()
    block: int | None = None
    """The block from whose start the mark is in force; None for a mark of the clock's minute."""

    @property
    def core(self) -> tuple[object, ...]:
        """What must agree when the same row is delivered twice."""
        return (self.price,)


class Idle(NamedTuple):
    """A row that moves no perpetual cash by rule."""

    place: Place
    time: int
    key: str
    kind: str
    notes: tuple[str, ...] = ()

    @property
    def core(self) -> tuple[object, ...]:
        """The key says it all."""
        return ()


class Held(NamedTuple):
    """A position in a state: size and notional at the state's mark, both signed, in currency."""

    coin: str
    size: Fraction
    notional: Fraction


class Stated(NamedTuple):
    """A statement about what an account has at an instant, after all events of that instant.

    `value` is the account value and None in a row that states a position alone.
    """

    place: Place
    time: int
    key: str
    account: str
    kind: str
    held: tuple[Held, ...]
    value: Fraction | None
    notes: tuple[str, ...] = ()
    answer: dict[str, Any] | None = None
    block: int | None = None

    @property
    def core(self) -> tuple[object, ...]:
        """What must agree when the same row is delivered twice."""
        return (self.held, self.value)


Row = Fill | Funding | Update | Mark | Idle | Stated | Refused
