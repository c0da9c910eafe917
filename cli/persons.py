"""Who is behind the pseudonyms of an answer, for whoever may ask?

Names are put beside an answer when they are asked for, never into it: what the log alone says, and
every digest of it, stays the same before and after an erasure.
"""

from collections.abc import Iterable
from dataclasses import replace

import click

from cli.settings import settings_of
from ledger.pseudonyms import Pseudonyms, persons_file
from reports.page import Json, Page, Table

COLUMNS = {"account": "account", "person": "person"}


def known_persons(context: click.Context) -> dict[str, str]:
    """Every pseudonym with its person, `erased` where there was one."""
    with Pseudonyms.read(persons_file(settings_of(context).url)) as pseudonyms:
        return pseudonyms.shown()


def with_persons(context: click.Context, page: Page, accounts: Iterable[str]) -> Page:
    """The page, and beside it the persons behind these accounts."""
    known = known_persons(context)
    rows: list[dict[str, Json]] = [
        {"account": account, "person": known[account]}
        for account in sorted(set(accounts))
        if account in known
    ]
    part = Table(COLUMNS, rows, frozenset(COLUMNS), "Persons") if rows else "Persons: none known."
    return replace(page, body={**page.body, "persons": rows}, parts=(*page.parts, part))
