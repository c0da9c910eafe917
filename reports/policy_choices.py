"""What do the other three choices of a policy say: close price, trigger, vault rule?

Each is a value like a selection: a name, a version, a rule in words, a formula, a source and the
venues it models, with the reading where their public text leaves it open. Events carry the name; a
changed rule would be another name. The digest is that of the default policy with this one choice.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.adl.policies import policy_of
from domain.specification import AdlPolicy
from reports.page import Json


class PolicyChoice(NamedTuple):
    """One rule of one kind; `field` is the policy's own, as commands and events name it."""

    field: str
    name: str
    rule: str
    formula: str
    models: str
    source: str
    version: int = 1

    @property
    def is_default(self) -> bool:
        """Whether a policy that names none of this kind takes this one."""
        return bool(getattr(AdlPolicy(), self.field) == self.name)

    def row(self) -> dict[str, Json]:
        """As `policy list` and `policy show` give it."""
        return {
            "kind": self.field,
            "name": self.name,
            "version": self.version,
            "rule": self.rule,
            "formula": self.formula,
            "models": self.models,
            "source": self.source,
            "is_default": self.is_default,
            "parameters": [],
            "digest": policy_of({self.field: self.name}).digest(),
        }


CHOICES: Final = (
    PolicyChoice(
        "close_price",
        "bankruptcy",
        "Everybody is closed at the price that leaves the bankrupt account exactly nothing.",
        "p = p_b = P - E_i/(q·v);  E_i = E·M_i/ΣM",
        "venues that close at the bankruptcy price (BitMEX, Bybit, dYdX)",
        "public ADL pages of BitMEX and Bybit; dYdX v4 protocol. How equity is spread over several "
        "markets is not said there: here by maintenance margin",
    ),
    PolicyChoice(
        "close_price",
        "mark",
        "Everybody is closed at the mark price; what the bankrupt account then lacks is covered by "
        "vault, insurance, uncovered.",
        "p = P",
        "venues that close at the mark or oracle price",
        "dYdX v4 protocol, final settlement (there for solvent accounts only)",
    ),
    PolicyChoice(
        "close_price",
        "previous_mark",
        "Everybody is closed at the mark just before the current one, at the mark itself when "
        "there is none.",
        "p = P_previous",
        "Hyperliquid's published text, which says the previous mark price",
        "Hyperliquid docs, Auto-deleveraging (which mark is the previous one is not said; "
        "read as the one in force before the latest update)",
    ),
    PolicyChoice(
        "close_price",
        "mark_capped",
        "Everybody is closed at the mark price, but never at a price that is worse for the "
        "bankrupt account than its bankruptcy price.",
        "p = max(P, p_b) for a bankrupt long, min(P, p_b) for a bankrupt short",
        "venues that close at the mark where the account can still pay",
        "the mark with the bankruptcy price as its bound: a reading of its own, no venue's text",
    ),
    PolicyChoice(
        "trigger",
        "negative_equity",
        "ADL starts when the account's equity is below zero.",
        "E < 0",
        "venues that deleverage the bankrupt only (dYdX, Hyperliquid)",
        "dYdX v4 protocol; Hyperliquid docs, Auto-deleveraging (read as strictly below zero)",
    ),
    PolicyChoice(
        "trigger",
        "vault_exhausted",
        "ADL starts when the vault was asked and left lots, or the market has no vault, however "
        "much equity there is.",
        "lots left after the takeover step",
        "venues that deleverage when their fund can take no more",
        "public ADL pages that name an exhausted fund (read as: it was asked and left lots)",
    ),
    PolicyChoice(
        "vault_candidate",
        "excluded",
        "Accounts of role vault are no candidates.",
        "role = vault: excluded as vault_excluded",
        "venues whose fund stands behind its traders",
        "the usual silence of public texts, read as no",
    ),
    PolicyChoice(
        "vault_candidate",
        "same-rules",
        "Accounts of role vault stand in the ranking like everybody else.",
        "no difference by role",
        "Hyperliquid, current text",
        "Hyperliquid docs, Auto-deleveraging (taken-over positions are not treated specially)",
    ),
    PolicyChoice(
        "vault_candidate",
        "first",
        "Accounts of role vault stand before all others of their pass.",
        "by role, then by the selection",
        "research: the fund gives before traders do",
        "no venue's text; a comparator",
    ),
    PolicyChoice(
        "vault_candidate",
        "last",
        "Accounts of role vault stand after all others of their pass.",
        "by role reversed, then by the selection",
        "research: the fund is kept for what comes",
        "no venue's text; a comparator",
    ),
)
KINDS: Final = {"close_price": "close price", "trigger": "trigger", "vault_candidate": "vault rule"}
"""The policy's field → what people call it."""


def choices_of(field: str) -> Iterator[PolicyChoice]:
    """The rules of one kind, in their order."""
    return (choice for choice in CHOICES if choice.field == field)


def choice_named(name: str) -> PolicyChoice | None:
    """The rule of this name; names are unique over all kinds."""
    return next((choice for choice in CHOICES if choice.name == name), None)
