"""Which parts of the reference follow from the code, and what do they say?

A generated part of a page stands between `<!-- generated: name -->` and `<!-- end -->`; the words
around it are written by hand. `ZEROSUM_REWRITE_DOCS=1 pytest tests/docs` writes the parts anew.
"""

import re
from collections.abc import Callable
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from domain import event_shapes as event_definitions
from domain.adl.ranking import EXCLUSIONS
from domain.adl.selection import Selection
from domain.adl.selections import SELECTIONS
from domain.command_parsing import SHAPES
from domain.errors import CODES
from domain.events import EVENT_TYPES
from domain.invariants import INVARIANTS
from reports.policy_choices import CHOICES, KINDS

_PART = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewritten(page: str) -> str:
    """The page with every generated part as the code says it now."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n{part[3]}", page)


def parts_of(page: str) -> list[str]:
    """Names of the generated parts that a page holds."""
    return [match[1] for match in _PART.findall(page)]


def events() -> str:
    """A heading, a sentence and a table of fields for every stored name."""
    lines: list[str] = []
    for name, kind in EVENT_TYPES.items():
        lines += [
            f"### `{name}`",
            "",
            _sentence(kind),
            "",
            "| field | type |",
            "|---|---|",
        ]
        lines += [f"| `{field}` | {_type(hint)} |" for field, hint in _fields(kind)]
        lines.append("")
    lines += ["## Shapes inside events", ""]
    for name in (
        "TierFact",
        "LiquidationFact",
        "VaultFact",
        "PolicyFact",
        "BankruptcyQuote",
    ):
        lines += _shape(name)
    for name in ("Step", "ClosePriceFact"):
        lines += _shape(name)
    return "\n".join(lines)


def commands() -> str:
    """Every command with its fields."""
    lines = ["| command | required | optional |", "|---|---|---|"]
    for name, shape in SHAPES.items():
        required = ", ".join(f"`{field}`" for field in shape.required)
        optional = ", ".join(f"`{field}`" for field in shape.optional)
        lines.append(f"| `{name}` | {required} | {optional} |")
    return "\n".join(lines) + "\n"


def codes() -> str:
    """Every refusal code and the rule it stands for."""
    lines = ["| code | rule |", "|---|---|"]
    lines += [f"| `{code}` | {rule} |" for code, rule in CODES.items()]
    return "\n".join(lines) + "\n"


def invariants() -> str:
    """Every named invariant, its statement, and where it is checked."""
    lines: list[str] = []
    for invariant in INVARIANTS.values():
        lines += [
            f"### `{invariant.name}` ({invariant.number})",
            "",
            f"{invariant.statement} Checked over the {invariant.where}.",
            "",
        ]
    return "\n".join(lines)


def policies() -> str:
    """Every selection with its rule, formula and what it models; prices, triggers, vault rules."""
    lines: list[str] = []
    for selection in SELECTIONS.values():
        lines += [
            f"### `{selection.name}`",
            "",
            selection.rule,
            "",
            f"* formula: `{selection.formula}`",
            f"* models: {selection.models}",
            f"* source: {selection.source}",
            f"* in profit only: {'yes' if selection.in_profit_only else 'no'}",
            f"* depends on the unit of money: {'yes' if selection.scale_dependent else 'no'}",
            f"* parameters: {_parameters(selection)}",
            "",
        ]
    lines += [
        "## Close prices, triggers, vault rules, exclusions",
        "",
        "All of them version 1; the default of each kind is marked.",
        "",
        "| choice | name | rule | formula | models | source |",
        "|---|---|---|---|---|---|",
    ]
    for choice in CHOICES:
        default = " (default)" if choice.is_default else ""
        lines.append(
            f"| {KINDS[choice.field]} | `{choice.name}`{default} | {choice.rule} "
            f"| `{choice.formula}` | {choice.models} | {choice.source} |"
        )
    lines += ["", "* exclusion: " + ", ".join(f"`{name}`" for name in EXCLUSIONS)]
    return "\n".join(lines) + "\n"


def _parameters(selection: Selection) -> str:
    return (
        "; ".join(
            f"`{parameter.name}` ({parameter.meaning}"
            + (f", default {parameter.default})" if parameter.default else ")")
            for parameter in selection.parameters
        )
        or "none"
    )


PARTS: dict[str, Callable[[], str]] = {
    "events": events,
    "commands": commands,
    "codes": codes,
    "invariants": invariants,
    "policies": policies,
}


def _shape(name: str) -> list[str]:
    kind = getattr(event_definitions, name)
    rows = [f"| `{field}` | {_type(hint)} |" for field, hint in _fields(kind)]
    return [
        f"### {name}",
        "",
        _sentence(kind),
        "",
        "| field | type |",
        "|---|---|",
        *rows,
        "",
    ]


def _sentence(kind: Any) -> str:
    return " ".join(part.strip() for part in (kind.__doc__ or "").strip().split("\n"))


def _fields(kind: Any) -> list[tuple[str, Any]]:
    return sorted(get_type_hints(kind, include_extras=True).items())


def _type(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is NotRequired:
        return f"{_type(get_args(hint)[0])}, may be absent"
    if hint is int:
        return "integer"
    if hint is str:
        return "text"
    if hint is bool:
        return "true or false"
    if hint is type(None):
        return "null"
    if is_typeddict(hint):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if origin is list:
        return f"list of {_type(get_args(hint)[0])}"
    if origin is dict:
        return f"object of {_type(get_args(hint)[1])}"
    arguments = get_args(hint)
    if all(isinstance(argument, str) for argument in arguments):
        return ", ".join(f"`{argument}`" for argument in arguments)
    return " or ".join(_type(argument) for argument in arguments)
