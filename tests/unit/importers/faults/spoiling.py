"""How are faults put into a whole archive, so that each one's consequences are known?

Faults go into matches between accounts that are meant to be spoiled, each into rows whose accounts
trade on later: what a lost row does to its account's chain then shows once, and is counted.
"""

import copy
import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from tests.unit.importers.faults.sites import (
    NO_HASH,
    Consequences,
    FillFault,
    FundingFault,
    MiscFault,
    MiscSite,
    NotHereError,
    Raw,
    Site,
    text_of,
)

FILLS = "venue/node_fills_by_block/hourly/20251010"
MISC = "venue/misc_events_by_block/hourly/20251010"


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
                "time": 1_760_128_200_000 + number,
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
                    sites = [] if site is None else [site]
                    if inside and site is None and close and "Auto-Deleveraging" in line:
                        for found in self._close_sites(block, line_number):
                            if close:
                                name = max(close, key=lambda one: (close[one], one))
                                self._place(found, name, forced[name], close)
                                sites.append(found)
                    self._heal(block, sites)
                    if sites:
                        target.writelines(f"{text}\n" for text in sites[0].lines())
                    else:
                        target.write(line)
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

    def _close_sites(self, block: Raw, line: int) -> Iterator[Site]:
        """ADL closes whose accounts have no other row of the coin in this block, last first.

        A loser often has no later row at all: then no chain shows that a row of his is lost.
        """
        events, spare = block["events"], copy.deepcopy(block)
        rows = Counter((user, row["coin"]) for user, row in events)
        for at in range(len(events) - 2, -1, -2):
            users = [user for user, _ in events[at : at + 2]]
            one, other = (row for _, row in events[at : at + 2])
            keys = [(user, one["coin"]) for user in users]
            if "Auto-Deleveraging" in (one["dir"], other["dir"]) and all(
                rows[key] == 1 and key in self._met and key not in self._off for key in keys
            ):
                ended = {at + end for end, key in enumerate(keys) if self._last[key] <= line}
                yield Site(block, at, spare, self.found, 0, ended=frozenset(ended))

    def _at(self, block: Raw, at: int) -> Site:
        doubtful = self._doubtful.get(block["events"][at][1]["coin"], ())
        spare = copy.deepcopy(block)
        return Site(block, at, spare, self.found, 0, doubtful=frozenset(doubtful))

    def _may_be_off(self, user: str, coin: str, line: int) -> bool:
        """Whether a lost row shows as one broken chain: met before, sound now, met again."""
        known = (user, coin) in self._met and (user, coin) not in self._off
        return known and self._last[user, coin] > line

    def _heal(self, block: Raw, sites: list[Site]) -> None:
        """An account's next sound row brings it back to where it says."""
        events = (sites[0].spare if sites else block)["events"]
        for user, row in events:
            self._off.discard((user, row["coin"]))
            self._met.add((user, row["coin"]))
        for index in {index for site in sites for index in site.lost}:
            user, row = events[index]
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
