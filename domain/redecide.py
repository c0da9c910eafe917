"""Would the same command be decided the same way again?

The command that opened a chain can be read back from its own event, so every derived event of a
decided log can be decided again from the state before it and compared byte for byte.
"""

from collections.abc import Sequence
from typing import Any, Final

from domain.adl.row_key import OPEN_ROOT, HeldKey, RowKey, Withheld
from domain.commands import (
    CancelOrder,
    Command,
    Deposit,
    ListMarket,
    OpenAccount,
    OpenVenue,
    PlaceOrder,
    RecordTrade,
    SetAdlList,
    SetAdlPolicy,
    SettleFunding,
    UpdateMark,
    Withdraw,
)
from domain.decide import decide
from domain.errors import Rejected
from domain.events import Event
from domain.specification import policy_from, spec_from
from domain.units import parse_decimal
from domain.venue import Venue

REMEMBERED_ONLY: Final = (
    "venue.command_rejected/1",
    "venue.key_rotated/1",
    "venue.person_erased/1",
)
"""Events without a command to decide again: of a refusal the log keeps the digest only, and keys
are rotated and persons erased beside the venue."""


def decide_again(venue: Venue, own: Event, row_key: RowKey | None = None) -> tuple[Event, ...]:
    """The events that the command behind `own` causes on `venue`, the state just before it.

    Without the row key that a policy names, ranking roots under it stay open (`OPEN_ROOT`); with
    another one `RowKeyDiffers` is raised.
    """
    if own["type"] in REMEMBERED_ONLY:
        return (own,)
    command = command_of(own)
    held: HeldKey = Withheld.ROW_KEY if row_key is None else row_key
    if _names_no_key(command):
        held = None
    try:
        return tuple(decide(venue, command, time=own["time"], source=own["source"], row_key=held))
    except Rejected:
        return ()


def _names_no_key(command: Command) -> bool:
    """Whether a policy was set while the venue had no row key; it has one perhaps since then."""
    match command:
        case ListMarket():
            return command.spec.adl.row_key_digest is None
        case SetAdlPolicy():
            return command.policy.row_key_digest is None
        case _:
            return False


def open_roots(again: Sequence[Event]) -> list[int]:
    """Places of the decisions whose ranking root stayed open."""
    return [
        place for place, event in enumerate(again) if event["data"].get("ranking_root") == OPEN_ROOT
    ]


def with_logged_roots(again: Sequence[Event], chain: Sequence[Event]) -> list[Event]:
    """The events decided again; roots that stayed open are those of the same place in the log."""
    found = list(again)
    for place in open_roots(again):
        if place < len(chain) and "ranking_root" in chain[place]["data"]:
            event, root = again[place], chain[place]["data"]["ranking_root"]
            found[place] = {**event, "data": {**event["data"], "ranking_root": root}}
    return found


def command_of(event: Event) -> Command:
    """The command whose own event this is."""
    kind, data = event["type"], event["data"]
    name = event["stream"].partition("/")[2]
    match kind:
        case "venue.opened/1":
            unit = parse_decimal(data["quote_unit"])
            if unit is None:
                raise _no_command(event)
            return OpenVenue(data["name"], data["quote"], unit)
        case "market.listed/1":
            return ListMarket(spec_from(name, data))
        case "account.opened/1":
            return OpenAccount(name, data["role"])
        case "account.collateral_deposited/1":
            return Deposit(name, data["amount"], data["reference"])
        case "account.collateral_withdrawn/1":
            return Withdraw(name, data["amount"], data["reference"])
        case "market.mark_price_updated/1":
            return UpdateMark(name, data["price"])
        case "market.order_placed/1":
            return _order(name, data)
        case "market.order_cancelled/1":
            return CancelOrder(name, data["order_id"])
        case "market.trade_executed/1":
            return RecordTrade(name, data["buyer"], data["seller"], data["price"], data["quantity"])
        case "market.funding_settled/1":
            return SettleFunding(name, None, data["per_lot"])
        case "market.adl_policy_changed/1":
            return SetAdlPolicy(name, policy_from(data))
        case "market.adl_list_set/1":
            return SetAdlList(name, tuple(data["accounts"]))
        case _:
            raise _no_command(event)


def _order(market: str, data: dict[str, Any]) -> PlaceOrder:
    return PlaceOrder(
        market,
        data["account"],
        data["order_id"],
        data["side"],
        data["quantity"],
        data["price"],
        data["time_in_force"],
        data["reduce_only"],
    )


def _no_command(event: Event) -> ValueError:
    return ValueError(f"{event['type']} at seq {event['seq']} is no command's own event")
