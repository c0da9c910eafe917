"""Which accounts does an event name?

Funding names nobody: it touches every holder of its market, and whoever needs them asks the market.
"""

from collections.abc import Callable
from typing import Any, Final

from domain.events import Event
from domain.units import AccountId

Names = tuple[AccountId, ...]


def parties(event: Event) -> Names:
    """The accounts that the event names, in the order of their roles."""
    names = _PARTIES.get(event["type"])
    if names is not None:
        return names(event["data"])
    kind, _, name = event["stream"].partition("/")
    return (name,) if kind == "account" else ()


def _pair(first: str, second: str) -> Callable[[dict[str, Any]], Names]:
    return lambda data: (data[first], data[second])


_PARTIES: Final[dict[str, Callable[[dict[str, Any]], Names]]] = {
    "market.trade_executed/1": _pair("buyer", "seller"),
    "market.position_taken_over/1": _pair("bankrupt", "vault"),
    "market.position_deleveraged/1": _pair("bankrupt", "victim"),
    "market.deleveraging_decided/1": lambda data: (data["bankrupt"],),
    "market.order_placed/1": lambda data: (data["account"],),
    "market.order_cancelled/1": lambda data: (data["account"],),
    "account.collateral_moved/1": _pair("from", "to"),
    "venue.deficit_covered/1": _pair("payer", "bankrupt"),
    "venue.person_erased/1": lambda data: (data["account"],),
}
