"""How do the venue's own statements, and what became of them, stand in the report?

Regularities by name, statements met and not met, cash beside a snapshot, funding by coin and hour.
"""

from collections.abc import Iterator
from typing import Any, Final

from domain.instants import instant_text
from domain.units import decimal_text, fraction_text
from importers.hyperliquid import checks, identities
from importers.hyperliquid.report import ImportReport
from importers.hyperliquid.rows import MONEY_PLACES

LISTED_IN_TEXT: Final = 20
STATEMENTS: Final = {**checks.STATEMENTS, **identities.STATEMENTS}

Json = Any


def stated_object(report: ImportReport) -> dict[str, Json]:
    """The members of the JSON report."""
    return {
        "checks": [
            {
                "check": name,
                "statement": STATEMENTS[name],
                "checked": found.checked,
                "broken": found.broken,
                "first": found.first or None,
                "last": found.last or None,
            }
            for name, found in sorted(report.checks.found.items(), key=_by_number)
        ],
        "statements": [
            {
                "statement": name,
                "met": found.met,
                "differs": found.differs,
                "cannot_tell": found.undecidable,
            }
            for name, found in sorted(report.assertions.kinds.items())
        ],
        "differences": [found._asdict() for found in report.assertions.differences],
        "cash_against_snapshot": [
            {
                "account": found.account,
                "place": found.place,
                "said": fraction_text(found.said),
                "booked": fraction_text(found.booked),
                "difference": fraction_text(found.difference),
                "quantum": fraction_text(found.quantum),
            }
            for found in report.cash_compared
        ],
        "funding": [
            {
                "coin": found.coin,
                "time": instant_text(found.time),
                "block": found.block,
                "payments": found.payments,
                "sum": decimal_text(found.total, MONEY_PLACES),
                "is_complete": found.is_complete,
            }
            for found in report.funding_rounds
        ],
    }


def stated_text(report: ImportReport) -> Iterator[str]:
    """The same for people, as far as it is worth a line."""
    broken = [
        (name, found)
        for name, found in sorted(report.checks.found.items(), key=_by_number)
        if found.broken
    ]
    if report.checks.found:
        yield f"{len(report.checks.found)} regularities looked at, {len(broken)} with exceptions"
    for name, found in broken:
        yield (
            f"  {name} ({STATEMENTS[name]}): {found.broken} of {found.checked} do not, "
            f"first {found.first}"
        )
    for name, compared in sorted(report.assertions.kinds.items()):
        yield (
            f"  {name.replace('_', ' ')}: {compared.met} met, {compared.differs} differ, "
            f"{compared.undecidable} cannot be told"
        )
    for difference in report.assertions.differences[:LISTED_IN_TEXT]:
        yield (
            f"    {difference.place}: {difference.name} of {difference.subject} is "
            f"{difference.said}, booked {difference.booked}"
        )
    if report.cash_compared:
        off = sum(found.difference != 0 for found in report.cash_compared)
        within = sum(abs(found.difference) <= found.quantum for found in report.cash_compared)
        yield (
            f"Cash against the snapshot: {len(report.cash_compared)} accounts, "
            f"{len(report.cash_compared) - off} equal, {within} within what its floats resolve"
        )
    if report.funding_rounds:
        rounds = report.funding_rounds
        remainder = sum(found.total for found in rounds if found.is_complete)
        incomplete = sum(not found.is_complete for found in rounds)
        yield (
            f"Funding: {len(rounds)} coin-hours, {incomplete} with payers missing, remainder of "
            f"the others {decimal_text(remainder, MONEY_PLACES)}"
        )


def _by_number(item: tuple[str, object]) -> tuple[str, int]:
    """F2 before F10."""
    name = item[0]
    return name[0], int(name[1:])
