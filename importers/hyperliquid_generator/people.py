"""Who trades on the made-up venue, with how much, and how boldly?"""

from dataclasses import dataclass
from typing import Final, Literal

from importers.hyperliquid_generator.chance import Chance
from importers.hyperliquid_generator.coins import MONEY

Kind = Literal["vault", "maker", "whale", "mid", "retail", "twin"]
VAULTS: Final = 2
TWINS: Final = 2
FEWEST: Final = 20
"""Fewer accounts make no story."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account: `leverage` is the most it uses, `longs` how often of 100 it goes long."""

    number: int
    user: str
    kind: Kind
    deposit: int
    leverage: int
    longs: int


def people(accounts: int, seed: int) -> list[Person]:
    """All accounts: first the liquidator vaults, then makers, then everyone else."""
    chance = Chance(seed, stream=1)
    makers = max(3, accounts // 20)
    names: set[str] = set()
    found: list[Person] = []
    twin_deposit = chance.between(8_000 * MONEY, 20_000 * MONEY)
    for number in range(accounts):
        user = _address(chance)
        while user in names:
            user = _address(chance)
        names.add(user)
        if number < VAULTS:
            deposit = chance.between(60_000, 160_000) * MONEY + accounts * chance.below(900 * MONEY)
            found.append(Person(number, user, "vault", deposit, 5, 50))
        elif number < VAULTS + makers:
            deposit = chance.between(2_000_000 * MONEY, 6_000_000 * MONEY)
            found.append(Person(number, user, "maker", deposit, 3, 50))
        elif number >= accounts - TWINS:
            found.append(Person(number, user, "twin", twin_deposit, 4, 0))
        else:
            found.append(_trader(number, user, chance))
    return found


def _trader(number: int, user: str, chance: Chance) -> Person:
    draw = chance.below(100)
    longs = 12 if chance.one_in(3) else 82
    if draw < 6:
        deposit = chance.between(900_000 * MONEY, 4_000_000 * MONEY)
        return Person(number, user, "whale", deposit, chance.between(2, 6), longs)
    if draw < 32:
        deposit = chance.between(9_000 * MONEY, 90_000 * MONEY)
        return Person(number, user, "mid", deposit, chance.between(3, 18), longs)
    deposit = chance.between(400 * MONEY, 5_000 * MONEY)
    return Person(number, user, "retail", deposit, chance.between(4, 38), longs)


def _address(chance: Chance) -> str:
    return f"0x{chance.bits():016x}{chance.bits():016x}{chance.bits() >> 32:08x}"
