"""How fine are a market's sizes and prices, and how is it listed?

A lot is a power of ten that makes every size whole (the step size, where a file of markets says
it); a tick is what makes lots times ticks whole quote units of 1e-6. A deleveraging has no price in
ticks: it is booked with its exact amount.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from domain.specification import MarketSpec, Tier, listed_fact
from domain.units import Decimal10, parse_decimal, parse_ratio
from domain.venue import Venue
from importers.dydx.fills import FORCED, Fill
from importers.hyperliquid.fields import Raw
from importers.hyperliquid.rows import MONEY_PLACES, RowRefused

QUOTE_UNIT: Final = Decimal10(1, MONEY_PLACES)
ONE_TIER: Final = (Tier(0, Fraction(1), Fraction(0)),)


class Markets:
    """Size decimals per market; below zero where a lot is ten, a hundred, …"""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self._tiers: dict[str, tuple[Tier, ...]] = {}
        self._listed: set[str] = set()
        self.inferred: set[str] = set()

    def learn_listed(self, venue: Venue) -> None:
        """Markets that the log lists keep their scale."""
        for name, market in venue.markets.items():
            self.places[name] = _places(market.spec.lot_size)
            self._listed.add(name)

    def learn(self, raw: Raw) -> None:
        """What the indexer says of a market; raises `RowRefused` when it cannot be read."""
        name, step = raw.get("ticker"), parse_decimal(str(raw.get("stepSize")))
        if not isinstance(name, str) or step is None or step.mantissa <= 0:
            raise RowRefused("bad_field", f"market {str(name)[:40]} has no ticker and stepSize")
        if name in self._listed:
            return
        self.places[name] = _places(step)
        initial = parse_ratio(str(raw.get("initialMarginFraction")))
        maintenance = parse_ratio(str(raw.get("maintenanceMarginFraction")))
        if initial is not None and maintenance is not None and 0 <= maintenance <= initial <= 1:
            self._tiers[name] = (Tier(0, initial, maintenance),)

    def infer(self, fills: Iterable[Fill]) -> None:
        """Scales that nobody stated: the finest size, and as fine a price as then is left."""
        for fill in fills:
            if fill.market in self.places and fill.market not in self.inferred:
                continue
            known = self.places.get(fill.market)
            places = _places(fill.size)
            self.places[fill.market] = places if known is None else max(known, places)
            self.inferred.add(fill.market)

    def lots(self, fill: Fill) -> int:
        """The size in whole lots."""
        return self.in_lots(fill.market, fill.size.fraction(), "size")

    def in_lots(self, market: str, size: Fraction, name: str) -> int:
        """A size in whole lots; raises `RowRefused` where it is finer."""
        lots = size * Fraction(10) ** self.places[market]
        if lots.denominator != 1:
            raise RowRefused("bad_scale", f"{name} is finer than the step of {market}")
        return lots.numerator

    def ticks(self, fill: Fill) -> int:
        """The price of an ordinary match in whole ticks."""
        places = MONEY_PLACES - self.places[fill.market]
        ticks = fill.price.fraction() * Fraction(10) ** places
        if ticks.denominator != 1 or fill.kind in FORCED:
            raise RowRefused("bad_scale", f"price is finer than a tick of {fill.market}")
        return ticks.numerator

    def is_single_tier(self, market: str) -> bool:
        """Whether margin rates are not known."""
        return market not in self._tiers and market not in self._listed

    def listing(self, market: str) -> dict[str, Any]:
        """The data of `market.listed`."""
        places = self.places[market]
        spec = MarketSpec(
            id=market,
            tick_size=_power(MONEY_PLACES - places),
            lot_size=_power(places),
            quote_unit=QUOTE_UNIT,
            point_value=1,
            tiers=self._tiers.get(market, ONE_TIER),
        )
        return dict(listed_fact(spec))


def _power(places: int) -> Decimal10:
    return Decimal10(1, places) if places >= 0 else Decimal10(10**-places, 0)


def _places(number: Decimal10) -> int:
    """Decimals of a number, below zero for its trailing zeros; at most the money's own."""
    if number.places:
        return min(number.places, MONEY_PLACES)
    digits = str(number.mantissa)
    return len(digits.rstrip("0")) - len(digits)
