"""How did each liquidation go: order book, vault takeover, auto-deleveraging?

A pass is one account in one check, so its events share their cause. While a pass runs its fills are
written down as they come; the event that ends it states all steps in their order, those that gave
nothing included, and the rows of the pass are put into that order.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, select

from domain.units import Lots, MarketId, QuoteUnits
from domain.venue import Venue
from projections import schema
from projections.observing import Observed, Touched
from projections.schema import fraction, number_text, whole
from projections.writing import Rows

_liquidation, _step = schema.liquidation.c, schema.step.c


class StepRow(NamedTuple):
    """A row of `rm_step` without its place."""

    seq: int
    step: str
    market: MarketId | None
    quantity: Lots
    price: Fraction | None
    loss: QuoteUnits
    left: Lots | None
    reason: str


@dataclass(slots=True)
class _Open:
    """A liquidation that goes on: where the rows of its present pass begin, and the rows."""

    seq: int
    first: int
    cause: int
    rows: list[StepRow] = field(default_factory=list)
    is_changed: bool = True

    def enter(self, cause: int) -> None:
        """Another check is another pass: the rows before it stay as they are."""
        if cause != self.cause:
            self.first += len(self.rows)
            self.cause, self.rows, self.is_changed = cause, [], False

    def add(self, row: StepRow) -> None:
        self.rows.append(row)
        self.is_changed = True

    def arrange(self, steps: list[dict[str, Any]], seq: int) -> None:
        """Put the pass into the order of `steps`; those without a row gave nothing (see `seq`)."""
        order = {(step["step"], step["market"]): place for place, step in enumerate(steps)}
        known = {(row.step, row.market) for row in self.rows}
        for step in steps:
            if (step["step"], step["market"]) not in known:
                self.rows.append(_nothing(step, seq))
        reasons = {(step["step"], step["market"]): step["reason"] for step in steps}
        self.rows = [
            row._replace(reason=reasons.get((row.step, row.market), row.reason))
            for row in sorted(
                self.rows,
                # What stands in no step is the start, before all of them.
                key=lambda row: order.get((row.step, row.market), -1),
            )
        ]
        self.is_changed = True


def _nothing(step: dict[str, Any], seq: int) -> StepRow:
    return StepRow(seq, step["step"], step["market"], 0, None, 0, step["left"], step["reason"])


class Liquidations:
    """Collects the liquidations and steps of one batch."""

    def __init__(self, venue: Venue, engine: Engine) -> None:
        self._venue = venue
        self._engine = engine
        self._started: list[tuple[Any, ...]] = []
        self._open: dict[str, _Open] = {}
        self._done: list[tuple[Any, ...]] = []

    def project(self, seen: Observed) -> None:
        """Count one event."""
        match seen.event["type"]:
            case "market.trade_executed/1":
                if "liquidation_id" in seen.event["data"]:
                    self._filled(seen)
            case "market.position_taken_over/1":
                self._taken_over(seen)
            case "market.deleveraging_decided/1":
                self._decided(seen)
            case "market.position_deleveraged/1":
                self._deleveraged(seen)
            case "account.liquidation_started/1":
                self._start(seen)
            case "account.liquidation_waiting/1":
                self._pass_ended(seen, "waiting")
            case "account.liquidation_ended/1":
                self._pass_ended(seen, "end")
            case _:
                pass

    def _start(self, seen: Observed) -> None:
        event, data = seen.event, seen.event["data"]
        seq, account = event["seq"], seen.touched[0][0]
        self._started.append(
            (
                seq,
                data["liquidation_id"],
                account,
                str(data["equity"]),
                str(data["maintenance_margin"]),
            )
        )
        liquidation = self._open[data["liquidation_id"]] = _Open(seq, 0, event["cause"])
        liquidation.add(StepRow(seq, "start", None, 0, None, 0, None, ""))

    def _filled(self, seen: Observed) -> None:
        """A fill of the book; the loss is what the fill realised, before its fee."""
        event, data = seen.event, seen.event["data"]
        for side, party in zip(("buyer", "seller"), seen.touched, strict=False):
            if self._venue.liquidations.get(party[0]) != data["liquidation_id"]:
                continue
            liquidation = self._of(data["liquidation_id"], event["cause"])
            if liquidation is not None:
                loss = -_gained(party) - data[f"{side}_fee"]
                liquidation.add(
                    StepRow(
                        event["seq"],
                        "book",
                        seen.market,
                        data["quantity"],
                        Fraction(data["price"]),
                        loss,
                        _left(party),
                        "filled",
                    )
                )

    def _taken_over(self, seen: Observed) -> None:
        event, data = seen.event, seen.event["data"]
        liquidation = self._of(data["liquidation_id"], event["cause"])
        if liquidation is None:
            return
        bankrupt = seen.touched[0]
        price = fraction(data["quote"]["price"]) if data["quote"] is not None else None
        liquidation.add(
            StepRow(
                event["seq"],
                "takeover",
                seen.market,
                data["quantity"],
                price,
                -_gained(bankrupt),
                _left(bankrupt),
                data["stopped_by"],
            )
        )

    def _decided(self, seen: Observed) -> None:
        event, data = seen.event, seen.event["data"]
        liquidation = self._of(data["liquidation_id"], event["cause"])
        if liquidation is None:
            return
        known = {(row.step, row.market) for row in liquidation.rows}
        for step in data["steps"]:
            if (step["step"], step["market"]) not in known:
                liquidation.add(_nothing(step, event["seq"]))
        liquidation.add(
            StepRow(
                event["seq"],
                "adl",
                seen.market,
                data["needed"] - data["residual"],
                fraction(data["close_price"]["price"]),
                0,
                _left(seen.touched[0]),
                "residual" if data["residual"] else "all_closed",
            )
        )

    def _deleveraged(self, seen: Observed) -> None:
        """A closure adds its loss to the row of its decision."""
        event, bankrupt = seen.event, seen.touched[0]
        name = self._venue.liquidations.get(bankrupt[0])
        liquidation = self._of(name, event["cause"]) if name is not None else None
        if liquidation is None:
            return
        for place, row in enumerate(liquidation.rows):
            if row.step == "adl" and row.market == seen.market:
                liquidation.rows[place] = row._replace(
                    loss=row.loss - _gained(bankrupt), left=_left(bankrupt)
                )
                liquidation.is_changed = True

    def _pass_ended(self, seen: Observed, step: str) -> None:
        event, data = seen.event, seen.event["data"]
        liquidation = self._of(data["liquidation_id"], event["cause"])
        if liquidation is None:
            return
        liquidation.arrange(data["steps"], event["seq"])
        reason = data.get("outcome", "waiting")
        liquidation.add(StepRow(event["seq"], step, None, 0, None, 0, None, reason))
        if step == "end":
            self._keep(liquidation)
            del self._open[data["liquidation_id"]]

    def _of(self, name: str, cause: int) -> _Open | None:
        """An open liquidation at its present pass; None for one that never started."""
        liquidation = self._open.get(name)
        if liquidation is None:
            with self._engine.connect() as stored:
                liquidation = _stored(stored, name)
            if liquidation is None:
                return None
            self._open[name] = liquidation
        if liquidation.cause != cause:
            self._keep(liquidation)
            liquidation.enter(cause)
        return liquidation

    def _keep(self, liquidation: _Open) -> None:
        """Remember the rows of the present pass for the end of the batch."""
        if liquidation.is_changed:
            self._done += [
                (
                    liquidation.seq,
                    liquidation.first + place,
                    liquidation.cause,
                    row.seq,
                    row.step,
                    row.market,
                    str(row.quantity),
                    number_text(row.price),
                    str(row.loss),
                    number_text(row.left),
                    row.reason,
                )
                for place, row in enumerate(liquidation.rows)
            ]
            liquidation.is_changed = False

    def flush(self, rows: Rows) -> None:
        """Hand the batch over; open liquidations go on in the next one."""
        for name in sorted(self._open):
            self._keep(self._open[name])
        rows.insert(schema.liquidation, self._started)
        rows.upsert(schema.step, self._done)
        self._started, self._done = [], []


def _gained(party: Touched) -> QuoteUnits:
    _, cash_before, cash, _, _ = party
    return cash - cash_before


def _left(party: Touched) -> Lots:
    *_, quantity = party
    return abs(quantity or 0)


def _stored(connection: Connection, name: str) -> _Open | None:
    """A liquidation as its rows have it, with its newest pass open."""
    seq = connection.execute(
        select(_liquidation.seq).where(_liquidation.id == name)
    ).scalar_one_or_none()
    if seq is None:
        return None
    found = connection.execute(
        select(schema.step).where(_step.liquidation == seq).order_by(_step.number)
    ).all()
    newest = found[-1].cause
    first = next(row.number for row in found if row.cause == newest)
    return _Open(
        seq,
        first,
        newest,
        [step_row(row) for row in found if row.cause == newest],
        is_changed=False,
    )


def step_row(row: Row[Any]) -> StepRow:
    """A stored row in whole units."""
    return StepRow(
        row.seq,
        row.step,
        row.market,
        int(row.quantity),
        fraction(row.price),
        int(row.loss),
        whole(row.left),
        row.reason,
    )
