"""Who stood where, by which formula, and why was the cut where it was? (section 4)"""

from collections.abc import Iterator
from typing import Final

from domain.adl.selections import SELECTIONS
from reports.audience import Document
from reports.explanation import EXCLUSION_SENTENCES
from reports.html.amounts import exact, grouped, text_of
from reports.html.blocks import Block, Cell, Column, Facts, Row, Section, Table, said
from reports.html.ladder_chart import Rung, ladder_chart
from reports.html.view import View, number, shared_out

TOP: Final = 10
AROUND: Final = 3
TIES: Final = (
    "Equal scores stand in the order of unrealised result, notional, the older position, and "
    "last the account id."
)


def ladder_section(view: View) -> Section:
    """4: formula with numbers, who was eligible, the ladder, the cut."""
    blocks: list[Block] = [*_rule(view)]
    example = view.own or next((row for row in view.ranking if row["account"] is not None), None)
    if example is not None:
        blocks.append(_numbers(view, example))
    blocks.append(_eligible(view))
    if view.ranking:
        rungs, rows = _shown(view)
        count = grouped(str(view.document["candidates"]["count"]))
        blocks.append(ladder_chart(rungs, view.cut, view.met, count))
        blocks.append(Table(_caption(view), _columns(view), tuple(rows)))
        blocks += _ties(view)
    else:
        blocks.append(said("The rows of the ranking are withheld.", is_note=True))
    return Section(4, "ladder", "Ranking ladder", tuple(blocks))


def _rule(view: View) -> Iterator[Block]:
    selection = SELECTIONS.get(view.decision["policy"])
    if selection is None:
        return
    yield said(selection.rule)
    yield Facts((("Formula", Cell(selection.formula)), ("Source", Cell(selection.source))))


def _numbers(view: View, row: Document) -> Table:
    """The formula's inputs for one account, each worked out from the row as it stands."""
    quantity, entry = exact(row["quantity"]), exact(row["entry_price"])
    opening = text_of(abs(quantity * entry))
    money, lots = view.quote, view.market
    found = [
        ("q", "position", row["quantity"], lots),
        ("e", "entry price", row["entry_price"], money),
        ("P", "mark", view.decision["mark_price"], money),
        ("N0", "size at entry, |q|·e", opening, money),
        ("N", "size at the mark, |q|·P", row["notional"], money),
        ("u", "unrealised result", row["unrealized"], money),
        ("E", "equity of the account", row["equity"], money),
        ("r", "profit ratio, u/N0", shared_out(row["unrealized"], opening), ""),
        ("λ", "effective leverage, N/E", row["leverage"], ""),
    ]
    rows = [
        Row((Cell(symbol), Cell(meaning), number(value), Cell(unit)))
        for symbol, meaning, value, unit in found
    ]
    score = Cell("none: this policy compares no score")
    if row["score"] is not None:
        score = number(row["score"], "own-score" if row is view.own else None)
    rows.append(Row((Cell("score"), Cell("what the policy sorts by"), score, Cell("")), "own"))
    who = row["account"] if row is view.own else f"{row['account']}, rank 1, as an example"
    return Table(
        f"The formula's numbers for {who}",
        (
            Column("symbol", is_word=True),
            Column("meaning", is_word=True),
            Column("value"),
            Column("unit", is_word=True),
        ),
        tuple(rows),
    )


def _eligible(view: View) -> Facts:
    other = "short" if view.around.side == "long" else "long"
    candidates = view.document["candidates"]
    count = "withheld: fewer than five" if candidates["count"] is None else str(candidates["count"])
    items = [
        (
            "Eligible",
            Cell(f"holders of a {other} in {view.market} with equity above zero, just before"),
        ),
        ("Ranked", Cell(grouped(count), place="count")),
    ]
    if candidates["excluded"] is None:
        items.append(("Excluded", Cell("withheld")))
    elif not candidates["excluded"]:
        items.append(("Excluded", Cell("nobody")))
    for code, excluded in sorted((candidates["excluded"] or {}).items()):
        reason = EXCLUSION_SENTENCES.get(code, code)
        items.append(
            (f"Excluded: {code.replace('_', ' ')}", Cell(grouped(str(excluded)), f"each {reason}"))
        )
    if view.around.losers_included:
        items.append(
            ("Second pass", Cell("those in profit did not suffice; accounts without profit follow"))
        )
    items.append(("Vaults", Cell(view.around.vault_candidate.replace("-", " "))))
    return Facts(tuple(items))


