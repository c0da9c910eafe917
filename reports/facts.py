"""How does one stored event read with human numbers?

The envelope keeps its shape; ticks, lots and quote units become decimals, ratios their canonical
text. Which field holds which unit is the one table below; a field that is not in it is no number of
the venue and stays as it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.events import Event
from domain.instants import instant_text
from domain.specification import MarketSpec
from domain.units import Decimal10, fraction_text, parse_ratio
from reports.figures import amount_text, price_text, quantity_text, scaled_text
from reports.page import AsOf, Json, Page, Row, Table

PRICES: Final = frozenset(
    {
        "price",
        "previous_price",
        "mark_price",
        "previous_mark_price",
        "marks",
        "best",
    }
)
QUANTITIES: Final = frozenset(
    {
        "quantity",
        "quantity_after",
        "quantity_before",
        "needed",
        "residual",
        "offered",
        "used",
        "left",
    }
)
AMOUNTS: Final = frozenset(
    {
        "amount",
        "asked",
        "buyer_fee",
        "buyer_realized",
        "cost",
        "equity",
        "free",
        "from_notional",
        "funding_index",
        "maintenance_margin",
        "partial_above",
        "per_lot",
        "realized",
        "seller_fee",
        "seller_realized",
        "takeover_cap",
        "weight",
        "weight_total",
    }
)
RATIOS: Final = frozenset(
    {
        "backstop_ratio",
        "initial",
        "liquidation_fee",
        "maintenance",
        "maker_fee",
        "partial_share",
        "rate",
        "taker_fee",
    }
)
COLUMNS: Final = {"seq": "seq", "time": "time", "type": "event", "stream": "stream", "says": "says"}
"""Columns for people; `says` is the fact in one line."""
CSV_COLUMNS: Final = ("seq", "stream", "version", "type", "time", "cause", "source", "data")


def event_page(event: Event, specs: Mapping[str, MarketSpec], unit: Decimal10, as_of: AsOf) -> Page:
    """One event in full."""
    found = human_event(event, specs, unit)
    head = f"{found['type']} in {found['stream']}, version {found['version']}, {found['time']}"
    data = [{"field": key, "value": _said(value)} for key, value in found["data"].items()]
    table = Table({"field": "field", "value": "value"}, data, frozenset({"field", "value"}))
    return Page("event/1", as_of, {"event": found}, None, (head, table))


def human_event(event: Event, specs: Mapping[str, MarketSpec], unit: Decimal10) -> dict[str, Any]:
    """The envelope with decimals and a readable time."""
    market = event["stream"].partition("/")[2] if event["stream"].startswith("market/") else None
    spec = specs.get(market) if market is not None else None
    return {
        "seq": event["seq"],
        "stream": event["stream"],
        "version": event["version"],
        "type": event["type"],
        "time": instant_text(event["time"]),
        "cause": event["cause"],
        "source": dict(event["source"]),
        "data": _Reader(specs, unit).fact(event["data"], spec),
    }


def event_row(found: Mapping[str, Any]) -> Row:
    """The same event as a line for people."""
    data = found["data"]
    says = " ".join(
        f"{key}={_said(value)}"
        for key, value in data.items()
        if not isinstance(value, (dict, list)) and value not in (None, "")
    )
    return {**{key: found[key] for key in ("seq", "time", "type", "stream")}, "says": says}


def _said(value: Json) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key} {_said(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_said(item) for item in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


class _Reader:
    """Reads the fields of a fact with the units of the market they belong to."""

    def __init__(self, specs: Mapping[str, MarketSpec], unit: Decimal10) -> None:
        self._specs = specs
        self._unit = unit

    def fact(self, data: Mapping[str, Any], spec: MarketSpec | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        # A step names its own market, a refusal may: their numbers have that market's units.
        named = data.get("market")
        spec = self._specs.get(named, spec) if isinstance(named, str) else spec
        for key, value in data.items():
            if key == "score_numerator":
                found["score"] = f"{value}/{data['score_denominator']}"
            elif key != "score_denominator":
                found[key] = self._value(key, value, data, spec)
        return found

    def _value(
        self, key: str, value: Json, data: Mapping[str, Any], spec: MarketSpec | None
    ) -> Json:
        if isinstance(value, dict):
            return self._members(key, value, spec)
        if isinstance(value, list):
            return [self.fact(item, spec) if isinstance(item, dict) else item for item in value]
        if isinstance(value, str):
            return self._text(key, value, spec)
        if type(value) is not int:
            return value
        return self._number(key, value, data, spec)

    def _members(self, key: str, value: dict[str, Any], spec: MarketSpec | None) -> Json:
        if key not in ("marks", "residual"):
            return self.fact(value, spec)
        show: Callable[[int, MarketSpec], str] = price_text if key == "marks" else quantity_text
        return {market: show(number, self._specs[market]) for market, number in value.items()}

    def _text(self, key: str, value: str, spec: MarketSpec | None) -> str:
        if key not in RATIOS and key not in PRICES:
            return value
        ratio = parse_ratio(value)
        if ratio is None:
            return value
        return (
            scaled_text(ratio, spec.tick_size) if key in PRICES and spec else fraction_text(ratio)
        )

    def _number(
        self, key: str, value: int, data: Mapping[str, Any], spec: MarketSpec | None
    ) -> Json:
        is_money = key in AMOUNTS or (key == "needed" and "equity" in data and "side" not in data)
        if is_money:
            return amount_text(value, self._unit)
        if key in PRICES and spec is not None:
            return price_text(value, spec)
        if key in QUANTITIES and spec is not None:
            return quantity_text(value, spec)
        return value
