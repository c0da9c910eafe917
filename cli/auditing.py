"""Which readings, assumptions and window is an audit asked for, and what reads the log?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import click

from cli.errors import CommandFailed, Failure, not_found, wrong_usage
from cli.moment import span_of
from cli.parameters import named_parameters
from cli.progress import Progress
from cli.reading import EVENTS_WORTH_PROGRESS, Reading
from domain.adl.selections import SELECTIONS
from domain.audit.auditing import Audit
from domain.audit.decisions import OLDEST_MARK, AuditedDecision, Terms
from domain.audit.knowledge import Assumption, Origin
from domain.audit.readings import DEFAULT_READINGS, NEEDS_INPUT, reading_of
from domain.audit.readings import Reading as PolicyReading
from domain.errors import Rejected
from domain.units import Decimal10, parse_decimal, whole_steps
from domain.venue import Venue, apply
from reports.recorded_surroundings import RecordedSurroundings

NANOSECOND = Decimal10(1, 9)
Decorated = TypeVar("Decorated", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of an audit as they were given."""

    policies: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    origin: str = str(Origin.DEPOSIT)
    mark_age: str | None = None
    assumptions: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()

    def terms(self) -> Terms:
        """The terms that the options name."""
        return Terms(
            _readings(self.policies, named_parameters(self.parameters)),
            Origin(self.origin),
            OLDEST_MARK if self.mark_age is None else seconds_of("--mark-age", self.mark_age),
            frozenset(map(Assumption, self.assumptions)),
            frozenset(self.markets),
        )


def audit_options(command: Decorated) -> Decorated:
    """The options under which recorded closes are judged."""
    for option in (
        click.option(
            "--assume",
            "assumptions",
            multiple=True,
            type=click.Choice([str(one) for one in Assumption]),
            help="Take a doubt upon yourself; the answer names it.",
        ),
        click.option(
            "--mark-age",
            metavar="SECONDS",
            help="How long a mark counts after its own instant (default 0).",
        ),
        click.option(
            "--origin",
            type=click.Choice([str(one) for one in Origin]),
            default=str(Origin.DEPOSIT),
            help="When an account's earlier cash is taken to be nothing.",
        ),
        click.option(
            "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="Of a policy."
        ),
        click.option(
            "--policy",
            "policies",
            multiple=True,
            metavar="P",
            help="Reading of the rule; repeatable, else the three of Hyperliquid's text.",
        ),
    ):
        command = option(command)
    return command


def seconds_of(option: str, text: str) -> int:
    """A decimal number of seconds as nanoseconds."""
    value = parse_decimal(text)
    found = None if value is None or len(text) > 32 else whole_steps(value, NANOSECOND)
    if found is None or found < 0:
        raise wrong_usage(
            "usage", f"{option} {text[:40]!r} is no number of seconds", hint=f"{option} 15"
        )
    return found


def _readings(names: tuple[str, ...], parameters: dict[str, str]) -> tuple[PolicyReading, ...]:
    if len(set(names)) < len(names):
        raise wrong_usage("usage", "a policy is named twice", hint="keep one of them")
    asked = names or DEFAULT_READINGS
    for name in asked:
        if name not in SELECTIONS:
            raise not_found(
                "unknown_policy", f"there is no selection {name!r}", "zerosum policy list shows all"
            )
        if name in NEEDS_INPUT:
            raise wrong_usage(
                "policy_needs_input",
                f"{name} closes in an order that stands in no recorded log",
                hint="zerosum policy list shows policies that need nothing from outside",
            )
    known = {p.name for name in asked for p in SELECTIONS[name].parameters}
    for name in sorted(parameters.keys() - known):
        raise wrong_usage(
            "unknown_parameter",
            f"no policy that was named has a parameter {name[:64]!r}",
            expected=", ".join(sorted(known)) or "no parameters",
        )
    return tuple(_reading(name, parameters) for name in asked)


def _reading(name: str, parameters: dict[str, str]) -> PolicyReading:
    own = {p.name for p in SELECTIONS[name].parameters}
    try:
        return reading_of(name, {key: text for key, text in parameters.items() if key in own})
    except Rejected as fault:
        field = str(dict(fault.facts).get("field", "")).removeprefix("parameters.")
        if fault.code == "missing_field":
            raise wrong_usage(
                "missing_parameter",
                f"{name} needs the parameter {field}",
                hint=f"--param {field}=VALUE",
            ) from None
        raise wrong_usage(
            "bad_parameter", f"the value of {field} is not one that {name} knows"
        ) from None


def is_recorded(books: Reading) -> bool:
    """Whether the log records what a venue did elsewhere."""
    return any(
        event["data"]["kind"] == "recorded"
        for event in books.ledger.events(1, min(1, books.ledger.head))
        if event["type"] == "venue.opened/1"
    )


def only_recorded(books: Reading) -> None:
    """Refuse a log that was decided here: there every decision is made again instead."""
    if books.ledger.head and not is_recorded(books):
        raise CommandFailed(
            Failure(
                "log_is_decided",
                2,
                "this log was decided here, so its decisions are made again instead of audited",
                expected="a recorded log, as zerosum import makes it",
                hint="zerosum verify, or zerosum replay --re-decide",
            )
        )


def audited(
    context: click.Context,
    books: Reading,
    audit: Audit,
    first: int,
    last: int,
    *,
    until: int,
    around: RecordedSurroundings | None = None,
) -> Iterator[AuditedDecision]:
    """The recorded decisions that begin in `first` to `last`, from one pass over the log.

    `around`, when given, follows the same pass, and knows each decision that this gives.
    """
    venue = Venue()
    events = iter(books.ledger.events(1, until))
    if until >= EVENTS_WORTH_PROGRESS:
        events = Progress(context, "auditing", until).over(events)
    for event in events:
        asked = first <= event["seq"]
        if around is not None:
            around.see(venue, event, is_asked=asked)
        found = audit.see(venue, event, is_asked=asked)
        for decision in found:
            if decision.seq <= last:
                yield decision
        apply(venue, event)
        if event["seq"] > last and not audit.is_open:
            return
    if around is not None:
        around.rest(venue)
    for decision in audit.rest():
        if decision.seq <= last:
            yield decision


def window(books: Reading, start: str | None, end: str | None) -> tuple[int, int]:
    """First and last seq of a half open window: the start is in, the end is out."""
    head = books.seq
    first = 1 if start is None else max(1, span_of(books.ledger, start).first)
    if end is None or end == "head":
        return first, head
    return first, min(head, span_of(books.ledger, end).first - 1)
