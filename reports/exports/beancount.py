"""How do the books read as a ledger that `bean-check` accepts?

Nothing is tolerated and nothing filled in: every leg is written, the tolerance is zero. Beancount
keeps 28 digits, sums included; a log that needs more is refused, because what is rounded silently
proves nothing. Assertions hold at the start of a day, so those of the end stand on the day after.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from domain.instants import instant_text
from reports.exports.errors import TooManyDigits
from reports.exports.journal import Assertion, Commodity, Entry, Journal, Posting, day_text
from reports.exports.movements import Movement
from reports.exports.naming import VENUE, Symbols, line_text, person_text, title_text

DIGITS: Final = 28
_LIMIT: Final = 10**DIGITS


def beancount_lines(
    journal: Journal,
    moved: Iterable[Movement],
    title: str,
    persons: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The ledger, entry by entry."""
    page = _Page(journal, persons or {})
    yield f'option "title" "{title_text(title)}"\noption "tolerance_multiplier" "0"\n'
    yield f"\n1970-01-01 open {VENUE}\n"
    opening = journal.opening()
    if opening is not None:
        yield page.entry(opening)
    for movement in moved:
        entry = journal.entry(movement)
        if entry is not None:
            yield page.entry(entry)
    yield from page.closing()


class _Page:
    """Knows what was opened already."""

    def __init__(self, journal: Journal, persons: Mapping[str, str]) -> None:
        self._journal = journal
        self._persons = persons
        self._accounts: set[str] = set()
        self._symbols = Symbols()
        self._named: dict[Commodity, str] = {}

    def entry(self, entry: Entry) -> str:
        """Directives that it needs, then the transaction; refuses what has too many digits."""
        self._refuse_long(entry)
        lines = [
            f'\n{day_text(entry.day)} * "{entry.type}"\n',
            f"  seq: {entry.seq}\n",
            f'  time: "{instant_text(entry.time)}"\n',
        ]
        if entry.market is not None:
            lines.append(f'  market: "{line_text(entry.market)}"\n')
        declared = list(self._declared(entry))
        lines += [self._leg(posting) for posting in entry.postings]
        return "".join((*declared, *lines))

    def closing(self) -> Iterator[str]:
        """What everybody holds, and that all of it together is nothing but the deposits."""
        after = day_text(self._journal.day + 1)
        lines = [self._asserted(after, found.account, found) for found in self._journal.closing()]
        lines += [self._asserted(after, VENUE, total) for total in self._journal.totals()]
        if lines:
            yield "\n"
            yield from lines

    def _declared(self, entry: Entry) -> Iterator[str]:
        day = day_text(entry.day)
        for posting in entry.postings:
            commodity = posting.commodity
            if commodity not in self._named:
                symbol = self._symbols.symbol(commodity.name, is_money=commodity.is_money)
                self._named[commodity] = symbol
                yield f'\n{day} commodity {symbol}\n  name: "{line_text(commodity.name)}"\n'
            if posting.account not in self._accounts:
                self._accounts.add(posting.account)
                yield f"\n{day} open {posting.account}\n{self._owner(posting)}"

    def _owner(self, posting: Posting) -> str:
        if posting.owner is None:
            return ""
        said = f'  account: "{line_text(posting.owner)}"\n'
        person = self._persons.get(posting.owner)
        return said if person is None else f'{said}  person: "{person_text(person)}"\n'

    def _leg(self, posting: Posting) -> str:
        commodity = posting.commodity
        amount = commodity.text(posting.amount)
        return f"  {posting.account}  {amount} {self._named[commodity]}\n"

    def _asserted(self, day: str, account: str, found: Assertion) -> str:
        amount = found.commodity.text(found.amount)
        return f"{day} balance {account}  {amount} ~ 0 {self._named[found.commodity]}\n"

    def _refuse_long(self, entry: Entry) -> None:
        sums: dict[Commodity, int] = {}
        for posting in entry.postings:
            commodity = posting.commodity
            sums[commodity] = sums.get(commodity, 0) + abs(posting.amount)
        for commodity, size in sums.items():
            # Within a transaction, and over all accounts: whatever is added in whatever order.
            largest = max(size, self._journal.magnitude[commodity]) * commodity.unit.mantissa
            if largest >= _LIMIT:
                message = (
                    f"event {entry.seq}: amounts of {commodity.name} need more than the {DIGITS}"
                    f" digits that beancount keeps"
                )
                raise TooManyDigits(message)
