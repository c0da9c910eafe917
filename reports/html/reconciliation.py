"""What became of every row of an import, on one page that stands alone?

Made from the JSON answer of the import, so that the page and the programs read the same numbers.
Long lists are cut and say so: the JSON answer and the file of rejected rows have all of them.
"""

from collections.abc import Sequence
from typing import Any, Final

from reports.html.amounts import grouped
from reports.html.blocks import Block, Cell, Column, Facts, Row, Section, Sheet, Table, said
from reports.html.rendering import sheet_html
from reports.page import AsOf

LISTED: Final = 200
Body = dict[str, Any]


def reconciliation_html(body: Body, at: AsOf | None, origin: str) -> str:
    """The page as one HTML file."""
    return sheet_html(reconciliation_sheet(body, at, origin))


def reconciliation_sheet(body: Body, at: AsOf | None, origin: str) -> Sheet:
    """The sections: rows, refusals, matches and chains, statements, money, accounts, choices."""
    root = "" if at is None else at.root
    header = Facts(
        (
            ("Log", Cell(origin)),
            ("Up to", Cell("no events" if at is None else f"seq {grouped(str(at.seq))}")),
            ("Written", Cell(_written(body))),
            ("Verdict", Cell(_verdict(body))),
        )
    )
    sections = (
        Section(1, "rows", "Rows in, and what became of them", _rows(body)),
        Section(2, "rejected", "Rejected rows", _rejected(body)),
        Section(3, "matches", "Matches and chains", _matches(body)),
        Section(4, "statements", "What the venue states, against the books", _statements(body)),
        Section(5, "regularities", "Regularities and findings", _regularities(body)),
        Section(6, "money", "Conservation, funding and the outside", _money(body)),
        Section(7, "accounts", "Accounts", _accounts(body)),
        Section(8, "choices", "Readings and assumptions", _choices(body)),
    )
    return Sheet(
        "What became of every row", origin, root, header, sections, "Reconciliation of an import"
    )


def _written(body: Body) -> str:
    if body["dry_run"]:
        return f"nothing: a dry run of {grouped(str(body['facts']))} facts"
    if not body["events"]:
        return "nothing new"
    first, last = grouped(str(body["first_seq"])), grouped(str(body["last_seq"]))
    return f"{grouped(str(body['events']))} events, seq {first} to {last}"


def _verdict(body: Body) -> str:
    sums = "the sums agree" if body["holds"] else "the sums DO NOT agree"
    rows = "every row is in the log" if body["complete"] else "some rows were rejected"
    return f"{sums}; {rows}"


def _rows(body: Body) -> tuple[Block, ...]:
    rows = body["rows"]
    total = said(
        f"{_n(rows['in'])} rows in = {_n(rows['moved'])} moved + {_n(rows['no_effect'])} without "
        f"effect + {_n(rows['rejected'])} rejected, of which {_n(rows['recorded_before'])} were "
        "recorded by an earlier import."
    )
    files = _table(
        "Files, and the rows of each by outcome",
        ("file", "lines", "rows", "moved", "no_effect", "rejected"),
        body["files"],
        words=1,
    )
    outcomes = [{**row, "outcome": _words(row["outcome"])} for row in body["kinds"]]
    kinds = _table("Kinds of rows by outcome", ("kind", "outcome", "rows"), outcomes, words=2)
    return (total, *files, *kinds)


def _rejected(body: Body) -> tuple[Block, ...]:
    reasons = _table(
        "Reasons",
        ("reason", "rows", "amount", "first", "last"),
        body["reasons"],
        words=1,
        ends_with_words=2,
    )
    kinds = _table(
        "Reasons by kind of row", ("kind", "reason", "rows"), body["refused_kinds"], words=2
    )
    rows = _table(
        "Rejected rows", ("file", "line", "row", "code", "detail"), body["rejected"], words=5
    )
    return (*reasons, *kinds, *rows) or (said("No row was rejected."),)


def _matches(body: Body) -> tuple[Block, ...]:
    found = {**body["matches"], **body["counts"]}
    counts = [{"what": _words(name), "times": times} for name, times in found.items()]
    breaks = _table(
        "Rows that do not begin where their account stood: the known gaps",
        ("place", "account", "coin", "held", "start"),
        body["chain_breaks"],
        words=3,
    )
    quiet = said("Every row begins where its account stood.")
    return (*_table("Counts", ("what", "times"), counts, words=1), *(breaks or (quiet,)))


