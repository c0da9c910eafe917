"""Who stood where in the ranking, who gave how much, and where was the cut?

A rung per account: the outline is its position, the filled part is what was closed. A dashed line
stands where the need was met.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from reports.html.amounts import exact, grouped, rounded, shortened
from reports.html.blocks import Chart
from reports.html.shapes import Shape, box, figure, line, words

WIDTH: Final = 912
RUNG: Final = 28
TOP: Final = 30
NAME: Final = 52
BAR: Final = 240
BAR_LENGTH: Final = 330
SCORE: Final = 780


@dataclass(frozen=True, slots=True)
class Rung:
    """A row of the ladder; sizes are None where they are withheld. A gap has no rank."""

    rank: int | None
    name: str
    size: str | None = None
    closed: str | None = None
    is_closed: bool = False
    score: str = ""
    is_own: bool = False


def ladder_chart(rungs: Sequence[Rung], cut: int | None, met: str, count: str) -> Chart:
    """The rungs that are shown, in the order of the ranking."""
    most = max((exact(r.size) for r in rungs if r.size is not None), default=Fraction(1))
    shapes: list[Shape] = [
        words("tick", 36, 18, "rank", "end"),
        words("tick", NAME, 18, "account"),
        words("tick", BAR, 18, "position, and how much of it was closed"),
        words("tick", WIDTH - 12, 18, "score", "end"),
    ]
    y = TOP
    for rung in rungs:
        shapes += _rung(rung, y, most)
        y += RUNG
        if cut is not None and rung.rank == cut:
            shapes.append(line("cut", 0, y + 8, WIDTH, y + 8))
            shapes.append(
                words(
                    "cut-words",
                    WIDTH - 12,
                    y + 24,
                    f"cut after rank {grouped(str(cut))}: {met}",
                    "end",
                )
            )
            y += 34
    return Chart(
        "ladder",
        f"Ranking ladder of {count} candidates. {_told(rungs)} "
        + (f"Cut after rank {cut}: {met}." if cut is not None else "Nobody was closed."),
        "Outline: position. Filled: closed. The dashed line is the cut, where the need was met.",
        WIDTH,
        y + 8,
        tuple(shapes),
    )


def _rung(rung: Rung, y: int, most: Fraction) -> list[Shape]:
    base = y + 18
    if rung.rank is None:
        return [words("tick", NAME, base, rung.name)]
    shapes: list[Shape] = []
    if rung.is_own:
        shapes.append(box("own", 0, y, WIDTH, RUNG))
        shapes.append(figure("own-mark", "square", WIDTH - 5, y + RUNG // 2, 3))
    shapes.append(words("number", 36, base, grouped(str(rung.rank)), "end"))
    shapes.append(words("strong" if rung.is_own else "label", NAME, base, shortened(rung.name)))
    shapes += _bar(rung, y, most)
    shapes.append(words("number", WIDTH - 12, base, _score(rung.score), "end"))
    return shapes


def _bar(rung: Rung, y: int, most: Fraction) -> list[Shape]:
    base = y + 18
    if rung.size is None or rung.closed is None:
        outcome = "closed" if rung.is_closed else "not closed"
        form = figure("adl" if rung.is_closed else "open", "square", BAR + 6, y + 14, 6)
        return [form, words("label", BAR + 22, base, f"{outcome}, size withheld")]
    size, closed = exact(rung.size), exact(rung.closed)
    wide = max(Fraction(2), size / most * BAR_LENGTH)
    shapes: list[Shape] = [box("frame", BAR, y + 6, wide, RUNG - 12)]
    if closed:
        filled = max(Fraction(2), closed / size * wide)
        shapes.append(box("adl-fill", BAR, y + 6, filled, RUNG - 12, "adl"))
    shapes.append(words("label", BAR + wide + 10, base, _closed_words(rung)))
    return shapes


def _closed_words(rung: Rung) -> str:
    size = grouped(rung.size or "")
    return (
        f"{grouped(rung.closed or '')} of {size} closed"
        if rung.is_closed
        else f"0 of {size} closed"
    )


def _score(text: str) -> str:
    parts = text.split(" ")
    if not text or len(parts) > 1:
        return "see table" if text else "–"
    value = exact(text)
    return (
        f"≈ {grouped(rounded(value))}" if value.denominator != 1 else grouped(str(value.numerator))
    )


def _told(rungs: Sequence[Rung]) -> str:
    return " ".join(
        f"Rank {rung.rank}, {rung.name}: {_closed_words(rung) if rung.size else _outcome(rung)}."
        for rung in rungs[:13]
        if rung.rank is not None
    )


def _outcome(rung: Rung) -> str:
    return "closed" if rung.is_closed else "not closed"
