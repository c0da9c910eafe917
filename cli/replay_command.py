"""Does the log lead to the same state again, and its commands to the same events?"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import click

from cli.errors import wrong_usage
from cli.keys import row_key_in, row_key_option
from cli.output import show
from cli.reading import as_of
from cli.settings import Question, settings_of
from domain.adl.row_key import RowKey
from domain.events import Event
from domain.redecide import decide_again, open_roots
from domain.venue import Venue
from ledger.ledger import Ledger
from ledger.replay import Difference, re_decide, replay
from reports.page import Json, Page

DIFFERENCES_SHOWN = 20


@click.command("replay", cls=Question, epilog="Example: zerosum replay --re-decide")
@click.option("--re-decide", "re_decides", is_flag=True, help="Decide every command again, too.")
@row_key_option
@click.pass_context
def replay_command(context: click.Context, re_decides: bool, row_key_file: Path | None) -> None:
    """Does the log lead to the same state again?

    Folds the log from its first event, compares root and state digest, and says the rate. With
    --re-decide every command is decided again, and its events compared byte for byte.
    """
    if row_key_file is not None and not re_decides:
        raise wrong_usage("usage", "a row key is for deciding again", expected="--re-decide")
    again = _Again(row_key_in(row_key_file))
    with Ledger.open(settings_of(context).url, readonly=True) as ledger:
        found = replay(ledger)
        body: dict[str, Json] = {
            "events": found.events,
            "seconds": f"{found.seconds:.6f}",
            "events_per_second": found.events_per_second,
            "root": found.root.hex(),
            "state_digest": found.state_digest,
            "equal": found.equal,
        }
        said = [
            f"{found.events} events in {found.seconds:.3f} s, {found.events_per_second} a second",
            f"root {found.root.hex()}, state digest {found.state_digest}",
            "Equal to the store." if found.equal else "DIFFERENT from the store: zerosum verify",
        ]
        differences: list[Difference] = []
        if re_decides:
            differences = list(islice(re_decide(ledger, again), DIFFERENCES_SHOWN))
            body["redecided"] = "differs" if differences else "equal"
            body["differences"] = [_difference(difference) for difference in differences]
            said.append(
                f"Deciding again gives other events from seq {differences[0].seq} on."
                if differences
                else "Deciding every command again gives the same bytes."
            )
        if again.open_roots:
            body["ranking_roots"] = "skipped"
            said.append(
                f"Ranking roots of {again.open_roots} decisions were not compared: their rows are "
                "salted, and no row key was given (--row-key FILE)."
            )
        page = Page("replay/1", as_of(ledger, found.events), body, None, tuple(said))
    show(context, page)
    context.exit(0 if found.equal and not differences else 1)


class _Again:
    """Decides with the row key or without one, and counts the roots that this leaves open."""

    def __init__(self, row_key: RowKey | None) -> None:
        self._row_key = row_key
        self.open_roots = 0

    def __call__(self, venue: Venue, own: Event) -> Sequence[Event]:
        events = decide_again(venue, own, self._row_key)
        self.open_roots += len(open_roots(events))
        return events


def _difference(difference: Difference) -> dict[str, Json]:
    def text(raw: bytes | None) -> str | None:
        return None if raw is None else raw.decode("utf-8", "replace")

    return {
        "cause": difference.cause,
        "seq": difference.seq,
        "stored": text(difference.stored),
        "decided": text(difference.decided),
    }
