"""Who would have been closed under another policy?"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import click

from cli.auditing import is_recorded
from cli.errors import NOT_FOUND, CommandFailed, Failure, not_found, wrong_usage
from cli.moment import span_of
from cli.output import note, show
from cli.parameters import named_parameters
from cli.reading import Reading, as_of, log_only
from cli.recorded_spans import recorded_span
from cli.settings import Question
from domain.adl.policies import CLOSE_PRICES, TRIGGERS, VAULT_RULES
from domain.adl.selections import SELECTIONS
from domain.audit.decisions import Terms
from domain.errors import Rejected
from domain.specification import AdlPolicy
from domain.units import parse_ratio
from domain.venue import Venue, apply
from ledger.ledger import Ledger
from projections.errors import UnknownDecision
from reports.whatif import Choice
from reports.whatif_body import Answer
from reports.whatif_chart import whatif_svg
from reports.whatif_page import whatif_page
from reports.whatif_recorded import RecordedStudy
from reports.whatif_study import DECIDED, Study

DECISION = "ADL-"


class Range(NamedTuple):
    """First and last seq in which decisions are asked for."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the options replace in the policies."""

    policies: tuple[str, ...]
    close_price: str | None
    trigger: str | None
    vault_candidate: str | None
    parameters: dict[str, str]


@click.command(
    "whatif", cls=Question, epilog="Example: zerosum whatif ADL-34 --policy pro-rata-size@1"
)
@click.argument("asked", metavar="ID|RANGE")
@click.option("--policy", "policies", multiple=True, metavar="P", help="Selection; repeatable.")
@click.option("--close-price", type=click.Choice(tuple(CLOSE_PRICES)), help="Another close price.")
@click.option("--trigger", type=click.Choice(TRIGGERS), help="Another trigger.")
@click.option(
    "--vault-candidate", type=click.Choice(VAULT_RULES), help="Another rule for vault accounts."
)
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="Of a policy.")
@click.option("--markouts", is_flag=True, help="Cost against the marks up to 60 s later.")
@click.option(
    "--haircuts",
    metavar="CAP",
    help="Beside an equal part of every profit, at most CAP of it (1: all).",
)
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a chart for comparison to FILE.",
)
@click.pass_context
def whatif(
    context: click.Context,
    asked: str,
    policies: tuple[str, ...],
    close_price: str | None,
    trigger: str | None,
    vault_candidate: str | None,
    parameters: tuple[str, ...],
    markouts: bool,
    haircuts: str | None,
    svg: Path | None,
) -> None:
    """Who would have been closed under another policy?

    For one decision (ADL-34), a range (ADL-34..ADL-90, 100..200, both ends included) or all. What
    is not named stays as it was; nothing is written to the store.
    """
    chosen = Chosen(policies, close_price, trigger, vault_candidate, named_parameters(parameters))
    choices = _choices(chosen)
    cap = None if haircuts is None else _cap(haircuts)
    with log_only(context) as books:
        study: Study | RecordedStudy
        if is_recorded(books):
            _needs_policy(chosen)
            study = _recorded(
                context, books, asked, RecordedStudy(choices, Terms(), follow_marks=markouts)
            )
        else:
            study = Study(choices, follow_marks=markouts)
            _read(books, _range(books.ledger, asked), study)
        if not study.compared:
            raise not_found(
                "no_decision", f"there is no decision in {asked}", "zerosum adl list shows all"
            )
        labels = [_label(choice) for choice in choices]
        answer = Answer(study.compared, labels, books.quote_unit, asked, markouts, cap)
        # What is logged later than the last event that was used changes nothing.
        page = whatif_page(answer, as_of(books.ledger, study.last_used))
        if svg is not None:
            svg.write_text(whatif_svg(answer), encoding="utf-8", newline="")
            note(context, f"wrote {svg}")
        show(context, page)


def _cap(text: str) -> Fraction:
    cap = parse_ratio(text)
    if cap is None or not 0 < cap <= 1:
        message = f"--haircuts {text} is no part of a profit"
        raise wrong_usage("bad_value", message, expected="a ratio above 0, at most 1")
    return cap


def _read(books: Reading, asked: Range, study: Study) -> None:
    """Fold the log once over the range, and read on as long as later marks are missing."""
    first = _first_decision(books.ledger, asked)
    if first is None:
        return
    venue = books.ledger.venue_at(first - 1)
    for event in books.ledger.events(first, books.seq):
        is_asked = event["seq"] <= asked.last
        if not is_asked and study.is_complete:
            return
        try:
            study.see(venue, event, is_asked=is_asked)
        except Rejected as fault:
            raise _bad_policy(fault) from None
        if is_asked:
            apply(venue, event)


def _needs_policy(chosen: Chosen) -> None:
    """The record does not name a policy of which a part could be replaced."""
    if not chosen.policies:
        raise wrong_usage(
            "usage",
            "this log records what a venue did, and not by which policy",
            expected="--policy P",
            hint="zerosum policy list shows all selections",
        )


