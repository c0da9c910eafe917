"""What did it cost, who paid, and do the books still close? (sections 5 and 6)"""

from typing import Final

from reports.audience import Document
from reports.html.amounts import exact, grouped, text_of
from reports.html.blocks import Block, Cell, Column, Facts, Row, Section, Table, said
from reports.html.view import View, closed_rows, number, shared_out, summed

VICTIMS_AT_MOST: Final = 20
SUMS: Final = {
    "open_interest_long": "open interest, long side",
    "open_interest_short": "open interest, short side",
    "cash_sum": "Σ cash",
    "unrealized_sum": "Σ unrealised",
    "equity_sum": "Σ equity",
    "net_deposits": "net deposits",
}


def cost_section(view: View) -> Section:
    """5: each victim's part, the three overshoots, and what would have spared this account."""
    blocks: list[Block] = []
    rows = closed_rows(view)
    if rows:
        blocks.append(_victims(view, rows))
    if view.has_totals:
        blocks.append(_totals(view))
    else:
        blocks.append(said("Totals are withheld: fewer than five candidates.", is_note=True))
    blocks += _own_part(view)
    return Section(5, "cost", "What it cost and who paid", tuple(blocks))


def _victims(view: View, rows: list[Document]) -> Table:
    shown = [row for row in rows[:VICTIMS_AT_MOST] if row is not view.own]
    if view.own is not None and view.own in rows:
        shown = sorted([*shown, view.own], key=lambda row: row["rank"])
    lines = [_victim(view, row) for row in shown]
    rest = [row for row in rows if row not in shown]
    if rest:
        lines.append(_summed_line(view, f"{grouped(str(len(rest)))} more", rest))
    if len(rows) > 1:
        lines.append(_summed_line(view, "Σ", rows))
    return Table(
        "Those who were closed" if view.audience is None else "Your part",
        (
            Column("account", is_word=True),
            Column("before", view.market),
            Column("closed", view.market),
            Column("after", view.market),
            Column("realised", view.quote),
            Column("cost against the mark", view.quote),
            Column("cost / unrealised"),
            Column("share of the deficit"),
        ),
        tuple(lines),
    )


def _victim(view: View, row: Document) -> Row:
    is_own = row is view.own
    held, closed = exact(row["quantity"]), exact(row["closed"])
    after = held - closed if held > 0 else held + closed

    def place(name: str) -> str | None:
        return f"own-{name}" if is_own else None

    return Row(
        (
            Cell(row["account"]),
            number(row["quantity"], place("quantity")),
            number(row["closed"], place("closed")),
            number(text_of(after), place("after")),
            number(row["realized"], place("realized")),
            number(row["cost"], place("cost")),
            number(shared_out(row["cost"], row["unrealized"])),
            number(_share(view, row["cost"])),
        ),
        "own" if is_own else "plain",
    )


def _summed_line(view: View, name: str, rows: list[Document]) -> Row:
    cost = text_of(summed([row["cost"] for row in rows]))
    return Row(
        (
            Cell(name),
            number(None),
            number(text_of(summed([row["closed"] for row in rows]))),
            number(None),
            number(text_of(summed([row["realized"] for row in rows]))),
            number(cost),
            number(None),
            number(_share(view, cost)),
        ),
        "sum",
    )


def _share(view: View, cost: str) -> str | None:
    deficit = view.totals["deficit"]
    return None if deficit is None else shared_out(cost, deficit)


def _totals(view: View) -> Facts:
    totals = view.totals
    cost, deficit = exact(totals["cost"]), exact(totals["deficit"])
    balance = "equal" if cost == deficit else f"they differ by {grouped(text_of(cost - deficit))}"
    if cost != deficit:
        balance += _why_unequal(view)
    money = view.quote
    return Facts(
        (
            ("Closed", Cell(f"{grouped(totals['closed'])} {view.market}", place="closed")),
            ("Σ cost to victims", Cell(f"{grouped(totals['cost'])} {money}", place="total-cost")),
            (
                "Deficit of the bankrupt account",
                Cell(f"{grouped(totals['deficit'])} {money}", place="deficit"),
            ),
            ("Σ cost against the deficit", Cell(balance)),
            (
                "Overshoot, quantity beyond need",
                Cell(f"{grouped(totals['overshoot_quantity'])} {view.market}"),
            ),
            (
                "Overshoot, cost beyond the deficit",
                Cell(f"{grouped(totals['overshoot_cost'])} {money}"),
            ),
            (
                "Overshoot, realised profit beyond the deficit",
                Cell(
                    f"{grouped(totals['overshoot_profit'])} {money}",
                    "large even in a perfect decision: victims realise profits they already had",
                ),
            ),
        )
    )


