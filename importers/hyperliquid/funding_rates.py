"""Does a published funding rate follow from its premium?

Rates are information: payments are booked as printed. A rate is checked against the rules that the
venue has had, and one that fits none of them is a finding. Premiums are printed to eight decimals,
so a rate may miss its rule by the last digit that the division leaves.
"""

from fractions import Fraction
from typing import Final, NamedTuple

from importers.hyperliquid.fields import Raw, decimal_of, milliseconds_of
from importers.hyperliquid.other_rows import raw_key, refused_raw
from importers.hyperliquid.rows import Idle, Place, Row, RowRefused

_INTEREST: Final = Fraction(1, 10_000)


class RateRule(NamedTuple):
    """rate = clamp((premium + clamp(interest − premium, ±inner)) / parts, ±outer)."""

    name: str
    inner: Fraction
    parts: int
    outer: Fraction | None

    def rate(self, premium: Fraction) -> Fraction:
        """The rate that follows from a premium."""
        rate = (premium + _clamp(_INTEREST - premium, self.inner)) / self.parts
        return rate if self.outer is None else _clamp(rate, self.outer)


RULES: Final = (
    RateRule("2023, each eight hours", Fraction(3, 10_000), 1, None),
    RateRule("hourly", Fraction(5, 10_000), 8, Fraction(4, 100)),
)
_LAST_DIGIT: Final = Fraction(1, 10**8)


def is_rate(value: Raw) -> bool:
    """Whether an object is a row of a history of funding rates."""
    return {"coin", "fundingRate", "premium", "time"} <= value.keys()


def rule_of(rate: Fraction, premium: Fraction) -> RateRule | None:
    """The rule that gives this rate for this premium; None where none does."""
    return next((one for one in RULES if abs(one.rate(premium) - rate) <= _LAST_DIGIT), None)


def rate_row(place: Place, raw: Raw) -> Row:
    """A published rate: it moves nothing."""
    try:
        time = milliseconds_of(raw)
        rate = decimal_of(raw, "fundingRate").fraction()
        premium = decimal_of(raw, "premium").fraction()
    except RowRefused as fault:
        return refused_raw(place, raw, fault, "funding rate")
    notes = () if rule_of(rate, premium) else ("funding_rate_follows_no_known_rule",)
    return Idle(place, time, raw_key(place, raw), "funding rate", notes)


def _clamp(value: Fraction, limit: Fraction) -> Fraction:
    return max(-limit, min(limit, value))
