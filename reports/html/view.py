"""What do all sections look at?

The explanation as its reader may see it, the surroundings, and the few things that several
sections ask of them.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from reports.audience import Document
from reports.html.amounts import exact, grouped, nearly, text_of
from reports.html.blocks import Cell
from reports.html.surroundings import Surroundings

WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class View:
    """One page's material."""

    document: Document
    around: Surroundings

    @property
    def decision(self) -> Document:
        """Id, seq, market, policy, prices."""
        found: Document = self.document["decision"]
        return found

    @property
    def market(self) -> str:
        """The market's id, which is the unit of quantities."""
        return str(self.decision["market"])

    @property
    def quote(self) -> str:
        """The unit of prices and money."""
        return self.around.quote

    @property
    def totals(self) -> Document:
        """The totals; None in them where they are withheld."""
        found: Document = self.document["totals"]
        return found

    @property
    def has_totals(self) -> bool:
        """Whether totals may be seen."""
        return self.totals["closed"] is not None

    @property
    def ranking(self) -> list[Document]:
        """The rows of the ranking, redacted ones with rank and outcome only."""
        found: list[Document] = self.document["ranking"]
        return found

    @property
    def account(self) -> str | None:
        """The account that is asked about."""
        asked: dict[str, Any] | None = self.document.get("account")
        return None if asked is None else asked["account"]

    @property
    def own(self) -> Document | None:
        """The ranking row of the account that is asked about."""
        name = self.account
        if name is None:
            return None
        return next((row for row in self.ranking if row.get("account") == name), None)

    @property
    def cut(self) -> int | None:
        """The last rank that was closed."""
        found: int | None = self.document["cut_after_rank"]
        return found

    @property
    def audience(self) -> Document | None:
        """What was redacted; None for an auditor."""
        found: Document | None = self.document.get("audience")
        return found if isinstance(found, dict) else None

    @property
    def met(self) -> str:
        """How much of the need was met, in the words of the cut."""
        if not self.has_totals:
            return "the last rank that was closed"
        closed, needed = grouped(self.totals["closed"]), grouped(self.totals["needed"])
        return f"{closed} of {needed} allocated"


def number(text: str | None, place: str | None = None) -> Cell:
    """A number in a cell; a dash where there is none."""
    if text is None:
        return Cell("–", place=place)
    # Policies that compare several numbers say them one after the other.
    return Cell(" ".join(map(grouped, text.split(" "))), nearly(text), place)


def shared_out(part: str, whole: str) -> str | None:
    """`part / whole` as exact text; None when the whole is nothing."""
    return None if exact(whole) == 0 else text_of(exact(part) / exact(whole))


def summed(texts: list[str]) -> Fraction:
    """The exact sum of numbers of the page."""
    return sum((exact(text) for text in texts), Fraction(0))


def closed_rows(view: View) -> list[Document]:
    """Those who were closed and whose amounts may be seen, in rank order."""
    return [row for row in view.ranking if row["closed"] not in (None, "0")]
