"""How do the rows stand in columns without a single float?

Lots are decimals without a fraction, money is a decimal in the quote asset, both of 38 digits, the
width that other readers know; a number that does not fit is refused. Prices may not end (`a/b`), so
they are text. Written a row group at a time by pyarrow, the extra `frames`.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from importlib import import_module
from itertools import islice
from typing import IO, Any, Final

from domain.units import Decimal10
from reports.exports.errors import MissingExtra, TooManyDigits
from reports.exports.rows import MONEY, LegRow, LegRows, shown

ROWS_PER_GROUP: Final = 20_000
DIGITS: Final = 38
_TEXTS: Final = ("type", "account", "market", "quantity_change", "price")


def write_parquet(
    target: IO[bytes],
    rows: Iterable[LegRow],
    found: LegRows,
    persons: Mapping[str, str] | None = None,
) -> int:
    """Write all rows; gives how many there were."""
    arrow, parquet = _libraries()
    remaining = iter(rows)
    chunk = list(islice(remaining, ROWS_PER_GROUP))
    # Only now: the event that says what the quote unit is may be the first of the window.
    unit = found.venue.quote_unit
    schema = _schema(arrow, unit, has_persons=persons is not None)
    written = 0
    with parquet.ParquetWriter(target, schema, compression="zstd", version="2.6") as writer:
        while True:
            columns = _columns(chunk, unit, persons)
            try:
                batch = arrow.RecordBatch.from_pydict(columns, schema=schema)
            except (arrow.ArrowInvalid, arrow.ArrowTypeError, OverflowError) as fault:
                raise TooManyDigits(_said(chunk, unit)) from fault
            writer.write_batch(batch)
            written += len(chunk)
            chunk = list(islice(remaining, ROWS_PER_GROUP))
            if not chunk:
                return written


def _libraries() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as fault:
        message = "Parquet is written by pyarrow, which is not installed"
        raise MissingExtra(message) from fault


def _schema(arrow: Any, unit: Decimal10, *, has_persons: bool) -> Any:
    if unit.places > DIGITS:
        message = f"a quote unit of {unit.places} places does not fit {DIGITS} digits"
        raise TooManyDigits(message)
    kinds = {
        "seq": arrow.int64(),
        "time": arrow.timestamp("ns", "UTC"),
        "lots_change": arrow.decimal128(DIGITS, 0),
        **dict.fromkeys(_TEXTS, arrow.string()),
        **dict.fromkeys(MONEY, arrow.decimal128(DIGITS, unit.places)),
    }
    fields = [arrow.field(name, kinds[name], nullable=False) for name in LegRow._fields]
    if has_persons:
        fields.append(arrow.field("person", arrow.string(), nullable=False))
    return arrow.schema(fields)


def _columns(
    chunk: list[LegRow], unit: Decimal10, persons: Mapping[str, str] | None
) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in chunk] for name in LegRow._fields
    }
    columns["lots_change"] = [Decimal(lots) for lots in columns["lots_change"]]
    for name in MONEY:
        columns[name] = [_decimal(units, unit) for units in columns[name]]
    if persons is not None:
        columns["person"] = [persons.get(row.account, "") for row in chunk]
    return columns


def _decimal(units: int, unit: Decimal10) -> Decimal:
    """Exactly; arithmetic on decimals would round at 28 digits without a word."""
    mantissa = units * unit.mantissa
    digits = tuple(map(int, str(abs(mantissa))))
    return Decimal((int(mantissa < 0), digits, -unit.places))


def _said(chunk: list[LegRow], unit: Decimal10) -> str:
    for seq, row in _wide(chunk, unit):
        return f"event {seq} has a number of more than {DIGITS} digits: {row}"
    return "a number does not fit its column"


def _wide(chunk: list[LegRow], unit: Decimal10) -> Iterator[tuple[int, str]]:
    for row in chunk:
        for name, text in shown(row, unit).items():
            if name in (*MONEY, "lots_change"):
                whole = text.lstrip("-").partition(".")[0]
                places = unit.places if name in MONEY else 0
                if len(whole) + places > DIGITS:
                    yield row.seq, f"{name} {text}"
