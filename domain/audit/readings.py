"""Under which readings of a venue's rule is a recorded close judged?

A reading is a policy with a short name. The three of Hyperliquid's published index are the default;
any other policy that needs nothing from outside the log may be asked for. Accounts of role vault
are candidates like everybody else, nobody's capacity is limited, and nobody is known to be in
liquidation: a venue publishes none of this.
"""

from typing import Final, NamedTuple

from domain.adl.policies import policy_of, selection_of
from domain.adl.selection import Selection
from domain.specification import AdlPolicy

LITERAL: Final = "hyperliquid-literal@1"
SYMMETRIC: Final = "hyperliquid-symmetric@1"
RECOVERED: Final = "hyperliquid-recovered@1"
DEFAULT_READINGS: Final = (LITERAL, SYMMETRIC, RECOVERED)
LETTERS: Final = {LITERAL: "L", SYMMETRIC: "S", RECOVERED: "R"}
NEEDS_INPUT: Final = frozenset({"external-list@1"})
"""Selections whose order a venue's keeper writes down elsewhere: a recorded log has no list."""


class RuleVersion(NamedTuple):
    """A version of the venue's published text."""

    id: str
    trigger: str
    order: str
    price: str
    readings: tuple[str, ...]
    """Selections that read this text's order."""


RULE_VERSIONS: Final = (
    RuleVersion(
        "hl-doc-1",
        "account value or isolated position value below zero",
        "opposite side by unrealised profit and leverage; no formula, so the order is not judged",
        "previous oracle price",
        (),
    ),
    RuleVersion(
        "hl-doc-2",
        "account value or isolated position value below zero",
        "opposite side in profit, by (mark/entry)·(notional/account value)",
        "previous mark price",
        (LITERAL, SYMMETRIC),
    ),
    RuleVersion(
        "hl-doc-3",
        "account value or isolated position value below zero",
        "as hl-doc-2; positions that were taken over are not treated specially",
        "previous mark price",
        (LITERAL, SYMMETRIC),
    ),
)
"""The versions of the published text; when each began is not published."""


class Reading(NamedTuple):
    """A policy under which closes are judged, with its short name."""

    letter: str
    policy: AdlPolicy
    selection: Selection

    @property
    def name(self) -> str:
        """The selection's stored name."""
        return self.selection.name

    @property
    def versions(self) -> tuple[str, ...]:
        """Versions of the published text whose order this reading reads."""
        return tuple(text.id for text in RULE_VERSIONS if self.name in text.readings)


def reading_of(name: str, parameters: dict[str, str] | None = None) -> Reading:
    """The reading of this selection; raises `Rejected` where a parameter is missing or bad."""
    policy = policy_of(
        {
            "policy": name,
            "close_price": "previous_mark",
            "trigger": "negative_equity",
            "vault_candidate": "same-rules",
            "parameters": parameters or {},
        }
    )
    return Reading(LETTERS.get(name, name), policy, selection_of(policy))


def default_readings() -> tuple[Reading, ...]:
    """Literal, symmetric, recovered."""
    return tuple(reading_of(name) for name in DEFAULT_READINGS)
