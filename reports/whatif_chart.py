"""What does a comparison of policies look like?

One bar per account and policy, by cost, or by lots where nobody pays anything. Whole pixels from
exact numbers: the same comparison is the same file. Every bar carries its policy's letter and its
number, so nothing depends on colour.
"""

from collections.abc import Sequence
from fractions import Fraction
from html import escape
from typing import Final, NamedTuple

from reports.figures import amount_text, quantity_text
from reports.whatif import Compared
from reports.whatif_body import Answer

WIDTH: Final = 960
LEFT: Final = 250
RIGHT: Final = 220
TOP: Final = 40
BAR: Final = 14
GAP: Final = 3
MOST_ACCOUNTS: Final = 12
COLOURS: Final = ("#5b6470", "#b3261e", "#1d5fa8", "#9a6700", "#2f7d4f", "#7a3fa0", "#00737a")
STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1a1a1a}.n{font-size:12px}"
    ".h{font-weight:600;font-size:15px}line{stroke:#767676}.b{fill:#fff}"
    "@media(prefers-color-scheme:dark){text{fill:#eee}.b{fill:#16181c}line{stroke:#9aa0a6}}"
)


class Bar(NamedTuple):
    """A length in whole units and the text that stands beside it."""

    value: int
    text: str


class Group(NamedTuple):
    """An account with one bar for what was done and one per policy."""

    name: str
    bars: Sequence[Bar]


def whatif_svg(answer: Answer) -> str:
    """The chart as one SVG file without script, font or link."""
    groups, measure = _groups(answer)
    labels = ["actual", *answer.labels]
    shown = groups[:MOST_ACCOUNTS]
    legend = TOP + 22 * len(labels)
    height = legend + 30 + sum((BAR + GAP) * len(group.bars) + 12 for group in shown) + 30
    title = f"{measure} by account, as it was and under {', '.join(answer.labels)}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
        f'  width="{WIDTH}" height="{height}" aria-labelledby="t d">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(_description(shown, labels))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="b" width="{WIDTH}" height="{height}"/>',
        f'<text class="h" x="16" y="26">{escape(measure)} by account</text>',
    ]
    for at, label in enumerate(labels):
        y = TOP + 22 * at
        lines.append(f'<rect x="16" y="{y}" width="14" height="14" fill="{_colour(at)}"/>')
        lines.append(f'<text x="38" y="{y + 12}">{_letter(at)} {escape(label)}</text>')
    lines += _bars(shown, legend + 16)
    if len(groups) > len(shown):
        more = f"and {len(groups) - len(shown)} more accounts"
        lines.append(f'<text class="n" x="16" y="{height - 12}">{more}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _bars(groups: Sequence[Group], top: int) -> list[str]:
    values = [bar.value for group in groups for bar in group.bars]
    low, high = min([0, *values]), max([0, *values])
    span = max(1, high - low)
    room = WIDTH - LEFT - RIGHT
    zero = LEFT + -low * room // span
    lines, y = [], top
    bottom = top + sum((BAR + GAP) * len(group.bars) + 12 for group in groups)
    for group in groups:
        lines.append(f'<text x="16" y="{y + BAR - 2}">{escape(group.name)}</text>')
        for at, bar in enumerate(group.bars):
            width = abs(bar.value) * room // span
            x = zero if bar.value >= 0 else zero - width
            lines.append(
                f'<text class="n" x="{LEFT - 18}" y="{y + BAR - 3}">{_letter(at)}</text>'
                f'<rect x="{x}" y="{y}" width="{width}" height="{BAR}" fill="{_colour(at)}"/>'
                f'<text class="n" x="{max(x + width, zero) + 6}" y="{y + BAR - 3}">'
                f"{escape(bar.text)}</text>"
            )
            y += BAR + GAP
        y += 12
    return [*lines, f'<line x1="{zero}" y1="{top - 4}" x2="{zero}" y2="{bottom}"/>']


def _groups(answer: Answer) -> tuple[list[Group], str]:
    """Accounts by their largest bar; of equals the lower id stands first."""
    sides = [None, *(side.at for side in answer.sides)]
    closed = [_sums(answer.decisions, at, by_cost=False) for at in sides]
    costs = [_sums(answer.decisions, at, by_cost=True) for at in sides]
    by_cost = any(value for found in costs for value in found.values())
    values = costs if by_cost else closed
    keys = sorted({key for found in values for key in found})
    specs = {found.spec.id: found.spec for found in answer.decisions}
    groups = []
    for market, account in keys:
        spec = specs[market]
        bars = []
        for found in values:
            value = found.get((market, account), 0)
            text = amount_text(value, spec.quote_unit) if by_cost else quantity_text(value, spec)
            # Lots of several markets have no common length; their notional has.
            length = Fraction(value) * (1 if by_cost else spec.point_value)
            bars.append(Bar(int(length), text))
        groups.append(Group(account if len(specs) == 1 else f"{account} {market}", bars))
    groups.sort(key=lambda group: -max(abs(bar.value) for bar in group.bars))
    return groups, "Cost" if by_cost else "Lots closed"


def _sums(
    decisions: Sequence[Compared], at: int | None, *, by_cost: bool
) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for decision in decisions:
        for row in decision.outcome(at).taken:
            key = (decision.spec.id, row.account)
            found[key] = found.get(key, 0) + (row.cost if by_cost else row.closed)
    return found


def _description(groups: Sequence[Group], labels: Sequence[str]) -> str:
    """The same numbers in words, for who does not see the bars."""
    said = [
        f"{group.name}: "
        + ", ".join(f"{label} {bar.text}" for label, bar in zip(labels, group.bars, strict=True))
        for group in groups
    ]
    return "; ".join(said) or "Nobody was closed."


def _letter(at: int) -> str:
    return chr(ord("A") + at) if at < 26 else str(at)


def _colour(at: int) -> str:
    return COLOURS[at % len(COLOURS)]
