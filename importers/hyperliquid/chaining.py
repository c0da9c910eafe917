"""In which order did the matches of one instant happen?

Each row says the position it met, so rows chain: where one ends the next begins. File order is kept
when it chains; otherwise the rows of a coin are put into the order that breaks least. An instant of
one account is a path through positions, walked like a bridge walk: every match once.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby

from importers.hyperliquid.pairing import Match, Side

PositionOf = Callable[[str, str], int | None]
"""(account, coin) → lots; None for an account that was never seen in the coin."""


def in_chain_order(matches: list[Match], position_of: PositionOf) -> tuple[list[Match], int]:
    """The matches of an instant in an order that chains, and how many were moved.

    Coins do not touch each other: those of one coin change places among themselves only.
    """
    if len(matches) < 2 or _meet_once(matches) or not any(_breaking(matches, position_of)):
        return matches, 0
    slots: dict[str, list[int]] = {}
    for slot, match in enumerate(matches):
        slots.setdefault(match.coin, []).append(slot)
    ordered = list(matches)
    moved = 0
    for coin, places in slots.items():
        some = [matches[place] for place in places]
        if len(some) == 1 or _breaks(some, coin, position_of) == 0:
            continue
        better = _rechained(some, coin, position_of)
        if _breaks(better, coin, position_of) < _breaks(some, coin, position_of):
            moved += sum(before is not after for before, after in zip(some, better, strict=True))
            for place, match in zip(places, better, strict=True):
                ordered[place] = match
    return ordered, moved


def _meet_once(matches: Sequence[Match]) -> bool:
    """Whether nobody has two matches in one coin: then every order breaks as much."""
    # Account and coin stand side by side in a fill.
    met: set[tuple[object, ...]] = set()
    sides = 0
    for _, buyer, seller in matches:
        for side in (buyer, seller):
            if side is not None:
                met.add(side[0][3:5])
                sides += 1
    return len(met) == sides


def _breaking(matches: Sequence[Match], position_of: PositionOf) -> Iterator[bool]:
    """Whether rows do not begin where their accounts stood, over all coins in one go."""
    held: dict[tuple[str, str], int | None] = {}
    for _, buyer, seller in matches:
        for side in (buyer, seller):
            if side is None:
                continue
            fill, change, start, _ = side
            key = (fill.account, fill.coin)
            at = held[key] if key in held else position_of(*key)
            if at is not None and at != start:
                yield True
            held[key] = start + change


def _breaks(matches: Sequence[Match], coin: str, position_of: PositionOf) -> int:
    """How often a row does not begin where its account stood."""
    held: dict[str, int | None] = {}
    found = 0
    for match in matches:
        for side in match.sides:
            account = side.fill.account
            if account not in held:
                held[account] = position_of(account, coin)
            if held[account] not in (None, side.start):
                found += 1
                if match.is_self_match:
                    break
        held |= _after(match)
    return found


def _after(match: Match) -> dict[str, int]:
    if match.is_self_match:
        side = match.sides[0]
        return {side.fill.account: side.start}
    return {side.fill.account: side.start + side.change for side in match.sides}


def _rechained(matches: list[Match], coin: str, position_of: PositionOf) -> list[Match]:
    between_two = any(len(match.sides) > 1 and not match.is_self_match for match in matches)
    if between_two:
        return _next_that_fits(matches, coin, position_of)
    by_account = sorted(matches, key=lambda match: match.first.fill.account)
    paths = [
        walked(list(some), position_of(account, coin))
        for account, some in groupby(by_account, key=lambda match: match.first.fill.account)
    ]
    return [match for path in paths for match in path]


def _next_that_fits(matches: list[Match], coin: str, position_of: PositionOf) -> list[Match]:
    """Always the first match in file order that all its accounts can do next.

    An account that was never seen begins where none of its other rows leads to; where each row
    follows another one, it is taken to begin flat.
    """
    held: dict[str, int | None] = {}
    ordered: list[Match] = []
    remaining = list(matches)

    def at(side: Side) -> int | None:
        account = side.fill.account
        return held[account] if account in held else position_of(account, coin)

    def fits(match: Match) -> bool:
        return all(at(side) in (None, side.start) for side in match.sides)

    def begins(match: Match) -> bool:
        return all(
            at(side) == side.start or (side.fill.account, side.start) not in ends
            for side in match.sides
        )

    def begins_flat(match: Match) -> bool:
        return all(
            at(side) == side.start or side.start == 0 or (side.fill.account, side.start) not in ends
            for side in match.sides
        )

    while remaining:
        ends = {
            (side.fill.account, side.start + side.change)
            for match in remaining
            for side in match.sides
        }
        possible = [match for match in remaining if fits(match)] or remaining[:1]
        chosen = next(
            chain(filter(begins, possible), filter(begins_flat, possible), possible),
        )
        remaining.remove(chosen)
        held.update(_after(chosen))
        ordered.append(chosen)
    return ordered


def walked(matches: list[Match], standing: int | None) -> list[Match]:
    """The matches of one account as few unbroken paths, the first from where it stands."""
    leaving: dict[int, list[Match]] = {}
    for match in sorted(matches, key=lambda match: match.place, reverse=True):
        leaving.setdefault(match.first.start, []).append(match)
    path: list[Match] = []
    at = standing
    while any(leaving.values()):
        start = _start(leaving, at)
        part = _walk(leaving, start)
        _detours(leaving, part)
        path += part
        at = _end(part[-1])
    return path


def _start(leaving: dict[int, list[Match]], standing: int | None) -> int:
    """Where to go on: here, or where more ways leave than arrive, or at the first row."""
    if standing is not None and leaving.get(standing):
        return standing
    remaining = [match for some in leaving.values() for match in some]
    balance: dict[int, int] = {}
    for match in remaining:
        balance[match.first.start] = balance.get(match.first.start, 0) + 1
        balance[_end(match)] = balance.get(_end(match), 0) - 1
    remaining.sort(key=lambda match: match.place)
    for match in remaining:
        if balance[match.first.start] > 0:
            return match.first.start
    # All of them round trips: an account that was never seen is taken to begin flat.
    return 0 if leaving.get(0) else remaining[0].first.start


def _walk(leaving: dict[int, list[Match]], at: int) -> list[Match]:
    """Go on until no way leaves."""
    path = []
    while leaving.get(at):
        match = leaving[at].pop()
        path.append(match)
        at = _end(match)
    return path


def _detours(leaving: dict[int, list[Match]], path: list[Match]) -> None:
    """Put every round trip that the path passes by into it."""
    place = 0
    while place <= len(path):
        at = path[place].first.start if place < len(path) else _end(path[-1])
        detour = _walk(leaving, at)
        if detour and _end(detour[-1]) == at:
            path[place:place] = detour
            continue
        for match in reversed(detour):
            leaving[match.first.start].append(match)
        place += 1


def _end(match: Match) -> int:
    side = match.first
    return side.start if match.is_self_match else side.start + side.change
