"""Which auto-deleveraging decisions were made, and what is known about each?"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import Connection, Row, Select, select

from domain.merkle import HASH_BYTES
from domain.specification import policy_from, spec_from
from projections import schema
from projections.answers import AdlRound, RankedRow, Totals, WaterfallStep
from projections.errors import UnknownDecision
from projections.packing import sound, unpacked
from projections.reading import head
from projections.schema import fraction

Detail = Literal["summary", "full"]

_round, _market = schema.adl_round.c, schema.market.c


def adl_rounds(
    connection: Connection, until_seq: int | None = None, detail: Detail = "full"
) -> Iterator[AdlRound]:
    """All decisions, oldest first. A summary ranks only those who were closed, without evidence."""
    head(connection)
    query = _rounds(detail).order_by(_round.seq)
    if until_seq is not None:
        query = query.where(_round.seq <= until_seq)
    return (_sound_round(row, detail) for row in connection.execute(query))


def adl_round(
    connection: Connection,
    decision: str,
    until_seq: int | None = None,
    detail: Detail = "full",
) -> AdlRound:
    """One decision by its id; raises `UnknownDecision`."""
    head(connection)
    query = _rounds(detail).where(_round.id == decision)
    if until_seq is not None:
        query = query.where(_round.seq <= until_seq)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownDecision(decision)
    return _sound_round(row, detail)


def _rounds(detail: Detail) -> Select[Any]:
    """Finished rounds: a decision is answered for once all its closures are counted."""
    rows = (_round.closed,) if detail == "summary" else (_round.ranking, _round.leaves)
    return (
        select(_round.header, *rows, _market.spec, _market.market)
        .join(schema.market, _market.market == _round.market)
        .where(_round.finished == 1)
    )


def _sound_round(row: Row[Any], detail: Detail) -> AdlRound:
    with sound("an auto-deleveraging decision"):
        return _adl_round(row, detail)


def _adl_round(row: Row[Any], detail: Detail) -> AdlRound:
    header = unpacked(row.header)
    data = header["data"]
    policy = policy_from(data["policy"])
    if detail == "summary":
        evidence: tuple[tuple[int, str], ...] = ()
        ranking = _ranked(unpacked(row.closed)["ranking"])
    else:
        document = unpacked(row.ranking)
        evidence = _evidence(document["evidence"], row.leaves)
        columns = document["ranking"]
        ranks = range(1, len(columns[0]) + 1) if columns else ()
        ranking = _ranked([ranks, *columns])
    return AdlRound(
        id=data["decision_id"],
        seq=header["seq"],
        last_seq=header["last_seq"],
        time=header["time"],
        spec=replace(spec_from(row.market, from_json(row.spec)), adl=policy),
        bankrupt=data["bankrupt"],
        side=data["side"],
        liquidation_id=data["liquidation_id"],
        policy=policy.selection,
        policy_digest=data["policy"]["digest"],
        policy_seq=header["policy_seq"],
        close_price_rule=data["close_price"]["rule"],
        close_price=_exact(data["close_price"]["price"]),
        bankruptcy_price=_exact(data["quote"]["price"]),
        trigger=policy.trigger,
        vault_candidate=policy.vault_candidate,
        parameters=policy.parameters,
        mark=data["mark_price"],
        previous_mark=data["previous_mark_price"],
        equity=data["equity"],
        maintenance_margin=data["maintenance_margin"],
        needed=data["needed"],
        closed=data["needed"] - data["residual"],
        residual=data["residual"],
        losers_included=data["losers_included"],
        candidates=data["candidates"],
        excluded=tuple(sorted(data["excluded"].items())),
        ranking_root=data["ranking_root"],
        redecided_equal=header["redecided_equal"],
        ranking_root_equal=header["ranking_root_equal"],
        waterfall=tuple(
            WaterfallStep(
                step["step"],
                step["offered"],
                step["used"],
                step["left"],
                step["reason"],
                tuple(step["seqs"]),
            )
            for step in header["waterfall"]
        ),
        before=Totals(*header["before"]),
        after=Totals(*header["after"]),
        evidence=evidence,
        ranking=ranking,
    )


def _exact(text: str) -> Fraction:
    value = fraction(text)
    if value is None:
        raise ValueError(text)
    return value


def _evidence(seqs: list[int], leaves: bytes) -> tuple[tuple[int, str], ...]:
    digits, each = leaves.hex(), 2 * HASH_BYTES
    return tuple((seq, digits[each * place : each * (place + 1)]) for place, seq in enumerate(seqs))


def _ranked(columns: list[Any]) -> tuple[RankedRow, ...]:
    """Rows of the ranking from the columns of their document; no columns are no rows."""
    if not columns or not columns[0]:
        return ()
    *before, numerators, denominators, closed, closed_cost, realized = columns
    scores = [
        None if numerator is None else Fraction(numerator, denominator)
        for numerator, denominator in zip(numerators, denominators, strict=True)
    ]
    return tuple(map(RankedRow, *before, scores, closed, closed_cost, realized))
