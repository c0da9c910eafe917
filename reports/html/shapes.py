"""Which few shapes are charts drawn with?

Coordinates are exact and become text in one place. `look` names a style; colours live in the
style sheet, so that light, dark and print need no second drawing.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from reports.html.scale import Number, pixels


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    look: str
    x1: str
    y1: str
    x2: str
    y2: str
    kind: str = "line"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `pattern` is drawn over its colour, so that the colour is never alone."""

    look: str
    x: str
    y: str
    width: str
    height: str
    pattern: str = ""
    kind: str = "box"


@dataclass(frozen=True, slots=True)
class Path:
    """A line of many pieces, or a small figure."""

    look: str
    d: str
    kind: str = "path"


@dataclass(frozen=True, slots=True)
class Words:
    """Text; `anchor` says which of its ends stands at x."""

    look: str
    x: str
    y: str
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    kind: str = "words"


Shape = Line | Box | Path | Words


def line(look: str, x1: Number, y1: Number, x2: Number, y2: Number) -> Line:
    """A line between two points."""
    return Line(look, pixels(x1), pixels(y1), pixels(x2), pixels(y2))


def box(look: str, x: Number, y: Number, width: Number, height: Number, pattern: str = "") -> Box:
    """A rectangle from its upper left corner."""
    return Box(look, pixels(x), pixels(y), pixels(width), pixels(height), pattern)


def words(
    look: str,
    x: Number,
    y: Number,
    text: str,
    anchor: Literal["start", "middle", "end"] = "start",
) -> Words:
    """Text on its baseline."""
    return Words(look, pixels(x), pixels(y), text, anchor)


def steps(look: str, points: list[tuple[Fraction, Fraction]], end: Number) -> Path:
    """A line that keeps its height until the next point, and runs on to `end`."""
    (x, y), *rest = points
    d = f"M{pixels(x)} {pixels(y)}"
    for after_x, after_y in rest:
        d += f"H{pixels(after_x)}V{pixels(after_y)}"
    return Path(look, f"{d}H{pixels(end)}")


def figure(look: str, form: str, x: Number, y: Number, size: int = 5) -> Path:
    """A dot, square, diamond or triangle around a point: forms tell apart what colours tell too."""
    left, right = pixels(x - size), pixels(x + size)
    top, bottom = pixels(y - size), pixels(y + size)
    middle, level = pixels(x), pixels(y)
    match form:
        case "square":
            d = f"M{left} {top}H{right}V{bottom}H{left}Z"
        case "diamond":
            d = f"M{middle} {top}L{right} {level}L{middle} {bottom}L{left} {level}Z"
        case "triangle":
            d = f"M{left} {top}H{right}L{middle} {bottom}Z"
        case _:
            half = f"a{size} {size} 0 1 0 "
            d = f"M{left} {level}{half}{2 * size} 0{half}-{2 * size} 0Z"
    return Path(look, d)


def text_width(text: str, size: int = 12) -> int:
    """About how wide a text is: enough to keep labels off each other."""
    return len(text) * size * 58 // 100
