"""Does the venue's answer about an account agree with itself?

C1 to C10 of the format reference, in exact arithmetic on the printed decimals. They are statements
about the venue's own rules: what does not hold is a finding about the rule or the row, never a
reason to change the books. C10 holds in the newer of two readings only, so it is said which.
"""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final, NamedTuple

from domain.rounding import floor_of
from importers.hyperliquid.fields import Raw, decimal_of
from importers.hyperliquid.rows import MONEY_PLACES, RowRefused

_UNIT: Final = Fraction(1, 10**MONEY_PLACES)
_LIQUIDATION_DIGITS: Final = Fraction(1, 10**9)
STATEMENTS: Final[dict[str, str]] = {
    "C1": "account value = raw cash + Σ size·mark",
    "C2": "all raw cash = cross raw cash + Σ isolated raw cash",
    "C3": "isolated margin used = raw cash + size·mark",
    "C4": "cross margin used = notional / leverage, cut",
    "C5": "totals are the sums over the positions",
    "C6": "cross maintenance = Σ notional / (2 · largest leverage), cut, in the first tier",
    "C7": "open result and entry price belong to one entry notional",
    "C8": "the entry price is the entry notional / size, cut",
    "C9": "isolated liquidation price = −raw cash / (size − |size| / (2 · largest leverage))",
    "C10": "withdrawable = cross value − max(margin used, a tenth of the notional)",
}


class Identity(NamedTuple):
    """One identity looked at once."""

    name: str
    holds: bool


class _Position(NamedTuple):
    raw: Raw
    size: Fraction
    notional: Fraction
    is_cross: bool

    @property
    def value(self) -> Fraction:
        """Size times mark, signed."""
        return self.notional if self.size > 0 else -self.notional

    @property
    def own_cash(self) -> Fraction:
        """Raw cash of an isolated position."""
        return decimal_of(self.raw["leverage"], "rawUsd").fraction()


def identities(state: Raw, size_places: dict[str, int]) -> Counter[tuple[str, bool]]:
    """How often each identity holds and does not; fields that are not there are not looked at.

    `size_places` are the size decimals by coin, as far as they are known.
    """
    found: Counter[tuple[str, bool]] = Counter()
    for name, holds in _looked_at(state, size_places):
        found[name, holds] += 1
    return found


def _looked_at(state: Raw, size_places: dict[str, int]) -> Iterator[Identity]:
    positions = [_read(entry) for entry in state.get("assetPositions") or ()]
    cross = [one for one in positions if one.is_cross]
    everything, part = state.get("marginSummary"), state.get("crossMarginSummary")
    for summary, some in ((everything, positions), (part, cross)):
        if isinstance(summary, dict):
            yield from _sums(summary, some)
    if isinstance(everything, dict) and isinstance(part, dict):
        isolated = sum((one.own_cash for one in positions if not one.is_cross), Fraction(0))
        whole, of_cross = _money(everything, "totalRawUsd"), _money(part, "totalRawUsd")
        yield Identity("C2", whole == of_cross + isolated)
    for one in positions:
        yield from _of_position(one, size_places)
    has_maintenance = state.get("crossMaintenanceMarginUsed") is not None
    if cross and has_maintenance and all("maxLeverage" in one.raw for one in cross):
        each = [_cut(one.notional / (2 * _whole(one.raw, "maxLeverage"))) for one in cross]
        yield Identity("C6", sum(each) == _money(state, "crossMaintenanceMarginUsed"))
    if isinstance(part, dict) and state.get("withdrawable") is not None:
        used = max(_money(part, "totalMarginUsed"), _money(part, "totalNtlPos") / 10)
        free = max(_money(part, "accountValue") - used, Fraction(0))
        yield Identity("C10", _cut(free) == _money(state, "withdrawable"))


def _sums(summary: Raw, positions: list[_Position]) -> Iterator[Identity]:
    notional = sum((one.notional for one in positions), Fraction(0))
    is_trimmed = notional != _money(summary, "totalNtlPos")
    if is_trimmed and not positions:
        # Positions were left out: the totals alone can still belong together.
        value, raw = _money(summary, "accountValue"), _money(summary, "totalRawUsd")
        yield Identity("C1", abs(value - raw) <= _money(summary, "totalNtlPos"))
        return
    value = sum((one.value for one in positions), _money(summary, "totalRawUsd"))
    yield Identity("C1", value == _money(summary, "accountValue"))
    used = sum((_money(one.raw, "marginUsed") for one in positions), Fraction(0))
    yield Identity("C5", not is_trimmed and used == _money(summary, "totalMarginUsed"))


def _of_position(one: _Position, size_places: dict[str, int]) -> Iterator[Identity]:
    raw, size = one.raw, one.size
    used = _money(raw, "marginUsed")
    if one.is_cross:
        yield Identity("C4", _cut(one.notional / _whole(raw["leverage"], "value")) == used)
    else:
        yield Identity("C3", used == one.own_cash + one.value)
        if raw.get("liquidationPx") is not None and "maxLeverage" in raw:
            wall = size - abs(size) / (2 * _whole(raw, "maxLeverage"))
            price = decimal_of(raw, "liquidationPx").fraction()
            yield Identity("C9", abs(price + one.own_cash / wall) <= _LIQUIDATION_DIGITS)
    entry_notional = one.value - _money(raw, "unrealizedPnl")
    price = decimal_of(raw, "entryPx").fraction()
    exact = entry_notional / size
    places = size_places.get(str(raw.get("coin")))
    # Without the coin's scale the price may be cut at any digit that it shows.
    steps = range(MONEY_PLACES + 1) if places is None else (places,)
    grids = [Fraction(1, 10 ** (MONEY_PLACES - one)) for one in steps]
    yield Identity("C7", 0 <= exact - price < max(grids))
    yield Identity("C8", any(floor_of(exact / grid) * grid == price for grid in grids))


def _read(entry: Any) -> _Position:
    raw = entry.get("position") if isinstance(entry, dict) else None
    if not isinstance(raw, dict) or not isinstance(raw.get("leverage"), dict):
        raise RowRefused("bad_field", "a position without leverage")
    size = decimal_of(raw, "szi").fraction()
    if not size:
        raise RowRefused("bad_field", "a position of no size")
    return _Position(
        raw, size, _money(raw, "positionValue"), raw["leverage"].get("type") == "cross"
    )


def _money(raw: Raw, name: str) -> Fraction:
    return decimal_of(raw, name).fraction()


def _whole(raw: Raw, name: str) -> int:
    value = raw.get(name)
    if type(value) is not int or value <= 0:
        raise RowRefused("bad_field", f"{name} is no positive whole number")
    return value


def _cut(value: Fraction) -> Fraction:
    return floor_of(value / _UNIT) * _UNIT
