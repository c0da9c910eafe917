"""What is known about the venue from elsewhere, and since when?

Addresses of its vaults and a few (block, time) pairs of main-net stand as dated data beside this
module. A block that is too small or too large for its time belongs to another network.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from domain.instants import parse_instant

_HASH = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_BLOCK_MARK: Final = "04"
_MOST_BLOCKS_PER_SECOND: Final = 30
_BLOCKS_UNKNOWN: Final = 1_000_000


class KnownVenue(NamedTuple):
    """Vault labels by address, anchors as (time, block), assets by number, and its date."""

    as_of: str
    vaults: dict[str, str]
    anchors: tuple[tuple[int, int], ...]
    assets: dict[str, int]


@cache
def known_venue() -> KnownVenue:
    """The dated data file of this package."""
    text = files("importers.hyperliquid").joinpath("known_venue.json").read_text("utf-8")
    found = json.loads(text)
    anchors = sorted((parse_instant(row["time"]) or 0, row["block"]) for row in found["anchors"])
    vaults = {row["address"]: row["label"] for row in found["vaults"]}
    assets = {row["name"]: row["index"] for row in found["assets"]}
    return KnownVenue(found["as_of"], vaults, tuple(anchors), assets)


def is_hash(text: str) -> bool:
    """Whether a text is a whole transaction hash."""
    return _HASH.fullmatch(text) is not None


def block_in(text: str) -> int | None:
    """The block number that a transaction hash carries; None for zero and foreign hashes."""
    if not is_hash(text) or text[22:24] != _BLOCK_MARK:
        return None
    return int(text[24:32], 16) or None


def is_universe_of_other_network(names: list[str]) -> bool:
    """Whether a list of assets is numbered unlike main-net's: an asset's number is its place.

    One asset at main-net's place is enough to be main-net's list, also when it was cut; a list
    with a single known asset says nothing.
    """
    known = known_venue().assets
    places = [(place, known[name]) for place, name in enumerate(names) if name in known]
    return len(places) > 1 and all(place != main for place, main in places)


def is_of_other_network(block: int, time: int) -> bool:
    """Whether a block cannot be main-net's at this time: blocks and times rise together.

    Main-net makes 10 to 15 blocks a second; twice as many and a million more are left for what is
    not known exactly. Other networks are off by far more.
    """
    for at, known in known_venue().anchors:
        away = abs(time - at) // 1_000_000_000 * _MOST_BLOCKS_PER_SECOND + _BLOCKS_UNKNOWN
        earliest, latest = (known, known + away) if time >= at else (known - away, known)
        if not earliest - _BLOCKS_UNKNOWN <= block <= latest + _BLOCKS_UNKNOWN:
            return True
    return False
