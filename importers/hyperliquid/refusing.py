"""What is kept of a row that is not applied, and when are two deliveries of a row the same?"""

from importers.hyperliquid.ledger_updates import parties_of
from importers.hyperliquid.rows import (
    READ_BEFORE,
    Fill,
    Funding,
    Mark,
    Reason,
    Refused,
    Row,
    Stated,
    Update,
)


def core_of(row: Row) -> tuple[object, ...]:
    """What must agree when a row is delivered twice."""
    return (row.code, row.detail) if isinstance(row, Refused) else row.core


def refused_row(row: Row, code: Reason, detail: str) -> Refused:
    """A row with the reason for which it is not applied.

    A second delivery gets a key of its own, unless an earlier import recorded the row itself.
    """
    key = row.key
    if code == "conflict" or (code == "duplicate" and detail == READ_BEFORE):
        key = f"{code}|{row.place.text()}|{row.key}"
    if isinstance(row, Refused):
        return row._replace(code=code, detail=detail, key=key)
    if isinstance(row, (Fill, Funding)):
        kind = "fill" if isinstance(row, Fill) else "funding"
        return Refused(
            row.place, row.time, key, code, detail, kind, row.amount, row.account, row.block
        )
    if isinstance(row, Update):
        subject, partner = parties_of(row)
        kind = f"ledger {row.kind}"
        return Refused(
            row.place,
            row.time,
            key,
            code,
            detail,
            kind,
            account=subject,
            block=row.block,
            partner=partner,
        )
    if isinstance(row, Stated):
        return Refused(
            row.place, row.time, key, code, detail, row.kind, account=row.account, block=row.block
        )
    kind = "mark" if isinstance(row, Mark) else "misc"
    return Refused(row.place, row.time, key, code, detail, kind)
