"""What does a comparison of policies say to programs: rows by account, measures, their parts?

One policy gives the flat shape of the contract (`rows`, `metrics`); several stand side by side in
`policies`. A row names its market where the range spans several.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from domain.instants import instant_text
from domain.specification import AdlPolicy
from domain.units import Decimal10, fraction_text
from reports.figures import amount_text, price_text, quantity_text, scaled_text, side_text
from reports.markouts import MarkoutTotal
from reports.page import Json, Row
from reports.whatif import Compared
from reports.whatif_accounts import account_rows
from reports.whatif_haircuts import haircut_object
from reports.whatif_measures import COUNTED, Measures, measured
from reports.whatif_states import RATIO, extreme_rows, state_of, state_row

LIMITS = (
    "Each decision is made again on the recorded venue just before it. Later events are not "
    "simulated again: what another policy would have changed afterwards, other decisions of this "
    "range included, is not shown, nor are decisions that only another policy would have made. "
    "Nothing was written."
)


class Side(NamedTuple):
    """One column: what was done (`at` None) or one of the choices."""

    label: str
    at: int | None


class Answer(NamedTuple):
    """What is shown: the decisions, the names of the policies, and whether marks are followed."""

    decisions: Sequence[Compared]
    labels: Sequence[str]
    quote_unit: Decimal10
    asked: str
    with_markouts: bool
    haircut_cap: Fraction | None = None
    """Beside haircuts of at most this part of a profit; None without."""

    @property
    def sides(self) -> list[Side]:
        """A column for each policy."""
        return [Side(label, at) for at, label in enumerate(self.labels)]


def whatif_body(answer: Answer) -> dict[str, Json]:
    """The members of the `whatif/1` object."""
    policies = [_policy(answer, side) for side in answer.sides]
    body: dict[str, Json] = {
        "asked": answer.asked,
        "decisions": [_decision(found) for found in answer.decisions],
        "counted": [{"measure": name, "is": words} for name, words in COUNTED.items()],
        "actual": _done(answer, Side("actual", None)),
    }
    if len(policies) == 1:
        body |= policies[0]
    else:
        body["policies"] = policies
    body["limits"] = LIMITS
    return body


def _decision(found: Compared) -> Row:
    spec = found.spec
    return {
        "id": found.id,
        "seq": found.seq,
        "time": instant_text(found.time),
        "market": spec.id,
        "liquidation": found.liquidation,
        "bankrupt": found.bankrupt,
        "side": side_text(found.side),
        "mark_price": price_text(found.mark, spec),
        "needed": quantity_text(found.needed, spec),
        "deficit": amount_text(found.deficit, spec.quote_unit),
    }


def _done(answer: Answer, side: Side) -> dict[str, Json]:
    measures = measured(answer.decisions, side.at)
    body: dict[str, Json] = {
        "metrics": metrics_row(answer, measures),
        "ratios": ratio_rows(answer, measures),
        "by_decision": [_by_decision(found, side) for found in answer.decisions],
        "states": extreme_rows(answer.decisions, side.at, answer.quote_unit),
    }
    if answer.with_markouts:
        body["markouts"] = [
            markout_row(found, total)
            for found in answer.decisions
            for total in found.markouts(found.outcome(side.at))
        ]
    if answer.haircut_cap is not None:
        body["haircuts"] = [
            haircut_object(found, found.outcome(side.at), answer.haircut_cap)
            for found in answer.decisions
        ]
    return body


def _policy(answer: Answer, side: Side) -> dict[str, Json]:
    return {
        "policy": side.label,
        "rows": account_rows(answer.decisions, side.at),
        **_done(answer, side),
    }


def _by_decision(found: Compared, side: Side) -> Row:
    outcome, spec = found.outcome(side.at), found.spec
    state, over = state_of(found, outcome)
    return {
        "id": found.id,
        "policy": policy_row(outcome.policy),
        "is_triggered": outcome.is_triggered,
        "close_price": price_text(outcome.close_price, spec),
        "accounts_touched": len(outcome.taken),
        "closed": quantity_text(outcome.closed, spec),
        "residual": quantity_text(found.residual(outcome), spec),
        "cost": amount_text(outcome.cost, spec.quote_unit),
        **state_row(state, over, spec.quote_unit),
    }


def policy_row(policy: AdlPolicy) -> Row:
    """All four choices, the parameters, and the digest."""
    return {
        "policy": policy.selection,
        "close_price": policy.close_price,
        "trigger": policy.trigger,
        "vault_candidate": policy.vault_candidate,
        "parameters": dict(policy.parameters),
        "digest": policy.digest(),
    }


def metrics_row(answer: Answer, measures: Measures) -> dict[str, Json]:
    """Every measure as text; null where it means nothing for this range."""
    lot = None if measures.market is None else measures.market.lot_size

    def lots(value: int | Fraction | None) -> str | None:
        return None if value is None or lot is None else scaled_text(value, lot)

    def money(value: int | Fraction | None) -> str | None:
        return None if value is None else scaled_text(value, answer.quote_unit)

    ratios = {name: ratio.value for name, ratio in measures.ratios.items()}
    shown = {
        name: None if value is None else fraction_text(value) for name, value in ratios.items()
    }
    beyond = measures.overshoot.beyond()
    found: dict[str, Json] = {
        "largest_share": shown["largest_share"],
        "accounts_touched": measures.accounts_touched,
        "liquidations": measures.liquidations,
        "cost": money(measures.cost),
        "deficit": money(measures.deficit),
        "closed": lots(measures.closed),
        "needed": lots(measures.needed),
        "residual": lots(measures.residual),
        "overshoot_quantity": lots(beyond.quantity),
        "overshoot_cost": money(beyond.cost),
        "overshoot_profit": money(beyond.profit),
        **state_row(measures.state, measures.ratios.get(RATIO), answer.quote_unit),
    }
    return {**found, **{name: text for name, text in shown.items() if name not in found}}


def ratio_rows(answer: Answer, measures: Measures) -> list[Row]:
    """What each ratio is made of; numerators and denominators are money."""
    return [
        {
            "ratio": name,
            "value": None if ratio.value is None else fraction_text(ratio.value),
            "numerator": scaled_text(Fraction(ratio.numerator), answer.quote_unit),
            "numerator_is": ratio.numerator_is,
            "denominator": scaled_text(Fraction(ratio.denominator), answer.quote_unit),
            "denominator_is": ratio.denominator_is,
        }
        for name, ratio in measures.ratios.items()
    ]


def markout_row(found: Compared, total: MarkoutTotal) -> dict[str, Json]:
    """One later mark of one decision; null with the reason where the log ends before."""
    spec = found.spec
    unit = spec.quote_unit

    def money(value: int | None) -> str | None:
        return None if value is None else amount_text(value, unit)

    return {
        "id": found.id,
        "after_seconds": total.after,
        "mark_price": None if total.mark is None else price_text(total.mark, spec),
        "mark_seq": total.mark_seq,
        "cost": money(total.cost),
        "positive_cost": money(total.positive_cost),
        "reason": total.reason,
    }
