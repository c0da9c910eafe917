"""Which words does an audit use for what it found out about a decision?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from domain.audit.readings import Reading
from domain.units import AccountId, Lots


class Verdict(StrEnum):
    """What an audit says about a decision under a reading."""

    CONFORMS = "conforms"
    VIOLATES = "violates"
    UNDECIDABLE = "undecidable"


class Answer(StrEnum):
    """What a check says."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> "Answer":
        """The answer that a truth value stands for; None is unknown."""
        return cls.UNKNOWN if value is None else cls.YES if value else cls.NO


class Pair(NamedTuple):
    """Two accounts that show a violation, with their exact scores where the reading has any.

    `kind` is `order` (the skipped one stands before the closed one), `two_partials` (both were
    closed in part, and only the last may be), `not_a_candidate` (the closed one could not be
    chosen; nobody need have been skipped) or `share` (one gave less than its share, one more).
    """

    kind: str
    skipped: AccountId | None
    skipped_score: Fraction | None
    closed: AccountId
    closed_score: Fraction | None


class MissingInput(NamedTuple):
    """Something that nobody can know from the log: its code, whose it is (the first), how many."""

    code: str
    accounts: tuple[AccountId, ...]
    number: int


class Distance(NamedTuple):
    """How far what was closed is from what the reading closes, among the known candidates.

    Lots that came from others than the reading says, and how many ranks the last account that was
    closed stands behind the last one that the reading closes.
    """

    quantity: Lots
    ranks: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one decision under one reading, with what shows it."""

    reading: Reading
    verdict: Verdict
    pair: Pair | None
    missing: tuple[MissingInput, ...]
    skipped: tuple[AccountId, ...]
    """Known candidates that stand before the last who was closed and kept something; the first."""
    skipped_count: int
    ties: int
    """How many kept all and stand exactly level with the last who was closed."""
    candidates: int
    losers_included: bool
    rows_in_order: Answer
    ranks: Mapping[AccountId, int]
    would_close: Mapping[AccountId, Lots]
    distance: Distance | None


class Closed(NamedTuple):
    """What was closed in a decision: lots by account in the order of the rows, who kept a part."""

    lots: Mapping[AccountId, Lots]
    partial: tuple[AccountId, ...]

    @property
    def quantity(self) -> Lots:
        """Lots of all victims."""
        return sum(self.lots.values())
