"""How fine are a coin's sizes and prices, and how is its market listed?

A size has `szDecimals` decimals and a price at most `6 - szDecimals`, so lots times ticks are whole
quote units. Without `meta` the size decimals are the most that the rows show, as the report says.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from domain.specification import MarketSpec, Tier, listed_fact
from domain.units import Decimal10, parse_decimal
from domain.venue import Venue
from importers.hyperliquid.fields import in_units
from importers.hyperliquid.report import ImportReport
from importers.hyperliquid.rows import (
    MONEY_PLACES,
    Fill,
    Funding,
    Held,
    Row,
    RowRefused,
    Stated,
    exact,
)
from importers.hyperliquid.venue_facts import is_universe_of_other_network

QUOTE_UNIT: Final = Decimal10(1, MONEY_PLACES)
ONE_TIER: Final = (Tier(0, Fraction(1), Fraction(0)),)
_FIRST_LISTED_TABLE: Final = 50
_POWERS: Final = tuple(10**places for places in range(MONEY_PLACES + 1))


class Scales:
    """Size decimals and margin tiers per coin."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._tiers: dict[str, tuple[Tier, ...]] = {}
        self._foreign: set[str] = set()
        self._listed: set[str] = set()
        self.inferred: set[str] = set()

    def learn_listed(self, venue: Venue) -> None:
        """Markets that the log already lists keep their scale."""
        for name, market in venue.markets.items():
            self._places[name] = market.spec.lot_size.places
            self._listed.add(name)

    def learn_meta(self, meta: dict[str, Any]) -> None:
        """What the venue says about its coins; raises `RowRefused` when it cannot be read."""
        tables = _tables(meta.get("marginTables") or [])
        universe = meta.get("universe")
        if not isinstance(universe, list):
            raise RowRefused("bad_field", "universe is no list")
        names = [str(entry.get("name")) for entry in universe if isinstance(entry, dict)]
        if is_universe_of_other_network(names):
            raise RowRefused("out_of_scope", "assets are numbered as on another network")
        for entry in universe:
            if not isinstance(entry, dict):
                raise RowRefused("bad_field", "an asset is no object")
            name, places = entry.get("name"), entry.get("szDecimals")
            if not isinstance(name, str) or type(places) is not int or not 0 <= places <= 6:
                raise RowRefused("bad_field", f"asset {str(name)[:40]} has no szDecimals")
            if meta.get("collateralToken", 0) != 0:
                self._foreign.add(name)
            if name in self._listed:
                continue
            self._places[name] = places
            table = entry.get("marginTableId")
            leverage = table if type(table) is int and table < _FIRST_LISTED_TABLE else None
            one = leverage or entry.get("maxLeverage")
            if type(table) is int and table in tables:
                self._tiers[name] = tables[table]
            elif type(one) is int and one > 0:
                self._tiers[name] = (_tier(0, one),)

    def infer(self, rows: Iterable[Row]) -> None:
        """Size decimals of the coins that nobody described: the most that their rows show."""
        known = frozenset(self._places)
        for row in rows:
            if isinstance(row, Fill) and row.coin not in known:
                shown = max(exact(row.size).places, exact(row.start).places)
                self._places[row.coin] = min(
                    max(shown, self._places.get(row.coin, 0)), MONEY_PLACES
                )
                self.inferred.add(row.coin)
            elif isinstance(row, Stated):
                for held in row.held:
                    self._infer_held(held, known)

    def _infer_held(self, held: Held, known: frozenset[str]) -> None:
        """A state's sizes show a scale as fills do; floats show no more than their digits."""
        if held.coin not in known:
            places = next(
                (some for some in range(MONEY_PLACES) if 10**some % held.size.denominator == 0),
                MONEY_PLACES,
            )
            self._places[held.coin] = max(places, self._places.get(held.coin, 0))
            self.inferred.add(held.coin)

    @property
    def known_places(self) -> dict[str, int]:
        """Size decimals of all coins that are known so far."""
        return dict(self._places)

    def are_native(self, coins: Iterable[str]) -> bool:
        """Whether the money of all these coins is the books' money."""
        return self._foreign.isdisjoint(coins)

    def is_known(self, coin: str) -> bool:
        """Whether the coin's market can be listed."""
        return coin in self._places

    def is_stated(self, coin: str) -> bool:
        """Whether the venue or the log says the scale, not rows alone."""
        return coin in self._places and coin not in self.inferred

    def is_single_tier(self, coin: str) -> bool:
        """Whether the margin tiers are not known."""
        return coin not in self._tiers and coin not in self._listed

    def check_collateral(self, row: Fill | Funding) -> None:
        """Refuse a coin whose money is not the books' money."""
        if row.coin in self._foreign:
            raise RowRefused("out_of_scope", f"{row.coin} has another collateral token")

    def check_held(self, row: Stated) -> None:
        """Refuse a statement about positions whose money is not the books' money."""
        for held in row.held:
            if held.coin in self._foreign:
                raise RowRefused("out_of_scope", f"{held.coin} has another collateral token")

    def lots(self, coin: str, size: str) -> int:
        """Whole lots; refused when the size is finer than the coin's scale."""
        places = self._places[coin]
        lots = scaled(size, places)
        if lots is None:
            raise RowRefused(
                "bad_scale",
                f"size {exact(size).text()} of {coin} has more than {places} decimals",
            )
        return lots

    def printed_ticks(self, coin: str, price: str) -> int:
        """Whole ticks of a price as it is written; refused as in `ticks`."""
        ticks = scaled(price, MONEY_PLACES - self._places[coin])
        return self.ticks(coin, exact(price)) if ticks is None else ticks

    def ticks(self, coin: str, price: Decimal10) -> int:
        """Whole ticks; refused when the price is finer than the coin's scale."""
        places = MONEY_PLACES - self._places[coin]
        if price.places > places:
            raise RowRefused(
                "bad_scale", f"price {price.text()} of {coin} has more than {places} decimals"
            )
        return in_units(price, places)

    def places(self, coin: str) -> int:
        """Size decimals."""
        return self._places[coin]

    def lot(self, coin: str) -> Fraction:
        """One lot in the coin."""
        return Fraction(1, 10 ** self._places[coin])

    def tick(self, coin: str) -> Fraction:
        """One tick in quote currency."""
        return Fraction(1, 10 ** (MONEY_PLACES - self._places[coin]))

    def tell(self, report: ImportReport, venue: Venue) -> None:
        """Say which scales and tiers of the venue's markets nobody stated."""
        used = [coin for coin in sorted(venue.markets) if self.is_known(coin)]
        report.inferred_scales = {
            coin: venue.markets[coin].spec.lot_size.places for coin in used if coin in self.inferred
        }
        report.single_tier = [coin for coin in used if self.is_single_tier(coin)]

    def listing(self, coin: str) -> dict[str, Any]:
        """The data of `market.listed`."""
        places = self._places[coin]
        spec = MarketSpec(
            id=coin,
            tick_size=Decimal10(1, MONEY_PLACES - places),
            lot_size=Decimal10(1, places),
            quote_unit=QUOTE_UNIT,
            point_value=1,
            tiers=self._tiers.get(coin, ONE_TIER),
        )
        return dict(listed_fact(spec))


