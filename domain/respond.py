"""What does the venue answer to a line that was handed in?

Every readable command gets events: those it causes, or one `venue.command_rejected` that remembers
why not. All ways into the ledger (Python, NDJSON, scenario notation) go through here.
"""

from typing import NamedTuple

from domain.adl.row_key import RowKey
from domain.command_parsing import parse_command, parse_time
from domain.decide import decide
from domain.envelope import encode
from domain.errors import Rejected
from domain.events import Event
from domain.submission import Submission
from domain.venue import Fact, Venue, enveloped


class Response(NamedTuple):
    """The events of an answer, and the refusal if it is one."""

    events: tuple[Event, ...]
    rejected: Rejected | None = None


def respond(venue: Venue, submission: Submission, row_key: RowKey | None = None) -> Response:
    """Decide a submission on `venue`, which stays as it is; raises `RowKeyUnfit` like `decide`."""
    try:
        if submission.fault is not None:
            raise submission.fault
        command = parse_command(venue, submission.fields)
        time = parse_time(submission.fields)
        events = decide(
            venue,
            command,
            time=venue.time if time is None else time,
            source=_source(submission),
            row_key=row_key,
        )
        for event in events:
            _fits(event)
    except Rejected as refusal:
        return _refused(venue, submission, refusal)
    return Response(tuple(events))


def conflict(venue: Venue, submission: Submission) -> Response:
    """The answer to a command whose id was used for other bytes."""
    return _refused(venue, submission, Rejected("id_conflict", id=submission.id))


def _refused(venue: Venue, submission: Submission, refusal: Rejected) -> Response:
    try:
        time = parse_time(submission.fields) if submission.fault is None else None
    except (Rejected, TypeError):
        time = None
    fact = Fact(
        "venue.command_rejected/1",
        "venue",
        {
            "code": refusal.code,
            "digest": submission.digest,
            "facts": dict(sorted(refusal.facts.items())),
        },
        venue.time if time is None else time,
        _source(submission),
    )
    return Response((enveloped(venue, fact),), refusal)


def _source(submission: Submission) -> dict[str, str | int]:
    return {} if submission.id is None else {"id": submission.id}


def _fits(event: Event) -> None:
    """Refuse events that would be too large to prove; only those with lists can be."""
    data = event["data"]
    if "steps" in data or "accounts" in data or "marks" in data or "margin_tiers" in data:
        encode(event)
