"""What can be asked that has no answer, and when can rows not be counted?

Every error is named after the broken rule and carries a stable `code`, the exit code of the command
line and a hint that says what to try next.

    ProjectionError
    ├── NotFound               what was asked for does not exist (exit 3)
    │   ├── UnknownAccount
    │   ├── UnknownMarket
    │   ├── UnknownDecision
    │   └── UnknownLiquidation nothing of this name was ever liquidated, or could be
    └── ReadModelError         the rows cannot be used (exit 4)
        ├── ReadModelMissing   there are no rows yet
        ├── ReadModelOutdated  rows of another version of this program
        ├── ReadModelGap       events or venue do not continue what was counted
        ├── ReadModelDamaged   rows say what no counting could have written
        ├── ReadModelAhead     rows of events that the log does not have
        └── ReadModelMoved     somebody else counted these events in the meantime
"""

from typing import ClassVar


class ProjectionError(Exception):
    """A question could not be answered from the read model."""

    code: ClassVar[str] = "projection_error"
    exit_code: ClassVar[int] = 4
    hint: ClassVar[str] = ""


class NotFound(ProjectionError):
    """Only what the log knows can be asked for."""

    code = "not_found"
    exit_code = 3


class UnknownAccount(NotFound):
    """The account was not opened at this point of the log."""

    code = "unknown_account"
    hint = "zerosum balances lists all accounts"

    def __init__(self, account: str) -> None:
        super().__init__(f"there is no account {account!r} at this point of the log")
        self.account = account


class UnknownMarket(NotFound):
    """The market was not listed at this point of the log."""

    code = "unknown_market"
    hint = "zerosum oi lists all markets"

    def __init__(self, market: str) -> None:
        super().__init__(f"there is no market {market!r} at this point of the log")
        self.market = market


class UnknownDecision(NotFound):
    """No auto-deleveraging decision has this id at this point of the log."""

    code = "unknown_decision"
    hint = "zerosum adl list shows all decisions"

    def __init__(self, decision: str) -> None:
        super().__init__(f"there is no decision {decision!r} at this point of the log")
        self.decision = decision


class UnknownLiquidation(NotFound):
    """A timeline is asked for by liquidation, account or market."""

    code = "unknown_liquidation"
    hint = "zerosum timeline takes a liquidation id such as LIQ-17, an account, or a market"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no liquidation, account or market at this point of the log")
        self.name = name


class ReadModelError(ProjectionError):
    """The rows cannot be used as they are; the log is not affected."""

    code = "read_model_error"
    hint = "zerosum rebuild makes all rows again from the log"


class ReadModelMissing(ReadModelError):
    """Rows are made from the log before they are asked."""

    code = "read_model_missing"


class ReadModelOutdated(ReadModelError):
    """Rows are read by the version of the program that made them."""

    code = "read_model_outdated"


class ReadModelGap(ReadModelError):
    """Events are counted one after the other, from where the last one ended."""

    code = "read_model_gap"


class ReadModelDamaged(ReadModelError):
    """Somebody or something changed the rows: nothing is answered from them."""

    code = "read_model_damaged"


class ReadModelAhead(ReadModelError):
    """Rows never know more than the log."""

    code = "read_model_ahead"
    hint = "zerosum verify, then zerosum rebuild"

    def __init__(self, counted: int, head: int) -> None:
        super().__init__(f"the rows are counted up to seq {counted}, the log ends at {head}")


class ReadModelMoved(ReadModelError):
    """One program at a time counts events into a read model; nothing was written."""

    code = "read_model_moved"
    hint = "try again: the other program may have counted them already"
