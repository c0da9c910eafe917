"""How is an import's report written for programs and for people?

Amounts are exact decimal strings. The JSON object begins with the summary that `apply` has as well,
and then says everything else; the text says the same in sentences.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.units import decimal_text, fraction_text
from importers.hyperliquid.accounts import CheckedAccount
from importers.hyperliquid.assertions import VALUE_ORDER
from importers.hyperliquid.ledger_updates import EFFECTS_VERSION
from importers.hyperliquid.report import ImportReport
from importers.hyperliquid.rows import MONEY_PLACES, STREAM_ORDERS, Refused
from importers.hyperliquid.stated import stated_object, stated_text

LISTED_IN_TEXT = 20
MATCHES = (
    "pairs",
    "single_sides",
    "self_matches",
    "taken_over",
    "deleveraged",
    "rows_put_in_chain_order",
)

Json = Any


def money(units: int) -> str:
    """Quote units as decimal text."""
    return decimal_text(units, MONEY_PLACES)


def report_object(report: ImportReport) -> dict[str, Json]:
    """What is said about the rows; the caller adds what became of the facts."""
    return {
        "lines": report.lines,
        "applied": report.moved + report.no_effect,
        "rejected": [_rejected(row) for row in report.rejected],
        "rows": {
            "in": report.rows_in,
            "moved": report.moved,
            "no_effect": report.no_effect,
            "rejected": report.rejected_rows,
            "recorded_before": report.recorded_before,
        },
        "complete": report.is_complete,
        "holds": report.holds,
        "files": [
            {
                "file": name,
                "sha256": report.digests.get(name, b"").hex(),
                "lines": count.lines,
                "rows": count.rows,
                "moved": count.moved,
                "no_effect": count.no_effect,
                "rejected": count.rejected,
            }
            for name, count in sorted(report.files.items())
        ],
        "left_out": report.left_out,
        "blocks": report.blocks,
        "block_events": report.block_events,
        "kinds": [
            {"kind": kind, "outcome": outcome, "rows": count}
            for (kind, outcome), count in sorted(report.kinds.items())
        ],
        "reasons": [
            {
                "reason": code,
                "rows": found.count,
                "amount": fraction_text(found.amount),
                "first": found.first,
                "last": found.last,
            }
            for code, found in sorted(report.reasons.items())
        ],
        "matches": {name: report.counts[name] for name in MATCHES},
        "refused_kinds": [
            {"kind": kind, "reason": code, "rows": count}
            for (kind, code), count in sorted(report.refused_kinds.items())
        ],
        "counts": {
            name: count
            for name, count in sorted(report.counts.items())
            if name not in MATCHES and count
        },
        "chain_breaks": [
            {
                "place": found.place,
                "account": found.account,
                "coin": found.coin,
                "held": _lots(report, found.coin, found.held),
                "start": _lots(report, found.coin, found.start),
            }
            for found in report.breaks
        ],
        "findings": [
            {"finding": name, "count": found.count, "first": found.first, "last": found.last}
            for name, found in sorted(report.findings.items())
        ],
        **stated_object(report),
        "statuses": dict(sorted(report.statuses.items())),
        "accounts": [_account(report, account) for account in report.checked],
        "conservation": {
            "open_interest_difference": {
                coin: _lots(report, coin, lots) for coin, lots in report.conservation.items()
            },
            "cash_less_cost_less_net_deposits": money(report.net_difference),
        },
        "outside": [
            {"account": name, "cash": money(cash), "positions": _positions(report, positions)}
            for name, (cash, positions) in report.outside.items()
        ],
        "assumed": {
            "effects": EFFECTS_VERSION,
            "readings": dict(sorted(report.readings.items())),
            "order_in_block": STREAM_ORDERS[report.order],
            "liquidation_values_compared": VALUE_ORDER,
            "accounts_named_after_files": sorted(report.derived_accounts),
            "size_decimals_from_rows": report.inferred_scales,
            "margin_tiers_unknown": report.single_tier,
            "amounts_quantised": report.quantised,
        },
    }


def report_text(report: ImportReport) -> Iterator[str]:
    """The report for people, line by line."""
    yield (
        f"{report.lines} lines, {report.rows_in} rows = {report.moved} moved + "
        f"{report.no_effect} without effect + {report.rejected_rows} rejected"
    )
    if report.recorded_before:
        yield f"{report.recorded_before} rows were recorded by an earlier import"
    for code, found in sorted(report.reasons.items()):
        yield (
            f"  rejected {code}: {found.count}, amount {fraction_text(found.amount)}, "
            f"first {found.first}, last {found.last}"
        )
    for row in report.rejected[:LISTED_IN_TEXT]:
        yield f"    {row.place.text()}: {row.detail}"
    if (more := report.rejected_rows - report.recorded_before - LISTED_IN_TEXT) > 0:
        yield f"    and {more} more (--rejects FILE keeps all of them, as their files have them)"
    counts = report.counts
    yield (
        f"{counts['pairs']} matches with both rows, {counts['single_sides']} with one, "
        f"{counts['self_matches']} self-matches; {counts['taken_over']} takeovers, "
        f"{counts['deleveraged']} auto-deleveraging closes"
    )
    for gap in report.breaks[:LISTED_IN_TEXT]:
        held, start = (_lots(report, gap.coin, lots) for lots in (gap.held, gap.start))
        yield (
            f"  chain break at {gap.place}: {gap.account} holds {held} {gap.coin}, "
            f"the row begins at {start}"
        )
    for name, finding in sorted(report.findings.items()):
        yield f"  finding {name}: {finding.count}, first {finding.first}, last {finding.last}"
    yield from stated_text(report)
    yield from _assumptions(report)
    statuses = ", ".join(f"{count} {name}" for name, count in sorted(report.statuses.items()))
    if statuses:
        yield f"Accounts by status: {statuses}"
    yield from _sums(report.checked)
    for name, (cash, positions) in report.outside.items():
        holding = ", ".join(
            f"{lots} {coin}" for coin, lots in _positions(report, positions).items()
        )
        yield f"  {name}: cash {money(cash)}" + (f", {holding}" if holding else "")
    yield "The sums agree." if report.holds else "The sums DO NOT agree: see the accounts above."
    if not report.rows_in:
        yield "There was no row in these files."
    elif report.is_complete:
        yield "Every row is in the log."
    else:
        yield "Incomplete: some rows were rejected."


def _assumptions(report: ImportReport) -> Iterator[str]:
    if report.left_out:
        yield f"Not read: {', '.join(report.left_out[:LISTED_IN_TEXT])}"
    if report.derived_accounts:
        named = ", ".join(sorted(report.derived_accounts))
        yield f"Accounts named after files that name none: {named} (--account says otherwise)"
    if report.inferred_scales:
        coins = ", ".join(f"{coin} {places}" for coin, places in report.inferred_scales.items())
        yield f"Size decimals taken from the rows, no meta given: {coins}"
    if report.single_tier:
        yield f"Margin tiers unknown, booked as 1/1 and 0/1: {', '.join(report.single_tier)}"
    if report.quantised:
        yield f"{report.quantised} amounts were finer than 0.000001 and were rounded half to even"
    yield f"Effects {EFFECTS_VERSION}; order in a block: {STREAM_ORDERS[report.order]}"


def _sums(accounts: Sequence[CheckedAccount]) -> Iterator[str]:
    yield "1 account:" if len(accounts) == 1 else f"{len(accounts)} accounts:"
    for account in accounts[:LISTED_IN_TEXT]:
        sums = account.sums
        said = f"  {sums.account} ({account.status}): cash {money(account.now.cash)}"
        said += f" = before {money(sums.before.cash)} + closed pnl {money(sums.closed_pnl)}"
        said += f" - fees {money(sums.fees)} + funding {money(sums.funding)}"
        said += f" + deposits {money(sums.deposits)} - withdrawals {money(sums.withdrawals)}"
        said += f" + transfers {money(sums.transfers)}"
        for name, amount in sorted(sums.residues.items()):
            said += f" + {name} {money(amount)}"
        if not account.is_exact:
            said += f"; OFF BY {money(account.cash_difference)}, {money(account.raw_difference)}"
        yield said
    if (more := len(accounts) - LISTED_IN_TEXT) > 0:
        yield f"  and {more} more (--json lists all)"


def _rejected(row: Refused) -> dict[str, Json]:
    return {
        "file": row.place.file,
        "line": row.place.line,
        "row": row.place.row,
        "code": row.code,
        "detail": row.detail,
    }


def _account(report: ImportReport, account: CheckedAccount) -> dict[str, Json]:
    sums = account.sums
    return {
        "account": sums.account,
        "status": account.status,
        "rows": sums.rows,
        "cash_before": money(sums.before.cash),
        "cash": money(account.now.cash),
        "cost": money(account.now.cost),
        "closed_pnl": money(sums.closed_pnl),
        "fees": money(sums.fees),
        "funding": money(sums.funding),
        "deposits": money(sums.deposits),
        "withdrawals": money(sums.withdrawals),
        "transfers": money(sums.transfers),
        "trade_cash": money(sums.flow - sums.fees),
        "opening_basis": money(sums.opening_basis),
        "gap_basis": money(sums.gap_basis),
        "residues": {name: money(amount) for name, amount in sorted(sums.residues.items())},
        "cash_difference": money(account.cash_difference),
        "raw_difference": money(account.raw_difference),
        "positions": _positions(report, account.positions),
    }


def _positions(report: ImportReport, positions: dict[str, int]) -> dict[str, str]:
    return {coin: _lots(report, coin, lots) for coin, lots in sorted(positions.items())}


def _lots(report: ImportReport, coin: str, lots: int) -> str:
    return decimal_text(lots, report.places.get(coin, 0))
