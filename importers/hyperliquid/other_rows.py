"""What do funding payments, ledger updates, misc events and marks say?

The same payment has other names in the archive (`funding_amount`, `szi`) than in the API (`usdc`);
the archive's ledger updates name their users, an API dump belongs to one account.
"""

import json
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from typing import Any, Final

from domain.units import parse_decimal
from importers.hyperliquid.fields import (
    LARGEST_WHOLE,
    Raw,
    address_of,
    decimal_of,
    milliseconds_of,
    money_of,
    text_of,
    text_or_none,
    utc_of,
    whole_or_none,
)
from importers.hyperliquid.fill_rows import Block, account_in, block_of, coin_of
from importers.hyperliquid.reading import Cells
from importers.hyperliquid.rows import (
    NOTHING,
    Funding,
    Idle,
    Mark,
    Place,
    Refused,
    Row,
    RowRefused,
    Update,
)
from importers.hyperliquid.strict_json import fault_in
from importers.hyperliquid.venue_facts import is_of_other_network

IDLE_EVENTS: Final = frozenset(
    {
        "CDeposit",
        "CWithdrawal",
        "Delegation",
        "GossipPriorityAuctionRestart",
        "ValidatorRewards",
    }
)
STAKING_DELTAS: Final = frozenset({"cDeposit", "cWithdraw", "delegate", "withdrawal"})
MARK_COLUMNS: Final = [
    "time",
    "coin",
    "funding",
    "open_interest",
    "prev_day_px",
    "day_ntl_vlm",
    "premium",
    "oracle_px",
    "mark_px",
    "mid_px",
    "impact_bid_px",
    "impact_ask_px",
]
BLOCK_MARK_COLUMNS: Final = ["block_number", "block_time", "coin", "mark_px", "oracle_px"]
_DIGEST_DIGITS: Final = 32


def raw_key(place: Place, value: object) -> str:
    """The key of a row that cannot be understood: its place and a digest of what it says."""
    text = json.dumps(value, sort_keys=True, default=str)
    return f"raw|{place.text()}|{sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS]}"


def refused_raw(place: Place, value: object, fault: RowRefused, kind: str = "unknown") -> Refused:
    """A row that cannot even be named."""
    return Refused(place, None, raw_key(place, value), fault.code, fault.detail, kind)


def funding_row(
    place: Place, user: str, raw: Raw, time: int, amount: str, block: int | None = None
) -> Row:
    """A payment; `amount` is the name of its amount in this source."""
    key = f"funding|{raw.get('coin')}|{time // 1_000_000}|{user}"
    try:
        coin = coin_of(raw)
        size = text_or_none(raw, "szi")
        samples = whole_or_none(raw, "nSamples")
        return Funding(
            place,
            time,
            key,
            account_in(user, coin),
            coin,
            money_of(raw, amount),
            None if size is None else parse_decimal(size),
            1 if samples is None else max(samples, 1),
            block=block,
        )
    except RowRefused as fault:
        amount_read = _amount(raw, amount)
        return Refused(
            place, time, key, fault.code, fault.detail, "funding", amount_read, user, block
        )