def scaled(text: str, places: int) -> int | None:
    """A decimal in whole units of `10^-places`; None when it is finer than these."""
    whole, _, digits = text.partition(".")
    if len(digits) > places:
        digits = digits.rstrip("0")
        if len(digits) > places:
            return None
    units: int = int(whole + digits) * _POWERS[places - len(digits)]
    return units


def _tables(raw: Any) -> dict[int, tuple[Tier, ...]]:
    try:
        return {number: _rising(table["marginTiers"]) for number, table in raw}
    except (TypeError, KeyError, ValueError) as fault:
        raise RowRefused("bad_field", f"a margin table cannot be read: {fault}") from fault


def _rising(raw: Any) -> tuple[Tier, ...]:
    tiers = tuple(_tier(_units(tier["lowerBound"]), tier["maxLeverage"]) for tier in raw)
    starts = [tier.from_notional for tier in tiers]
    if not tiers or starts[0] or starts != sorted(set(starts)):
        message = "lower bounds do not rise from 0"
        raise ValueError(message)
    return tiers


def _units(text: str) -> int:
    number = parse_decimal(text)
    if number is None or number.places > MONEY_PLACES:
        raise ValueError(text)
    return in_units(number, MONEY_PLACES)


def _tier(start: int, leverage: int) -> Tier:
    if type(leverage) is not int or leverage <= 0:
        message = f"leverage {leverage!r}"
        raise ValueError(message)
    # The venue's maintenance rate is half the initial rate at the tier's largest leverage.
    return Tier(start, Fraction(1, leverage), Fraction(1, 2 * leverage))
