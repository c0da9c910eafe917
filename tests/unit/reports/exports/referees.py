"""Which programs that know nothing of zerosum judge its exports, and what do they say?

They are run, never imported; a test that needs one which is not installed says so and is skipped.
"""

import csv
import io
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from domain.events import Event
from domain.respond import respond
from domain.submission import read_command
from domain.units import decimal_text
from domain.venue import Venue, apply
from reports.exports.beancount import beancount_lines
from reports.exports.hledger import hledger_lines
from reports.exports.journal import Journal, contract_of
from reports.exports.movements import movements
from reports.exports.naming import account_name
from tests.property.streams import stream

FORMS = {"hledger": hledger_lines, "beancount": beancount_lines}
CHECKS = {
    "hledger": (
        "hledger",
        "-f",
        "{}",
        "check",
        "-s",
        "balancednoautoconversion",
        "ordereddates",
    ),
    "beancount": ("bean-check", "--no-cache", "{}"),
}
BALANCES = {
    "hledger": (
        "hledger",
        "-f",
        "{}",
        "balance",
        "-O",
        "csv",
        "--layout=bare",
        "-E",
        "--flat",
        "-N",
    ),
    "beancount": (
        "bean-query",
        "--no-errors",
        "-f",
        "csv",
        "{}",
        "SELECT account, currency, sum(number) GROUP BY account, currency",
    ),
}
Balances = dict[tuple[str, str], str]


def program(name: str) -> str:
    """Where the program is; beside this Python or on the path. Skips when it is nowhere."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (docs/decisions/0012-referees.md)")
    return found


def run(command: Iterable[str], file: Path) -> subprocess.CompletedProcess[str]:
    name, *rest = (word.format(file) if word == "{}" else word for word in command)
    return subprocess.run(
        [program(name), *rest],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(file.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def complaint(form: str, file: Path) -> str:
    """What the program says against the file; nothing when it accepts it."""
    done = run(CHECKS[form], file)
    said = done.stdout + done.stderr
    assert done.returncode == 0 or said.strip(), "refused without a word"
    return said if done.returncode else ""


def balances(form: str, file: Path) -> Balances:
    """What every account holds, added up by the program; zeros are left out."""
    done = run(BALANCES[form], file)
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(io.StringIO(done.stdout)))[1:]
    found = {(row[0], row[1]): plain(row[2].strip()) for row in rows}
    return {key: value for key, value in found.items() if value != "0"}


def plain(number: str) -> str:
    """The number without trailing zeros."""
    whole, _, places = number.partition(".")
    places = places.rstrip("0")
    text = f"{whole}.{places}" if places else whole
    return "0" if text in ("-0", "0") else text


def held(venue: Venue, symbols: dict[str, str] | None = None) -> Balances:
    """What the same accounts hold as the venue says."""
    named = symbols or {}
    money, unit = named.get(venue.quote, venue.quote), venue.quote_unit
    costs: dict[str, int] = {}
    found = {
        ("Equity:Deposits", money): decimal_text(-venue.net_deposits * unit.mantissa, unit.places)
    }
    for account, cash in venue.cash.items():
        found[account_name(account, "Cash"), money] = decimal_text(
            cash * unit.mantissa, unit.places
        )
    for market in venue.markets.values():
        lot = contract_of(market.spec).unit
        for account, position in market.positions.items():
            lots = decimal_text(position.quantity * lot.mantissa, lot.places)
            found[account_name(account, "Position"), named.get(market.id, market.id)] = lots
            costs[account] = costs.get(account, 0) - position.cost
    for account, cost in costs.items():
        found[account_name(account, "Cost"), money] = decimal_text(
            cost * unit.mantissa, unit.places
        )
    return {key: value for key, value in found.items() if value != "0"}


@cache
def told(seed: int, length: int, profile: str) -> tuple[Event, ...]:
    """The events of a random story."""
    venue, events = Venue(), list[Event]()
    for command in stream(seed, length, profile):
        for event in respond(venue, read_command(command)).events:
            apply(venue, event)
            events.append(event)
    return tuple(events)


def written(
    form: str,
    events: Iterable[Event],
    file: Path,
    *,
    before: Venue | None = None,
    account: str | None = None,
) -> Venue:
    """Write the export; gives the venue at its end."""
    journal = Journal(before or Venue(), account)
    lines = FORMS[form](journal, movements(journal.venue, events), "a test")
    file.write_text("".join(lines), encoding="utf-8")
    return journal.venue
