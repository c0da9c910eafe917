"""Which holdings does a random round of auto-deleveraging start from?

A panel is plain numbers. The product's venue and the oracle's are both built from it, so it need
not balance, and it holds what no short story reaches: planted ties, scores that differ by 2^-100,
equity of exactly nothing, unknown entries.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

from domain.account import Account
from domain.adl.selection import Parameter
from domain.adl.selections import SELECTIONS
from domain.market import Market
from domain.position import Position
from domain.specification import AdlPolicy, MarketSpec, Tier
from domain.units import Decimal10, parse_decimal
from domain.venue import Venue
from tests.oracle.naive_venue import NaiveVenue

HERE, ELSEWHERE, BANKRUPT = "HERE", "ELSEWHERE", "Bankrupt"
Tiers = tuple[tuple[int, Fraction, Fraction], ...]
PARAMETER_TEXTS = ("0", "1", "2", "3", "17", "0.5", "1/3", "9/10", "123456789012345678901")


@dataclass(frozen=True)
class Party:
    """An account with one position, perhaps a second one elsewhere, and its whole equity."""

    account: str
    quantity: int
    cost: int
    equity: int
    opened_seq: int
    account_seq: int
    is_vault: bool = False
    in_liquidation: bool = False
    basis_known: bool = True
    elsewhere: tuple[int, int] | None = None
    """Quantity and cost in the other market."""


@dataclass(frozen=True)
class Panel:
    """Everything that a decision may depend on; the first party is the bankrupt one."""

    quote_unit: str
    point_value: int
    mark: int
    previous_mark: int | None
    tiers: Tiers
    parties: tuple[Party, ...]
    adl_list: tuple[str, ...]

    def cash(self, party: Party) -> int:
        """What leaves the party with its equity."""
        cash = party.equity - party.quantity * self.mark * self.point_value + party.cost
        if party.elsewhere is not None:
            quantity, cost = party.elsewhere
            cash -= quantity * self.mark * self.point_value - cost
        return cash

    def times(self, factor: int) -> "Panel":
        """The same with every amount of money in a unit that is worth `factor` times less."""
        parties = tuple(
            replace(party, cost=party.cost * factor, equity=party.equity * factor)
            for party in self.parties
        )
        tiers = tuple((start * factor, *rates) for start, *rates in self.tiers)
        return replace(self, point_value=self.point_value * factor, parties=parties, tiers=tiers)


def panel(rng: Random, side: int, *, crosses: bool = True) -> Panel:
    """A bankrupt holder of `side` (+1 long) and 2 to 40 others, most of them opposite to it."""
    mark = rng.randint(1, rng.choice((9, 300, 10**6)))
    point_value = rng.choice((1, 7, 100, 10**6, 10**24))
    size = rng.choice((3, 12, 12, 400, 10**9))
    spread = max(1, mark // rng.choice((1, 4, 30)))
    count = rng.choice((rng.randint(2, 8), rng.randint(2, 8), rng.randint(2, 40)))
    parties: list[Party] = []
    for name in names(rng, count):
        if parties and rng.random() < 0.4:
            party = twin(rng, rng.choice(parties))
        else:
            party = stranger(rng, -side, size, mark, point_value, spread)
            if crosses and rng.random() < 0.15:
                other = rng.choice((1, -1)) * rng.randint(1, size)
                shift = rng.randint(-spread, spread)
                elsewhere = (other, other * (mark + shift) * point_value)
                party = replace(party, elsewhere=elsewhere)
        parties.append(replace(party, account=name))
    opposite = sum(abs(party.quantity) for party in parties)
    need = max(1, opposite * rng.choice((1, 5, 20, 50, 90, 100, 130)) // 100)
    worth = need * mark * point_value
    lost = rng.choice((0, 1, worth // 100, worth // 20, worth // 3, -worth // 50))
    entry = side * need * (mark + side * rng.randint(0, spread)) * point_value
    bankrupt = Party(BANKRUPT, side * need, entry, -lost, 1, 1, rng.random() < 0.1, True)
    if crosses and rng.random() < 0.25:
        other = rng.choice((1, -1)) * rng.randint(1, size)
        bankrupt = replace(bankrupt, elsewhere=(other, other * mark * point_value))
    listed = [party.account for party in parties]
    return Panel(
        quote_unit=rng.choice(("1", "0.01", "0.000001", "0.3", "5")),
        point_value=point_value,
        mark=mark,
        previous_mark=rng.choice((None, mark, max(1, mark + rng.randint(-spread, spread)))),
        tiers=tiers(rng, mark * point_value * size),
        parties=(bankrupt, *parties),
        adl_list=tuple(rng.sample([*listed, "absent"], rng.randint(0, len(listed) + 1))),
    )


def names(rng: Random, count: int) -> list[str]:
    """Ids whose order by code point is not the one a reader expects."""
    heads = ("a", "A", "Z", "a.", "a-", "_", "0", "10", "9")
    return rng.sample([f"{head}{tail}" for head in heads for tail in range(6)], count)


def stranger(rng: Random, side: int, size: int, mark: int, point_value: int, spread: int) -> Party:
    if rng.random() < 0.05:
        side = -side
    lots = side * rng.randint(1, size)
    notional = abs(lots) * mark * point_value
    entry = max(1, mark - side * rng.choice((0, 1, rng.randint(-spread, spread), spread)))
    cost = lots * entry * point_value + rng.choice((0, 0, 0, -1, 1))
    if rng.random() < 0.01:
        cost = rng.choice((0, -cost))
    equity = rng.choice(
        (
            *(notional, notional + 1, notional // 3 + 1, notional * 2, notional // 50 + 1),
            *(rng.randint(1, notional), rng.randint(1, notional), 1, 0, -1),
        )
    )
    seq = rng.randint(2, 6)
    return Party("", lots, cost, equity, seq, rng.randint(2, 9), **status(rng))


def status(rng: Random) -> dict[str, bool]:
    return {
        "is_vault": rng.random() < 0.15,
        "in_liquidation": rng.random() < 0.06,
        "basis_known": rng.random() > 0.06,
    }


def twin(rng: Random, party: Party) -> Party:
    """Somebody with equal numbers, with equal ratios, or with a score a hair's breadth away."""
    kind = rng.randrange(5)
    if kind == 0:
        times = rng.choice((2, 3, 7))
        return replace(
            party,
            quantity=party.quantity * times,
            cost=party.cost * times,
            equity=party.equity * times,
            elsewhere=None,
        )
    if kind == 1:
        return replace(party, equity=party.equity + rng.choice((-1, 1)), **status(rng))
    if kind == 2:
        return replace(party, opened_seq=rng.randint(2, 6), account_seq=rng.randint(2, 9))
    if kind == 3:
        return replace(party, cost=party.cost + rng.choice((-1, 1)))
    return replace(party, **status(rng))


