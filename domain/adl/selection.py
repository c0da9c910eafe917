"""What is a selection: the part of a policy that says who may be closed, and in which order?

A queue scores or places its candidates and closes them from the top. A sharing rule gives everybody
a weight and closes a little of each. All are values with a name, a version and a text for people.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from domain.adl.candidate import Candidate, Score
from domain.units import AccountId


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a rule may look at beside the candidates: one whole quote, parameters, the venue's
    list.
    """

    one_quote: Fraction
    """One unit of the quote currency, in quote units."""
    parameters: tuple[tuple[str, str], ...] = ()
    adl_list: tuple[AccountId, ...] = ()

    def parameter(self, name: str) -> str:
        """The text of a parameter that the policy is known to carry."""
        return dict(self.parameters)[name]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a selection: its name, how it is read, and its default if it has one."""

    name: str
    read: Callable[[str], str | None]
    """The canonical text of a valid value, None for any other."""
    meaning: str
    default: str | None = None


class Columns(NamedTuple):
    """Candidates of one side (+1 long) by column, for a rule that can score many at once."""

    side: int
    notionals: Sequence[int]
    cost_notionals: Sequence[int]
    unrealized: Sequence[int]
    equities: Sequence[int]


class ScoreColumns(NamedTuple):
    """Scores by column, in the order of the candidates; denominators are positive."""

    numerators: Sequence[int]
    denominators: Sequence[int]


ManyRule = Callable[[Columns], ScoreColumns]
ScoreRule = Callable[[Candidate, Circumstances], Score]
PartsRule = Callable[[Candidate, Circumstances], tuple[Score, ...]]
PlaceRule = Callable[[Sequence[Candidate], Circumstances], Sequence[int]]
WeightRule = Callable[[Candidate, Circumstances], Fraction | int]
LimitRule = Callable[[Candidate, Circumstances], int]


@dataclass(frozen=True, slots=True)
class Selection:
    """A named, versioned rule. Exactly one of `score`, `parts`, `place` and `weight` is given.

    `score`: one number, higher first. `parts`: several, compared one after the other, higher first.
    `place`: whole numbers, lower first. `weight`: no order but shares, with an optional `limit` of
    lots per account that is dropped when all limits together do not reach the need.
    """

    name: str
    rule: str
    formula: str
    models: str
    source: str
    in_profit_only: bool
    score: ScoreRule | None = None
    parts: PartsRule | None = None
    place: PlaceRule | None = None
    weight: WeightRule | None = None
    limit: LimitRule | None = None
    scale_dependent: bool = False
    """Whether counting money in another unit may change the order."""
    parameters: tuple[Parameter, ...] = field(default=())
    many: ManyRule | None = None
    """The same as `score` for many candidates at once, where it is worth a second writing; a test
    compares the two."""

    @property
    def is_queue(self) -> bool:
        """Whether candidates stand in line; otherwise they share."""
        return self.weight is None
