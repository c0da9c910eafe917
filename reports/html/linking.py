"""Where on the page is each number of the answer shown?

The sentences come with the explanation; here every number in them that stands in a row below is
linked to that row. Ranks and counts are told by the words before them.
"""

import re
from typing import Final

from reports.html.amounts import exact, grouped, text_of
from reports.html.blocks import Paragraph, Span
from reports.html.ladder import shown_ranks
from reports.html.view import View

_NUMBER: Final = re.compile(
    r"(?<![\w@/.-])(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?)(?![\w/]|-\w| more )", re.ASCII
)


def linked(text: str, view: View) -> Paragraph:
    """The text with its numbers linked, thousands separated."""
    places = _places(view)
    spans: list[Span] = []
    at = 0
    for match in _NUMBER.finditer(text):
        before = text[at : match.start()]
        spans.append(Span(before))
        spans.append(
            Span(
                grouped(match["number"]),
                _place(match["number"], text[: match.start()], view, places),
            )
        )
        at = match.end()
    spans.append(Span(text[at:]))
    return Paragraph(tuple(span for span in spans if span.text))


def _place(number: str, before: str, view: View, places: dict[str, str]) -> str | None:
    if before.endswith("rank "):
        if number == str(view.cut) and before.endswith(("met at rank ", "was rank ")):
            return "cut" if view.ranking else None
        return f"rank-{number}" if _is_shown(number, view) else None
    if re.search(r"rank [0-9]+ of $", before):
        return "count"
    return places.get(number)


def _is_shown(number: str, view: View) -> bool:
    own = view.own["rank"] if view.own is not None else None
    return number.isdecimal() and int(number) in shown_ranks(len(view.ranking), view.cut, own)


def _places(view: View) -> dict[str, str]:
    """Numbers of the page and where they stand; the first that says a number keeps it."""
    found: dict[str, str] = {}

    def stands(text: str | None, place: str) -> None:
        if text is not None:
            found.setdefault(text, place)

    own = view.own
    stands(view.decision["close_price"], "close-price")
    stands(view.decision["mark_price"], "mark-price")
    if own is not None and own["closed"] != "0":
        held = abs(exact(own["quantity"]))
        stands(own["closed"], "own-closed")
        stands(text_of(held), "own-quantity")
        stands(text_of(held - exact(own["closed"])), "own-after")
        stands(own["cost"], "own-cost")
        stands(own["realized"], "own-realized")
    if own is not None:
        for score in (own["score"] or "").split(" "):
            stands(score or None, "own-score")
    stands(view.document["trigger"]["equity"], "bankrupt-equity")
    stands(view.totals["needed"], "needed")
    stands(view.totals["closed"], "closed")
    stands(view.totals["cost"], "total-cost")
    stands(view.totals["deficit"], "deficit")
    own_rank = own["rank"] if own is not None else None
    for rank in shown_ranks(len(view.ranking), view.cut, own_rank):
        row = view.ranking[rank - 1]
        stands(row.get("closed"), f"rank-{rank}")
        stands(row.get("score"), f"rank-{rank}")
    return found
