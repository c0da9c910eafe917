"""Small answers of the indexer, made up here."""

import json
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

from domain.envelope import encode, validate_data
from domain.events import Event
from domain.venue import Venue, apply
from importers.dydx.checks import Checks
from importers.dydx.importing import DydxImport
from importers.hyperliquid.report import ImportReport

ALICE, BOB, CAROL = (f"dydx1{letter * 38}" for letter in "abc")
HEIGHT = 22_033_593
Raw = dict[str, Any]


def divided(quote: str, size: str) -> str:
    """A price as the indexer's database divides: sixteen decimals, halves away from zero."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(quote) / Decimal(size)
        price = exact.quantize(Decimal("1e-16"), rounding=ROUND_HALF_UP)
    text = f"{price:f}"
    return text.rstrip("0").rstrip(".")


def fill(owner: str, side: str, size: str, price: str, kind: str = "LIMIT", **more: Any) -> Raw:
    """A row of the indexer, with the address that a dump of several accounts would name."""
    makes = kind in ("OFFSETTING", "LIQUIDATION")
    found = {
        "id": f"{kind}-{owner[-1]}-{side}-{size}-{price}-{more.get('createdAtHeight', HEIGHT)}",
        "address": owner,
        "side": side,
        "liquidity": "MAKER" if makes else "TAKER",
        "type": kind,
        "market": "ETH-USD",
        "marketType": "PERPETUAL",
        "price": price,
        "size": size,
        "fee": "0",
        "createdAt": "2024-08-05T01:09:28.338Z",
        "createdAtHeight": str(HEIGHT),
        "subaccountNumber": 0,
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def later(seconds: int, **more: Any) -> Raw:
    """Fields of a row so many blocks and seconds later."""
    time = f"2024-08-05T01:10:{seconds:02}.000Z"
    return {"createdAt": time, "createdAtHeight": str(HEIGHT + seconds), **more}


def deleveraging(size: str, quote: str, *, loser: str = ALICE, winner: str = BOB) -> list[Raw]:
    """Both rows of a long closed against a short."""
    price = divided(quote, size)
    return [
        fill(loser, "SELL", size, price, "DELEVERAGED"),
        fill(winner, "BUY", size, price, "OFFSETTING"),
    ]


def written(path: Path, *values: Any) -> Path:
    """A file of these values, one a line."""
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return path


@dataclass(frozen=True)
class Imported:
    """What an import gave, and the test's own venue that folded its events."""

    report: ImportReport
    checks: Checks
    events: list[Event]
    venue: Venue

    def of(self, kind: str) -> list[Raw]:
        """The data of all events of a kind."""
        return [event["data"] for event in self.events if event["type"] == kind]

    @property
    def reasons(self) -> dict[str, int]:
        """Rejected rows per reason."""
        return {code: found.count for code, found in self.report.reasons.items()}

    @property
    def findings(self) -> dict[str, int]:
        """Findings by the first word of their name."""
        return {name.partition(":")[0]: one.count for name, one in self.report.findings.items()}

    def lots(self, owner: str, number: int = 0) -> int:
        """Lots held in ETH-USD."""
        name = owner if ":" in owner else f"{owner}:{number}"
        position = self.venue.markets["ETH-USD"].positions.get(name)
        return 0 if position is None else position.quantity

    def status(self, owner: str) -> str:
        """What is certain about an account."""
        return next(one.status for one in self.report.checked if one.sums.account == f"{owner}:0")


def imported(*paths: Path, **options: Any) -> Imported:
    """Import, fold every event with the domain's own fold, and check what must always hold."""
    run = DydxImport(paths, **options)
    venue, events = Venue(), []
    for chunk in run.events():
        for event in chunk:
            validate_data(event)
            encode(event)
            apply(venue, event)
            events.append(event)
    report = run.report
    assert report.rows_in == report.moved + report.no_effect + report.rejected_rows
    assert report.holds, [account for account in report.checked if not account.is_exact]
    assert all(list(event["source"]) == sorted(event["source"]) for event in events)
    assert all(list(event["data"]) == sorted(event["data"]) for event in events)
    return Imported(report, run.checks, events, venue)