def tiers(rng: Random, notional: int) -> Tiers:
    first = rng.choice((Fraction(1, 20), Fraction(1, 30), Fraction(0), Fraction(3, 7)))
    rows = [(0, Fraction(1), first)]
    if rng.random() < 0.4:
        rows.append((max(1, notional // rng.choice((2, 9))), Fraction(1), Fraction(1, 2)))
    return tuple(rows)


def policy(rng: Random, selection: str, close_price: str, vault_candidate: str) -> AdlPolicy:
    """The policy with any valid parameters, found by the readers that the selection names."""
    found = SELECTIONS[selection].parameters
    parameters = tuple(sorted((one.name, valid(rng, one)) for one in found))
    trigger = rng.choice(("negative_equity", "vault_exhausted"))
    return AdlPolicy(selection, close_price, trigger, vault_candidate, parameters)


def valid(rng: Random, parameter: Parameter) -> str:
    read: Callable[[str], str | None] = parameter.read
    texts = [text for text in map(read, PARAMETER_TEXTS) if text is not None]
    assert texts, f"none of PARAMETER_TEXTS is a {parameter.name}"
    return rng.choice(texts)


def product_venue(given: Panel, chosen: AdlPolicy) -> tuple[Venue, Market]:
    """The venue and the market that the panel describes, positions in the panel's order."""
    venue = Venue()
    unit = parse_decimal(given.quote_unit)
    assert unit is not None
    for name in (HERE, ELSEWHERE):
        spec = MarketSpec(
            id=name,
            tick_size=Decimal10(1, 0),
            lot_size=Decimal10(1, 0),
            quote_unit=unit,
            point_value=given.point_value,
            tiers=tuple(Tier(*row) for row in given.tiers),
            adl=chosen,
        )
        market = venue.markets[name] = Market(spec, 1)
        market.mark, market.previous_mark = given.mark, given.previous_mark
        market.adl_list = given.adl_list
    for party in given.parties:
        liquidation = "LIQ-1" if party.in_liquidation else None
        role = "vault" if party.is_vault else "trader"
        account, seq = party.account, party.opened_seq
        venue.accounts[account] = Account(account, role, party.account_seq, 0, liquidation)
        venue.cash[account] = given.cash(party)
        held = (party.quantity, party.cost, seq, party.basis_known)
        venue.markets[HERE].positions[account] = Position(*held)
        venue.holdings[account] = (HERE,)
        if party.elsewhere is not None:
            venue.markets[ELSEWHERE].positions[account] = Position(*party.elsewhere, seq)
            venue.holdings[account] = (ELSEWHERE, HERE)
    return venue, venue.markets[HERE]


def oracle_venue(given: Panel, chosen: AdlPolicy) -> NaiveVenue:
    """The same in the oracle's dicts."""
    naive = NaiveVenue()
    naive.venue = {"quote_unit": Fraction(given.quote_unit)}
    keys = ("from", "initial", "maintenance")
    for name in (HERE, ELSEWHERE):
        naive.markets[name] = {
            "point_value": given.point_value,
            "tiers": [dict(zip(keys, row, strict=True)) for row in given.tiers],
            "vault": None,
            "adl": {
                "policy": chosen.selection,
                "close_price": chosen.close_price,
                "trigger": chosen.trigger,
                "vault_candidate": chosen.vault_candidate,
                "parameters": {key: Fraction(text) for key, text in chosen.parameters},
            },
        }
        naive.marks[name], naive.previous_marks[name] = given.mark, given.previous_mark
        naive.adl_lists[name] = list(given.adl_list)
    for party in given.parties:
        account = party.account
        naive.roles[account] = "vault" if party.is_vault else "trader"
        naive.cash[account] = given.cash(party)
        naive.account_opened[account] = party.account_seq
        naive.positions[HERE, account] = (party.quantity, party.cost)
        naive.opened[HERE, account] = party.opened_seq
        if party.in_liquidation:
            naive.in_liquidation[account] = 1
        if not party.basis_known:
            naive.basis_missing.add((HERE, account))
        if party.elsewhere is not None:
            naive.positions[ELSEWHERE, account] = party.elsewhere
    return naive
