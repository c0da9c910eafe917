"""What is the answer, and where did price and mark stand? (header, sections 0 and 1)"""

from typing import Final

from domain.instants import instant_text
from reports.html.amounts import exact, grouped, text_of
from reports.html.blocks import (
    Block,
    Cell,
    Column,
    Facts,
    Row,
    Section,
    Table,
    Tile,
    Tiles,
)
from reports.html.linking import linked
from reports.html.mark_chart import mark_chart
from reports.html.view import View, number

MARKS_IN_TABLE: Final = 12
TRADES_IN_TABLE: Final = 12


def title(view: View) -> str:
    """The question that the page answers."""
    if view.audience is not None and view.account is None:
        return f"Why positions in {view.market} were auto-deleveraged"
    if view.account is None:
        bankrupt, side = view.decision["bankrupt"], view.around.side
        return f"Why {bankrupt}’s {side} in {view.market} was closed against others"
    was = "was" if view.own is not None and view.own["closed"] != "0" else "was not"
    return f"Why account {view.account} {was} auto-deleveraged"


def header(view: View) -> Facts:
    """Which decision this is, and for whom it was written."""
    found, around = view.decision, view.around
    last = view.document["as_of"]["seq"]
    audience = view.audience
    state = "nothing is withheld"
    who = "auditor"
    if audience is not None:
        who = audience["name"] if view.account is None else f"{audience['name']} {view.account}"
        state = f"redacted: {'; '.join(audience['withheld'])}"
    return Facts(
        (
            ("Decision", Cell(found["id"])),
            ("Venue", Cell(around.venue or around.origin)),
            ("Time", Cell(f"{_clock(around.time)} UTC")),
            ("Market", Cell(view.market)),
            ("Events", Cell(f"seq {grouped(str(found['seq']))} to {grouped(str(last))}")),
            ("Policy", Cell(found["policy"])),
            ("Audience", Cell(who)),
            ("Made by", Cell(f"zerosum {around.version}, {view.document['schema']}")),
            ("Redaction", Cell(state, is_wide=True)),
        )
    )


def answer_section(view: View) -> Section:
    """0: the sentences, and four numbers large."""
    blocks: list[Block] = [linked(view.around.answer, view)]
    if view.around.why_not_others:
        blocks.append(linked(view.around.why_not_others, view))
    blocks.append(Tiles(_tiles(view)))
    return Section(0, "answer", "Answer", tuple(blocks))


def _tiles(view: View) -> tuple[Tile, ...]:
    own, totals = view.own, view.totals
    count = view.document["candidates"]["count"]
    price = Tile("Close price", grouped(view.decision["close_price"]), view.quote, "close-price")
    if own is not None:
        # Only those who were closed have a row among those who paid.
        closed, realized = (None, None) if own["closed"] == "0" else ("own-closed", "own-realized")
        return (
            Tile("Closed", grouped(own["closed"]), view.market, closed),
            price,
            Tile("Realised", grouped(own["realized"]), view.quote, realized),
            Tile(
                "Rank",
                f"{grouped(str(own['rank']))} of {grouped(str(count))}",
                "",
                f"rank-{own['rank']}",
            ),
        )
    if view.account is not None:
        return (Tile("Closed", "0", view.market), price, Tile("Rank", "none", ""))
    if not view.has_totals:
        return (price, Tile("Mark", grouped(view.decision["mark_price"]), view.quote, "mark-price"))
    return (
        Tile("Closed", grouped(totals["closed"]), view.market, "closed"),
        price,
        Tile("Cost to victims", grouped(totals["cost"]), view.quote, "total-cost"),
        Tile(
            "Closed up to rank",
            f"{view.cut or 0} of {grouped(str(count))}",
            "",
            "cut" if view.cut and view.ranking else None,
        ),
    )


def price_section(view: View) -> Section:
    """1: marks and trades around the decision."""
    around = view.around
    close, mark = view.decision["close_price"], view.decision["mark_price"]
    facts = [
        ("Mark at the decision", Cell(f"{grouped(mark)} {view.quote}", place="mark-price")),
        (
            "Close price",
            Cell(
                f"{grouped(close)} {view.quote}",
                f"by the rule {around.close_price_rule.replace('_', ' ')}",
                "close-price",
            ),
        ),
    ]
    if around.bankruptcy_price is not None:
        bankruptcy = number(around.bankruptcy_price, "bankruptcy-price")
        facts.append(
            (
                "Bankruptcy price",
                Cell(f"{bankruptcy.text} {view.quote}", bankruptcy.remark, "bankruptcy-price"),
            )
        )
    blocks: list[Block] = [
        Facts(tuple(facts)),
        mark_chart(around, close, mark),
        _marks(view),
    ]
    if around.trades:
        blocks.append(_trades(view))
    return Section(1, "price", "Price and mark", tuple(blocks))


def _marks(view: View) -> Table:
    rows: list[Row] = []
    before: str | None = None
    for point in view.around.marks:
        change = None if before is None else text_of(exact(point.price) - exact(before))
        before = point.price
        cells = (
            Cell(grouped(str(point.seq))),
            Cell(_clock(point.time)),
            number(point.price),
            number(change),
        )
        rows.append(Row(cells))
    left_out = len(rows) - MARKS_IN_TABLE
    return Table(
        "Marks in force" + (f", the last {MARKS_IN_TABLE}" if left_out > 0 else ""),
        (
            Column("seq"),
            Column("time", "UTC", is_word=True),
            Column("mark", view.quote),
            Column("change", view.quote),
        ),
        tuple(rows[-MARKS_IN_TABLE:]),
    )


def _trades(view: View) -> Table:
    found = view.around.trades
    older = view.around.trades_left_out + max(0, len(found) - TRADES_IN_TABLE)
    rows = tuple(
        Row(
            (
                Cell(grouped(str(trade.seq))),
                Cell(_clock(trade.time)),
                number(trade.price),
                Cell("withheld") if trade.quantity is None else number(trade.quantity),
                Cell("fill of the liquidation" if trade.is_book else "trade"),
            )
        )
        for trade in found[-TRADES_IN_TABLE:]
    )
    return Table(
        "Trades in view"
        + (f", the latest; {grouped(str(older))} older are left out" if older else ""),
        (
            Column("seq"),
            Column("time", "UTC", is_word=True),
            Column("price", view.quote),
            Column("quantity", view.market),
            Column("what", is_word=True),
        ),
        rows,
    )


def _clock(time: int) -> str:
    text = instant_text(time).replace("T", " ")[:-1]
    return text.removesuffix(".000000000")
