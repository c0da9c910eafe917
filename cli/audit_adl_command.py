"""Does each recorded ADL close conform to the rule?"""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.auditing import Wish, audit_options, audited, only_recorded, seconds_of, window
from cli.errors import not_found
from cli.exporting import target
from cli.output import csv_line, note, show, write_many
from cli.reading import Reading, log_only
from cli.settings import Question, settings_of
from domain.audit.auditing import Audit
from domain.audit.decisions import SECOND, AuditedDecision, Terms
from domain.specification import MarketSpec
from reports.audit_page import SCHEMA, Asked, asked_body, audit_parts, noted, summary_body
from reports.audit_rows import decision_row, flat_row, violates_everything
from reports.audit_summary import Summary
from reports.html.plain_parts import parts_html
from reports.page import Json, Page, json_text

BURST_GAP = 10 * SECOND
TITLE = "Did each auto-deleveraging close conform to the rule?"
EYEBROW = "Audit of recorded auto-deleveraging"


@click.command(
    "adl",
    cls=Question,
    epilog="Example: zerosum audit adl --policy hyperliquid-symmetric@1 --market ETH",
)
@audit_options
@click.option(
    "--market", "markets", multiple=True, metavar="M", help="Only this market; repeatable."
)
@click.option("--from", "start", metavar="X", help="First event that is in.")
@click.option("--to", "end", metavar="Y", help="First event that is out again.")
@click.option("--burst-gap", metavar="SECONDS", help="Longest pause within a burst (default 10).")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write one page that needs nothing else.",
)
@click.pass_context
def audit_adl(
    context: click.Context,
    /,
    start: str | None,
    end: str | None,
    burst_gap: str | None,
    html: Path | None,
    **given: str | tuple[str, ...] | None,
) -> None:
    """Does each recorded ADL close conform to the rule?

    Exit 1 when a decision violates every reading that was asked for.
    """
    wish = Wish(**given)  # type: ignore[arg-type] # the options of `audit_options` by their names
    terms = wish.terms()
    gap = BURST_GAP if burst_gap is None else seconds_of("--burst-gap", burst_gap)
    with log_only(context) as books:
        only_recorded(books)
        first, last = window(books, start, end)
        _check_markets(books, terms)
        run = _Run(context, books, Asked(terms, first, last, gap))
        if html is not None:
            run.write_html(html)
        else:
            run.show()
    if run.violations:
        context.exit(1)


def _check_markets(books: Reading, terms: Terms) -> None:
    if not terms.markets:
        return
    known = books.venue.markets
    for name in sorted(terms.markets):
        if name not in known:
            raise not_found("unknown_market", f"there is no market {name!r}", "zerosum oi")


class _Run:
    """One pass over the log, answered while it goes on where the format allows it."""

    def __init__(self, context: click.Context, books: Reading, asked: Asked) -> None:
        self._context = context
        self._books = books
        self._asked = asked
        self._summary = Summary(asked.terms.readings, asked.burst_gap)
        self._specs: dict[str, MarketSpec] = {}
        self.violations = 0
        """Decisions that violate every reading."""

    def _decisions(self) -> Iterator[AuditedDecision]:
        audit = Audit(self._asked.terms)
        first, last = self._asked.first_seq, self._asked.last_seq
        for found in audited(self._context, self._books, audit, first, last, until=self._books.seq):
            self._summary.add(found)
            self._specs[found.spec.id] = found.spec
            self.violations += violates_everything(found)
            yield found

    def _rest(self) -> dict[str, Json]:
        return {
            **asked_body(self._asked),
            **summary_body(self._summary, self._specs, self._books.quote_unit),
        }

    def show(self) -> None:
        """Print the answer in the format that was asked for."""
        match settings_of(self._context).output_format:
            case "json":
                write_many(self._json())
            case "ndjson":
                write_many(self._lines())
            case "csv":
                write_many(self._csv())
            case _:
                show(self._context, self.page())

    def _head(self) -> dict[str, Json]:
        return {"schema": SCHEMA, "as_of": self._books.as_of.body()}

    def _json(self) -> Iterator[str]:
        yield json_text(self._head())[:-1] + ', "decisions": ['
        for number, found in enumerate(self._decisions()):
            yield (", " if number else "") + json_text(decision_row(found))
        yield "], " + json_text(self._rest())[1:] + "\n"

    def _lines(self) -> Iterator[str]:
        for found in self._decisions():
            yield json_text(decision_row(found)) + "\n"
        yield json_text({**self._head(), **self._rest()}) + "\n"

    def _csv(self) -> Iterator[str]:
        is_first = True
        for found in self._decisions():
            row = flat_row(found)
            if is_first:
                yield csv_line(row)
            is_first = False
            yield csv_line(row.values())

    def page(self) -> Page:
        """The answer for people."""
        lines = [noted(found, flat_row(found)) for found in self._decisions()]
        body = self._rest()
        parts = audit_parts(self._asked, lines, body)
        return Page(SCHEMA, self._books.as_of, body, None, parts)

    def write_html(self, path: Path) -> None:
        """The same on one page that needs nothing else."""
        page = self.page()
        ledger, asked = self._books.ledger, self._asked
        facts = (
            ("Log", ledger.origin),
            ("Window", f"seq {asked.first_seq:,} to {asked.last_seq:,}"),
            ("As of", f"seq {self._books.as_of.seq:,}, {self._books.as_of.time_text}"),
            ("Decisions", f"{self._summary.all.decisions:,}"),
        )
        made = parts_html(TITLE, EYEBROW, ledger.origin, self._books.as_of.root, facts, page.parts)
        with target(path) as out:
            out.write(made.encode("utf-8"))
        note(self._context, f"wrote {path}, {len(made.encode()):,} bytes")
