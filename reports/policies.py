"""Which ADL policies are there, and what does each of them say?"""

from domain.adl.policies import CLOSE_PRICES, TRIGGERS, VAULT_RULES, policy_of
from domain.adl.selection import Parameter, Selection
from domain.adl.selections import SELECTIONS
from domain.errors import Rejected
from domain.specification import AdlPolicy
from reports.page import Json, Page, Table

CLOSE_PRICE_RULES = {
    "bankruptcy": "the bankruptcy price of the account that is closed",
    "mark": "the mark price; what is missing is covered by vault, insurance, uncovered",
    "previous_mark": "the mark just before the current one, the mark itself when there is none",
    "mark_capped": "the mark, but never worse for the bankrupt account than bankruptcy",
}
TRIGGER_RULES = {
    "negative_equity": "ADL starts when the account's equity is below zero",
    "vault_exhausted": "ADL starts when the vault left lots, or the market has no vault",
}
VAULT_CANDIDATE_RULES = {
    "excluded": "accounts of role vault are no candidates",
    "same-rules": "accounts of role vault stand in the ranking like everybody else",
    "first": "accounts of role vault stand before all others of their pass",
    "last": "accounts of role vault stand after all others of their pass",
}
COLUMNS = {"name": "selection", "kind": "kind", "formula": "formula", "models": "models"}


def policy_list_page() -> Page:
    """Every selection, then the choices for close price, trigger and vault rule."""
    rows = [_row(selection) for selection in SELECTIONS.values()]
    body: dict[str, Json] = {"rows": rows, **_choices()}
    parts: tuple[Table | str, ...] = (
        Table(COLUMNS, rows, frozenset(COLUMNS)),
        *_choice_sentences(),
        "A selection in full: zerosum policy show NAME",
    )
    return Page("policy-list/1", None, body, "rows", parts)


def policy_page(selection: Selection) -> Page:
    """One selection: the rule in words, its formula, and the digest of the policy it makes."""
    row = _row(selection)
    body: dict[str, Json] = {**row, **_choices()}
    parts = (
        f"{selection.name} ({row['kind']})",
        selection.rule,
        f"Formula: {selection.formula}",
        f"Models: {selection.models}",
        f"Source: {selection.source}",
        f"Parameters: {'; '.join(map(_parameter_text, selection.parameters)) or 'none'}",
        f"Candidates: {'only accounts in profit' if selection.in_profit_only else 'all'}",
        f"Digest with default choices: {row['digest'] or 'depends on its parameters'}",
        *_choice_sentences(),
    )
    return Page("policy/1", None, body, None, parts)


def _row(selection: Selection) -> dict[str, Json]:
    return {
        "name": selection.name,
        "kind": "queue" if selection.is_queue else "shares",
        "rule": selection.rule,
        "formula": selection.formula,
        "models": selection.models,
        "source": selection.source,
        "in_profit_only": selection.in_profit_only,
        "parameters": [
            {
                "name": parameter.name,
                "meaning": parameter.meaning,
                "default": parameter.default,
            }
            for parameter in selection.parameters
        ],
        "digest": _digest(selection),
    }


def _parameter_text(parameter: Parameter) -> str:
    default = "required" if parameter.default is None else f"default {parameter.default}"
    return f"{parameter.name} ({default}): {parameter.meaning}"


def _digest(selection: Selection) -> str | None:
    """Digest of the policy with default choices; None where a parameter has no default."""
    try:
        return policy_of({"policy": selection.name}).digest()
    except Rejected:
        return None


def _choices() -> dict[str, Json]:
    return {
        "close_prices": {name: CLOSE_PRICE_RULES.get(name, "") for name in CLOSE_PRICES},
        "triggers": {name: TRIGGER_RULES.get(name, "") for name in TRIGGERS},
        "vault_rules": {name: VAULT_CANDIDATE_RULES.get(name, "") for name in VAULT_RULES},
    }


def _choice_sentences() -> tuple[str, ...]:
    default = AdlPolicy()
    return (
        f"Close prices: {', '.join(CLOSE_PRICES)} (default {default.close_price}).",
        f"Triggers: {', '.join(TRIGGERS)} (default {default.trigger}).",
        f"Vault rules: {', '.join(VAULT_RULES)} (default {default.vault_candidate}).",
    )
