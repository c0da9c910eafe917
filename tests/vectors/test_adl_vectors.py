"""Is the same queue closed, by the same lots, at the same price and cost, as published?"""

from collections import Counter
from fractions import Fraction
from math import lcm
from typing import Any

import pytest

from domain.adl.allocation import allocated
from domain.adl.candidate import Candidate, Score
from domain.adl.decision import Decision, candidates, closure_amount, closure_cost, decision
from domain.adl.ranking import ranked
from domain.adl.selection import Circumstances, Selection
from domain.adl.selections.binance_quantile import BINANCE_QUANTILE
from domain.adl.selections.seeded_rotation import SEEDED_ROTATION
from domain.margin import bankruptcy_price, capacity
from domain.market import Market
from domain.position import fill
from domain.specification import AdlPolicy
from domain.units import Decimal10
from tests.vectors.cases import Case, cases_of
from tests.vectors.venues import UNIT, CaseVenue, decimal, number, policy_of, whole

BANKRUPT = "the-bankrupt-account"
NO_CIRCUMSTANCES = Circumstances(Fraction(1))
COUNTS_MONEY = ("profit-leverage-size@1", "profit-x-leverage@1", "largest-first@1")


def panel_of(given: dict[str, Any]) -> tuple[CaseVenue, Market]:
    """A venue with the candidates of a panel, in units that make all its numbers whole."""
    finest = UNIT
    for row in given["candidates"]:
        places = decimal(row["quantity"]).places + decimal(row["entry"] or "0").places
        if places > decimal(finest).places:
            finest = f"0.{'0' * (places - 1)}1"
    built = CaseVenue(given.get("quote_unit", given["market"].get("quote_unit", finest)))
    market = built.market("M", given["market"], policy_of(given))
    for row in given["candidates"]:
        built.with_equity(row["account"], market, row)
    return built, market


def panel_decision(case: Case) -> tuple[CaseVenue, Decision]:
    """The decision of a panel; without a price of its own it closes at the mark."""
    given = case["given"]
    built, market = panel_of(given)
    sign = "" if given["liquidated_side"] == "long" else "-"
    bankrupt = {"quantity": f"{sign}{given['need']}", "entry": given["market"]["mark"]}
    built.account(BANKRUPT, {"status": "in_liquidation"})
    built.hold(BANKRUPT, market, bankrupt)
    policy = policy_of({**given, "close_price": "mark"})
    return built, decision(built.venue, market, BANKRUPT, Fraction(market.price), policy)


