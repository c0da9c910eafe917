"""How long does an audit of recorded closes take, when five hundred stand on the other side?

Every close is a decision of its own, judged under three readings and written as a row. In the hard
case each has a mark of its own, so that everybody is valued anew; in a burst the mark stands still.
"""

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from time import process_time

from domain.audit.auditing import Audit
from domain.specification import MarketSpec, Tier, listed_fact
from domain.units import Decimal10
from domain.venue import Fact, Venue, apply, enveloped
from reports.audit_rows import decision_row
from reports.audit_summary import Summary
from reports.page import json_text

Figures = dict[str, float]
SECOND = 10**9
START = 1_760_130_000 * SECOND
MARKET = "market/BTC"
WANTED = 35_000


def audit(_folder: Path, closes: int = 2_000, candidates: int = 500) -> Figures:
    """Seconds of CPU for 35,000 closes, measured on fewer."""
    scale = WANTED / closes
    return {
        "new marks s": scale * _seconds(list(_facts(closes, candidates, moves=True))),
        "one mark s": scale * _seconds(list(_facts(closes, candidates, moves=False))),
    }


def _seconds(facts: list[Fact]) -> float:
    venue, run = Venue(), Audit()
    summary = None
    started = process_time()
    written = 0
    for fact in facts:
        event = enveloped(venue, fact)
        for found in run.see(venue, event):
            summary = summary or Summary([one.reading for one in found.findings], 10 * SECOND)
            summary.add(found)
            written += len(json_text(decision_row(found)))
        apply(venue, event)
    return process_time() - started


def _facts(closes: int, candidates: int, *, moves: bool) -> Iterator[Fact]:
    """A vault, long against many shorts, and its closes in blocks of their own."""
    chance = random.Random(7)
    names = [f"0x{number:040x}" for number in range(candidates)]
    yield from _opening(names, chance)
    held = {}
    for number, name in enumerate(names):
        held[name] = chance.randrange(10**7, 10**9)
        data = {
            "buyer": "vault",
            "buyer_fee": 0,
            "price": 1_200_000 + chance.randrange(100_000),
            "purpose": "recorded",
            "quantity": held[name],
            "seller": name,
            "seller_fee": 0,
            "trade_id": str(number),
        }
        yield Fact("market.trade_executed/1", MARKET, data, START, {"block": 1})
    time, mark, previous = START, 1_100_000, None
    for number in range(closes):
        block = 10 + number
        if moves or previous is None:
            time, previous = time + SECOND, mark
            mark = 1_100_000 - chance.randrange(2_000)
            data = {"previous_price": previous, "price": mark}
            kind = "market.mark_price_updated/1"
            yield Fact(kind, MARKET, data, time, {"block": block, "key": f"mark|BTC|{block}"})
        victim, lots = chance.choice(names), chance.randrange(1, 100)
        yield Fact(
            "market.position_deleveraged/1",
            MARKET,
            {
                "amount": lots * previous,
                "bankrupt": "vault",
                "cost": None,
                "decision_id": None,
                "quantity": lots,
                "quantity_after": lots - held[victim],
                "quantity_before": -held[victim],
                "rank": None,
                "realized": 1,
                "score_denominator": None,
                "score_numerator": None,
                "victim": victim,
            },
            time,
            {"block": block, "liquidated": "vault"},
        )
        held[victim] -= lots


def _opening(names: list[str], chance: random.Random) -> Iterator[Fact]:
    system = ["insurance", "rounding", "treasury", "uncovered"]
    data: dict[str, object] = {"kind": "recorded", "name": "bench", "quote": "USDC"}
    data |= {"quote_unit": "0.000001", "system_accounts": system}
    yield Fact("venue.opened/1", "venue", data, START, {})
    tiers = (Tier(0, Fraction(1, 40), Fraction(1, 80)),)
    spec = MarketSpec("BTC", Decimal10(1, 1), Decimal10(1, 5), Decimal10(1, 6), 1, tiers)
    yield Fact("market.listed/1", MARKET, dict(listed_fact(spec)), START, {})
    for name in (*names, "vault"):
        role = {"label": "", "role": "trader"}
        yield Fact("account.opened/1", f"account/{name}", role, START, {})
        money = {"amount": chance.randrange(10**12, 10**13), "reference": ""}
        yield Fact("account.collateral_deposited/1", f"account/{name}", money, START, {})
