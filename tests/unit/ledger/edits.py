"""What does the examiner report after somebody who knows SQL was at the file?"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from ledger.report import Report
from ledger.verification import verify_store

REPEATED = ("tree_matches_bytes", "numbers_are_exact")
"""Lines that repeat, under an invariant's name, what an earlier line has examined."""


def tampered(path: Path, *statements: str, **known: Any) -> Report:
    """The report on a copy of a store after these statements; `known` is what the examiner
    brings along.
    """
    copy = path.with_name("tampered.db")
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DROP INDEX event_of_stream")
        for statement in statements:
            connection.execute(statement)
    return verify_store(f"sqlite:///{copy}", **known)


def failures(report: Report) -> dict[str, int | None]:
    """Seq by name of each failed line, those left out that only repeat another."""
    return {
        check.name: check.seq
        for check in report.checks
        if check.result == "failed" and check.name not in REPEATED
    }