@pytest.mark.parametrize("case", cases_of("ranking", "panel"))
def test_ranking_of_a_panel(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    built, decided = panel_decision(case)
    lot = built.venue.markets["M"].spec.lot_size.fraction()
    # Scores that count money count it in quote units.
    scale = built.unit.fraction() if given["policy"] in COUNTS_MONEY else Fraction(1)

    rows = [row for row in decided.rows if not row.admitted_loser]
    assert [row.candidate.account for row in rows] == expect["order"]
    for row in rows:
        wanted = expect["scores"][row.candidate.account]
        if isinstance(wanted, list):
            leverage, profit, poorer, newest = (Fraction(*part) for part in row.parts)
            unit = built.unit.fraction()
            assert [leverage, profit * unit, -poorer * unit] == [number(text) for text in wanted]
            assert newest == row.candidate.account_seq
        else:
            assert row.score is not None
            assert Fraction(*row.score) * scale == number(wanted)
    if not decided.queue.losers_included:
        assert decided.queue.excluded == Counter(expect["excluded"].values())
    assert closures_of(decided, lot) == expect["closures"]
    assert decided.residual * lot == number(expect["residual"])


def closures_of(decided: Decision, lot: Fraction) -> list[dict[str, str]]:
    return [
        {"account": row.candidate.account, "quantity": shown(row.closed * lot)}
        for _, row in decided.closures
    ]


def shown(value: Fraction) -> str:
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    return Decimal10(whole(value * 10**places), places).text()


@pytest.mark.parametrize("case", cases_of("ranking", "measures"))
def test_measures_of_candidates(case: Case) -> None:
    built, market = panel_of(case["given"])
    unit = built.unit.fraction()
    found = {
        one.account: one
        for side in (1, -1)
        for one in candidates(built.venue, market, side, Fraction(market.price))
    }

    for account, wanted in case["expect"]["measures"].items():
        one = found[account]
        for name, value in (
            ("unrealized", one.unrealized),
            ("notional", one.notional),
            ("cost_notional", one.cost_notional),
            ("equity", one.equity),
            ("wallet", one.equity - one.unrealized),
            ("maintenance", one.maintenance_margin),
        ):
            assert value * unit == number(wanted[name]), (account, name)
        ratio = Fraction(one.unrealized, one.cost_notional)
        assert ratio == number(wanted["return_on_cost"])
        if wanted["leverage"] is not None:
            assert Fraction(one.notional, one.equity) == number(wanted["leverage"])


@pytest.mark.parametrize("case", cases_of("ranking", "given_scores"))
def test_ranking_by_given_scores(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    scores = {row["account"]: number(row["score"]) for row in given["candidates"]}

    def score(candidate: Candidate, _: Circumstances) -> Score:
        value = scores[candidate.account]
        return value.numerator, value.denominator

    selection = Selection("given", "", "", "", "", in_profit_only=False, score=score)
    need = int(given["need"])
    queue = ranked(
        map(candidate_of, given["candidates"]),
        AdlPolicy(),
        selection,
        need,
        NO_CIRCUMSTANCES,
    )
    rows = allocated(queue.rows, selection, need, NO_CIRCUMSTANCES)

    assert [row.candidate.account for row in rows] == expect["order"]
    assert [
        {"account": row.candidate.account, "quantity": str(row.closed)}
        for row in rows
        if row.closed
    ] == expect["closures"]


def candidate_of(row: dict[str, str]) -> Candidate:
    size = int(row["quantity"])
    return Candidate(
        account=row["account"],
        quantity=size,
        cost=size,
        unrealized=0,
        notional=size,
        equity=1,
        maintenance_margin=0,
        capacity=abs(size),
        opened_seq=int(row["opened_seq"]),
        account_seq=1,
        is_vault=False,
    )


@pytest.mark.parametrize("case", cases_of("ranking", "rotation"))
def test_rotation_starts_where_the_seed_says(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    rows = [{"account": name, "quantity": "1", "opened_seq": "1"} for name in given["accounts"]]
    about = Circumstances(Fraction(1), (("seed", given["seed"]),))

    queue = ranked(
        map(candidate_of, rows),
        AdlPolicy("seeded-rotation@1", parameters=about.parameters),
        SEEDED_ROTATION,
        1,
        about,
    )

    assert [row.candidate.account for row in queue.rows] == expect["order"]
    first = sorted(given["accounts"])[int(expect["start"])]
    assert queue.rows[0].candidate.account == first


@pytest.mark.parametrize("case", cases_of("ranking", "binance_inputs"))
def test_quantile_score_of_published_inputs(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    profit, wallet = number(given["unrealized"]), number(given["wallet"])
    margin = number(given["margin_ratio"]) * (wallet + profit)
    scale = lcm(profit.denominator, wallet.denominator, margin.denominator)
    assert max(Fraction(0), profit) / max(Fraction(1), wallet) == number(expect["pnl_percent"])
    if wallet + profit <= 0:
        # Without equity there is no candidate to score; the public rule says zero.
        assert number(expect["score"]) == 0
        return
    one = candidate_of({"account": "a", "quantity": "1", "opened_seq": "1"})._replace(
        unrealized=whole(profit * scale),
        equity=whole((wallet + profit) * scale),
        maintenance_margin=whole(margin * scale),
    )

    rule = BINANCE_QUANTILE.score
    assert rule is not None
    found = rule(one, Circumstances(Fraction(scale)))
    assert Fraction(*found) == number(expect["score"])


@pytest.mark.parametrize("case", cases_of("pro_rata", "lots"))
def test_pro_rata_shares_in_lots(case: Case) -> None:
    expect = case["expect"]
    built, decided = panel_decision(case)
    lot = built.venue.markets["M"].spec.lot_size.fraction()

    shares = {row.candidate.account: row.closed * lot for row in decided.rows}
    assert shares == {account: number(text) for account, text in expect["closures"].items()}
    assert decided.residual * lot == number(expect["residual"])
    if not decided.queue.losers_included:
        assert decided.queue.excluded == Counter(expect["excluded"].values())


def fills_decision(case: Case) -> tuple[CaseVenue, Market, Decision, Fraction]:
    """The decision of a case with its bankrupt account, single or cross, and its exact price."""
    given = case["given"]
    liquidated = given["liquidated"]
    built, market = panel_of(given)
    if "equity" in liquidated:
        bankrupt = {**liquidated, "entry": "0", "status": "in_liquidation"}
        built.with_equity(BANKRUPT, market, bankrupt)
    else:
        own = liquidated.get("market", "M")
        for name, other in liquidated["markets"].items():
            if name != own:
                built.market(name, other)
        renamed = {("M" if m == own else m): q for m, q in liquidated["positions"].items()}
        built.with_balance(BANKRUPT, {**liquidated, "positions": renamed})
    venue = built.venue
    margins = {
        name: venue.maintenance_in(venue.markets[name], BANKRUPT)
        for name in venue.holdings[BANKRUPT]
    }
    price = bankruptcy_price(
        mark_price=market.price,
        quantity=market.positions[BANKRUPT].quantity,
        point_value=market.point_value,
        equity=venue.equity(BANKRUPT),
        weight=margins["M"],
        weight_total=sum(margins.values()),
    )
    return built, market, decision(venue, market, BANKRUPT, price), price


@pytest.mark.parametrize("case", cases_of("deleveraging_fills", "queue", "shares"))
def test_deleveraging_fills_of_a_decision(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    built, market, decided, price = fills_decision(case)
    unit, tick = built.unit.fraction(), market.spec.tick_size.fraction()
    lot = market.spec.lot_size.fraction()
    side = market.positions[BANKRUPT].sign
    before = built.venue.equity(BANKRUPT)

    assert decided.needed * lot == number(given["need"])
    assert price * tick == number(expect["bankruptcy_price"])
    assert decided.close_price * tick == number(expect["close_price"])
    if "order" in expect and not decided.queue.losers_included:
        assert [row.candidate.account for row in decided.rows] == expect["order"]
    if "excluded" in expect:
        assert decided.queue.excluded == Counter(expect["excluded"].values())
    assert decided.queue.losers_included is expect["losers_included"]
    costs = {}
    for _, row in decided.closures:
        account = row.candidate.account
        amount = closure_amount(market, side, row.closed, decided.close_price)
        cost = closure_cost(market, side, row.closed, amount)
        after = fill(market.positions[account], side * row.closed, amount, 9)
        costs[account] = {
            "quantity": row.closed * lot,
            "quote": side * amount * unit,
            "cost": cost * unit,
            "realized": after.realized * unit,
            "equity_after": (row.candidate.equity - cost) * unit,
        }
    assert costs == {
        closure["account"]: {
            key: number(value) for key, value in closure.items() if key != "account"
        }
        for closure in expect["closures"]
    }
    total = sum((fact["cost"] for fact in costs.values()), Fraction(0))
    assert decided.residual * lot == number(expect["residual"])
    assert total == number(expect["cost"])
    assert before * unit == number(expect["liquidated_equity_before"])
    assert before * unit + total == number(expect["liquidated_equity_after"])
    closed = sum((fact["quantity"] for fact in costs.values()), Fraction(0))
    assert -closed == number(expect["open_interest_change"])
    for account, lots in expect.get("shrunk_to", {}).items():
        assert costs[account]["quantity"] == number(lots)


@pytest.mark.parametrize("case", cases_of("deleveraging_fills", "pair"))
def test_deleveraging_fills_of_a_pair(case: Case) -> None:
    """One counterparty: zerosum leaves out who has no equity, the public rule may rescue it."""
    given, expect = case["given"], case["expect"]
    built = CaseVenue()
    for name, other in given["markets"].items():
        built.market(name, other)
    built.with_balance("l", given["liquidated"])
    built.with_balance("c", given["counterparty"])
    venue, market = built.venue, built.venue.markets[given["market"]]
    margins = {name: venue.maintenance_in(venue.markets[name], "l") for name in venue.holdings["l"]}
    position = market.positions["l"]
    price = Fraction(market.price)
    if given["close_price"] == "bankruptcy":
        price = bankruptcy_price(
            mark_price=market.price,
            quantity=position.quantity,
            point_value=market.point_value,
            equity=venue.equity("l"),
            weight=margins[market.id],
            weight_total=sum(margins.values()),
        )
    lots = abs(built.lots(market, given["close"]))
    gives = capacity(
        equity=venue.equity("c"),
        quantity=market.positions["c"].quantity,
        mark_price=market.price,
        price=price,
        point_value=market.point_value,
    )

    assert price * market.spec.tick_size.fraction() == number(expect["price"])
    answer = venue.equity("c") > 0 and gives >= lots
    assert answer is expect.get("accepted_if_solvent_only", False)
    if answer:
        amount = closure_amount(market, position.sign, lots, price)
        unit = built.unit.fraction()
        assert abs(amount) * unit == number(expect["quote"])
        for account, change, key in (
            ("l", amount, "liquidated_after"),
            ("c", -amount, "counterparty_after"),
        ):
            after = venue.cash[account] + change
            assert after * unit == number(expect[key]["quote_balance"])
