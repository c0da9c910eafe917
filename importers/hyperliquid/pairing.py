"""Which two rows are the two sides of one match?

Every match has two rows. An archive holds both, a dump of one account holds one of them, and a
match of an account with itself holds two of the same account with the same start.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from importers.hyperliquid.rows import Fill


class Side(NamedTuple):
    """A fill in whole lots and ticks; `change` is signed, `start` the position it says it met."""

    fill: Fill
    change: int
    start: int
    price: int


# A named tuple's own constructor costs twice as much.
new_side = partial(tuple.__new__, Side)


class Match(NamedTuple):
    """One match with the sides whose rows are present; `place` orders it among its instant."""

    place: int
    buyer: Side | None
    seller: Side | None

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that are present, buyer first."""
        return tuple(side for side in (self.buyer, self.seller) if side is not None)

    @property
    def first(self) -> Side:
        """The side whose row stands first; matches always have one."""
        return min(self.sides, key=lambda side: side.fill.place)

    @property
    def coin(self) -> str:
        """The market."""
        return self.sides[0].fill.coin

    @property
    def is_self_match(self) -> bool:
        """Whether one account stands on both sides."""
        return (
            self.buyer is not None
            and self.seller is not None
            and self.buyer.fill.account == self.seller.fill.account
        )


new_match = partial(tuple.__new__, Match)


def matches_of(sides: Sequence[Side]) -> list[Match]:
    """The matches among the fills of one instant, in the order of their first rows."""
    return _neighbours(sides) or _searched(sides)


def _neighbours(sides: Sequence[Side]) -> list[Match] | None:
    """The matches where each row's partner is the next row, as the archive prints them."""
    if len(sides) % 2:
        return None
    found: list[Match] = []
    numbers: set[tuple[str, int]] = set()
    for place in range(0, len(sides), 2):
        side, other = sides[place], sides[place + 1]
        fill, change, _, price = side
        partner, change_of_partner, _, price_of_partner = other
        _, _, _, account, coin, _, _, _, _, result, _, _, taker, match = fill[:14]
        (
            _,
            _,
            _,
            account_of_partner,
            coin_of_partner,
            _,
            _,
            _,
            _,
            result_of_partner,
            _,
            _,
            taker_of_partner,
            match_of_partner,
        ) = partner[:14]
        if (
            match is None
            or match != match_of_partner
            or coin != coin_of_partner
            or change != -change_of_partner
            or price != price_of_partner
            or account == account_of_partner
            or (taker is not None and taker == taker_of_partner)
            or result is None
            or result_of_partner is None
            or not fill.counts
            or not partner.counts
        ):
            return None
        # A number that stands twice may have its partner elsewhere.
        numbers.add((coin, match))
        pair = (place, side, other) if change > 0 else (place, other, side)
        found.append(new_match(pair))
    return found if len(numbers) == len(found) else None


def _searched(sides: Sequence[Side]) -> list[Match]:
    waiting: dict[tuple[object, ...], list[int]] = {}
    partner: dict[int, int] = {}
    for number, side in enumerate(sides):
        bucket = waiting.setdefault(_bucket(side), [])
        found = _best(sides, bucket, side)
        if found is None:
            bucket.append(number)
        else:
            bucket.remove(found)
            partner[found] = number
    second = frozenset(partner.values())
    return [
        _match(number, side, sides[partner[number]] if number in partner else None)
        for number, side in enumerate(sides)
        if number not in second
    ]


def _bucket(side: Side) -> tuple[object, ...]:
    """What both rows of a match have in common."""
    fill = side.fill
    if not fill.counts or fill.closed_pnl is None:
        return ("place", fill.place)
    same = (fill.coin, abs(side.change), side.price)
    return (*same, fill.match) if fill.match is not None else (*same, "hash", fill.hash)


def _best(sides: Sequence[Side], bucket: list[int], side: Side) -> int | None:
    """The waiting row that is the other side of this one."""
    for number in bucket:
        other = sides[number]
        if other.change != -side.change:
            continue
        if other.fill.account == side.fill.account:
            # Both rows of a self-match were computed before it.
            if other.start == side.start:
                return number
        elif other.fill.taker is None or other.fill.taker != side.fill.taker:
            return number
    return None


def _match(place: int, side: Side, other: Side | None) -> Match:
    return Match(place, side, other) if side.change > 0 else Match(place, other, side)