def update_row(
    place: Place,
    subject: str,
    users: list[str],
    delta: Raw,
    time: int,
    transaction: str,
    block: int | None = None,
) -> Row:
    """A ledger update; its key is the same in the dumps of both its parties."""
    kind = delta.get("type")
    amount = next(
        (delta[name] for name in ("usdc", "amount", "netWithdrawnUsd") if name in delta), ""
    )
    parties = [delta.get("user"), delta.get("destination"), delta.get("vault")]
    named = [str(party)[:80].lower() for party in parties if party is not None]
    # A deposit into a vault is reported to both sides and names only the vault.
    if not named or (kind == "vaultDeposit" and not transaction.strip("0x")):
        named.append(subject)
    key = "|".join(
        [
            "ledger",
            str(kind)[:40],
            str(time // 1_000_000),
            transaction,
            *named,
            str(amount)[:40],
            str(delta.get("nonce", ""))[:40],
        ]
    )
    if not isinstance(kind, str):
        return Refused(place, time, key, "bad_field", "delta has no type", "ledger", block=block)
    return Update(place, time, key, users[0] if users else subject, kind, delta, block=block)


def event_rows(line: int, file: str, events: list[Any], block: Block) -> Iterator[Row]:
    """The rows of a misc line: each funding payment and each other event is one."""
    row = 0
    for event in events:
        place = Place(file, line, row)
        try:
            rows = list(_event_rows(place, event, block))
        except RowRefused as fault:
            key = raw_key(place, event)
            known = block.number or None
            rows = [Refused(place, block.time, key, fault.code, fault.detail, "misc", block=known)]
        yield from rows
        row += len(rows)


def _event_rows(place: Place, event: Any, block: Block) -> Iterator[Row]:
    if fault := fault_in(event):
        raise RowRefused("bad_json", fault)
    if not isinstance(event, dict) or not isinstance(event.get("inner"), dict):
        raise RowRefused("bad_field", "no event with time, hash and inner")
    if len(event["inner"]) != 1:
        raise RowRefused("bad_field", "inner does not hold exactly one kind")
    if utc_of(event, "time") != block.time:
        raise RowRefused("bad_time", f"time {event['time']} is not the block's")
    transaction = text_or_none(event, "hash")
    _, note = block_of(transaction, block, block.time)
    ((kind, inner),) = event["inner"].items()
    if kind == "Funding":
        for row in _payments(place, inner, block):
            yield _noted(row, note)
    elif kind == "LedgerUpdate":
        yield _noted(_ledger_update(place, inner, block, transaction or ""), note)
    elif kind in IDLE_EVENTS:
        yield Idle(place, block.time, raw_key(place, event), kind, note)
    else:
        raise RowRefused("unknown_kind", f"misc event {str(kind)[:40]}")


def _noted(row: Row, note: tuple[str, ...]) -> Row:
    """The row with what is odd about its event; a refused row has its reason."""
    return row._replace(notes=note) if note and not isinstance(row, Refused) else row


def _payments(place: Place, inner: Any, block: Block) -> Iterator[Row]:
    deltas = inner.get("deltas") if isinstance(inner, dict) else None
    if not isinstance(deltas, list):
        raise RowRefused("bad_field", "Funding has no list of deltas")
    for number, delta in enumerate(deltas):
        here = place._replace(row=place.row + number)
        try:
            user = address_of(delta.get("user") if isinstance(delta, dict) else None)
        except RowRefused as fault:
            key = raw_key(here, delta)
            known = block.number or None
            yield Refused(here, block.time, key, fault.code, fault.detail, "funding", block=known)
            continue
        yield funding_row(here, user, delta, block.time, "funding_amount", block.number or None)


def _ledger_update(place: Place, inner: Any, block: Block, transaction: str) -> Row:
    if not isinstance(inner, dict) or not isinstance(inner.get("delta"), dict):
        raise RowRefused("bad_field", "LedgerUpdate has no delta")
    users = inner.get("users")
    if not isinstance(users, list) or not users:
        raise RowRefused("bad_field", "LedgerUpdate has no users")
    addresses = [address_of(user) for user in users]
    return update_row(
        place,
        addresses[0],
        addresses,
        inner["delta"],
        block.time,
        transaction,
        block.number or None,
    )


def dump_row(place: Place, user: str, raw: Raw) -> Row:
    """A row of an API dump `{time, hash, delta}`: a funding payment or a ledger update."""
    try:
        delta = _object_of(raw, "delta")
        time = milliseconds_of(raw)
        transaction = text_or_none(raw, "hash") or ""
    except RowRefused as fault:
        return refused_raw(place, raw, fault, "ledger")
    if delta.get("type") == "funding":
        return funding_row(place, user, delta, time, "usdc")
    if "type" not in delta and STAKING_DELTAS.intersection(delta):
        detail = "staking is another token"
        return Refused(place, time, raw_key(place, raw), "out_of_scope", detail, "staking")
    return update_row(place, user, [], delta, time, transaction)


def socket_funding_row(place: Place, user: str, raw: Raw) -> Row:
    """A payment of a socket message, which has neither type nor hash."""
    try:
        time = milliseconds_of(raw)
    except RowRefused as fault:
        return refused_raw(place, raw, fault, "funding")
    return funding_row(place, user, raw, time, "usdc")


def mark_row(place: Place, cells: Cells) -> Row:
    """A line of the asset contexts: the mark of one coin in one minute."""
    try:
        raw = _columns(cells, MARK_COLUMNS)
        time = utc_of(raw, "time")
        coin = coin_of(raw)
        key = f"mark|{coin}|{text_of(raw, 'time')}"
        return Mark(place, time, key, coin, decimal_of(raw, "mark_px"))
    except RowRefused as fault:
        return refused_raw(place, list(cells), fault, "mark")


def block_mark_row(place: Place, cells: Cells) -> Row:
    """A line of marks by block: in force from the start of that block."""
    try:
        raw = _columns(cells, BLOCK_MARK_COLUMNS)
        time, coin = utc_of(raw, "block_time"), coin_of(raw)
        block = _block_number(text_of(raw, "block_number"), time)
        key = f"mark|{coin}|block|{block}"
        return Mark(place, time, key, coin, decimal_of(raw, "mark_px"), block=block)
    except RowRefused as fault:
        return refused_raw(place, list(cells), fault, "mark")


def _block_number(digits: str, time: int) -> int:
    if not digits.isascii() or not digits.isdigit() or not 0 < int(digits) <= LARGEST_WHOLE:
        raise RowRefused("bad_field", f"block_number is {digits[:20]!r}")
    if is_of_other_network(int(digits), time):
        raise RowRefused("hash_mismatch", f"block {digits} cannot be main-net's at this time")
    return int(digits)


def _object_of(raw: Raw, name: str) -> Raw:
    value = raw.get(name)
    if not isinstance(value, dict):
        raise RowRefused("bad_field", f"{name} is no object")
    return value


def _columns(cells: Cells, wanted: list[str]) -> Raw:
    if len(cells) != len(wanted):
        raise RowRefused("bad_field", f"{len(cells)} columns, wanted {len(wanted)}")
    return dict(zip(wanted, cells, strict=True))


def _amount(raw: Raw, name: str) -> Fraction:
    try:
        return decimal_of(raw, name).fraction()
    except RowRefused:
        return NOTHING
