"""How far is long work, how fast is it, and how long will it take?

On a terminal one line is drawn again and again; elsewhere one line every ten seconds. Always on
stderr, never when `-q` was said.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from time import monotonic
from typing import TypeVar

import click

from cli.settings import settings_of

SECONDS_ON_A_TERMINAL = 1
SECONDS_ELSEWHERE = 10
ITEMS_PER_LOOK = 256

Item = TypeVar("Item")


class Progress:
    """Counts what passes and says how it goes."""

    def __init__(
        self,
        context: click.Context,
        what: str,
        total: int | None = None,
        share: Callable[[], Fraction] | None = None,
    ) -> None:
        """`share` says how much is done where nobody knows how many items there will be."""
        self._what = what
        self._total = total
        self._share = share
        self._is_terminal = sys.stderr.isatty()
        self._is_quiet = settings_of(context).is_quiet
        self._started = self._said = monotonic()
        self._drawn = 0
        self.count = 0

    def over(self, items: Iterable[Item]) -> Iterator[Item]:
        """The same items, counted on their way."""
        for item in items:
            yield item
            self.count += 1
            if self.count % ITEMS_PER_LOOK == 0:
                self.look()
        self.end()

    def add(self, count: int, expected: int | None = None) -> None:
        """Count items that were done at once; `expected` is a new estimate of all there will be."""
        self.count += count
        self._total = expected or self._total
        self.look()

    @property
    def seconds(self) -> int:
        """Whole seconds since the start, at least one."""
        return max(1, round(monotonic() - self._started))

    @property
    def rate(self) -> int:
        """Items per second so far."""
        return round(self.count / max(monotonic() - self._started, 1e-6))

    def look(self) -> None:
        """Say how it goes when it is time to."""
        now = monotonic()
        every = SECONDS_ON_A_TERMINAL if self._is_terminal else SECONDS_ELSEWHERE
        if self._is_quiet or now - self._said < every:
            return
        self._said = now
        line = f"{self._what}: {self.count:,}{self._of()}, {self.rate:,}/s{self._remaining()}"
        self._drawn = max(self._drawn, len(line))
        if self._is_terminal:
            click.echo("\r" + line.ljust(self._drawn), nl=False, err=True)
        else:
            click.echo(line, err=True)

    def end(self) -> None:
        """Take the drawn line away."""
        if self._drawn and self._is_terminal:
            click.echo("\r" + " " * self._drawn + "\r", nl=False, err=True)
            self._drawn = 0

    def _of(self) -> str:
        if self._share is not None:
            return f" ({int(self._share() * 100)}%)"
        return "" if self._total is None else f" of {self._total:,}"

    def _remaining(self) -> str:
        if self._share is not None and (share := self._share()):
            seconds = Fraction(monotonic() - self._started)
            return f", {int(seconds / share - seconds)} s left"
        if self._total is None or not self.rate:
            return ""
        return f", {max(0, self._total - self.count) // self.rate} s left"
