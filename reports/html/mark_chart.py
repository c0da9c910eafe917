"""How did the mark move before the decision, and what happened on the way?

The mark as steps, trades as dots, and a flag wherever the account fell below its margin, the book
or the vault took lots, or accounts were auto-deleveraged. Time in UTC.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from domain.instants import instant_text
from reports.html.amounts import exact, grouped, text_of
from reports.html.blocks import Chart
from reports.html.scale import (
    Scale,
    apart,
    clock_text,
    multiples,
    price_step,
    scale,
    time_step,
)
from reports.html.shapes import Shape, figure, line, steps, text_width, words
from reports.html.surroundings import Flag, FlagKind, Surroundings

WIDTH: Final = 912
LEFT: Final = 72
RIGHT: Final = 712
PLOT_HEIGHT: Final = 230
FLAG_ROW: Final = 20
FLAGS_AT_MOST: Final = 10
FLAG_WORDS: Final = {
    "breach": "below maintenance margin",
    "book": "order book fill",
    "takeover": "vault takeover",
    "adl": "auto-deleveraging",
}
FLAG_FORMS: Final = {"breach": "dot", "book": "square", "takeover": "diamond", "adl": "triangle"}


def mark_chart(around: Surroundings, close_price: str, mark_price: str) -> Chart:
    """Marks and trades in view, up to the decision."""
    trades = [trade for trade in around.trades if trade.time >= around.opens]
    times = [max(mark.time, around.opens) for mark in around.marks]
    times += [around.time, *(trade.time for trade in trades), *(f.time for f in around.flags)]
    first, last = min(times), max(times)
    edge = max(1, (last - first) // 40)
    across = scale(first, last + edge, LEFT, RIGHT)
    flags = _runs(around.flags)
    labels = _label_rows(flags, across)
    top = 30 + FLAG_ROW * max(labels, default=0)
    bottom = top + PLOT_HEIGHT
    lines = _price_lines(around, close_price, mark_price)
    prices = [exact(mark.price) for mark in around.marks]
    prices += [exact(trade.price) for trade in trades]
    prices += [price for price, _, _ in lines]
    low, high = min(prices), max(prices)
    margin = (high - low) / 12 or Fraction(1)
    down = scale(low - margin, high + margin, bottom, top)
    shapes: list[Shape] = [
        *_axes(across, down, first, last, top, bottom),
        *_level_lines(lines, down),
    ]
    for flag, row in zip(flags, labels, strict=True):
        shapes += _flag(flag, across, 16 + FLAG_ROW * row, bottom)
    if around.marks:
        points = [(across.at(max(p.time, first)), down.at(exact(p.price))) for p in around.marks]
        shapes.append(steps("mark", points, across.at(last + edge)))
    for trade in trades:
        look, form = ("book", "square") if trade.is_book else ("trade", "dot")
        x, y = across.at(trade.time), down.at(exact(trade.price))
        shapes.append(figure(look, form, x, y, 5 if trade.is_book else 3))
    closed_at = down.at(exact(close_price))
    for flag in flags:
        if flag.kind == "adl":
            shapes.append(figure("adl", FLAG_FORMS["adl"], across.at(flag.time), closed_at, 6))
    return Chart(
        "marks",
        _label(around, close_price, mark_price, first, last),
        "Mark (steps), trades (dots; squares: fills of the liquidation) and the moments that "
        f"led to the decision. Times in UTC, {instant_text(last)[:10]}; prices in {around.quote}.",
        WIDTH,
        bottom + 44,
        tuple(shapes),
    )


class _Run(NamedTuple):
    """What happened from a moment on, and how often before something else did."""

    kind: FlagKind
    time: int
    times: int

    @property
    def text(self) -> str:
        """Its label."""
        often = f", {grouped(str(self.times))} times" if self.times > 1 else ""
        return f"{FLAG_WORDS[self.kind]}{often}"


def _runs(flags: Sequence[Flag]) -> list[_Run]:
    """The latest runs of flags of one kind: a hundred fills are one flag."""
    found: list[_Run] = []
    for flag in flags:
        if found and found[-1].kind == flag.kind:
            found[-1] = found[-1]._replace(times=found[-1].times + 1)
        else:
            found.append(_Run(flag.kind, flag.time, 1))
    return found[-FLAGS_AT_MOST:]


def _label_rows(flags: Sequence[_Run], across: Scale) -> list[int]:
    """In which row each label stands: stairs that go down, so that no line crosses a label."""
    end, row = Fraction(0), -1
    rows: list[int] = []
    for flag in flags:
        x = across.at(flag.time)
        row = 0 if x - 8 >= end else row + 1
        end = max(end, x + text_width(flag.text) + 24)
        rows.append(row)
    return rows


def _flag(flag: _Run, across: Scale, y: int, bottom: int) -> list[Shape]:
    x = across.at(flag.time)
    return [
        line(f"flag {flag.kind}-line", x, y, x, bottom),
        figure(flag.kind, FLAG_FORMS[flag.kind], x, y, 5),
        words("label", x + 10, y + 4, flag.text),
    ]


def _price_lines(
    around: Surroundings, close_price: str, mark_price: str
) -> list[tuple[Fraction, str, str]]:
    """Price, name and look of the lines that stand across the chart, lowest price last."""
    found = []
    if around.bankruptcy_price == close_price:
        found.append((exact(close_price), "bankruptcy = close", "bankruptcy"))
    else:
        found.append((exact(close_price), "close price", "close"))
        if around.bankruptcy_price is not None:
            found.append((exact(around.bankruptcy_price), "bankruptcy price", "bankruptcy"))
    found.append((exact(mark_price), "mark at decision", "level"))
    return sorted(found, key=lambda item: (-item[0], item[1]))


def _level_lines(lines: Sequence[tuple[Fraction, str, str]], down: Scale) -> list[Shape]:
    places = [down.at(price) for price, _, _ in lines]
    low, high = int(down.end) + 4, int(down.start) - 4
    shapes: list[Shape] = []
    for (price, name, look), y, label_y in zip(
        lines, places, apart(places, 16, low, high), strict=True
    ):
        shapes.append(line(f"{look}-line", LEFT, y, RIGHT, y))
        shapes.append(line("leader", RIGHT, y, RIGHT + 10, label_y))
        shapes.append(words("label", RIGHT + 14, label_y + 4, f"{name} {grouped(text_of(price))}"))
    return shapes


def _axes(across: Scale, down: Scale, first: int, last: int, top: int, bottom: int) -> list[Shape]:
    shapes: list[Shape] = []
    for price in multiples(down.low, down.high, price_step(down.low, down.high)):
        y = down.at(price)
        shapes.append(line("grid", LEFT, y, RIGHT, y))
        shapes.append(words("tick", LEFT - 8, y + 4, grouped(text_of(price)), "end"))
    shapes.append(line("axis", LEFT, bottom, RIGHT, bottom))
    step = time_step(first, last)
    for time in multiples(first, last, step) if last > first else [Fraction(first)]:
        x = across.at(time)
        shapes.append(line("axis", x, bottom, x, bottom + 5))
        shapes.append(words("tick", x, bottom + 20, clock_text(int(time), step), "middle"))
    shapes.append(words("tick", RIGHT, bottom + 38, "time, UTC", "end"))
    shapes.append(words("tick", LEFT - 8, top - 8, "price", "end"))
    shapes.append(line("axis", LEFT, top, LEFT, bottom))
    return shapes


def _label(around: Surroundings, close_price: str, mark_price: str, first: int, last: int) -> str:
    moved = ""
    if around.marks:
        moved = f"The mark went from {grouped(around.marks[0].price)} to {grouped(mark_price)}. "
    flags = ", ".join(
        f"{flag.text} at {instant_text(flag.time)[11:19]}" for flag in _runs(around.flags)
    )
    return (
        f"Line chart of the mark from {instant_text(first)[:19]} to {instant_text(last)[:19]} UTC. "
        f"{moved}Close price {grouped(close_price)}. Flags: {flags or 'none'}."
    )
