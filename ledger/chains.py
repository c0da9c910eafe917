"""Which events did one command cause, and which idempotency key did it consume?

A chain is the events that share a `cause`: the command's own event and all that follows from it.
The keys of a log can be read off its chains; what a key's command said is known only where it was
refused, elsewhere the digest is empty and the same id again is a conflict.
"""

from collections.abc import Iterable, Iterator

from domain.events import Event
from ledger.writer import CommandKey

UNKNOWN_DIGEST = b""


def whole_chains(events: Iterable[Event], at_least: int) -> Iterator[list[Event]]:
    """Events in lists of `at_least`, each list longer where a chain would be torn."""
    some: list[Event] = []
    for event in events:
        if len(some) >= at_least and event["cause"] == event["seq"]:
            yield some
            some = []
        some.append(event)
    if some:
        yield some


def consumed_id(event: Event) -> str | None:
    """The idempotency key that a command's own event carries."""
    identity = event["source"].get("id")
    if event["cause"] != event["seq"] or not isinstance(identity, str) or "file" in event["source"]:
        return None
    return identity


def keys_of_chains(events: Iterable[Event], consumed: set[str]) -> list[CommandKey]:
    """Keys that these whole chains consume first; `consumed` learns them."""
    keys: list[CommandKey] = []
    openers: dict[int, int] = {}
    for event in events:
        if event["cause"] in openers:
            at = openers[event["cause"]]
            keys[at] = keys[at]._replace(last_seq=event["seq"])
        identity = consumed_id(event)
        if identity is None or identity in consumed:
            continue
        consumed.add(identity)
        openers[event["seq"]] = len(keys)
        keys.append(CommandKey(identity, _digest(event), event["seq"], event["seq"]))
    return keys


def _digest(event: Event) -> bytes:
    if event["type"] == "venue.command_rejected/1":
        return bytes.fromhex(event["data"]["digest"])
    return UNKNOWN_DIGEST