def _statements(body: Body) -> tuple[Block, ...]:
    kinds = _table(
        "Statements compared with the books at their instant",
        ("statement", "met", "differs", "cannot_tell"),
        [{**row, "statement": _words(row["statement"])} for row in body["statements"]],
        words=1,
    )
    off = [row for row in body["cash_against_snapshot"] if row["difference"] != "0"]
    cash = len(body["cash_against_snapshot"])
    snapshot = said(
        f"Cash against the snapshot: {_n(cash)} accounts compared, {_n(cash - len(off))} equal."
        if cash
        else "No snapshot was compared with."
    )
    differences = _table(
        "Cash that differs from the snapshot",
        ("account", "said", "booked", "difference", "quantum"),
        off,
        words=1,
    )
    others = _table(
        "Statements that the books do not share",
        ("place", "name", "subject", "said", "booked"),
        body["differences"],
        words=3,
    )
    return (*kinds, snapshot, *differences, *others)


def _regularities(body: Body) -> tuple[Block, ...]:
    checks = _table(
        "Regularities of the venue's rows",
        ("check", "statement", "checked", "broken", "first"),
        body["checks"],
        words=2,
        ends_with_words=1,
    )
    findings = _table(
        "Findings",
        ("finding", "count", "first", "last"),
        body["findings"],
        words=1,
        ends_with_words=2,
    )
    return (*checks, *(findings or (said("There are no other findings."),)))


def _money(body: Body) -> tuple[Block, ...]:
    conservation = body["conservation"]
    coins = [
        {"coin": coin, "difference": lots}
        for coin, lots in conservation["open_interest_difference"].items()
    ]
    net = conservation["cash_less_cost_less_net_deposits"]
    outside = [
        {
            "account": row["account"],
            "cash": row["cash"],
            "positions": ", ".join(f"{lots} {coin}" for coin, lots in row["positions"].items()),
        }
        for row in body["outside"]
    ]
    return (
        said(f"All cash less all cost less net deposits: {grouped(net)}."),
        *_table("Long less short positions, by coin", ("coin", "difference"), coins, words=1),
        *_table(
            "Funding by coin and hour: what all payments of it add up to",
            ("coin", "time", "payments", "sum"),
            body["funding"],
            words=2,
        ),
        *_table(
            "Accounts for what the rows do not show",
            ("account", "cash", "positions"),
            outside,
            words=1,
            ends_with_words=1,
        ),
    )


def _accounts(body: Body) -> tuple[Block, ...]:
    statuses = [{"status": name, "accounts": count} for name, count in body["statuses"].items()]
    return (
        *_table("Accounts by status", ("status", "accounts"), statuses, words=1),
        *_table(
            "Accounts and their sums",
            ("account", "status", "rows", "cash_before", "cash", "closed_pnl", "fees", "funding"),
            body["accounts"],
            words=2,
        ),
    )


def _choices(body: Body) -> tuple[Block, ...]:
    assumed = body["assumed"]
    readings = ", ".join(f"{kind}={name}" for kind, name in assumed["readings"].items())
    items = (
        ("Table of effects", Cell(assumed["effects"])),
        ("Readings chosen", Cell(readings or "none")),
        ("Order in a block", Cell(assumed["order_in_block"])),
        ("Liquidation values compared", Cell(assumed["liquidation_values_compared"])),
        ("Amounts rounded to 0.000001", Cell(_n(assumed["amounts_quantised"]))),
        ("Size decimals taken from rows", Cell(_list(assumed["size_decimals_from_rows"]))),
        ("Margin tiers unknown", Cell(_list(assumed["margin_tiers_unknown"]))),
        ("Accounts named after files", Cell(_list(assumed["accounts_named_after_files"]))),
        ("Files left out", Cell(_list(body["left_out"]))),
    )
    return (Facts(items),)


def _table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Body],
    *,
    words: int,
    ends_with_words: int = 0,
) -> tuple[Block, ...]:
    """A table of members of the answer, cut where it is long; nothing where it is empty.

    The first `words` columns and the last `ends_with_words` are text, the others numbers.
    """
    if not rows:
        return ()
    numbers_end = len(columns) - ends_with_words
    headings = tuple(
        Column(name.replace("_", " "), is_word=place < words or place >= numbers_end)
        for place, name in enumerate(columns)
    )
    shown = tuple(Row(tuple(_cell(row[name]) for name in columns)) for row in rows[:LISTED])
    table = Table(caption, headings, shown)
    if len(rows) <= LISTED:
        return (table,)
    more = said(f"{_n(len(rows) - LISTED)} more are in the JSON answer.", is_note=True)
    return (table, more)


def _cell(value: Any) -> Cell:
    if value is None or value == "":
        return Cell("–")
    return Cell(grouped(str(value)))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _n(count: int) -> str:
    return grouped(str(count))


def _list(names: Any) -> str:
    if isinstance(names, dict):
        names = [f"{name} {value}" for name, value in names.items()]
    shown = ", ".join(names[:LISTED])
    return (shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more") or "none"