def shown_ranks(count: int, cut: int | None, own: int | None) -> list[int]:
    """The top ten, the cut with three around it, and the same around the account asked about."""
    ranks = set(range(1, TOP + 1))
    for centre in (cut, own):
        if centre is not None:
            ranks |= set(range(centre - AROUND, centre + AROUND + 1))
    return sorted(rank for rank in ranks if 0 < rank <= count)


def _shown(view: View) -> tuple[list[Rung], list[Row]]:
    """Rungs of the chart and rows of the table, with gaps where ranks are left out."""
    rungs: list[Rung] = []
    rows: list[Row] = []
    last = 0
    own = view.own["rank"] if view.own is not None else None
    count = len(view.ranking)
    for rank in [*shown_ranks(count, view.cut, own), count + 1]:
        if rank != last + 1:
            gap = _gap(last + 1, rank - 1)
            rungs.append(Rung(None, gap))
            rows.append(Row((Cell(gap),), "gap"))
        last = rank
        if rank > count:
            break
        row = view.ranking[rank - 1]
        rungs.append(_rung(row, view))
        rows.append(_row(row, view))
        if rank == view.cut:
            rows.append(
                Row((Cell(f"cut after rank {grouped(str(rank))}: {view.met}", place="cut"),), "cut")
            )
    return rungs, rows


def _gap(first: int, last: int) -> str:
    if first == last:
        return f"… rank {grouped(str(first))} is not shown"
    return f"… ranks {grouped(str(first))} to {grouped(str(last))} are not shown"


def _rung(row: Document, view: View) -> Rung:
    if row["account"] is None:
        return Rung(row["rank"], "another account", is_closed=row["outcome"] == "closed")
    return Rung(
        row["rank"],
        row["account"],
        text_of(abs(exact(row["quantity"]))),
        row["closed"],
        is_closed=row["closed"] != "0",
        score=row["score"] or "",
        is_own=row is view.own,
    )


def _columns(view: View) -> tuple[Column, ...]:
    if view.audience is not None:
        return (Column("rank"), Column("account", is_word=True), Column("outcome", is_word=True))
    return (
        Column("rank"),
        Column("account", is_word=True),
        Column("position", view.market),
        Column("entry", view.quote),
        Column("notional", view.quote),
        Column("unrealised", view.quote),
        Column("equity", view.quote),
        Column("leverage"),
        Column("score"),
        Column("lights", "of 5"),
        Column("closed", view.market),
    )


def _row(row: Document, view: View) -> Row:
    look = "own" if row is view.own else "plain"
    rank = Cell(grouped(str(row["rank"])), place=f"rank-{row['rank']}")
    if view.audience is not None:
        outcome = "closed" if row["outcome"] == "closed" else "not closed"
        return Row((rank, Cell(row["account"] or "another account"), Cell(outcome)), look)
    return Row(
        (
            rank,
            Cell(row["account"]),
            number(row["quantity"]),
            number(row["entry_price"]),
            number(row["notional"]),
            number(row["unrealized"]),
            number(row["equity"]),
            number(row["leverage"]),
            number(row["score"]),
            Cell(str(row["lights"])),
            number(row["closed"]),
        ),
        look,
    )


def _caption(view: View) -> str:
    if view.audience is not None:
        return "Ranks and outcomes; what others hold is withheld"
    return "The ranking just before the decision"


def _ties(view: View) -> list[Block]:
    """Said when two equal scores stood on both sides of the cut, or anywhere at all."""
    rows = [row for row in view.ranking if row.get("score") is not None]
    if view.cut is not None and len(rows) == len(view.ranking) > view.cut:
        last, first = rows[view.cut - 1], rows[view.cut]
        if last["score"] == first["score"]:
            return [
                said(
                    f"{last['account']} and {first['account']} had equal scores;",
                    f"{_decided(last, first)} decided.",
                    TIES,
                )
            ]
    if len({row["score"] for row in rows}) < len(rows):
        return [said(TIES, is_note=True)]
    return []


def _decided(last: Document, first: Document) -> str:
    if last["unrealized"] != first["unrealized"]:
        return "the larger unrealised result"
    if last["notional"] != first["notional"]:
        return "the larger notional"
    return "the older position, or the account id"
