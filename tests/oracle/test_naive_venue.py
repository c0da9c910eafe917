"""Does the oracle itself agree with the worked example and with its own conservation laws?"""

from contextlib import suppress
from fractions import Fraction

import pytest

from tests.oracle import naive_adl
from tests.oracle import naive_margin as margin
from tests.oracle.generator import ITEMS, PROFILES, commands, coverage, unreached
from tests.oracle.naive_venue import NaiveRejected, NaiveVenue

UNIT = 10**6
BTC = "BTC-PERP"


def cascade_mini(policy: str = "pnl-leverage@1") -> NaiveVenue:
    """The worked example of mechanics.md up to the end of its third step."""
    venue = NaiveVenue()

    def do(command: str, **fields: object) -> None:
        venue.execute({"command": command, **fields})

    def order(account: str, side: str, quantity: str, price: str) -> None:
        do(
            "place_order",
            market=BTC,
            account=account,
            order_id=f"{account}-{len(venue.journal)}",
            side=side,
            quantity=quantity,
            price=price,
        )

    do("open_venue", name="mini")
    do("open_account", account="vault", role="vault")
    do(
        "list_market",
        market=BTC,
        tick_size="0.1",
        lot_size="0.001",
        margin_tiers=[{"from": "0", "initial": "0.1", "maintenance": "0.05"}],
        vault={"account": "vault", "takeover_cap": "120000"},
        adl={"policy": policy},
    )
    deposits = {
        "alice": 102000,
        "bob": 8000,
        "carol": 325000,
        "dave": 30000,
        "erin": 200000,
    }
    for account, amount in deposits.items():
        do("open_account", account=account)
        do("deposit", account=account, amount=str(amount))
    do("deposit", account="vault", amount="20000")
    do("mark", market=BTC, price="60000")
    order("bob", "sell", "1", "60000")
    order("dave", "sell", "2.5", "60000")
    order("carol", "sell", "6.5", "60000")
    order("alice", "buy", "10", "60000")
    order("erin", "buy", "6", "51000")
    order("erin", "buy", "5", "47900")
    do("mark", market=BTC, price="52000")
    do("mark", market=BTC, price="49000")
    return venue


def lines(venue: NaiveVenue, *kinds: str) -> list[tuple]:
    return [line for line in venue.journal if line[0] in kinds]


def closures(venue: NaiveVenue) -> list[tuple]:
    return [(line[3], line[4], line[5], line[7]) for line in lines(venue, "closure")]


def costs(venue: NaiveVenue) -> list[int]:
    """What each victim gave up against the mark: they were short."""
    worth = venue.marks[BTC] * venue.markets[BTC]["point_value"]
    return [line[6] - line[5] * worth for line in lines(venue, "closure")]


def test_the_worked_example_waits_with_one_and_a_half_at_49000() -> None:
    venue = cascade_mini()

    told = lines(venue, "liquidation_started", "takeover", "waiting", "ended", "decided")
    assert told == [
        ("liquidation_started", "alice"),
        ("ended", "alice", "healthy"),
        ("liquidation_started", "alice"),
        ("takeover", BTC, "alice", "vault", 2500, 120_000 * UNIT, "capacity"),
        ("waiting", "alice", {BTC: 1500}),
    ]
    assert lines(venue, "trade")[-1][2:6] == ("erin", "alice", 510_000, 6000)
    assert venue.equity("alice") == 1500 * UNIT


def test_the_worked_example_closes_bob_and_then_dave_at_48000() -> None:
    venue = cascade_mini()
    venue.execute({"command": "mark", "market": BTC, "price": "47600"})

    assert lines(venue, "decided") == [("decided", BTC, "alice", 1500, 480_000, 3, {}, False)]
    assert closures(venue) == [
        ("bob", 1, 1000, Fraction(217, 450)),
        ("dave", 2, 500, Fraction(3689, 9150)),
    ]
    assert costs(venue) == [400 * UNIT, 200 * UNIT]
    assert venue.journal[-1] == ("ended", "alice", "deleveraged")

    def row(account: str) -> tuple:
        quantity, cost = venue.positions.get((BTC, account), (0, 0))
        cash, equity = venue.cash[account], venue.equity(account)
        return cash // UNIT, quantity, cost // UNIT, equity // UNIT

    assert row("alice") == (0, 0, 0, 0)
    assert row("bob") == (20_000, 0, 0, 20_000)
    assert row("carol") == (325_000, -6500, -390_000, 405_600)
    assert row("dave") == (36_000, -2000, -120_000, 60_800)
    assert row("erin") == (200_000, 6000, 306_000, 179_600)
    assert row("vault") == (20_000, 2500, 120_000, 19_000)
    assert venue.net_deposits == 685_000 * UNIT


def test_profit_leverage_size_closes_carol_alone() -> None:
    venue = cascade_mini("profit-leverage-size@1")
    venue.execute({"command": "mark", "market": BTC, "price": "47600"})

    assert [line[:3] for line in closures(venue)] == [("carol", 1, 1500)]
    assert costs(venue) == [600 * UNIT]


def test_pro_rata_by_size_closes_everybody_a_little() -> None:
    venue = cascade_mini("pro-rata-size@1")
    venue.execute({"command": "mark", "market": BTC, "price": "47600"})

    closed = {victim: lots for victim, _, lots, score in closures(venue) if score is None}
    assert closed == {"bob": 150, "dave": 375, "carol": 975}
    assert sorted(costs(venue)) == [60 * UNIT, 150 * UNIT, 390 * UNIT]


