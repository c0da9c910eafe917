"""Does the log lead to the same state again, and its commands to the same events?"""

from itertools import islice

import click

from cli.output import show
from cli.reading import as_of
from cli.settings import Question, settings_of
from domain.redecide import decide_again
from ledger.ledger import Ledger
from ledger.replay import Difference, re_decide, replay
from reports.page import Json, Page

DIFFERENCES_SHOWN = 20


@click.command("replay", cls=Question, epilog="Example: zerosum replay --re-decide")
@click.option("--re-decide", "re_decides", is_flag=True, help="Decide every command again, too.")
@click.pass_context
def replay_command(context: click.Context, re_decides: bool) -> None:
    """Does the log lead to the same state again?

    Folds the log from its first event, compares root and state digest, and says the rate. With
    --re-decide every command is decided again, and its events compared byte for byte.
    """
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
            differences = list(islice(re_decide(ledger, decide_again), DIFFERENCES_SHOWN))
            body["redecided"] = "differs" if differences else "equal"
            body["differences"] = [_difference(difference) for difference in differences]
            said.append(
                f"Deciding again gives other events from seq {differences[0].seq} on."
                if differences
                else "Deciding every command again gives the same bytes."
            )
        page = Page("replay/1", as_of(ledger, found.events), body, None, tuple(said))
    show(context, page)
    context.exit(0 if found.equal and not differences else 1)


def _difference(difference: Difference) -> dict[str, Json]:
    def text(raw: bytes | None) -> str | None:
        return None if raw is None else raw.decode("utf-8", "replace")

    return {
        "cause": difference.cause,
        "seq": difference.seq,
        "stored": text(difference.stored),
        "decided": text(difference.decided),
    }
