"""How are faults put into a whole archive, so that each one's consequences are known?

Faults go into matches between accounts that are meant to be spoiled, each into rows whose accounts
trade on later: what a lost row does to its account's chain then shows once, and is counted.
"""

import copy
import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from importers.hyperliquid_generator.coins import COINS

Raw = dict[str, Any]
FILLS = "venue/node_fills_by_block/hourly/20251010"
MISC = "venue/misc_events_by_block/hourly/20251010"
NO_HASH = "0x" + "0" * 64


def text_of(value: Any) -> str:
    """JSON as the archive writes it."""
    return json.dumps(value, separators=(",", ":"))


@dataclass
class Consequences:
    """What an importer must say of all faults, and which accounts it may not know exactly."""

    placed: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    spoiled: set[str] = field(default_factory=set)
    flagged: set[str] = field(default_factory=set)


@dataclass
class Site:
    """A match in a block: its two rows stand at `at` and `at + 1` of the block's events."""

    block: Raw
    at: int
    spare: Raw
    """The block as it was, to copy from."""
    found: Consequences
    number: int
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    text: Callable[[str], str | None] | None = None
    lost: list[int] = field(default_factory=list)
    doubtful: frozenset[str] = frozenset()
    """Accounts that lost a row of this coin before: what their position cost is not known."""

    @property
    def rows(self) -> tuple[Raw, Raw]:
        """The fills of the match."""
        events = self.block["events"]
        return events[self.at][1], events[self.at + 1][1]

    def one(self) -> Raw:
        """One of both, in turn."""
        return self.rows[self.number % 2]

    @property
    def chosen(self) -> int:
        """Index of that one."""
        return self.at + self.number % 2

    def expect(self, *names: str, times: int = 1) -> None:
        """The importer must say this."""
        for name in names:
            self.found.expected[name] += times

    def loses(self, *indices: int, says: bool = True) -> None:
        """These rows will not be booked: their accounts are off until their next row."""
        for index in indices:
            user, _ = self.spare["events"][index]
            self.found.spoiled.add(user)
            if says:
                self.found.flagged.add(user)
                self.lost.append(index)
                self.expect("finding:chain_break")

    def rejects(self, reason: str) -> None:
        """The chosen row is refused for this reason, so its partner stands alone."""
        self.expect(f"reason:{reason}", "count:single_sides")
        self.loses(self.chosen)

    def rejects_line(self, reason: str, spoil: Callable[[str], str | None]) -> None:
        """The rows of the match stand on a line of their own, and that is refused."""
        self.expect(f"reason:{reason}")
        self.loses(self.at, self.at + 1)
        self.text = spoil

    def lines(self) -> Iterator[str]:
        """The lines that stand instead of the block's one."""
        yield from self.before
        if self.text is None:
            yield text_of(self.block)
        else:
            events = self.block["events"]
            parts = (events[: self.at], events[self.at : self.at + 2], events[self.at + 2 :])
            for number, part in enumerate(parts):
                line = text_of({**self.block, "events": part})
                spoiled = self.text(line) if number == 1 else line
                if spoiled is not None and (part or number == 1):
                    yield spoiled
        yield from self.after


FillFault = Callable[[Site], None]


@dataclass
class MiscSite:
    """A block of misc events and the one of them that is to be spoiled."""

    block: Raw
    at: int
    found: Consequences
    number: int
    users: list[str]
    after: list[str] = field(default_factory=list)

    @property
    def event(self) -> Raw:
        """The event."""
        found: Raw = self.block["events"][self.at]
        return found

    def expect(self, *names: str, times: int = 1) -> None:
        """The importer must say this."""
        for name in names:
            self.found.expected[name] += times

    def beside(self, inner: Raw) -> None:
        """Another event in the same block, with a hash of its own block."""
        hash_ = self.event["hash"]
        if hash_ == NO_HASH:
            hash_ = "0x" + "7a" * 10 + f"04{self.block['block_number']:08x}" + "0" * 34
        hash_ = f"{hash_[:-8]}{self.number:08x}"
        self.block["events"].append({**self.event, "hash": hash_, "inner": inner})

    def loses(self, *users: str) -> None:
        """Money of these accounts is off, and the rows say nothing about it."""
        self.found.spoiled.update(users)


