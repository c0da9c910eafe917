"""What did the examination of a log find, line by line and in one word?"""

from dataclasses import dataclass, field
from typing import Final, Literal

Result = Literal["ok", "failed", "skipped"]
Verdict = Literal["intact", "tampered", "unsealed", "unreadable", "unknown_key"]

SEAL_CHECKS: Final = frozenset(
    {"log_in_order", "leaves", "tree", "checkpoints", "expected_root", "counted_once"}
)
"""Checks of which a failure means that somebody changed what was written."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; `seq` is the first bad event where one can be named."""

    name: str
    result: Result
    detail: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All lines in their order, and the verdict."""

    checks: tuple[Check, ...]
    verdict: Verdict
    detail: str = ""

    @property
    def exit_code(self) -> int:
        """Exit code of `cli.md`."""
        if self.verdict == "unreadable":
            return 4
        if self.verdict in ("tampered", "unknown_key"):
            return 1
        return 1 if any(check.result == "failed" for check in self.checks) else 0

    @property
    def seq(self) -> int | None:
        """First bad event that the first failed check names."""
        failed = (check.seq for check in self.checks if check.result == "failed")
        return next((seq for seq in failed if seq is not None), None)


@dataclass(slots=True)
class Finding:
    """A check while it runs: it keeps the first fault that it meets."""

    name: str
    fault: str | None = None
    seq: int | None = None
    skipped: str | None = None
    detail: str = ""
    faults: int = field(default=0)

    def fail(self, seq: int | None, fault: str) -> None:
        """Note a fault; the one with the smallest seq is shown."""
        self.faults += 1
        if self.fault is None or (seq is not None and (self.seq is None or seq < self.seq)):
            self.fault, self.seq = fault, seq

    def check(self) -> Check:
        """The finished line."""
        if self.fault is not None:
            more = f" (and {self.faults - 1} more)" if self.faults > 1 else ""
            return Check(self.name, "failed", self.fault + more, self.seq)
        if self.skipped is not None:
            return Check(self.name, "skipped", self.skipped)
        return Check(self.name, "ok", self.detail)


def unreadable(detail: str) -> Report:
    """The report on a store that cannot be read at all."""
    return Report((Check("store", "failed", detail),), "unreadable", detail)
