"""Why was each victim chosen, closed by this much, and at this price?

At every decision the ranking is decided again from the venue just before it and compared with what
the log says: the decision, the ranking root, and each closure as it comes. The log's word is kept;
whether it is equal is kept beside it. Decisions of recorded logs are not rounds.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, select

from domain.adl.candidate import NO_SCORE, Ranked, in_lowest_terms
from domain.adl.decision import (
    Decision,
    closure_amount,
    closure_cost,
    decision,
    ranking_root,
)
from domain.events import Event
from domain.market import Market
from domain.position import unrealized
from domain.units import MarketId, parse_ratio
from domain.venue import Venue
from projections import schema
from projections.observing import Observed
from projections.packing import packed, unpacked
from projections.schema import fraction, number_text
from projections.writing import Rows

_round = schema.adl_round.c
_step, _liquidation = schema.step.c, schema.liquidation.c

Document = dict[str, Any]

# A row of the ranking as its document has it; the last three come from the closures of the log.
ACCOUNT, CLOSED, CLOSED_COST, REALIZED = 0, 9, 10, 11


class AdlRounds:
    """Collects the decisions of one batch, each with its closures."""

    def __init__(
        self, venue: Venue, engine: Engine, leaf_of: Callable[[int], bytes] | None
    ) -> None:
        self._venue = venue
        self._engine = engine
        self._leaf_of = leaf_of
        self._written = venue.head
        self._pass_cause = 0
        self._pass_seqs: dict[tuple[str, MarketId, str], list[int]] = {}
        self._started: dict[str, int] = {}
        self._changed: dict[str, Document] = {}

    def project(self, seen: Observed) -> None:
        """Count one event."""
        event = seen.event
        if self._venue.kind != "decided":
            return
        match event["type"]:
            case "market.trade_executed/1":
                if "liquidation_id" in event["data"]:
                    self._remember("book", seen)
            case "market.position_taken_over/1":
                self._remember("takeover", seen)
            case "account.liquidation_started/1":
                self._started[event["data"]["liquidation_id"]] = event["seq"]
            case "market.deleveraging_decided/1":
                self._decided(seen)
            case "market.position_deleveraged/1":
                self._deleveraged(seen)
            case _:
                pass

    def _remember(self, step: str, seen: Observed) -> None:
        """Seqs of the fills and takeovers of a pass: a decision names them as its earlier steps."""
        event = seen.event
        if event["cause"] != self._pass_cause:
            self._pass_cause, self._pass_seqs = event["cause"], {}
        key = (event["data"]["liquidation_id"], seen.market or "", step)
        self._pass_seqs.setdefault(key, []).append(event["seq"])

    def _seqs_before(self, step: str, event: Event, market: MarketId) -> list[int]:
        """What this pass did in this market, also when it began in an earlier batch."""
        name = event["data"]["liquidation_id"]
        held = self._pass_seqs if self._pass_cause == event["cause"] else {}
        found = held.get((name, market, step), [])
        if event["cause"] > self._written:
            return found
        query = (
            select(_step.seq)
            .join(schema.liquidation, _liquidation.seq == _step.liquidation)
            .where(
                _liquidation.id == name,
                _step.cause == event["cause"],
                _step.market == market,
                _step.step == step,
                # Rows of nothing are stated later than the pass they belong to.
                _step.quantity != "0",
            )
        )
        with self._engine.connect() as stored:
            written = stored.execute(query).scalars().all()
        return sorted({*written, *found})

    def _start_of(self, liquidation: str) -> int | None:
        if liquidation not in self._started:
            query = select(_liquidation.seq).where(_liquidation.id == liquidation)
            with self._engine.connect() as stored:
                found = stored.execute(query).scalar_one_or_none()
            if found is None:
                return None
            self._started[liquidation] = found
        return self._started[liquidation]

    def _decided(self, seen: Observed) -> None:
        event, data = seen.event, seen.event["data"]
        # The decision itself moves nothing: the venue after it is the venue it was made on.
        market = self._venue.markets[seen.market or ""]
        price = parse_ratio(data["quote"]["price"])
        if price is None:
            message = f"event {event['seq']}: {data['quote']['price']!r} is no price"
            raise ValueError(message)
        again = decision(self._venue, market, data["bankrupt"], price)
        waterfall = [
            {**step, "seqs": self._seqs_before(step["step"], event, market.id)}
            for step in data["steps"]
        ]
        used = data["needed"] - data["residual"]
        waterfall.append(
            {
                "left": data["residual"],
                "market": market.id,
                "offered": sum(row.candidate.capacity for row in again.rows),
                "reason": "residual" if data["residual"] else "all_closed",
                "seqs": [event["seq"]],
                "step": "adl",
                "used": used,
            }
        )
        start = self._start_of(data["liquidation_id"])
        earlier = [seq for step in waterfall[:-1] for seq in step["seqs"]]
        evidence = sorted(
            {market.mark_seq, event["seq"], *earlier, *([] if start is None else [start])}
        )
        round_ = {
            "after": None,
            "before": _totals(self._venue, market),
            "data": data,
            "evidence": [seq for seq in evidence if seq],
            "expected": _expected(again, market, data["side"]),
            "last_seq": event["seq"],
            "leaves": [self._leaf(seq) for seq in evidence if seq],
            "market": market.id,
            "policy_seq": market.policy_seq,
            "ranking": [_ranking_row(row) for row in again.rows],
            "ranking_root_equal": _root_equal(again, market, data),
            "redecided_equal": self._is_equal(again, market, data),
            "seen": 0,
            "seq": event["seq"],
            "time": event["time"],
            "waterfall": waterfall,
        }
        self._changed[data["decision_id"]] = round_
        self._finish_when_complete(round_, market)

    def _is_equal(self, again: Decision, market: Market, data: dict[str, Any]) -> bool:
        """Whether the log's decision is the one that is made again; closures follow one by one."""
        venue, bankrupt = self._venue, data["bankrupt"]
        held = market.positions[bankrupt]
        return (
            data["side"] == ("long" if held.sign > 0 else "short")
            and data["needed"] == again.needed
            and data["residual"] == again.residual
            and data["candidates"] == len(again.rows)
            and data["closures"] == len(again.closures)
            and data["excluded"] == again.queue.excluded
            and data["losers_included"] == again.queue.losers_included
            and fraction(data["close_price"]["price"]) == again.close_price
            and data["policy"] == market.policy.fact()
            and data["mark_price"] == market.price
            and data["previous_mark_price"] == market.previous_mark
            and data["equity"] == venue.equity(bankrupt)
            and data["maintenance_margin"] == venue.maintenance_margin(bankrupt)
        )

    def _deleveraged(self, seen: Observed) -> None:
        event, data = seen.event, seen.event["data"]
        round_ = self._round(data["decision_id"])
        if round_ is None:
            return
        expected = round_["expected"]
        place = round_["seen"]
        stated = [data[name] for name in CLOSURE_FIELDS]
        if place >= len(expected) or expected[place] != stated:
            round_["redecided_equal"] = False
        row = self._row_of(round_, data["rank"], data["victim"])
        if row is not None:
            row[CLOSED] += data["quantity"]
            row[CLOSED_COST] += data["cost"] or 0
            row[REALIZED] += data["realized"]
        round_["seen"] += 1
        round_["last_seq"] = event["seq"]
        round_["waterfall"][-1]["seqs"].append(event["seq"])
        round_["evidence"].append(event["seq"])
        round_["leaves"].append(self._leaf(event["seq"]))
        self._finish_when_complete(round_, self._venue.markets[round_["market"]])

    @staticmethod
    def _row_of(round_: Document, rank: int | None, victim: str) -> list[Any] | None:
        ranking: list[list[Any]] = round_["ranking"]
        if rank is not None and 0 < rank <= len(ranking) and ranking[rank - 1][ACCOUNT] == victim:
            return ranking[rank - 1]
        # A closure of somebody who was not ranked there: the log says so, so it is shown.
        return next((row for row in ranking if row[ACCOUNT] == victim), None)

    def _finish_when_complete(self, round_: Document, market: Market) -> None:
        if round_["seen"] == round_["data"]["closures"]:
            round_["after"] = _totals(self._venue, market)
            round_["expected"] = []

    def _round(self, name: str | None) -> Document | None:
        """A decision of this batch, or of the batch before when its closures are still coming."""
        if name is None:
            return None
        if name not in self._changed:
            query = select(_round.header, _round.ranking, _round.leaves).where(
                _round.id == name, _round.finished == 0
            )
            with self._engine.connect() as stored:
                found = stored.execute(query).one_or_none()
            if found is None:
                return None
            ranking = unpacked(found.ranking)
            self._changed[name] = {
                **unpacked(found.header),
                **ranking,
                "leaves": [found.leaves],
                "ranking": [list(row) for row in zip(*ranking["ranking"], strict=True)],
            }
        return self._changed[name]

    def _leaf(self, seq: int) -> bytes:
        return b"" if self._leaf_of is None else self._leaf_of(seq)

    def flush(self, rows: Rows) -> None:
        """Hand the batch over; decisions whose closures are still coming are read back then."""
        rows.upsert(schema.adl_round, [_row(self._changed[name]) for name in sorted(self._changed)])
        self._changed = {}
        self._started = {}
        self._written = self._venue.head


