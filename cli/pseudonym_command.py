"""Under which name does a person stand in the log?"""

import click

from cli.errors import wrong_usage
from cli.output import show
from cli.settings import Question, settings_of
from ledger.pseudonyms import ERASED, LONGEST_PERSON, Pseudonyms, persons_file
from projections.errors import UnknownAccount
from reports.page import Json, Page


@click.command(cls=Question, epilog="Example: zerosum pseudonym 'Alice Liddell'")
@click.argument("person", metavar="PERSON")
@click.option("--of", "is_account", is_flag=True, help="The other way: who is behind PERSON?")
@click.pass_context
def pseudonym(context: click.Context, person: str, is_account: bool) -> None:
    """Under which name does a person stand in the log?

    Made by chance at the first question, the same ever after. The name itself is kept beside the
    store (or in ZEROSUM_PERSONS), outside the log, where it can be erased.
    """
    file = persons_file(settings_of(context).url)
    if is_account:
        with Pseudonyms.read(file) as pseudonyms:
            known = pseudonyms.known(person)
        if known is None:
            raise UnknownAccount(person)
        body: dict[str, Json] = {
            "account": person,
            "person": known.person,
            "erased": known.person is None,
            "erased_seq": known.erased_seq,
        }
        said = ERASED if known.person is None else known.person
        show(context, Page("pseudonym/1", None, body, None, (said,)))
        return
    if not 0 < len(person) <= LONGEST_PERSON or not person.isprintable():
        raise wrong_usage(
            "bad_value",
            "that cannot be a person's name",
            expected=f"1 to {LONGEST_PERSON} printable characters",
        )
    with Pseudonyms.write(file) as pseudonyms:
        account = pseudonyms.pseudonym(person)
    body = {"account": account, "person": person, "erased": False, "erased_seq": None}
    show(context, Page("pseudonym/1", None, body, None, (account,)))
