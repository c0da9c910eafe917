"""In which plain words do reasons, steps and terms of an explanation stand?"""

from typing import Final

STEP_WORDS: Final = {"book": "order book", "takeover": "vault takeover", "adl": "auto-deleveraging"}
REASON_WORDS: Final = {
    "filled": "filled",
    "no_liquidity": "no liquidity left within the bankruptcy price",
    "no_order": "no order can be sent at such a price",
    "all_taken": "all taken",
    "capacity": "the vault is at its cap",
    "margin": "the vault's equity covers no more initial margin",
    "no_vault": "the market has no vault",
    "vault_in_liquidation": "the vault is in liquidation itself",
    "above_backstop": "equity is not below the backstop ratio",
    "all_closed": "all closed",
    "residual": "the candidates could give no more",
    "not_triggered": "the trigger does not hold",
}
ROOT_SKIPPED: Final = "skipped: its rows are salted, and no row key was given"
"""In plain words where a verdict on a ranking root says `skipped`."""
GLOSSARY: Final = (
    "Words: bankruptcy price, the price at which closing leaves the account exactly nothing; mark, "
    "the price for margin; equity, cash and unrealised result; deficit, how far equity is below "
    "zero; cost, what a victim gives up against the mark; score, what the policy sorts by; cut, "
    "the last rank closed; root, the hash of the whole log."
)
