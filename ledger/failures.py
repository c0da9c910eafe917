"""What does the failure of a database mean?

Drivers raise errors of their own, some wrapped by SQLAlchemy, some not. All leave the ledger as
errors of its own tree; whoever reads them need not know which database it was.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from ledger import sqlite
from ledger.errors import LedgerError, StoreLocked, StoreUnreadable


@contextmanager
def translated() -> Iterator[None]:
    """Failures of the database leave as errors of the ledger."""
    try:
        yield
    except LedgerError:
        raise
    except DBAPIError as fault:
        raise _meaning(fault.orig) or StoreUnreadable(str(fault.orig)) from fault
    except UnicodeDecodeError as fault:
        # The database quotes names and texts of a damaged file in what it says about them.
        raise StoreUnreadable("the store holds text that is none") from fault
    except NoFreeConnection as fault:
        raise StoreLocked("all connections to the store are in use") from fault
    except Exception as fault:
        meaning = _meaning(fault)
        if meaning is None:
            raise
        raise meaning from fault


def _meaning(fault: BaseException | None) -> LedgerError | None:
    """The ledger's error for a driver's; None when it is no driver's."""
    if isinstance(fault, sqlite3.Error):
        return sqlite.meaning(fault)
    # Looked at by name: the driver of a server is an extra, and slow to import.
    if fault is not None and type(fault).__module__.split(".", 1)[0] == "psycopg":
        from ledger import postgresql

        return postgresql.meaning(fault)
    return None
