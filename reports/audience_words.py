"""In which words does somebody who may not see everybody's numbers read why?

Said are the reader's own numbers, ranks and outcomes; of other accounts never an amount. Where a
policy shares, nobody stands ahead of anybody, and the words say so.
"""

from collections.abc import Mapping
from typing import Any, Final

from domain.adl.selections import SELECTIONS
from domain.units import fraction_text, parse_ratio
from reports.explanation import EXCLUSION_SENTENCES
from reports.figures import side_text

Document = Mapping[str, Any]

FEWEST_FOR_TOTALS: Final = 5


class AudienceWords:
    """Sentences about one decision, as one reader may read them."""

    def __init__(
        self,
        document: Document,
        account: str | None,
        side: str,
        quote: str,
        own: Document | None,
        exclusion: str | None = None,
    ) -> None:
        """`side` is that of the bankrupt position, `own` the reader's row in the ranking,
        `exclusion` the code under which the reader was no candidate.
        """
        self._of, self._own = document, own
        self._account, self._side, self._quote = account, side, quote
        self._exclusion = exclusion
        selection = SELECTIONS.get(document["decision"]["policy"])
        self._is_shared = selection is not None and not selection.is_queue

    def answer(self) -> str:
        """Why the reader's account was closed, or not."""
        decision, own = self._of["decision"], self._own
        if self._account == decision["bankrupt"]:
            return (
                f"{self._account} is the account that was bankrupt: its {self._side} in "
                f"{decision['market']} was closed at {decision['close_price']} against accounts "
                "on the other side, because neither the order book nor a vault took all of it."
            )
        cause = (
            f"Another account's {self._side} in {decision['market']} was bankrupt, "
            "and neither the order book nor a vault took all of it."
        )
        if own is None:
            other = "short" if self._side == "long" else "long"
            reason = (
                EXCLUSION_SENTENCES[self._exclusion]
                if self._exclusion
                else f"held no {other} position in {decision['market']}"
            )
            return f"{cause} {self._account} was no candidate: it {reason}."
        if own["closed"] == "0":
            return f"{self._account} was not closed. {cause} {self._standing(own)}"
        return f"{self._what_was_closed(own)} {cause} {self._standing(own)}"

    def why_not_others(self) -> str:
        """Who stood ahead and behind, or how many gave a share."""
        own, cut, count = self._own, self._of["cut_after_rank"], self._of["candidates"]["count"]
        if cut is None:
            return "Nobody could be closed, so nobody was."
        if self._is_shared:
            return (
                "Nobody stands in line under this policy: every candidate gives its share. "
                f"{_gave(self._closed())} something, of {count}."
            )
        sentences = []
        if own is not None:
            sentences.append(f"{_people(own['rank'] - 1)} stood ahead of {own['account']}.")
        sentences.append(f"{_people(count - cut)} stood behind the last rank that was closed.")
        return " ".join(sentences)

    def public_answer(self, *, has_totals: bool) -> str:
        """What happened, without an account."""
        decision, totals = self._of["decision"], self._of["totals"]
        said = (
            f"An account's {self._side} in {decision['market']} was bankrupt, and neither "
            f"the order book nor a vault took all of it. By {decision['policy']} positions on the "
            f"other side were closed at {decision['close_price']}, the mark being "
            f"{decision['mark_price']}."
        )
        if not has_totals:
            return f"{said} Fewer than {FEWEST_FOR_TOTALS} accounts were candidates."
        count, cut = self._of["candidates"]["count"], self._of["cut_after_rank"]
        said += (
            f" {totals['closed']} of {totals['needed']} needed were closed, at a cost of "
            f"{totals['cost']} {self._quote}"
        )
        if cut is None:
            return f"{said}."
        if self._is_shared:
            return f"{said}; {_gave(self._closed()).lower()} a share, of {count}."
        return f"{said}; the last of {count} ranks that was closed was rank {cut}."

    def _closed(self) -> int:
        return sum(1 for row in self._of["ranking"] if row["closed"] != "0")

    def _what_was_closed(self, own: Document) -> str:
        decision = self._of["decision"]
        held, closed = parse_ratio(own["quantity"]), parse_ratio(own["closed"])
        if held is None or closed is None:
            return f"{own['account']} was closed by {own['closed']}."
        return (
            f"{own['account']}'s {side_text(held.numerator)} of {fraction_text(abs(held))} "
            f"{decision['market']} was reduced by {own['closed']} to "
            f"{fraction_text(abs(held) - closed)} at {decision['close_price']}; against the mark "
            f"{decision['mark_price']} that cost {own['cost']} {self._quote}, and it realised "
            f"{own['realized']} {self._quote}."
        )

    def _standing(self, own: Document) -> str:
        count, cut = self._of["candidates"]["count"], self._of["cut_after_rank"]
        policy, account = self._of["decision"]["policy"], own["account"]
        if self._is_shared:
            if own["closed"] == "0":
                return f"By {policy} the share of {account} came to no whole lot."
            return f"By {policy} the share of {account} was {own['closed']}."
        score = "" if own["score"] is None else f" with score {own['score']}"
        met = "." if cut is None else f"; the last rank that was closed was rank {cut}."
        return f"By {policy} {account} stood at rank {own['rank']} of {count}{score}{met}"


def _gave(count: int) -> str:
    return "One candidate gave" if count == 1 else f"{count} candidates gave"


def _people(count: int) -> str:
    if count == 0:
        return "Nobody"
    return "One candidate" if count == 1 else f"{count} candidates"
