"""How does a seed become a whole archive with its truth?

One pass over the story: time only goes on, rows are written as they happen, and what is kept in
memory grows with the accounts, never with the rows.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from importers.hyperliquid_generator.archive import SUMS, Archive, Compression, import_packer
from importers.hyperliquid_generator.books import Books
from importers.hyperliquid_generator.chance import Chance
from importers.hyperliquid_generator.forced import Forced
from importers.hyperliquid_generator.misc import Misc
from importers.hyperliquid_generator.people import FEWEST, VAULTS, people
from importers.hyperliquid_generator.prices import Prices
from importers.hyperliquid_generator.story import (
    CRASH,
    END,
    REBOUND,
    SHARES,
    SNAPSHOT,
    WINDOW,
    Entry,
    agenda,
)
from importers.hyperliquid_generator.tape import Tape
from importers.hyperliquid_generator.texts import tick_at
from importers.hyperliquid_generator.trading import Trading
from importers.hyperliquid_generator.transfers import Transfers
from importers.hyperliquid_generator.truth import Truth
from importers.hyperliquid_generator.venue_files import VenueFiles

ROWS_PER_ACCOUNT: Final = 20
LARGEST_SEED: Final = (1 << 64) - 1
_SLICE: Final = 400
_ROOM: Final = 40
_FOLDERS: Final = ("venue", "truth")


class FolderNotEmpty(Exception):
    """There is something where the archive should go."""

    code = "folder_not_empty"
    exit_code = 2
    hint = "name an empty or a new folder; --force replaces venue/ and truth/ in it"


class NoStory(Exception):
    """So few rows or accounts make no story, and every match has two rows."""

    code = "story_too_small"
    exit_code = 2

    def __init__(self, accounts: int, fills: int) -> None:
        super().__init__(f"{fills} fill rows of {accounts} accounts make no evening")
        self.hint = (
            f"at least {FEWEST} accounts, {ROWS_PER_ACCOUNT} rows for each of them, an even number"
        )


def generate(
    folder: Path,
    *,
    seed: int,
    accounts: int,
    fills: int,
    compression: Compression = "none",
    replace: bool = False,
    watch: Callable[[int], None] = lambda _rows: None,
) -> dict[str, Any]:
    """Write an archive and its truth; gives the counts that `truth/counts.json` holds.

    The number of fill rows is met exactly, unless the crash itself takes more than a quarter.
    `watch` is told how many rows were written since it was last told.
    """
    if accounts < FEWEST or fills < ROWS_PER_ACCOUNT * accounts or fills % 2:
        raise NoStory(accounts, fills)
    import_packer(compression)
    _clear(folder, replace=replace)
    archive = Archive(folder, compression)
    try:
        evening = _Evening(archive, seed, accounts, fills, watch)
        evening.run()
        archive.close()
        counts = evening.truth.end(evening.tape, evening.misc, seed=seed)
    finally:
        archive.abandon()
    archive.seal()
    return counts


def _clear(folder: Path, *, replace: bool) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not replace or not folder.is_dir():
            raise FolderNotEmpty(f"{folder} is not empty")
        # From here on nothing in the folder looks whole.
        (folder / SUMS).unlink(missing_ok=True)
        for name in _FOLDERS:
            if (folder / name).exists():
                shutil.rmtree(folder / name)


class _Evening:
    """The story while it is told."""

    def __init__(
        self,
        archive: Archive,
        seed: int,
        accounts: int,
        fills: int,
        watch: Callable[[int], None],
    ) -> None:
        self._seed = seed
        self._fills = fills
        self._watch = watch
        self._told = 0
        self._marked = -1
        crowd = people(accounts, seed)
        self._books = Books(accounts)
        self.tape = Tape(self._books, crowd, archive, Chance(seed, stream=5))
        self.misc = Misc(self.tape)
        self.truth = Truth(archive)
        self._files = VenueFiles(archive, self.tape)
        self._prices = Prices(self._books, seed)
        self._trading = Trading(self.tape, crowd, seed, fills)
        self._forced = Forced(self.tape, self._trading, self.truth, self.misc)
        self._transfers = Transfers(self.tape, self.misc, crowd)
        self._crowd = crowd

    def run(self) -> None:
        """Tell it from the first deposit to the last trade."""
        self._files.begin()
        time = 0
        for entry in agenda(self._crowd, self._seed, self._fills):
            self._trade(time, entry.time)
            time = entry.time
            self._act(entry)
        self._trade(time, END)

    def _trade(self, start: int, end: int) -> None:
        """Ordinary trades between two entries, evenly in time."""
        if start == SNAPSHOT:
            # Nothing happens in the block of the snapshot, so nobody asks which came first.
            start = WINDOW
        first = self.tape.rows
        rows = self._rows_until(end) - first
        self._trading.is_panic = CRASH <= start < REBOUND
        if rows > 0:
            slices = min(max(1, rows // 4), _SLICE)
            for number in range(slices):
                self.tape.reach(tick_at(start + (end - start) * number // slices))
                self._trading.go_on(first + rows * (number + 1) // slices // 2 * 2)
                self._tell()

    def _rows_until(self, time: int) -> int:
        """How many rows there should be by then; never one half of a match."""
        if SNAPSHOT - 10**9 <= time <= WINDOW:
            return 0
        before, share_before = SHARES[0]
        if time <= before:
            return 0
        for at, share in SHARES[1:]:
            if time <= at:
                part = share_before * (at - time) + share * (time - before)
                return self._fills * part // (100 * (at - before)) // 2 * 2
            before, share_before = at, share
        if time == END:
            return self._fills
        # What a last mark or spot trade adds must find room below the number.
        part = share_before * (END - time) + 100 * (time - before)
        return min(self._fills * part // (100 * (END - before)) // 2 * 2, self._fills - _ROOM)

    def _act(self, entry: Entry) -> None:
        tick = tick_at(entry.time)
        if entry.what == "order":
            self.tape.reach(tick)
            self._trading.bold(entry.number, entry.detail)
            return
        if entry.what == "twin":
            self.tape.reach(tick)
            self._trading.twin(entry.number)
            return
        if entry.what == "spot":
            self.tape.reach(tick)
            first, second = self._prices.pair(VAULTS, len(self._crowd))
            self.tape.spot(first, second)
            return
        if entry.what == "contexts":
            self._files.contexts(entry.number)
            return
        if entry.what == "snapshot":
            self.tape.open_block(tick)
            self._files.snapshot()
            self.truth.state(self.tape, "at_snapshot")
            return
        self.tape.open_block(tick)
        if entry.what == "mark":
            self._mark(entry)
        elif entry.what == "deposit":
            self._transfers.deposit(entry.number, entry.detail)
        elif entry.what == "ledger":
            self._transfers.transfer(entry.number, entry.detail)
        elif entry.what == "funding":
            self.tape.open_block(tick + 1)
            self.misc.fund(self._prices.rates())

    def _mark(self, entry: Entry) -> None:
        """New marks hold from the start of the block; then everybody is tested.

        A block has one mark per coin: what ADL calls the mark before is that of an earlier block.
        """
        if self._marked == self.tape.now.tick:
            self.tape.reach(self._marked + 1)
        self._marked = self.tape.now.tick
        self._prices.move(entry.detail, is_crash=entry.number == 1)
        self._files.marks()
        self._forced.test_all()
        if entry.time >= CRASH:
            for vault in range(VAULTS):
                if self._books.value(vault) > 0:
                    self._trading.sell_down(vault)

    def _tell(self) -> None:
        if self.tape.rows - self._told >= 1_000:
            self._watch(self.tape.rows - self._told)
            self._told = self.tape.rows