def _recorded(
    context: click.Context, books: Reading, text: str, study: RecordedStudy
) -> RecordedStudy:
    """Fold a recorded log once: what is known about an account begins with its first row."""
    asked = _range(books.ledger, text)
    venue = Venue()
    for event in books.ledger.events(1, books.seq):
        is_asked = asked.first <= event["seq"] <= asked.last
        if event["seq"] > asked.last and study.is_complete:
            break
        try:
            study.see(venue, event, is_asked=is_asked)
        except Rejected as fault:
            raise _bad_policy(fault) from None
        apply(venue, event)
    study.finish()
    _say_what_was_left_out(context, study)
    return study


def _say_what_was_left_out(context: click.Context, study: RecordedStudy) -> None:
    if not study.left_out:
        return
    reasons = ", ".join(sorted({reason for one in study.left_out for reason in one.reasons}))
    many = len(study.left_out)
    if not study.compared:
        raise CommandFailed(
            Failure(
                "inputs_missing",
                NOT_FOUND,
                f"{study.left_out[0].id} cannot be decided again: {reasons}",
                expected="holders, marks and rows that are all known",
                hint="zerosum audit adl says what is missing, and for whom",
            )
        )
    what = "1 decision" if many == 1 else f"{many} decisions"
    note(context, f"{what} cannot be decided again, left out: {reasons}")


def _first_decision(ledger: Ledger, asked: Range) -> int | None:
    """Where the fold has to begin: stored rows know their type without being read."""
    for row in ledger.rows(asked.first, asked.last):
        if row.type == DECIDED:
            return row.seq
    return None


def _range(ledger: Ledger, text: str) -> Range:
    """Both ends are in; a single seq or id must be that of a decision."""
    if text == "all":
        return Range(1, ledger.head)
    first, dots, last = text.partition("..")
    if dots:
        if not first or not last:
            raise wrong_usage(
                "bad_range", f"{text[:80]!r} lacks an end", expected="ADL-34..ADL-90, 100..200, all"
            )
        found = Range(max(1, span_of(ledger, first).first), span_of(ledger, last).last)
        if found.first > found.last:
            raise wrong_usage(
                "bad_range", f"{text[:80]!r} ends before it begins", hint=f"{last}..{first}"
            )
        return found
    span = span_of(ledger, text)
    if not 0 < span.first <= ledger.head:
        raise UnknownDecision(text)
    if ledger.event_at(span.first)["type"] == DECIDED:
        return Range(span.first, span.first)
    recorded = recorded_span(ledger, span.first)
    if recorded is None:
        raise UnknownDecision(text)
    return Range(recorded.first, recorded.last)


def _choices(chosen: Chosen) -> list[Choice]:
    """A choice for each policy; without one, the recorded selections with the other options."""
    for name in chosen.policies:
        if name not in SELECTIONS:
            raise not_found(
                "unknown_policy", f"there is no selection {name!r}", "zerosum policy list shows all"
            )
    if len(set(chosen.policies)) < len(chosen.policies):
        raise wrong_usage("usage", "a policy is named twice", hint="keep one of them")
    if not (chosen.policies or chosen.close_price or chosen.trigger or chosen.vault_candidate):
        raise wrong_usage(
            "usage",
            "nothing is asked to be different",
            expected="--policy P, or --close-price, --trigger, --vault-candidate",
            hint="zerosum policy list shows all selections",
        )
    _check_parameters(chosen)
    choices = [
        Choice(
            selection=name,
            close_price=chosen.close_price,
            trigger=chosen.trigger,
            vault_candidate=chosen.vault_candidate,
            parameters=chosen.parameters,
        )
        for name in chosen.policies or (None,)
    ]
    for choice in choices:
        _check(choice)
    return choices


def _check_parameters(chosen: Chosen) -> None:
    names = chosen.policies or tuple(SELECTIONS)
    known = {parameter.name for name in names for parameter in SELECTIONS[name].parameters}
    for name in sorted(chosen.parameters):
        if name not in known:
            raise wrong_usage(
                "unknown_parameter",
                f"no policy that was named has a parameter {name[:64]!r}",
                expected=", ".join(sorted(known)) or "no parameters",
            )


def _check(choice: Choice) -> None:
    """A value that no recorded policy could make good is refused before anything is read."""
    if choice.selection is None:
        return
    try:
        choice.policy_for(AdlPolicy())
    except Rejected as fault:
        # What is missing here may stand in the recorded policy.
        if fault.code != "missing_field":
            raise _bad_policy(fault) from None


def _bad_policy(fault: Rejected) -> CommandFailed:
    name = str(dict(fault.facts).get("field", "")).removeprefix("parameters.")
    if fault.code == "missing_field":
        return wrong_usage(
            "missing_parameter",
            f"a policy needs the parameter {name}, and the recorded one does not have it",
            hint=f"--param {name}=VALUE",
        )
    return wrong_usage("bad_parameter", f"the value of {name} is not one that the policy knows")


def _label(choice: Choice) -> str:
    """How a column is called: what is replaced, and nothing else."""
    parts = [choice.selection or "recorded selection"]
    parts += [text for text in (choice.close_price, choice.trigger) if text is not None]
    if choice.vault_candidate is not None:
        parts.append(f"vaults {choice.vault_candidate}")
    known = SELECTIONS[choice.selection].parameters if choice.selection is not None else ()
    parts += [
        f"{one.name}={choice.parameters[one.name]}"
        for one in known
        if one.name in choice.parameters
    ]
    return ", ".join(parts)
