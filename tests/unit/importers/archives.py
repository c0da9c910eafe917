"""Small archives in the venue's formats, made up here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.envelope import encode, validate_data
from domain.events import Event
from domain.instants import parse_instant
from domain.venue import Venue, apply, enveloped, fold
from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid.memory import Memory
from importers.hyperliquid.report import ImportReport

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
ALICE, BOB, CAROL, VAULT = (f"0x{digit * 40}" for digit in "abcd")
NOON = 1_760_097_600_000
BLOCK = 758_000_000
Raw = dict[str, Any]


def transaction(block: int, number: int = 0) -> str:
    """A hash that carries its block."""
    return "0x" + "7f" * 10 + "04" + f"{block:08x}" + f"{number:034x}"


def fill(coin: str, side: str, size: str, price: str, start: str = "0.0", **more: Any) -> Raw:
    """A fill as the venue prints it."""
    return {
        "coin": coin,
        "px": price,
        "sz": size,
        "side": side,
        "time": NOON,
        "startPosition": start,
        "closedPnl": "0.0",
        "hash": transaction(BLOCK),
        "oid": 1,
        "crossed": side == "B",
        "fee": "0.0",
        "tid": 77,
        "feeToken": "USDC",
        **more,
    }


def at(second: int, **more: Any) -> Raw:
    """Fields of a fill that many seconds after noon, with a match number of its own."""
    return {"time": NOON + second * 1000, "tid": 1000 + second, **more}


def block_line(events: list[Any], second: int = 0, block: int | None = None) -> str:
    """An archive line."""
    number = BLOCK + second * 12 if block is None else block
    time = f"2025-10-10T12:{second // 60:02}:{second % 60:02}.000123456"
    return json.dumps({"block_time": time, "block_number": number, "events": events})


def block_fill(second: int, *rows: tuple[str, Raw]) -> str:
    """A block of fills; their time and hash are the block's."""
    mine = {"time": NOON + second * 1000, "hash": transaction(BLOCK + second * 12)}
    return block_line([[user, {**raw, **mine}] for user, raw in rows], second)


def both(
    buyer: str, seller: str, coin: str, size: str, price: str, tid: int, **more: Any
) -> list[tuple[str, Raw]]:
    """Both rows of a match; `buyer_…` and `seller_…` fields go to one of them."""
    shared = {k: v for k, v in more.items() if not k.startswith(("buyer_", "seller_"))}
    rows = []
    for user, side, role in ((buyer, "B", "buyer_"), (seller, "A", "seller_")):
        own = {k.removeprefix(role): v for k, v in more.items() if k.startswith(role)}
        start = own.pop("start", "0.0")
        rows.append((user, fill(coin, side, size, price, start, tid=tid, **shared, **own)))
    return rows


def misc_line(second: int, *inners: Raw) -> str:
    """A block of misc events."""
    time = f"2025-10-10T12:{second // 60:02}:{second % 60:02}.000123456"
    hashed = transaction(BLOCK + second * 12)
    return block_line([{"time": time, "hash": hashed, "inner": inner} for inner in inners], second)


def ledger_update(users: list[str], kind: str, **delta: Any) -> Raw:
    """A misc event of a ledger update."""
    return {"LedgerUpdate": {"users": users, "delta": {"type": kind, **delta}}}


def written(path: Path, *lines: str | Raw) -> Path:
    """A file of these lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(text + "\n" for text in texts))
    return path


@dataclass(frozen=True)
class Imported:
    """What an import gave: its report, its events, and the test's own venue that folded them."""

    report: ImportReport
    events: list[Event]
    venue: Venue

    def of(self, kind: str) -> list[Raw]:
        """The data of all events of a kind."""
        return [event["data"] for event in self.events if event["type"] == kind]

    @property
    def reasons(self) -> dict[str, int]:
        """Rejected rows per reason."""
        return {code: found.count for code, found in self.report.reasons.items()}

    def lots(self, account: str, coin: str) -> int:
        """Lots held."""
        position = self.venue.markets[coin].positions.get(account)
        return 0 if position is None else position.quantity


def imported(*paths: Path, after: Imported | None = None, **options: Any) -> Imported:
    """Import, fold every fact with the domain's own fold, and check what must always hold.

    `after` is an earlier import into the same log.
    """
    venue, events = Venue(), []
    if after is not None:
        options |= {"venue": fold(Venue(), after.events), "memory": Memory.of(after.events)}
        venue = fold(Venue(), after.events)
    run = HyperliquidImport(paths, **options)
    for fact in run.facts():
        event = enveloped(venue, fact)
        validate_data(event)
        encode(event)
        apply(venue, event)
        events.append(event)
    report = run.report
    assert report.rows_in == report.moved + report.no_effect + report.rejected_rows
    assert report.rejected_rows == len(report.rejected) + report.recorded_before
    assert report.holds, [account for account in report.checked if not account.is_exact]
    cost = 0
    for market in venue.markets.values():
        assert sum(position.quantity for position in market.positions.values()) == 0
        cost += sum(position.cost for position in market.positions.values())
    assert sum(venue.cash.values()) - cost == venue.net_deposits
    assert all(list(event["source"]) == sorted(event["source"]) for event in events)
    assert all(list(event["data"]) == sorted(event["data"]) for event in events)
    return Imported(report, events, venue)


def differing(found: Imported) -> list[Raw]:
    """Sources of the facts that say that somebody's books are not what the venue says."""
    return [
        event["source"]
        for event in found.events
        if event["type"] == "venue.fact_rejected/1" and event["data"]["code"] == "statement_differs"
    ]


def nanoseconds(text: str) -> int:
    """An instant."""
    found = parse_instant(text)
    assert found is not None
    return found
