"""How is the report of a dYdX import written for programs and for people?

The object is that of every import; `assumed` says what this one assumes, `checks` which rules were
tested, and `unknown` what no row of the indexer can tell.
"""

from collections.abc import Iterator
from typing import Any

from importers.dydx.checks import STATEMENTS, UNKNOWN, Checks
from importers.hyperliquid.rendering import LISTED_IN_TEXT
from importers.hyperliquid.rendering import report_object as any_report_object
from importers.hyperliquid.rendering import report_text as any_report_text
from importers.hyperliquid.report import ImportReport


def report_object(report: ImportReport, checks: Checks) -> dict[str, Any]:
    """What is said about the rows."""
    return {
        **any_report_object(report),
        "assumed": {
            "order_in_block": "the indexer's event ids, else the order of the file",
            "accounts_named_after_files": sorted(report.derived_accounts),
            "size_decimals_from_rows": report.inferred_scales,
            "margin_tiers_unknown": report.single_tier,
        },
        "checks": [
            {
                "check": name,
                "statement": STATEMENTS[name],
                "checked": found.checked,
                "broken": found.broken,
                "first": found.first,
                "last": found.last,
            }
            for name, found in sorted(checks.found.items())
        ],
        "unknown": list(UNKNOWN),
    }


def report_text(report: ImportReport, checks: Checks) -> Iterator[str]:
    """The report for people, line by line."""
    for line in any_report_text(report):
        # What the other venue's ledger updates do is no assumption here.
        if not line.startswith("Effects "):
            yield line
    for name, found in sorted(checks.found.items()):
        broken = f", NOT SO {found.broken} times, first {found.first}" if found.broken else ""
        yield f"  {name} {STATEMENTS[name]}: {found.checked} looked at{broken}"
    if report.counts["deleveraged"]:
        yield "Not to be known from these rows:"
        yield from (f"  {said}" for said in UNKNOWN[:LISTED_IN_TEXT])