MiscFault = Callable[[MiscSite], None]
FundingFault = tuple[Callable[[Raw], list[Raw]], str, bool]
"""What becomes of one payment, the reason it gives, and whether the payment is lost."""


class Spoiler:
    """Copies an archive and puts faults into the copy."""

    def __init__(self, whole: Path, count: int) -> None:
        self._whole = whole
        self.account = ""
        self._count = count
        with (whole / "truth" / "accounts_final.csv").open() as stream:
            kinds = {row["user"]: row["kind"] for row in csv.DictReader(stream)}
        traders = [user for user, kind in kinds.items() if kind in ("retail", "mid", "whale")]
        self._victims = {user for user, kind in kinds.items() if kind == "maker"}
        self._victims |= set(traders[::3])
        self.traders = traders[::3]
        self.found = Consequences()
        self._off: set[tuple[str, str]] = set()
        self._met: set[tuple[str, str]] = set()
        self._doubtful: dict[str, set[str]] = {}
        self._last: dict[tuple[str, str], int] = {}
        self._lines = 0
        self._lines_of: dict[str, int] = {}
        self._edge = 3 * (-(-count // 4))

    def spoiled(
        self,
        folder: Path,
        fills: dict[str, FillFault],
        misc: dict[str, MiscFault],
        forced: dict[str, FillFault],
        funding: dict[str, FundingFault],
    ) -> Consequences:
        """The archive with `count` faults of each kind, and their consequences."""
        shutil.copytree(self._whole / "venue", folder / "venue")
        self._look()
        self._spoil_fills(folder, fills, forced)
        self._spoil_misc(folder, misc, funding)
        self._spill(folder)
        self._overlap(folder)
        self._swap(folder)
        self._aggregates(folder)
        return self.found

    def _aggregates(self, folder: Path) -> None:
        """A dump of one account sums funding over hours that the archive has one by one."""
        hours: Counter[tuple[str, str]] = Counter()
        for file in self._files(MISC):
            for line in _lines_of(file):
                for event in json.loads(line)["events"]:
                    for delta in event["inner"].get("Funding", {}).get("deltas", []):
                        hours[delta["user"], delta["coin"]] += 1
        self.account, coin = next(key for key, times in hours.items() if times == 4)
        rows = [
            {
                "time": 1_760_126_400_000 + number,
                "hash": NO_HASH,
                "delta": {
                    "type": "funding",
                    "coin": coin,
                    "usdc": "-1.5",
                    "szi": "1.33333333",
                    "fundingRate": "0.0000125",
                    "nSamples": 3,
                },
            }
            for number in range(self._count)
        ]
        _write(folder / "venue" / "user_funding.jsonl", [f"{text_of(row)}\n" for row in rows])
        self.found.placed["funding aggregate"] += self._count
        self.found.expected["reason:aggregate"] += self._count

    def _spill(self, folder: Path) -> None:
        """Blocks of an hour stand in the file of the next one."""
        hours = [folder / FILLS / file.name for file in self._files(FILLS)]
        for hour, following in pairwise(hours):
            lines, others = _lines_of(hour), _lines_of(following)
            _write(hour, lines[: -self._edge // 3])
            _write(following, [*lines[-self._edge // 3 :], *others])
            self.found.placed["block spills over the hour"] += self._edge // 3

    def _overlap(self, folder: Path) -> None:
        """The first blocks of an hour stand at the end of the hour before, too."""
        hours = [folder / FILLS / file.name for file in self._files(FILLS)]
        for hour, following in pairwise(hours):
            lines, others = _lines_of(hour), _lines_of(following)
            again = [
                line for line in others[self._edge // 3 : 2 * self._edge // 3] if '"@' not in line
            ]
            _write(hour, [*lines, *again])
            rows = sum(len(json.loads(line)["events"]) for line in again)
            self.found.placed["hours overlap"] += len(again)
            self.found.expected["reason:duplicate"] += rows

    def _swap(self, folder: Path) -> None:
        """Two lines in the wrong order."""
        for file in self._files(FILLS):
            lines = _lines_of(folder / FILLS / file.name)
            start = self._edge
            for at in range(start, start + 2 * (self._edge // 3), 2):
                lines[at], lines[at + 1] = lines[at + 1], lines[at]
                self.found.placed["lines stand in the wrong order"] += 1
            _write(folder / FILLS / file.name, lines)

    def _files(self, stream: str) -> list[Path]:
        found = (self._whole / stream).iterdir()
        return sorted(found, key=lambda path: int(path.name.partition(".")[0]))

    def _look(self) -> None:
        """Where does each account trade a coin for the last time?"""
        for file in self._files(FILLS):
            with file.open() as stream:
                for number, line in enumerate(stream, start=1):
                    self._lines += 1
                    self._lines_of[file.name] = number
                    for user, row in json.loads(line)["events"]:
                        self._last[user, row["coin"]] = self._lines

    def _spoil_fills(
        self, folder: Path, faults: dict[str, FillFault], forced: dict[str, FillFault]
    ) -> None:
        waiting = dict.fromkeys(faults, self._count)
        close = dict.fromkeys(forced, self._count)
        wanted = len(faults) * self._count
        line_number = turn = 0
        for file in self._files(FILLS):
            with file.open() as source, (folder / FILLS / file.name).open("w") as target:
                for number, line in enumerate(source, start=1):
                    line_number += 1
                    block = json.loads(line)
                    site = None
                    # The first and last lines of an hour are left to the faults of whole files.
                    inside = self._edge < number <= self._lines_of[file.name] - self._edge
                    if inside and waiting and turn * self._lines * 7 < line_number * wanted * 10:
                        site = self._site(block, line_number)
                        if site is not None:
                            name = sorted(waiting)[turn % len(waiting)]
                            if self._place(site, name, faults[name], waiting):
                                turn += 1
                            else:
                                site = None
                    if inside and site is None and close and "Auto-Deleveraging" in line:
                        site = self._close_site(block, line_number)
                        if site is not None:
                            name = next(iter(close))
                            self._place(site, name, forced[name], close)
                    self._heal(block, site)
                    if site is None:
                        target.write(line)
                    else:
                        target.writelines(f"{text}\n" for text in site.lines())
        assert not waiting, f"not enough rows for {waiting}"
        assert not close, f"not enough closes for {close}"

    def _place(self, site: Site, name: str, fault: FillFault, waiting: dict[str, int]) -> bool:
        site.number = self.found.placed[name]
        try:
            fault(site)
        except NotHereError:
            return False
        self.found.placed[name] += 1
        waiting[name] -= 1
        if not waiting[name]:
            del waiting[name]
        return True

    def _site(self, block: Raw, line: int) -> Site | None:
        """The first match of the block that may be spoiled."""
        events = block["events"]
        for at in range(0, len(events), 2):
            (first, one), (second, _) = events[at], events[at + 1]
            if first == second or one["coin"][0] == "@" or "liquidation" in one:
                continue
            users = {first, second}
            if not users <= self._victims or one["hash"] == NO_HASH:
                continue
            if all(self._may_be_off(user, one["coin"], line) for user in users) and not any(
                user in users and row["coin"] == one["coin"] and not at <= index <= at + 1
                for index, (user, row) in enumerate(events)
            ):
                return self._at(block, at)
        return None

    def _close_site(self, block: Raw, line: int) -> Site | None:
        """An ADL close whose accounts have other rows of the coin later, none in this block."""
        events = block["events"]
        for at in range(0, len(events), 2):
            (first, one), (second, other) = events[at], events[at + 1]
            if "Auto-Deleveraging" not in (one["dir"], other["dir"]):
                continue
            coin = one["coin"]
            if all(self._may_be_off(user, coin, line) for user in (first, second)) and not any(
                user in (first, second) and row["coin"] == coin and index not in (at, at + 1)
                for index, (user, row) in enumerate(events)
            ):
                return self._at(block, at)
        return None

    def _at(self, block: Raw, at: int) -> Site:
        doubtful = self._doubtful.get(block["events"][at][1]["coin"], ())
        spare = copy.deepcopy(block)
        return Site(block, at, spare, self.found, 0, doubtful=frozenset(doubtful))

    def _may_be_off(self, user: str, coin: str, line: int) -> bool:
        """Whether a lost row shows as one broken chain: met before, sound now, met again."""
        known = (user, coin) in self._met and (user, coin) not in self._off
        return known and self._last[user, coin] > line

    def _heal(self, block: Raw, site: Site | None) -> None:
        """An account's next sound row brings it back to where it says."""
        for user, row in (site.spare if site else block)["events"]:
            self._off.discard((user, row["coin"]))
            self._met.add((user, row["coin"]))
        if site is not None:
            for index in site.lost:
                user, row = site.spare["events"][index]
                self._off.add((user, row["coin"]))
                self._doubtful.setdefault(row["coin"], set()).add(user)

    def _spoil_misc(
        self, folder: Path, faults: dict[str, MiscFault], funding: dict[str, FundingFault]
    ) -> None:
        """Each event goes to the fault that waits most and that it fits."""
        waiting = dict.fromkeys(faults, self._count)
        for file in self._files(MISC):
            with file.open() as source, (folder / MISC / file.name).open("w") as target:
                for line in source:
                    block = json.loads(line)
                    after: list[str] = []
                    for at, event in enumerate(list(block["events"])):
                        if "Funding" in event["inner"]:
                            self._spoil_funding(event["inner"]["Funding"], funding)
                            continue
                        for name in sorted(waiting, key=lambda one: (-waiting[one], one)):
                            number = self.found.placed[name]
                            site = MiscSite(block, at, self.found, number, self.traders)
                            if self._misc(site, name, faults[name]):
                                waiting[name] -= 1
                                if not waiting[name]:
                                    del waiting[name]
                                after += site.after
                                break
                    target.writelines(f"{text}\n" for text in (text_of(block), *after))
        assert not waiting, f"not enough misc events for {waiting}"

    def _spoil_funding(self, inner: Raw, faults: dict[str, FundingFault]) -> None:
        """Payments of accounts to be spoiled go to the faults in turn, a quarter every hour."""
        found: list[Raw] = []
        due = [name for name in faults for _ in range(-(-self._count // 4))]
        users = set(self.traders)
        for delta in inner["deltas"]:
            name = due[-1] if due and delta["user"] in users else ""
            if name and self.found.placed[name] < self._count:
                due.pop()
                change, reason, is_lost = faults[name]
                found += change(delta)
                self.found.placed[name] += 1
                self.found.expected[f"reason:{reason}"] += 1
                if is_lost:
                    self.found.spoiled.add(delta["user"])
            else:
                found.append(delta)
        inner["deltas"] = found

    def _misc(self, site: MiscSite, name: str, fault: MiscFault) -> bool:
        try:
            fault(site)
        except NotHereError:
            return False
        self.found.placed[name] += 1
        return True


def _lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines(keepends=True)


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(lines))


class NotHereError(Exception):
    """The fault does not fit this event."""


def off_by_a_lot(text: str, coin: str) -> str:
    """A position one lot larger; none where there is no position."""
    number = Decimal(text)
    if not number:
        raise NotHereError
    places = next(one.size_places for one in COINS if one.name == coin)
    return str(number + Decimal(1).scaleb(-places).copy_sign(number))


def off_by_a_step(text: str, coin: str) -> str:
    """A price one unit higher."""
    places = next(one.price_places for one in COINS if one.name == coin)
    return str(Decimal(text) + Decimal(1).scaleb(-places))
