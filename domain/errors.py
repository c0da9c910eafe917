"""Which rules can a command break?

Every refusal is a `Rejected`, named after its rule, with a stable code and the facts of the case.
The domain hands over facts; the sentence for people is written where it is shown.

    Rejected
    ├── RejectedUnread      the line is no command at all: reported, not recorded, consumes no id
    └── (all other codes)   recorded as venue.command_rejected

No rule of the venue but an input of deciding is wrong where the row key of the rankings is:

    RowKeyUnfit             nothing is decided, refused or recorded
    ├── RowKeyMissing       the log names a row key, and none is at hand
    └── RowKeyDiffers       the log names another row key than the one at hand
"""

from typing import ClassVar, Final

CODES: Final[dict[str, str]] = {
    "bad_json": "the line is not one JSON object",
    "truncated_line": "the last line ends before its JSON does",
    "duplicate_key": "a key stands twice in one object",
    "float_not_allowed": "numbers are decimal strings; JSON numbers with a point or exponent are "
    "refused",
    "bad_type": "a field has another JSON type than the command asks for",
    "bad_decimal": "a decimal is plain digits with at most one point and a leading minus",
    "bad_value": "a field's value is not one of those that the command allows",
    "unknown_command": "there is no command of this name",
    "unknown_field": "the command has no such field",
    "missing_field": "the command needs this field",
    "no_venue": "the first accepted command of a log is open_venue",
    "venue_exists": "a log holds one venue",
    "no_account": "the account was never opened",
    "account_exists": "an account is opened once",
    "no_market": "the market was never listed",
    "market_exists": "a market is listed once",
    "point_value_not_whole": "tick size times lot size must be a whole number of quote units",
    "bad_tiers": "tiers start at 0 and rise strictly, with 0 <= maintenance <= initial <= 1 and "
    "initial > 0",
    "bad_fee": "taker and liquidation fee lie in 0…1, the maker fee in -1…1",
    "not_a_vault": "only an account of role vault takes positions over",
    "not_positive": "the number must be above zero",
    "too_many_digits": "the amount is finer than the quote unit",
    "price_off_tick": "a price is a whole number of ticks",
    "quantity_off_lot": "a quantity is a whole number of lots",
    "no_order": "no such order rests in the market",
    "order_exists": "an order id is used once per market",
    "no_mark": "without a mark price there are no orders, trades or rate funding",
    "insufficient_margin": "the account's equity does not cover the initial margin afterwards",
    "in_liquidation": "an account in liquidation may only receive deposits",
    "post_only_would_cross": "a post-only order may not match on arrival",
    "reduce_only_would_increase": "a reduce-only order must reduce a position",
    "self_trade": "a trade needs two different accounts",
    "id_conflict": "this id was used for another command",
    "bad_time": "a time is whole nanoseconds since 1970 or ISO-8601 with a zone",
    "out_of_range": "a number beyond 10^30, or an event beyond 65,535 bytes",
}
"""Every refusal code and the rule it stands for; docs/reference/errors.md is checked against it."""

Fact = str | int | None


class Rejected(Exception):
    """A command broke the rule named by `code`; nothing has changed."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        return f"{CODES[self.code]}" + (f" ({facts})" if facts else "")


class RejectedUnread(Rejected):
    """The line cannot be read as a command at all, so there is nothing to record."""


class RowKeyUnfit(Exception):
    """A ranking can be committed to, or checked, only with the row key that the log names."""

    code: ClassVar[str] = "row_key_unfit"
    exit_code: ClassVar[int] = 5
    hint: ClassVar[str] = "give the venue's row key: --row-key FILE, from Python row_key=…"


class RowKeyMissing(RowKeyUnfit):
    """The log names a row key, and none is at hand."""

    code = "row_key_missing"

    def __init__(self, named: str) -> None:
        super().__init__(f"the rows of the ranking are salted with row key {named}; none is given")


class RowKeyDiffers(RowKeyUnfit):
    """The log names another row key than the one at hand."""

    code = "row_key_differs"

    def __init__(self, named: str, given: str) -> None:
        super().__init__(f"the log names row key {named}; the one given has digest {given}")


class InvariantBroken(Exception):
    """A defect: a named invariant does not hold after an event."""

    def __init__(self, name: str, seq: int, detail: str) -> None:
        super().__init__(f"{name} is broken at seq {seq}: {detail}")
        self.name = name
        self.seq = seq
        self.detail = detail
