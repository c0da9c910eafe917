"""How does a person leave the books while every proof stays valid?"""

import click

from cli.errors import wrong_usage
from cli.output import show
from cli.reading import as_of, rows_follow
from cli.settings import Question, settings_of
from domain.instants import parse_instant
from domain.venue import Fact, enveloped
from ledger.ledger import Ledger
from ledger.pseudonyms import Pseudonyms, persons_file
from projections.errors import UnknownAccount
from reports.page import Json, Page

LONGEST_TEXT = 256


@click.command(
    cls=Question,
    epilog="Example: zerosum erase p-4fd0… --actor dpo --reason 'request 17'",
)
@click.argument("account", metavar="ACCOUNT")
@click.option("--actor", metavar="WHO", required=True, help="Who erases; no person's name.")
@click.option("--reason", metavar="WHY", required=True, help="Why; no personal data.")
@click.option(
    "--scope", metavar="WHAT", default="person", show_default=True, help="What is erased."
)
@click.option("--time", metavar="T", help="When, with a zone; else that of the event before.")
@click.pass_context
def erase(
    context: click.Context, account: str, actor: str, reason: str, scope: str, time: str | None
) -> None:
    """Destroy who is behind a pseudonym; every proof stays valid.

    The log never held the name, so nothing in it changes: it gains one event that says that the
    person was erased, by whom and why. Copies of the file of names are yours to destroy.
    """
    said = {"actor": actor, "reason": reason, "scope": scope}
    for field, text in said.items():
        if not text or len(text) > LONGEST_TEXT or not text.isprintable():
            raise wrong_usage(
                "bad_value",
                f"--{field} is no text",
                expected=f"1 to {LONGEST_TEXT} printable characters",
            )
    instant = None if time is None else _instant(time)
    url = settings_of(context).url
    with Ledger.open(url) as ledger, Pseudonyms.write(persons_file(url)) as pseudonyms:
        known = pseudonyms.known(account)
        is_in_log = account in ledger.venue.accounts
        if known is None and not is_in_log:
            raise UnknownAccount(account)
        # First the deed, then the record of it: an event never claims what has not happened.
        pseudonyms.erase(account)
        seq = None if known is None else known.erased_seq
        if seq is None and is_in_log:
            seq = _recorded(ledger, account, said, instant)
            pseudonyms.erasure_recorded(account, seq)
            rows_follow(context, ledger)
        _show(context, ledger, account, seq)


def _instant(text: str) -> int:
    found = parse_instant(text)
    if found is None:
        raise wrong_usage(
            "bad_time",
            f"{text[:80]!r} is no instant",
            expected="a time with a zone, such as 2026-10-10T21:20:00Z",
        )
    return found


def _recorded(ledger: Ledger, account: str, said: dict[str, str], time: int | None) -> int:
    """The seq of the event that records the erasure."""
    venue = ledger.venue
    data = dict(sorted({"account": account, **said}.items()))
    fact = Fact("venue.person_erased/1", "venue", data, venue.time if time is None else time, {})
    recorded = ledger.append_events([enveloped(venue, fact)])
    return recorded.last_seq or ledger.head


def _show(context: click.Context, ledger: Ledger, account: str, seq: int | None) -> None:
    if seq is None:
        said = f"Erased: nobody is behind {account} any more; the log never named it."
    else:
        said = f"Erased: nobody is behind {account} any more; event {seq} says so."
    body: dict[str, Json] = {"account": account, "seq": seq}
    show(context, Page("erase/1", as_of(ledger, ledger.head), body, None, (said,)))
