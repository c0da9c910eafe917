"""How long does an auto-deleveraging decision take, and how long its explanation?"""

import gc
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

Figures = dict[str, float]
Command = dict[str, object]


def adl_decide(folder: Path, candidates: int = 10_000) -> Figures:
    """Decide, commit to the ranking, read the round back and explain it; milliseconds."""
    from domain.adl.decision import decision, ranking_root
    from domain.bankruptcy import bankruptcy_quote
    from domain.venue import Venue
    from ledger.ledger import Ledger
    from ledger.store import rows_engine
    from projections.decisions import adl_round, adl_rounds
    from projections.read_model import ReadModel
    from reports.explanation import Asked, explained

    url = f"sqlite:///{folder / 'zerosum.db'}"
    with Ledger.create(url) as ledger:
        for _ in ledger.submit_many(_shorts(candidates)):
            pass
        venue = ledger.venue
        market = venue.markets["BTC-PERP"]
        price, _ = bankruptcy_quote(venue, market, "bust")
        decided = decision(venue, market, "bust", price)
        if len(decided.rows) != candidates:
            message = f"{len(decided.rows)} candidates instead of {candidates}"
            raise AssertionError(message)
        decide = _milliseconds(lambda: decision(venue, market, "bust", price))
        root = _milliseconds(lambda: ranking_root(decided.rows))
        ledger.submit({"command": "mark", "market": "BTC-PERP", "price": "53000"})
        engine = rows_engine(url, "write")
        model = ReadModel(engine)
        model.create()
        model.catch_up(ledger.events(), Venue(), ledger.leaf_at)
        with engine.connect() as connection:
            name = next(adl_rounds(connection, detail="summary")).id
            found = adl_round(connection, name)
            read = _milliseconds(lambda: adl_round(connection, name))
    explain = _milliseconds(lambda: explained(Asked(found, "USDC")))
    return {"decide ms": decide, "root ms": root, "read ms": read, "explain ms": explain}


def adl_page(folder: Path, candidates: int = 10_000) -> Figures:
    """Write the page of a decision, for an auditor and for a trader, and compare two policies."""
    from click.testing import CliRunner

    from cli.main import cli
    from ledger.ledger import Ledger

    url = f"sqlite:///{folder / 'zerosum.db'}"
    with Ledger.create(url) as ledger:
        for _ in ledger.submit_many(_shorts(candidates)):
            pass
        ledger.submit({"command": "mark", "market": "BTC-PERP", "price": "53000"})
        closure = next(
            event for event in ledger.events() if event["type"].startswith("market.position_del")
        )
    decision, victim = closure["data"]["decision_id"], closure["data"]["victim"]
    page = folder / "page.html"
    asked = {
        "auditor page": ["adl", "explain", decision, "--account", victim, "--html", str(page)],
        "trader page": [
            *("adl", "explain", decision, "--account", victim),
            *("--audience", "trader", "--html", str(page)),
        ],
        "whatif": [
            *("whatif", decision, "--json"),
            *("--policy", "pro-rata-size@1", "--policy", "risk-aware-pro-rata@1"),
        ],
    }
    found: Figures = {}
    for name, words in asked.items():
        result = CliRunner().invoke(cli, ["--store", url, *words])
        if result.exit_code:
            raise AssertionError(result.output)

        def ask(words: list[str] = words) -> object:
            return CliRunner().invoke(cli, ["--store", url, *words])

        found[f"{name} ms"] = _milliseconds(ask, times=3)
        if "page" in name:
            found[f"{name} KB"] = page.stat().st_size / 1_000
    return found


def rank_million(_folder: Path, positions: int = 1_000_000) -> Figures:
    """Order so many candidates by the default policy, exactly; seconds.

    A ranking makes two objects per candidate; what Python's collector of cycles adds is shown.
    """
    from domain.adl.candidate import Candidate
    from domain.adl.ranking import ranked
    from domain.adl.selection import Circumstances
    from domain.adl.selections import SELECTIONS
    from domain.specification import AdlPolicy

    chance = random.Random(7)
    candidates = []
    for number in range(positions):
        lots = chance.randint(1, 2_000)
        cost, value = lots * chance.randint(58_000_000, 64_000_000), lots * 60_000_000
        equity = chance.randint(5 * 10**8, 5 * 10**10)
        numbers = (-lots, -cost, cost - value, value, equity, value // 50, lots)
        candidates.append(
            Candidate(f"a{number:07}", *numbers, number + 2, number + 1, is_vault=False)
        )
    policy = AdlPolicy()
    selection = SELECTIONS[policy.selection]
    about = Circumstances(Fraction(10**6), policy.parameters)

    def rank() -> Any:
        return ranked(candidates, policy, selection, 10**12, about)

    collected = _milliseconds(rank, times=1) / 1_000
    gc.disable()
    alone = _milliseconds(rank, times=1) / 1_000
    gc.enable()
    return {"seconds": collected, "seconds without collector": alone}


def _milliseconds(work: Callable[[], object], times: int = 7) -> float:
    """The quickest of a few runs."""
    found = []
    for _ in range(times):
        started = perf_counter()
        work()
        found.append(perf_counter() - started)
    return min(found) * 1_000


def _shorts(count: int) -> Iterator[Command]:
    """So many shorts against two longs, the smaller of which a mark of 53,000 makes bankrupt."""
    chance = random.Random(7)
    yield {"command": "open_venue", "name": "bench"}
    yield {
        "command": "list_market",
        "market": "BTC-PERP",
        "tick_size": "0.1",
        "lot_size": "0.001",
        "margin_tiers": [{"from": "0", "initial": "0.02", "maintenance": "0.01"}],
    }
    yield {"command": "mark", "market": "BTC-PERP", "price": "60000"}
    for name, amount in (("bust", 130 * count), ("rich", 90_000 * count)):
        yield {"command": "open_account", "account": name}
        yield {"command": "deposit", "account": name, "amount": str(amount)}
    for number in range(count):
        name = f"a{number:06}"
        yield {"command": "open_account", "account": name}
        yield {"command": "deposit", "account": name, "amount": str(chance.randint(1_000, 50_000))}
        yield {
            "command": "trade",
            "market": "BTC-PERP",
            "buyer": "rich" if number % 5 else "bust",
            "seller": name,
            "price": str(chance.randint(58_000, 64_000)),
            "quantity": f"0.{chance.randint(1, 200):03}",
        }