CLOSURE_FIELDS = (
    "victim",
    "rank",
    "quantity",
    "amount",
    "cost",
    "score_numerator",
    "score_denominator",
)


def _root_equal(again: Decision, market: Market, data: dict[str, Any]) -> bool | None:
    """Whether the log's ranking root is that of the rows; None where salts hide it from rows."""
    if market.policy.row_key_digest is not None:
        return None
    return bool(ranking_root(again.rows) == data["ranking_root"])


def _expected(again: Decision, market: Market, side_text: str) -> list[list[Any]]:
    """The closures as deciding again gives them, in the fields of `CLOSURE_FIELDS`."""
    side = 1 if side_text == "long" else -1
    found: list[list[Any]] = []
    for rank, row in again.closures:
        amount = closure_amount(market, side, row.closed, again.close_price)
        cost = closure_cost(market, side, row.closed, amount)
        found.append(
            [
                row.candidate.account,
                rank,
                row.closed,
                amount,
                cost,
                *in_lowest_terms(row.score or NO_SCORE),
            ]
        )
    return found


def _ranking_row(row: Ranked) -> list[Any]:
    candidate = row.candidate
    numerator, denominator = (None, None) if row.score is None else in_lowest_terms(row.score)
    return [
        candidate.account,
        candidate.quantity,
        candidate.cost,
        candidate.unrealized,
        candidate.equity,
        candidate.maintenance_margin,
        candidate.capacity,
        numerator,
        denominator,
        0,
        0,
        0,
    ]