def _why_unequal(view: View) -> str:
    if view.around.close_price_rule != "bankruptcy":
        return ", since lots were not closed at the bankruptcy price"
    return ", since the deficit is that of the whole account and this is one step of its closing"


def _own_part(view: View) -> list[Block]:
    own, account = view.own, view.document.get("account")
    if own is None or account is None:
        return []
    found: list[tuple[str, Cell]] = []
    if own["closed"] != "0":
        found += _escapes(view, own, account)
    if view.around.shared is not None:
        lots, cost = view.around.shared
        found.append(
            (
                "Counterfactual: under pro-rata-size@1",
                Cell(
                    f"{grouped(lots)} {view.market} at a cost of {grouped(cost)} {view.quote}",
                    "not what happened; the same decision under another rule",
                ),
            )
        )
    return [Facts(tuple(found))] if found else []


def _escapes(view: View, own: Document, account: Document) -> list[tuple[str, Cell]]:
    """The nearest change of the account's own numbers that would have spared it, and the other."""
    if view.audience is not None:
        remark = "the threshold would show another account’s score"
        return [("What would have spared you", Cell("withheld", remark))]
    escapes = [account[name] for name in ("nearest_escape", "other_escape") if account.get(name)]
    if not escapes:
        reason = account.get("no_escape_reason") or "none is known"
        return [(f"What would have spared {own['account']}", Cell("nothing", reason))]
    had = {"size": text_of(abs(exact(own["quantity"]))), "equity": own["equity"]}
    units = {"size": view.market, "equity": view.quote}
    found: list[tuple[str, Cell]] = []
    for escape in escapes:
        name = escape["field"]
        spared = "closed less of" if escape["outcome"] == "less" else "spared"
        which = "What would have" if not found else "Or else what would have"
        checked = "checked by deciding again" if escape["verified"] else "not proved"
        text = f"{name} of {grouped(escape['threshold'])} {units[name]}, not {grouped(had[name])}"
        found.append(
            (f"{which} {spared} {own['account']}", Cell(text, f"all else equal; {checked}"))
        )
    return found


def conservation_section(view: View) -> Section:
    """6: what may not change did not change."""
    before, after = _sums(view, 0), _sums(view, 1)
    found = view.document["conservation"]
    if not view.has_totals:
        blocks: tuple[Block, ...] = (
            Facts(
                (
                    ("Long and short open interest", Cell(found["sides"])),
                    ("Σ equity and net deposits", Cell(found["books"])),
                )
            ),
            said("The sums themselves are withheld: fewer than five candidates.", is_note=True),
        )
        return Section(6, "conservation", "Conservation", blocks)
    rows = [
        Row(
            (
                Cell(f"{name}, {view.market if key.startswith('open') else view.quote}"),
                number(before[key]),
                number(text_of(exact(after[key]) - exact(before[key]))),
                number(after[key]),
                Cell("equal" if before[key] == after[key] else "changed"),
            )
        )
        for key, name in SUMS.items()
        if key in before
    ]
    sides = after["open_interest_long"] == after["open_interest_short"]
    books = after["equity_sum"] == after["net_deposits"]
    table = Table(
        "Sums over all accounts, before and after the decision",
        (
            Column("what", is_word=True),
            Column("before"),
            Column("change"),
            Column("after"),
            Column("verdict", is_word=True),
        ),
        tuple(rows),
    )
    verdict = said(
        f"Long and short open interest: {_compared(sides)}.",
        f"Σ equity and net deposits: {_compared(books)}.",
    )
    return Section(6, "conservation", "Conservation", (verdict, table))


def _sums(view: View, which: int) -> dict[str, str]:
    """Before (0) or after (1); cash and unrealised results where they are known."""
    found = dict(view.document["conservation"]["before" if which == 0 else "after"])
    if view.around.cash_sums is not None and found["equity_sum"] is not None:
        cash = view.around.cash_sums[which]
        found.setdefault("cash_sum", cash)
        found.setdefault("unrealized_sum", text_of(exact(found["equity_sum"]) - exact(cash)))
    return found


def _compared(is_equal: bool) -> str:
    return "equal" if is_equal else "DIFFERENT"
