"""Which ADL policies are there, and what does each of them say?"""

from domain.adl.policies import policy_of
from domain.adl.selection import Parameter, Selection
from domain.adl.selections import SELECTIONS
from domain.errors import Rejected
from reports.page import Json, Page, Table
from reports.policy_choices import CHOICES, KINDS, PolicyChoice, choices_of

CHOICE_COLUMNS = {"kind": "choice", "name": "name", "formula": "formula", "models": "models"}
COLUMNS = {"name": "selection", "kind": "kind", "formula": "formula", "models": "models"}


def policy_list_page() -> Page:
    """Every selection, then the choices for close price, trigger and vault rule."""
    rows = [_row(selection) for selection in SELECTIONS.values()]
    body: dict[str, Json] = {"rows": rows, "choices": _choices()}
    parts: tuple[Table | str, ...] = (
        Table(COLUMNS, rows, frozenset(COLUMNS)),
        Table(CHOICE_COLUMNS, _choices(), frozenset(CHOICE_COLUMNS)),
        *_choice_sentences(),
        "A selection or another choice in full: zerosum policy show NAME",
    )
    return Page("policy-list/1", None, body, "rows", parts)


def policy_page(selection: Selection) -> Page:
    """One selection: the rule in words, its formula, and the digest of the policy it makes."""
    row = _row(selection)
    body: dict[str, Json] = {**row, "choices": _choices()}
    parts = (
        f"{selection.name} ({row['kind']})",
        selection.rule,
        f"Formula: {selection.formula}",
        f"Models: {selection.models}",
        f"Source: {selection.source}",
        f"Parameters: {'; '.join(map(_parameter_text, selection.parameters)) or 'none'}",
        f"Scale: {_scale(selection)}",
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
        "scale_dependent": selection.scale_dependent,
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


def choice_page(choice: PolicyChoice) -> Page:
    """One close price, trigger or vault rule in full."""
    default = ", the default" if choice.is_default else ""
    parts = (
        f"{choice.name}, version {choice.version} ({KINDS[choice.field]}{default})",
        choice.rule,
        f"Formula: {choice.formula}",
        f"Models: {choice.models}",
        f"Source: {choice.source}",
        "Parameters: none",
        f"Digest of the default policy with it: {choice.row()['digest']}",
    )
    return Page("policy-choice/1", None, choice.row(), None, parts)


def _scale(selection: Selection) -> str:
    if selection.scale_dependent:
        return "an amount of money is part of the rule: counting in another unit may change it"
    return "counting all money in another unit changes nothing"


def _choices() -> list[dict[str, Json]]:
    return [choice.row() for choice in CHOICES]


def _choice_sentences() -> tuple[str, ...]:
    return tuple(
        f"{named[0].upper()}{named[1:]}s: {', '.join(choice.name for choice in found)} "
        f"(default {next(choice.name for choice in found if choice.is_default)})."
        for found, named in ((list(choices_of(field)), named) for field, named in KINDS.items())
    )
