"""Do book, vault and deleveraging follow each other as published, and is money conserved?"""

from fractions import Fraction
from typing import Any

import pytest

from domain.adl.decision import closure_amount, closure_cost
from domain.adl.policies import CLOSE_PRICES
from domain.book import Order
from domain.commands import UpdateMark
from domain.decide import decide
from domain.margin import bankruptcy_price
from domain.position import Position, fill
from domain.specification import LiquidationRule
from domain.venue import apply
from tests.vectors.cases import Case, cases_of
from tests.vectors.venues import CaseVenue, decimal, number, policy_of, whole

REASONS = {
    "takeover_cap": "capacity",
    "initial_margin": "margin",
    "all_taken": "all_taken",
    "above_backstop_ratio": "above_backstop",
    "no_vault": "no_vault",
}


def waterfall_of(case: Case) -> CaseVenue:
    given = case["given"]
    built, vault = CaseVenue(), given["vault"]
    rule = LiquidationRule(backstop_ratio=number(given["backstop_ratio"]))
    limits = None if vault is None else ("vault", vault["takeover_cap"])
    market = built.market("M", given["market"], policy_of(given), rule, limits)
    built.account("alice", {}, built.money(given["account"]["cash"]))
    built.hold("alice", market, given["account"])
    for row in given["candidates"]:
        built.with_equity(row["account"], market, row)
    if vault is not None:
        built.account("vault", {"role": "vault"})
        held = built.lots(market, vault["quantity"])
        cost = built.money(vault["open_cost"])
        if held:
            market.positions["vault"] = Position(held, cost, 5)
            built.venue.holdings["vault"] = ("M",)
        gain = held * market.price * market.point_value - cost
        built.venue.cash["vault"] = built.money(vault["equity"]) - gain
    side = market.positions["alice"].sign
    for seq, row in enumerate(given["book"], start=50):
        if row["account"] not in built.venue.accounts:
            built.account(row["account"], {}, 10**20)
        price, lots = built.ticks(market, row["price"]), built.lots(market, row["quantity"])
        market.book.add(Order(f"b{seq}", row["account"], side, price, lots, False, seq, True))
    return built


@pytest.mark.parametrize("case", cases_of("book_then_adl", "book_vault_adl"))
def test_book_then_vault_then_adl(case: Case) -> None:
    expect = case["expect"]
    built = waterfall_of(case)
    venue, market, unit = built.venue, built.venue.markets["M"], built.unit.fraction()
    lot, tick = market.spec.lot_size.fraction(), market.spec.tick_size.fraction()
    assert venue.equity("alice") * unit == number(expect["equity_before"])
    assert venue.maintenance_margin("alice") * unit == number(expect["maintenance_before"])

    events = decide(venue, UpdateMark("M", market.price), time=0, source={})
    facts: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        facts.setdefault(event["type"].partition("/")[0], []).append(event["data"])
        apply(venue, event)

    ended = facts.get("account.liquidation_ended", [])
    waiting = facts.get("account.liquidation_waiting", [])
    assert expect["outcome"] == (ended[0]["outcome"] if ended else "waiting")
    steps = {step["step"]: step for step in (ended or waiting)[0]["steps"]}
    for wanted in expect["steps"]:
        step = steps["takeover" if wanted["step"] == "vault" else wanted["step"]]
        assert step["used"] * lot == number(wanted["used"])
        assert step["left"] * lot == number(wanted["left"])
        if wanted["step"] == "book":
            assert step["offered"] * lot == number(wanted["offered"])
            sold = [
                (trade["price"] * tick, trade["quantity"] * lot)
                for trade in facts.get("market.trade_executed", [])
            ]
            assert sold == [(number(f["price"]), number(f["quantity"])) for f in wanted["fills"]]
        elif wanted["step"] == "vault":
            assert step["reason"] == REASONS[wanted["reason"]]
            for taken in facts.get("market.position_taken_over", []):
                assert Fraction(taken["quote"]["price"]) * tick == number(wanted["price"])
                assert abs(taken["amount"]) * unit == number(wanted["quote"])
        elif wanted.get("reason") == "equity_not_negative":
            assert step["reason"] == "not_triggered"
        else:
            closed = [
                (fact["victim"], fact["quantity"] * lot, fact["cost"] * unit)
                for fact in facts["market.position_deleveraged"]
            ]
            assert closed == [
                (c["account"], number(c["quantity"]), number(c["cost"])) for c in wanted["closures"]
            ]
            assert sum(cost for *_, cost in closed) == number(wanted["cost"])
    held = market.positions.get("alice")
    quantity = 0 if held is None else held.quantity
    assert quantity * lot == number(expect["quantity_after"])
    assert venue.cash["alice"] * unit == number(expect["cash_after"])
    assert venue.equity("alice") * unit == number(expect["equity_after"])
    for wanted in expect["steps"]:
        if "vault_equity_after" in wanted:
            assert venue.equity("vault") * unit == number(wanted["vault_equity_after"])
            after = market.positions["vault"]
            assert after.quantity * lot == number(wanted["vault_quantity_after"])
            assert abs(after.cost) * unit == number(wanted["vault_open_cost_after"])


