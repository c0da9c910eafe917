"""How does a test read a generated archive without any code of the product?"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from importers.hyperliquid_generator.generating import generate

Raw = dict[str, Any]
MICRO = Decimal("0.000001")


def evening(folder: Path, seed: int = 11, accounts: int = 60, fills: int = 3_000) -> Path:
    """A generated archive."""
    generate(folder, seed=seed, accounts=accounts, fills=fills)
    return folder


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table of the truth."""
    with (folder / "truth" / f"{name}.csv").open() as stream:
        return list(csv.DictReader(stream))


def decisions(folder: Path) -> list[Raw]:
    """All ADL decisions of the truth."""
    text = (folder / "truth" / "adl_decisions.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def blocks(folder: Path, stream: str) -> Iterator[Raw]:
    """The lines of a stream in the order of their hours."""
    files = (folder / "venue" / stream / "hourly" / "20251010").iterdir()
    for file in sorted(files, key=lambda path: int(path.name.partition(".")[0])):
        for line in file.read_text().splitlines():
            yield json.loads(line)


class Replay:
    """Money, positions and costs after the rows of an archive, in decimals and fractions."""

    def __init__(self, folder: Path) -> None:
        self.raw: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.size: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.cost: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        events = [(block["block_number"], 0, block) for block in blocks(folder, _MISC)]
        fills = [(block["block_number"], 1, block) for block in blocks(folder, _FILLS)]
        for _, rank, block in sorted(events + fills, key=lambda entry: entry[:2]):
            if rank:
                self._fill_block(block)
            else:
                for event in block["events"]:
                    self._misc(event["inner"])

    def _fill_block(self, block: Raw) -> None:
        events = block["events"]
        for (first, one), (second, other) in zip(events[::2], events[1::2], strict=True):
            same = ("coin", "px", "sz", "time", "hash", "tid")
            assert [one[name] for name in same] == [other[name] for name in same]
            assert {one["side"], other["side"]} == {"A", "B"}
            assert one["crossed"] is not other["crossed"]
            decoded = one["hash"][22:32]
            assert set(one["hash"]) == {"0", "x"} or decoded == f"04{block['block_number']:08x}"
            if one["coin"].startswith("@"):
                continue
            for user, row in ((first, one), (second, other)):
                assert Decimal(row["startPosition"]) == self.size[user, row["coin"]]
                self.raw[user] -= Decimal(row["fee"])
                if first != second:
                    self._move(user, row)
                else:
                    assert row["closedPnl"] == "0.0"

    def _move(self, user: str, row: Raw) -> None:
        key = (user, row["coin"])
        change = Decimal(row["sz"]) * (1 if row["side"] == "B" else -1)
        price, held = Decimal(row["px"]), self.size[key]
        after = held + change
        gained = Decimal(0)
        self.raw[user] -= change * price
        if held * change >= 0:
            self.cost[key] += change * price
        elif held * after > 0:
            released = Fraction(self.cost[key]) * Fraction(-change) / Fraction(held)
            exact = Decimal(round(released * 10**6)).scaleb(-6)
            gained = -change * price - exact
            self.cost[key] -= exact
        else:
            gained = held * price - self.cost[key]
            self.cost[key] = after * price
        self.size[key] = after
        assert gained == Decimal(row["closedPnl"])

    def _misc(self, inner: Raw) -> None:
        for delta in inner.get("Funding", {}).get("deltas", []):
            assert Decimal(delta["szi"]) == self.size[delta["user"], delta["coin"]]
            self.raw[delta["user"]] += Decimal(delta["funding_amount"])
        if "LedgerUpdate" in inner:
            update = inner["LedgerUpdate"]
            self._update(update["users"][0], update["delta"])

    def _update(self, user: str, delta: Raw) -> None:
        raw, amount = self.raw, Decimal(delta.get("usdc", "0"))
        match delta["type"]:
            case "deposit":
                raw[user] += amount
            case "withdraw":
                raw[user] -= amount + Decimal(delta["fee"])
            case "accountClassTransfer":
                raw[user] += amount if delta["toPerp"] else -amount
            case "internalTransfer" | "subAccountTransfer":
                raw[delta["user"]] -= amount
                raw[delta["destination"]] += amount
            case "vaultDeposit":
                raw[user] -= amount
                raw[delta["vault"]] += amount
            case "vaultWithdraw":
                raw[delta["vault"]] -= Decimal(delta["netWithdrawnUsd"])
                raw[delta["user"]] += Decimal(delta["netWithdrawnUsd"])
            case "send":
                if delta["sourceDex"] == "":
                    raw[delta["user"]] -= Decimal(delta["amount"])
                if delta["destinationDex"] == "":
                    raw[delta["destination"]] += Decimal(delta["amount"])


_FILLS = "node_fills_by_block"
_MISC = "misc_events_by_block"
