"""How do the books read as a journal that `hledger check` accepts?

Nothing is left for hledger to fill in: every leg is written, with all decimals of its commodity.
Balance assertions at the end say what the venue says. Check with
`hledger -f FILE check -s balancednoautoconversion ordereddates`.
"""

from collections.abc import Iterable, Iterator, Mapping

from domain.instants import instant_text
from reports.exports.errors import SameCommodity
from reports.exports.journal import Assertion, Commodity, Entry, Journal, Posting, day_text
from reports.exports.movements import Movement
from reports.exports.naming import (
    VENUE,
    line_text,
    person_text,
    quoted_commodity,
    title_text,
)


def hledger_lines(
    journal: Journal,
    moved: Iterable[Movement],
    title: str,
    persons: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The journal, entry by entry."""
    page = _Page(journal, persons or {})
    yield f"; {title_text(title)}\ndecimal-mark .\naccount {VENUE}\n"
    opening = journal.opening()
    if opening is not None:
        yield page.entry(opening)
    for movement in moved:
        entry = journal.entry(movement)
        if entry is not None:
            yield page.entry(entry)
    yield from page.closing()


class _Page:
    """Knows what was declared already: `hledger -s` wants accounts and commodities declared."""

    def __init__(self, journal: Journal, persons: Mapping[str, str]) -> None:
        self._journal = journal
        self._persons = persons
        self._accounts: set[str] = set()
        self._commodities: dict[str, Commodity] = {}
        self._seq = journal.venue.head

    def entry(self, entry: Entry) -> str:
        """Declarations that it needs, then the transaction."""
        self._seq = entry.seq
        said = [f"seq:{entry.seq}", f"time:{instant_text(entry.time)}"]
        if entry.market is not None:
            said.append(f"market:{line_text(entry.market)}")
        lines = [f"\n{day_text(entry.day)} {entry.type}  ; {', '.join(said)}\n"]
        lines += [_leg(posting.account, posting) for posting in entry.postings]
        return "".join((*self._declared(entry.postings), *lines))

    def closing(self) -> Iterator[str]:
        """One transaction of nothing whose legs assert what everybody holds."""
        assertions = list(self._journal.closing())
        if not assertions:
            return
        yield f"\n{day_text(self._journal.day)} closing balances\n"
        for found in assertions:
            yield _asserted(found.account, "=", found)
        for total in self._journal.totals():
            yield _asserted(VENUE, "=*", total)

    def _declared(self, postings: Iterable[Posting]) -> Iterator[str]:
        for posting in postings:
            commodity = posting.commodity
            held = self._commodities.get(commodity.name)
            if held is None:
                self._commodities[commodity.name] = commodity
                yield f"\ncommodity {_sample(commodity)} {quoted_commodity(commodity.name)}\n"
            elif held != commodity:
                message = f"the market {commodity.name!r} is named like the venue's money"
                raise SameCommodity(message)
            if posting.account not in self._accounts:
                self._accounts.add(posting.account)
                yield f"\naccount {posting.account}{self._owner(posting)}\n"

    def _owner(self, posting: Posting) -> str:
        if posting.owner is None:
            return ""
        said = f"  ; account:{line_text(posting.owner)}"
        person = self._persons.get(posting.owner)
        return said if person is None else f"{said}, person:{person_text(person)}"


def _sample(commodity: Commodity) -> str:
    """A number that shows how many decimals there are."""
    return f"1000.{'0' * commodity.unit.places}"


def _leg(account: str, posting: Posting) -> str:
    commodity = posting.commodity
    return f"    {account}  {commodity.text(posting.amount)} {quoted_commodity(commodity.name)}\n"


def _asserted(account: str, sign: str, found: Assertion) -> str:
    commodity, name = found.commodity, quoted_commodity(found.commodity.name)
    return (
        f"    {account}  {commodity.text(0)} {name} {sign} {commodity.text(found.amount)} {name}\n"
    )
