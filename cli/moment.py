"""Which point of the log does the caller mean by `--at X` or `--before X`?

X is a seq, an id that carries one (ADL-20, LIQ-17, T-9), `head`, or a time with a zone. Every X
names a span of the log, mostly of one event: `--at` is the state after its last event, `--before`
the state before its first. A decision spans its closures, a time all events up to it.
"""

import re
from typing import NamedTuple

from cli.errors import CommandFailed, not_found, wrong_usage
from cli.recorded_spans import recorded_span
from cli.settings import Settings
from domain.instants import parse_instant
from ledger.ledger import Ledger

_ID = re.compile(r"(ADL|LIQ|T)-([0-9]{1,18})", re.ASCII)
_SEQ = re.compile(r"[0-9]{1,18}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

EXPECTED = "a seq, ADL-n, LIQ-n, T-n, head, or a time such as 2026-10-10T21:20:00Z"
_TYPES = {
    "ADL": "market.deleveraging_decided/1",
    "LIQ": "account.liquidation_started/1",
    "T": "market.trade_executed/1",
}
_UNKNOWN = {"ADL": "unknown_decision", "LIQ": "unknown_liquidation", "T": "unknown_trade"}


class Span(NamedTuple):
    """First and last seq of what was named."""

    first: int
    last: int


def seq_asked(ledger: Ledger, settings: Settings) -> int | None:
    """The seq after which the state is asked for; None when no moment was named."""
    if settings.at is not None and settings.before is not None:
        raise wrong_usage("usage", "--at and --before exclude each other", hint="keep one of them")
    if settings.at is not None:
        return span_of(ledger, settings.at).last
    if settings.before is not None:
        span = span_of(ledger, settings.before)
        if span.first == 0:
            raise not_found(
                "unknown_seq", "there is nothing before seq 0", "zerosum balances --at 0"
            )
        return span.first - 1
    return None


def span_of(ledger: Ledger, text: str) -> Span:
    """The events that `text` names."""
    if text == "head":
        return Span(ledger.head, ledger.head)
    if _SEQ.fullmatch(text):
        return _at_seq(ledger, int(text))
    if match := _ID.fullmatch(text):
        return _of_id(ledger, match.group(1), int(match.group(2)))
    time = parse_instant(text)
    if time is None:
        raise _no_moment(text)
    # All events up to that instant; "before" means those with an earlier time.
    return Span(ledger.seq_at_time(time - 1) + 1, ledger.seq_at_time(time))


def _at_seq(ledger: Ledger, seq: int) -> Span:
    if seq > ledger.head:
        raise not_found(
            "unknown_seq", f"the log has {ledger.head} events, no event {seq}", "zerosum events"
        )
    return Span(seq, seq)


def _of_id(ledger: Ledger, kind: str, seq: int) -> Span:
    name = f"{kind}-{seq}"
    unknown = not_found(_UNKNOWN[kind], f"the log has no {name}", "zerosum events")
    if not 0 < seq <= ledger.head:
        raise unknown
    event = ledger.event_at(seq)
    data = event["data"]
    if kind == "ADL" and (recorded := recorded_span(ledger, seq)) is not None:
        return Span(recorded.first, recorded.last)
    if event["type"] != _TYPES[kind]:
        raise unknown
    if kind != "ADL":
        return Span(seq, seq)
    return Span(seq, seq + data["closures"])


def _no_moment(text: str) -> CommandFailed:
    if parse_instant(text, zone="Z") is not None:
        return wrong_usage(
            "time_without_zone",
            f"the time {text!r} has no zone, so it could be any of a day's instants",
            expected="a time with a zone",
            hint=f"{text}Z for UTC, or {text}+02:00",
        )
    if _DAY.fullmatch(text):
        return wrong_usage(
            "time_without_zone",
            f"{text!r} is a day, not an instant, and has no zone",
            expected="a time with a zone",
            hint=f"{text}T00:00:00Z",
        )
    return wrong_usage("bad_moment", f"{text[:80]!r} names no point of the log", expected=EXPECTED)
