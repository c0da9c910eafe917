"""Is the log what was written, and do the books hold?"""

import re
from pathlib import Path

import click
from sqlalchemy import create_engine, inspect

from cli.errors import wrong_usage
from cli.keys import file_bytes, key_option, known_keys, row_key_in, row_key_option
from cli.output import show
from cli.reading import as_of, catch_up
from cli.settings import Question, settings_of
from ledger.checkpoints import Anchors
from ledger.errors import LedgerError, StoreError
from ledger.failures import translated
from ledger.ledger import Ledger
from ledger.report import Check, Report
from ledger.store import rows_engine
from ledger.verification import ExpectedRoot, verify_store
from projections import queries, schema
from projections.digests import digest, digest_seen
from projections.errors import ProjectionError, ReadModelAhead
from projections.packing import sound
from reports.page import AsOf, Json, Page, Table

PROJECTIONS = "projection_equals_log"
COLUMNS = {"result": "result", "name": "check", "seq": "seq", "detail": "detail"}
_ROOT = re.compile(r"(?:([0-9]{1,18}):)?([0-9a-fA-F]{64})", re.ASCII)


@click.command(cls=Question, epilog="Example: zerosum verify --expect-root 37:c4baefec…")
@click.option(
    "--expect-root", metavar="[SIZE:]HEX", help="Root known from a receipt or checkpoint."
)
@key_option
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A signed checkpoint kept elsewhere.",
)
@row_key_option
@click.pass_context
def verify(
    context: click.Context,
    expect_root: str | None,
    keys: tuple[str, ...],
    checkpoints: tuple[Path, ...],
    row_key_file: Path | None,
) -> None:
    """Is the log what was written, and do the books hold?

    Recomputes every leaf and the root from the stored bytes, compares them with every signed
    checkpoint, folds the log again and checks every invariant after every event, and compares the
    rows of the read model with rows made anew.
    """
    expected = None if expect_root is None else _expected(expect_root)
    url = settings_of(context).url
    # Read before the log is: a log that grows meanwhile still contains what they cover.
    anchors = Anchors(known_keys(keys), [(str(path), _given(path)) for path in checkpoints])
    report = verify_store(url, expected, anchors, row_key_in(row_key_file))
    checks = list(report.checks)
    at: AsOf | None = None
    if report.verdict != "unreadable":
        with Ledger.open(url, readonly=True) as ledger:
            at = _head(ledger, report)
            checks.append(_projections(context, ledger, url, report))
    show(context, _page(checks, report, at))
    failed = any(check.result == "failed" for check in checks)
    context.exit(report.exit_code or (1 if failed else 0))


def _given(path: Path) -> bytes | None:
    try:
        return file_bytes(path)
    except OSError:
        return None


def _head(ledger: Ledger, report: Report) -> AsOf | None:
    """The head; of a log that was changed perhaps nothing can be said."""
    try:
        return as_of(ledger, ledger.head)
    except LedgerError:
        if report.verdict != "tampered":
            raise
        return None


def _expected(text: str) -> ExpectedRoot:
    match = _ROOT.fullmatch(text)
    if match is None:
        raise wrong_usage(
            "bad_root",
            f"{text[:100]!r} is no root",
            expected="64 hexadecimal digits, perhaps after a log size and a colon",
            hint="the root of a receipt, such as 37:c4baefec…",
        )
    size, root = match.groups()
    return ExpectedRoot(bytes.fromhex(root), int(size) if size else None)


def _projections(context: click.Context, ledger: Ledger, url: str, report: Report) -> Check:
    """Whether the rows are those that the log gives when they are made anew."""
    if report.verdict == "tampered" or report.exit_code:
        return Check(PROJECTIONS, "skipped", "the log itself does not hold")
    try:
        with translated(), sound("the rows"):
            return _compared(context, ledger, url)
    except (StoreError, ProjectionError) as fault:
        return Check(PROJECTIONS, "failed", f"{fault}: zerosum rebuild")


def _compared(context: click.Context, ledger: Ledger, url: str) -> Check:
    """Rows made anew up to where the store's rows are said to end, against those."""
    live, again = rows_engine(url, "read"), create_engine("sqlite://")
    try:
        # One moment: rows that are counted meanwhile must not look like a difference.
        with live.connect() as connection, connection.begin():
            if not any(map(inspect(connection).has_table, schema.metadata.tables)):
                return Check(PROJECTIONS, "skipped", "there are no rows yet")
            counted = queries.head(connection)
            found = digest_seen(connection)
        head = ledger.head
        if counted > head:
            raise ReadModelAhead(counted, head)
        catch_up(context, ledger, again, counted)
        if found != digest(again):
            said = "the rows differ from the log: zerosum rebuild"
            return Check(PROJECTIONS, "failed", said, counted or None)
    finally:
        live.dispose()
        again.dispose()
    if not counted:
        return Check(PROJECTIONS, "skipped", "there are no rows yet")
    behind = f"; those of {head - counted} more are not counted yet" if counted < head else ""
    return Check(PROJECTIONS, "ok", f"rows of {counted} events{behind}")


def _page(checks: list[Check], report: Report, at: AsOf | None) -> Page:
    rows: list[dict[str, Json]] = [
        {"name": check.name, "result": check.result, "detail": check.detail, "seq": check.seq}
        for check in checks
    ]
    body: dict[str, Json] = {"checks": rows, "verdict": report.verdict, "detail": report.detail}
    table = Table(COLUMNS, rows, frozenset({"result", "name", "detail"}))
    verdict = f"Verdict: {report.verdict}" + (f": {report.detail}" if report.detail else "")
    return Page("verify/1", at, body, "checks", (table, verdict))