@pytest.mark.parametrize("case", cases_of("conservation", "cost_identity"))
def test_cost_identity(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    built = CaseVenue("0.000000000001")
    previous = given.get("previous_marks", {})
    for name, market in given["markets"].items():
        extra = {"previous_mark": previous[name]} if name in previous else {}
        places = decimal(given["liquidated"]["positions"][name]).places
        lot_size = "1" if not places else f"0.{'0' * (places - 1)}1"
        built.market(name, {**market, **extra, "lot_size": lot_size})
    built.with_balance("l", given["liquidated"])
    venue, unit = built.venue, built.unit.fraction()
    equity = venue.equity("l")
    assert equity * unit == number(expect["equity"])
    # What a vault pays and what fees take has its share in the prices.
    spread = equity + built.money(given["vault_pays"]) - built.money(given["fees"])
    margins = {name: venue.maintenance_in(venue.markets[name], "l") for name in given["markets"]}
    prices = {}
    for name, market in venue.markets.items():
        held = market.positions["l"]
        at_bankruptcy = bankruptcy_price(
            mark_price=market.price,
            quantity=held.quantity,
            point_value=market.point_value,
            equity=spread,
            weight=margins[name],
            weight_total=sum(margins.values()),
        )
        before = market.price if market.previous_mark is None else market.previous_mark
        rule = CLOSE_PRICES[given["close_price"]]
        prices[name] = rule(held.sign, market.price, before, at_bankruptcy)
        tick = market.spec.tick_size.fraction()
        assert prices[name] * tick == number(expect["prices"][name])

    total = 0
    for close, wanted in zip(given["closes"], expect["costs"], strict=True):
        market = venue.markets[close["market"]]
        side = market.positions["l"].sign
        lots = abs(built.lots(market, close["quantity"]))
        amount = closure_amount(market, side, lots, prices[market.id])
        cost = closure_cost(market, side, lots, amount)
        # Each amount is rounded up by less than one unit of 10^-12.
        assert 0 <= cost * unit - number(wanted) < unit
        total += cost
    assert 0 <= total * unit - number(expect["total_cost"]) < len(given["closes"]) * unit


@pytest.mark.parametrize("case", cases_of("conservation", "trades"))
def test_trades_conserve_lots_and_money(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    unit = decimal(given["quote_unit"]).fraction()
    cash = {name: whole(number(row["cash"]) / unit) for name, row in given["accounts"].items()}
    begun = {name: row for name, row in given["accounts"].items() if "quantity" in row}
    places = max(decimal(row["quantity"]).places for row in (*given["trades"], *begun.values()))
    held: dict[str, Position | None] = dict.fromkeys(cash)
    for name, row in begun.items():
        lots = whole(number(row["quantity"]) * 10**places)
        held[name] = Position(lots, whole(number(row["cost"]) / unit), 0)
    realized = dict.fromkeys(cash, 0)

    for seq, (trade, wanted) in enumerate(
        zip(given["trades"], expect["after_each"], strict=True), start=1
    ):
        lots = whole(number(trade["quantity"]) * 10**places)
        amount = whole(number(trade["quantity"]) * number(trade["price"]) / unit)
        for account, sign in ((trade["buyer"], 1), (trade["seller"], -1)):
            after = fill(held[account], sign * lots, sign * amount, seq)
            held[account] = after.position
            cash[account] += after.realized
            realized[account] = after.realized
        for account, row in wanted.items():
            position = held[account] or Position(0, 0, 0)
            assert cash[account] * unit == number(row["cash"])
            assert Fraction(position.quantity, 10**places) == number(row["quantity"])
            assert position.cost * unit == number(row["cost"])
            assert realized[account] * unit == number(row["realized"])

    positions = [position for position in held.values() if position is not None]
    assert sum(p.quantity for p in positions) == number(expect["sum_quantity"])
    balance = sum(cash.values()) - sum(p.cost for p in positions)
    assert balance * unit == number(expect["sum_cash_minus_cost"])
    mark = number(given["mark"])
    equity = {
        account: cash[account] * unit
        + (0 if p is None else Fraction(p.quantity, 10**places) * mark - p.cost * unit)
        for account, p in held.items()
    }
    assert equity == {account: number(text) for account, text in expect["equity"].items()}
    assert sum(equity.values()) == number(expect["sum_equity"])
