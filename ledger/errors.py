"""What can go wrong between the books and the disk?

Every error is named after the broken rule, carries a stable `code`, the exit code of `cli.md`, and
a hint that says what to try next. Refusals of the domain (`Rejected`) are no errors of the store.

    LedgerError
    ├── StoreError           the store cannot be used (exit 4)
    │   ├── StoreMissing     there is no such file
    │   ├── StoreExists      a new store needs a place of its own
    │   ├── StoreLocked      somebody else is writing
    │   ├── StoreSchema      not a store, or one of another version
    │   ├── StoreUnreadable  damaged, or the disk fails
    │   │   └── BadStoreUrl  what names the store names none
    │   ├── StoreSettings    a committed fact could be lost there
    │   ├── StoreReadOnly    opened for reading, or the file may not be written
    │   ├── StoreFull        no room left
    │   ├── StoreConflict    a row that may exist once was there already
    │   └── StaleHead        another writer was faster; nothing was written
    ├── MissingExtra         a server's driver is not installed (exit 2)
    ├── UnknownSeq           the log has no such place (exit 3)
    ├── RecordedLog          a recorded log takes no commands (exit 5)
    ├── DecidedLog           a decided log takes no facts (exit 5)
    ├── OtherVenue           a log records one venue (exit 5)
    ├── LogOutOfOrder        events that do not continue this log (exit 5)
    └── SourceConflict       a row of a file said something else before (exit 5)
"""

from typing import ClassVar


class LedgerError(Exception):
    """The ledger could not do what was asked; what was acknowledged before still stands."""

    code: ClassVar[str] = "ledger_error"
    exit_code: ClassVar[int] = 4
    hint: str = ""


class StoreError(LedgerError):
    """The store cannot be used."""

    code = "store_error"


class StoreMissing(StoreError):
    """A store is read where it is; it is never made by looking at it."""

    code = "store_missing"
    hint = "name the store with --store, or make one with: zerosum init"


class StoreExists(StoreError):
    """A new store never takes the place of something else."""

    code = "store_exists"
    hint = "choose another --store, or use the one that is there"


class StoreLocked(StoreError):
    """One writer at a time: somebody else held the store for five seconds."""

    code = "store_locked"
    hint = "wait for the other program to finish, then try again"


class StoreSchema(StoreError):
    """The file is a database, but not a zerosum store of this version."""

    code = "store_schema"
    hint = "check the path; a store of another version is read by that version of zerosum"


class StoreUnreadable(StoreError):
    """The file is damaged, is no database, or the disk fails."""

    code = "store_unreadable"
    hint = "restore a backup and run: zerosum verify"


class StoreSettings(StoreError):
    """What was committed could be lost with these settings; the log itself is well."""

    code = "store_settings"
    hint = "close other programs that use the file, or mend the server's settings, then try again"


class BadStoreUrl(StoreUnreadable):
    """What was given as the store's URL names no store that there could be."""

    code = "bad_store_url"
    hint = "name a file, such as --store sqlite:///zerosum.db"


class StoreReadOnly(StoreError):
    """The store was opened for reading, or its file may not be written."""

    code = "store_read_only"
    hint = "open the store for writing, or check the permissions of file and folder"


class StoreFull(StoreError):
    """The disk has no room; the transaction was undone as a whole."""

    code = "store_full"
    hint = "make room, then send the same commands again"


class StoreConflict(StoreError):
    """A row that may exist once was there already; the transaction was undone as a whole."""

    code = "store_conflict"
    hint = "run: zerosum verify"


class StaleHead(StoreError):
    """The log has moved on since it was read: nothing was written, what was derived is dropped."""

    code = "stale_head"
    hint = "send the same command again"


class MissingExtra(LedgerError):
    """What only some need is installed by those who need it."""

    code = "missing_extra"
    exit_code = 2
    hint = "pip install 'zerosum[postgres]'"


class UnknownSeq(LedgerError):
    """The log has no event at this place."""

    code = "unknown_seq"
    exit_code = 3
    hint = "zerosum events --from N lists what there is"


class RecordedLog(LedgerError):
    """A log that records what a venue decided elsewhere takes facts, not commands."""

    code = "recorded_log"
    exit_code = 5
    hint = "apply commands to a store of their own"


class DecidedLog(LedgerError):
    """A log whose venue decides here takes commands, not recorded facts."""

    code = "decided_log"
    exit_code = 5
    hint = "import archives into a store of their own"


class OtherVenue(LedgerError):
    """A log that records one venue takes no facts of another."""

    code = "other_venue"
    exit_code = 5
    hint = "import archives of each venue into a store of their own"


class LogOutOfOrder(LedgerError):
    """Events continue a log only with the next seq and the next version of their stream."""

    code = "log_out_of_order"
    exit_code = 5
    hint = "append the events of the other log from the seq after this one's head"


class SourceConflict(LedgerError):
    """A row of this file was recorded before, and said something else then."""

    code = "source_conflict"
    exit_code = 5
    hint = "an archive that changed belongs into a store of its own"
