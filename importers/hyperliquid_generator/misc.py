"""How do money movements, funding and the venue's statements stand among the misc events?"""

from collections import Counter
from collections.abc import Sequence

from importers.hyperliquid_generator.books import halves_to_even
from importers.hyperliquid_generator.coins import COINS
from importers.hyperliquid_generator.tape import Tape
from importers.hyperliquid_generator.texts import NO_HASH, decimal, money

RATE_PLACES = 10


class Misc:
    """Writes misc events into the block that is under way."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.kinds: Counter[str] = Counter()
        self.updates: Counter[str] = Counter()
        self.hours: Counter[int] = Counter()

    def update(self, kind: str, users: Sequence[str], fields: str) -> None:
        """A ledger update; `fields` is the rest of its delta, as JSON."""
        names = ",".join(f'"{user}"' for user in users)
        self.updates[kind] += 1
        self.other(
            "LedgerUpdate",
            f'{{"users":[{names}],"delta":{{"type":"{kind}",{fields}}}}}',
            self._tape.transaction(),
        )

    def other(self, kind: str, body: str, hash_: str) -> None:
        """An event of any kind."""
        now = self._tape.now
        self.kinds[kind] += 1
        self.hours[now.hour] += 1
        text = f'{{"time":"{now.text}","hash":"{hash_}","inner":{{"{kind}":{body}}}}}'
        self._tape.archive.event(now, text)

    def fund(self, rates: Sequence[int]) -> None:
        """Pay funding to everybody: -(size) times oracle times rate, halves to even."""
        books = self._tape.books
        deltas = []
        for account in range(books.accounts):
            user = self._tape.crowd[account].user
            for coin in COINS:
                size = books.size[account][coin.number]
                if not size:
                    continue
                due = -size * books.oracle[coin.number] * rates[coin.number]
                paid = halves_to_even(due, 10**RATE_PLACES)
                books.raw[account] += paid
                books.funded[account][coin.number] += paid
                books.totals.funding_sum += paid
                deltas.append(
                    f'{{"user":"{user}","coin":"{coin.name}","funding_amount":"{money(paid)}",'
                    f'"szi":"{decimal(size, coin.size_places)}",'
                    f'"funding_rate":"{decimal(rates[coin.number], RATE_PLACES)}"}}'
                )
        self.kinds["Funding deltas"] += len(deltas)
        self.other("Funding", f'{{"deltas":[{",".join(deltas)}]}}', NO_HASH)
