"""Which tables hold what the facts add up to?

All can be dropped and made again from the log. Their names begin with `rm_`, so they may live in
the log's file or in a database of their own. Money, quantities and prices pass 2^63: they are
decimal TEXT (a price between two ticks is `a/b`), never added up in SQL. Accounts are small numbers
inside, and have their names once.
"""

from fractions import Fraction
from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

SCHEMA_VERSION: Final = 1
TRACKED: Final = "books"
"""Name of the one read model whose progress `rm_tracking` holds."""

WHOLE: Final = BigInteger().with_variant(Integer(), "sqlite")
ID: Final = Text(collation="BINARY").with_variant(Text(collation="C"), "postgresql")
"""Ids sort by code point in every database."""
NUMBER: Final = Text()
"""A whole number of any size, or a fraction `a/b`."""

metadata: Final = MetaData()


def _table(name: str, *columns: Column[object]) -> Table:
    return Table(name, metadata, *columns, sqlite_strict=True, sqlite_with_rowid=False)


tracking: Final = _table(
    "rm_tracking",
    Column("model", ID, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("seq", WHOLE, nullable=False),
)

venue: Final = _table(
    "rm_venue",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("time", WHOLE, nullable=False),
    Column("name", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("kind", Text),
    Column("net_deposits", NUMBER, nullable=False),
)

account: Final = _table(
    "rm_account",
    Column("number", WHOLE, primary_key=True, autoincrement=False),
    Column("account", ID, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("cash", NUMBER, nullable=False),
    Column("net_deposits", NUMBER, nullable=False),
    Column("liquidation", ID),
)

position: Final = _table(
    "rm_position",
    Column("account", WHOLE, primary_key=True, autoincrement=False),
    Column("market", ID, primary_key=True),
    Column("quantity", NUMBER, nullable=False),
    Column("cost", NUMBER, nullable=False),
    Column("opened_seq", WHOLE, nullable=False),
    Column("basis_known", Integer, nullable=False),
)

market: Final = _table(
    "rm_market",
    Column("market", ID, primary_key=True),
    # Canonical JSON of the market.listed data, and of the policy in force.
    Column("spec", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("mark", NUMBER),
    Column("previous_mark", NUMBER),
    Column("mark_seq", WHOLE, nullable=False),
)

entry: Final = _table(
    "rm_entry",
    # What all legs of one event have in common.
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("time", WHOLE, nullable=False),
    Column("type", Text, nullable=False),
    Column("market", ID),
    Column("price", NUMBER),
    Column("ref", Text, nullable=False),
)

statement: Final = _table(
    "rm_statement",
    # The (account, seq) index: one row per account that an event names or whose cash it changes.
    Column("account", WHOLE, primary_key=True, autoincrement=False),
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("leg", Integer, primary_key=True, autoincrement=False),
    Column("quantity", NUMBER),
    Column("cash_change", NUMBER, nullable=False),
    Column("cash", NUMBER, nullable=False),
    Column("position", NUMBER),
)

mark: Final = _table(
    "rm_mark",
    Column("market", ID, primary_key=True),
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("time", WHOLE, nullable=False),
    Column("price", NUMBER, nullable=False),
)

liquidation: Final = _table(
    "rm_liquidation",
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("id", ID, nullable=False, unique=True),
    Column("account", ID, nullable=False, index=True),
    Column("equity", NUMBER, nullable=False),
    Column("maintenance_margin", NUMBER, nullable=False),
)

step: Final = _table(
    "rm_step",
    # `cause` names the check; one account has one pass per check. Step `waiting` ends a pass.
    Column("liquidation", WHOLE, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("cause", WHOLE, nullable=False),
    Column("seq", WHOLE, nullable=False),
    Column("step", Text, nullable=False),
    Column("market", ID, index=True),
    Column("quantity", NUMBER, nullable=False),
    Column("price", NUMBER),
    Column("loss", NUMBER, nullable=False),
    Column("left", NUMBER),
    Column("reason", Text, nullable=False),
)

adl_round: Final = _table(
    "rm_adl_round",
    # Compressed canonical JSON in whole units: what a list needs, who was closed, everything else.
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("id", ID, nullable=False, unique=True),
    Column("market", ID, nullable=False),
    Column("close_price", NUMBER, nullable=False),
    Column("finished", Integer, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("closed", LargeBinary, nullable=False),
    Column("ranking", LargeBinary, nullable=False),
    # Leaf hashes of the evidence one after the other: hashes cannot be compressed.
    Column("leaves", LargeBinary, nullable=False),
)

PACKED: Final = frozenset({adl_round.c.header, adl_round.c.closed, adl_round.c.ranking})
"""Columns with compressed text: two versions of zlib may write the same text differently."""


def number_text(value: int | Fraction | None) -> str | None:
    """A number as its column has it."""
    if value is None:
        return None
    if isinstance(value, int) or value.denominator == 1:
        return str(int(value))
    return f"{value.numerator}/{value.denominator}"


def whole(text: str | None) -> int | None:
    """The whole number of a column that may be empty."""
    return None if text is None else int(text)


def fraction(text: str | None) -> Fraction | None:
    """The exact number of a column that may be empty."""
    if text is None:
        return None
    numerator, _, denominator = text.partition("/")
    return Fraction(int(numerator), int(denominator or 1))
