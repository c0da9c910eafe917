"""Which ADL policy do these words name, and is it complete?"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from domain.adl.selection import Selection
from domain.adl.selections import SELECTIONS
from domain.errors import Rejected
from domain.specification import AdlPolicy
from domain.units import Ticks


def _bankruptcy(_side: int, _mark: Ticks, _previous: Ticks, bankruptcy: Fraction) -> Fraction:
    return bankruptcy


def _mark(_side: int, mark: Ticks, _previous: Ticks, _bankruptcy: Fraction) -> Fraction:
    return Fraction(mark)


def _previous_mark(_side: int, _mark: Ticks, previous: Ticks, _bankruptcy: Fraction) -> Fraction:
    return Fraction(previous)


def _mark_capped(side: int, mark: Ticks, _previous: Ticks, bankruptcy: Fraction) -> Fraction:
    return max(Fraction(mark), bankruptcy) if side > 0 else min(Fraction(mark), bankruptcy)


ClosePrice = Callable[[int, Ticks, Ticks, Fraction], Fraction]

CLOSE_PRICES: Final[dict[str, ClosePrice]] = {
    "bankruptcy": _bankruptcy,
    "mark": _mark,
    "previous_mark": _previous_mark,
    "mark_capped": _mark_capped,
}
"""Rule → exact price in ticks, from bankrupt side (+1 long), mark, previous mark, bankruptcy
price.
"""

TRIGGERS: Final = ("negative_equity", "vault_exhausted")
VAULT_RULES: Final = ("excluded", "same-rules", "first", "last")


def selection_of(policy: AdlPolicy) -> Selection:
    """The selection that a policy names."""
    return SELECTIONS[policy.selection]


def policy_of(fields: dict[str, Any]) -> AdlPolicy:
    """The policy that a command's fields make; absent fields take the defaults, all four at
    once.
    """
    policy = AdlPolicy(
        selection=fields.get("policy", AdlPolicy().selection),
        close_price=fields.get("close_price", AdlPolicy().close_price),
        trigger=fields.get("trigger", AdlPolicy().trigger),
        vault_candidate=fields.get("vault_candidate", AdlPolicy().vault_candidate),
        parameters=_parameters(fields.get("parameters", {})),
    )
    for field, value, known in (
        ("policy", policy.selection, SELECTIONS),
        ("close_price", policy.close_price, CLOSE_PRICES),
        ("trigger", policy.trigger, TRIGGERS),
        ("vault_candidate", policy.vault_candidate, VAULT_RULES),
    ):
        if value not in known:
            raise Rejected(
                "bad_value",
                field=field,
                value=value[:64] if value.isprintable() else "?",
            )
    return replace(policy, parameters=_read(selection_of(policy), dict(policy.parameters)))


def _read(selection: Selection, given: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The selection's parameters in canonical text, defaults filled in."""
    known = {parameter.name for parameter in selection.parameters}
    if given.keys() - known:
        raise Rejected("unknown_field", field="parameters")
    found: list[tuple[str, str]] = []
    for parameter in selection.parameters:
        text = given.get(parameter.name, parameter.default)
        if text is None:
            raise Rejected("missing_field", field=f"parameters.{parameter.name}")
        value = parameter.read(text)
        if value is None:
            raise Rejected("bad_value", field=f"parameters.{parameter.name}")
        found.append((parameter.name, value))
    return tuple(sorted(found))


def _parameters(given: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    for value in given.values():
        if type(value) is not str:
            raise Rejected("bad_type", field="parameters")
    return tuple(sorted(given.items()))
