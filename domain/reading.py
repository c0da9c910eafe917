"""How is one field of a command read, and what is said when it cannot be?"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from domain.errors import Rejected
from domain.units import (
    LARGEST_DECIMAL,
    Decimal10,
    is_identifier,
    parse_decimal,
    parse_ratio,
    whole_steps,
)

LONGEST_TEXT = 256
LONGEST_DECIMAL = 4_000
FINEST_STEP = 30
Fields = dict[str, Any]


def identifier_of(fields: Fields, field: str) -> str:
    """An account, market or order id: `[A-Za-z0-9_.-]{1,64}`."""
    value: str = fields[field]
    if not is_identifier(value):
        raise Rejected("bad_value", field=field)
    return value


def text_of(fields: Fields, field: str, default: str) -> str:
    """Free text without control characters, at most 256 characters."""
    value: str = fields.get(field, default)
    if len(value) > LONGEST_TEXT or (value and not value.isprintable()):
        raise Rejected("bad_value", field=field)
    return value


def choice_of(
    fields: Fields, field: str, choices: Sequence[str], default: str | None = None
) -> str:
    """One of a few words."""
    value = fields.get(field, default)
    if value not in choices:
        raise Rejected("bad_value", field=field)
    return str(value)


def amount_of(fields: Fields, field: str) -> Decimal10:
    """A decimal as written: plain digits, at most 10^30 in size."""
    value = parse_decimal(fields[field]) if len(fields[field]) <= LONGEST_DECIMAL else None
    if value is None:
        raise Rejected("bad_decimal", field=field)
    if abs(value.mantissa) > LARGEST_DECIMAL * 10**value.places:
        raise Rejected("out_of_range", field=field)
    return value


def step_of(fields: Fields, field: str) -> Decimal10:
    """A positive decimal that others are counted in: at most 30 digits after the point."""
    value = amount_of(fields, field)
    if value.mantissa <= 0:
        raise Rejected("not_positive", field=field)
    if value.places > FINEST_STEP:
        raise Rejected("out_of_range", field=field)
    return value


def positive_steps(fields: Fields, field: str, step: Decimal10, finer: str) -> int:
    """A positive decimal as whole steps; `finer` is the code for a value between two steps."""
    value = amount_of(fields, field)
    if value.mantissa <= 0:
        raise Rejected("not_positive", field=field)
    steps = whole_steps(value, step)
    if steps is None:
        raise Rejected(finer, field=field, value=fields[field][:80], step=step.text())
    return steps


def ratio_of(fields: Fields, field: str, default: Fraction | None = None) -> Fraction:
    """A decimal or `a/b`, at most 10^30 in size and fineness."""
    if field not in fields and default is not None:
        return default
    value = parse_ratio(fields[field]) if len(fields[field]) <= LONGEST_DECIMAL else None
    if value is None:
        raise Rejected("bad_decimal", field=field)
    if abs(value) > LARGEST_DECIMAL or value.denominator > LARGEST_DECIMAL:
        raise Rejected("out_of_range", field=field)
    return value