def _totals(venue: Venue, market: Market) -> list[int]:
    """Both sides of the market, the equity of all accounts, and what they brought in."""
    long = short = 0
    for position in market.positions.values():
        if position.quantity > 0:
            long += position.quantity
        else:
            short -= position.quantity
    equity = sum(venue.cash.values())
    for each in venue.markets.values():
        if each.mark is not None:
            mark, point_value = each.mark, each.point_value
            equity += sum(
                unrealized(position, mark, point_value) for position in each.positions.values()
            )
    return [long, short, equity, venue.net_deposits]


def _row(round_: Document) -> tuple[Any, ...]:
    ranking = round_["ranking"]
    closed = [[rank, *row] for rank, row in enumerate(ranking, start=1) if row[CLOSED]]
    rest = {
        "evidence": round_["evidence"],
        "expected": round_["expected"],
        # By column: ten thousand short lists would take longer to read than what is in them.
        "ranking": list(zip(*ranking, strict=True)),
    }
    data = round_["data"]
    return (
        round_["seq"],
        data["decision_id"],
        round_["market"],
        number_text(fraction(data["close_price"]["price"])),
        int(round_["after"] is not None),
        packed({name: round_[name] for name in round_ if name not in {*rest, "leaves"}}),
        packed({"ranking": list(zip(*closed, strict=True))}),
        packed(rest),
        b"".join(round_["leaves"]),
    )
