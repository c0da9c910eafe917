"""What is a selection: the part of a policy that says who may be closed, and in which order?

A queue scores its candidates and closes them from the top. A sharing rule gives everybody a weight
and closes a little of each. Both are values with a name, a version and a text that people can read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from domain.adl.candidate import Candidate, Score

Parameters = dict[str, str]


@dataclass(frozen=True, slots=True)
class Selection:
    """A named, versioned rule with its plain words, its formula and the venues it models."""

    name: str
    rule: str
    formula: str
    models: str
    in_profit_only: bool
    score: Callable[[Candidate], Score] | None = None
    weight: Callable[[Candidate], int] | None = None
    parameters: tuple[str, ...] = field(default=())

    @property
    def is_queue(self) -> bool:
        """Whether candidates stand in line; otherwise they share."""
        return self.score is not None