def conserved(venue: NaiveVenue) -> None:
    for market in venue.markets:
        assert sum(q for (where, _), (q, _) in venue.positions.items() if where == market) == 0
        results = sum(r for (where, _), r in venue.realized.items() if where == market)
        if venue.marks[market] is not None:
            holders = [account for where, account in venue.positions if where == market]
            worth = venue.marks[market] * venue.markets[market]["point_value"]
            open_results = [venue.positions[market, a] for a in holders]
            assert results + sum(q * worth - n for q, n in open_results) == 0
    spent = sum(cost for _, cost in venue.positions.values())
    assert sum(venue.cash.values()) - spent == venue.net_deposits
    assert all(quantity != 0 for quantity, _ in venue.positions.values())
    assert min(venue.cash.get("insurance", 0), venue.cash.get("rounding", 0)) >= 0
    for account in set(venue.cash) - {"treasury", "uncovered"} - set(venue.in_liquidation):
        assert venue.equity(account) >= 0


@pytest.mark.parametrize("profile", PROFILES)
def test_quantities_and_money_are_conserved_after_every_command(profile: str) -> None:
    for seed in range(4):
        venue = NaiveVenue()
        for command in commands(seed, 200, profile):
            with suppress(NaiveRejected):
                venue.execute(command)
            conserved(venue)


def state(venue: NaiveVenue) -> dict:
    return {name: repr(value) for name, value in vars(venue).items() if name != "ids"}


def test_a_rejected_command_changes_no_state() -> None:
    venue, refused = NaiveVenue(), 0
    for command in commands(5, 300, "mixed"):
        before = state(venue)
        try:
            venue.execute(command)
        except NaiveRejected:
            refused += 1
            assert state(venue) == before
    assert refused > 5


def test_a_closed_need_and_its_residual_add_up_in_every_decision() -> None:
    for seed in range(6):
        venue = NaiveVenue()
        for command in commands(seed, 250, "crash"):
            with suppress(NaiveRejected):
                venue.execute(command)
        needed = closed = 0
        for line in venue.journal:
            if line[0] == "decided":
                assert closed <= needed
                needed, closed = line[3], 0
            if line[0] == "closure":
                closed += line[5]
        assert closed <= needed


def told(profile: str, seed: int, length: int = 250):
    """Each accepted command of a story with the venue after it and the lines it wrote."""
    venue = NaiveVenue()
    for command in commands(seed, length, profile):
        before = len(venue.journal)
        cash, positions = dict(venue.cash), dict(venue.positions)
        with suppress(NaiveRejected):
            venue.execute(command)
            yield venue, command, venue.journal[before:], cash, positions


@pytest.mark.parametrize("profile", PROFILES)
def test_accounts_that_no_line_names_keep_cash_and_positions(profile: str) -> None:
    for seed in range(3):
        for venue, command, lines_written, cash, positions in told(profile, seed):
            if command["command"] == "funding":
                continue
            named = {word for line in lines_written for word in line if isinstance(word, str)}
            for account in set(cash) - named - {"treasury", "rounding"}:
                assert venue.cash[account] == cash[account]
                for market in venue.markets:
                    key = (market, account)
                    assert venue.positions.get(key) == positions.get(key)


def test_a_vault_that_takes_over_covers_its_initial_margin_and_stays_within_its_cap() -> None:
    seen = 0

    class Watched(NaiveVenue):
        def move(self, account, market, change, amount) -> None:
            nonlocal seen
            super().move(account, market, change, amount)
            line = self.journal[-1]
            if line[0] == "takeover" and line[3] == account:
                seen += 1
                assert self.equity(account) >= self.initial(account)
                cap = self.markets[market]["takeover_cap"]
                held = abs(self.positions.get((market, account), (0, 0))[1])
                assert cap is None or held <= cap

    for seed in range(5):
        venue = Watched()
        for command in commands(seed, 250, "vault"):
            with suppress(NaiveRejected):
                venue.execute(command)
    assert seen > 20


def test_a_capacity_is_the_last_number_of_lots_that_leaves_equity(monkeypatch) -> None:
    fast, seen = naive_adl.capacity, []

    def slow(venue, market, victim, sign, price) -> int:
        rules, size = venue.markets[market], abs(venue.positions[market, victim][0])
        worth = sign * venue.marks[market] * rules["point_value"]
        for lots in range(size, -1, -1):
            paid = margin.quote(sign, lots, price, rules["point_value"]) - lots * worth
            if venue.equity(victim) - paid >= 0:
                break
        assert lots == fast(venue, market, victim, sign, price)
        seen.append(lots < size)
        return lots

    monkeypatch.setattr(naive_adl, "capacity", slow)
    for seed in range(6):
        list(told("crash", seed))
    assert True in seen
    assert False in seen


def test_an_account_at_exactly_its_maintenance_margin_is_safe() -> None:
    venue, poorer = cascade_mini(), cascade_mini()
    missing = venue.maintenance("alice") - venue.equity("alice")
    assert missing == 2175 * UNIT

    venue.execute({"command": "deposit", "account": "alice", "amount": "2175"})
    assert venue.equity("alice") == venue.maintenance("alice")
    assert venue.journal[-1] == ("ended", "alice", "healthy")
    assert venue.positions[BTC, "alice"][0] == 1500

    poorer.execute({"command": "deposit", "account": "alice", "amount": "2174.999999"})
    assert poorer.journal[-1] == ("ended", "alice", "closed")


def test_the_generator_repeats_itself_for_the_same_arguments() -> None:
    for profile in PROFILES:
        assert list(commands(7, 120, profile)) == list(commands(7, 120, profile))
        assert list(commands(7, 120, profile)) != list(commands(8, 120, profile))


def test_the_stories_reach_every_part_of_the_waterfall_and_every_refusal() -> None:
    reached = coverage(*range(12), length=250)
    assert unreached(reached) == []
    assert set(ITEMS) <= set(reached)
