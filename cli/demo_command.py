"""What happens when a small market crashes, step by step, and why was dave closed and carol not?"""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
from sqlalchemy import Connection, create_engine

from cli.adl_explain_command import asked_about
from cli.cascade_mini import ASKING, SCENARIO, STORY
from cli.output import show
from cli.reading import as_of, catch_up
from cli.settings import Question
from domain.scenario import ScenarioReader
from ledger.ledger import Ledger
from projections import queries
from projections.answers import AdlRound, Books
from reports.balances import balances_page
from reports.explanation import explained
from reports.explanation_text import explanation_page
from reports.page import Json, Page, Table
from reports.story import told


@click.command(cls=Question, epilog="Example: zerosum demo")
@click.pass_context
def demo(context: click.Context) -> None:
    """A small market crashes: watch it, and ask why.

    Runs cascade-mini in a temporary store: order book, vault takeover, auto-deleveraging; then the
    balances, and the explanation of the one ADL decision. Nothing is left behind.
    """
    with TemporaryDirectory(prefix="zerosum-demo-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.db'}"
        with Ledger.create(url, "zerosum.example/cascade-mini") as ledger:
            ends = _run(ledger)
            rows = create_engine("sqlite://")
            catch_up(context, ledger, rows)
            with rows.connect() as connection:
                page = _page(ledger, connection, ends)
            rows.dispose()
    show(context, page)


def _run(ledger: Ledger) -> list[int]:
    """Tell the story; gives the last seq of each chapter."""
    reader = ScenarioReader()
    ends = []
    for chapter in STORY:
        for line in chapter.lines.splitlines():
            for command in reader.commands(line):
                ledger.submit(command)
        ends.append(ledger.head)
    return ends


def _page(ledger: Ledger, rows: Connection, ends: list[int]) -> Page:
    books = queries.books(rows)
    unit = ledger.venue.quote_unit
    found = next(iter(queries.adl_rounds(rows)))
    at = as_of(ledger, ledger.head)
    balances = balances_page(books, unit, at)
    explanation = _explanation(ledger, rows, found, books)
    chapters = _chapters(ledger, rows, books, ends)
    body: dict[str, Json] = {
        "scenario": SCENARIO,
        "chapters": chapters,
        "balances": balances.body,
        "explanation": explanation.object(),
    }
    parts: list[Table | str] = ["zerosum demo: cascade-mini, in a temporary store"]
    for number, chapter in enumerate(chapters, start=1):
        parts.append(_chapter_text(number, chapter))
    parts += ["Balances at the end", *balances.parts]
    parts += [f"Why {ASKING}, and not carol?", *_sentences(ledger, found, books)]
    parts += explanation.parts
    parts.append(
        "Your own: zerosum init; zerosum apply FILE; zerosum balances; zerosum adl list; "
        "zerosum verify"
    )
    return Page("demo/1", at, body, None, tuple(parts))


def _chapters(
    ledger: Ledger, rows: Connection, books: Books, ends: list[int]
) -> list[dict[str, Json]]:
    specs = {market.spec.id: market.spec for market in books.markets}
    found: list[dict[str, Json]] = []
    first = 1
    for chapter, end in zip(STORY, ends, strict=True):
        timelines = queries.timelines(rows, until_seq=end)
        story = told(timelines, specs, ledger.venue.quote_unit, first)
        found.append(
            {
                "heading": chapter.heading,
                "commands": chapter.lines.splitlines(),
                "first_seq": first,
                "last_seq": end,
                "told": list(story),
            }
        )
        first = end + 1
    return found


def _chapter_text(number: int, chapter: dict[str, Json]) -> str:
    lines = [
        f"{number}. {chapter['heading']} (seq {chapter['first_seq']} to {chapter['last_seq']})"
    ]
    lines += [f"   > {line}" for line in _texts(chapter["commands"])]
    lines += [f"   {line}" for line in _texts(chapter["told"])]
    return "\n".join(lines)


def _texts(value: Json) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _explanation(ledger: Ledger, rows: Connection, found: AdlRound, books: Books) -> Page:
    asked = asked_about(ledger.venue_at(found.seq - 1), found, books.quote, ASKING)
    marks = list(queries.marks(rows, found.spec.id, to_seq=found.last_seq))
    return explanation_page(asked, marks, as_of(ledger, found.last_seq))


def _sentences(ledger: Ledger, found: AdlRound, books: Books) -> list[str]:
    """One answer for everybody who stood in the ranking."""
    sentences = []
    before = ledger.venue_at(found.seq - 1)
    for row in found.ranking:
        account = explained(asked_about(before, found, books.quote, row.account))["account"]
        if isinstance(account, dict):
            sentences.append(f"{row.account}: {account['answer']}")
    return sentences
