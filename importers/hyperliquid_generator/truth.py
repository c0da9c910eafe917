"""Where is it written what really happened?

Small tables, closed when the story ends. Every number is an exact decimal; scores are fractions of
two whole numbers.
"""

import json
from collections import Counter
from dataclasses import asdict
from importlib.resources import files
from typing import Any, Final

from importers.hyperliquid_generator.archive import Archive
from importers.hyperliquid_generator.books import Books
from importers.hyperliquid_generator.coins import COINS
from importers.hyperliquid_generator.misc import Misc
from importers.hyperliquid_generator.tape import Tape
from importers.hyperliquid_generator.texts import decimal, money

_ADL_COUNTS: Final = (
    "adl_decisions",
    "adl_closes",
    "takeovers",
    "candidates_written",
    "adl_left_open",
    "adl_vault_loser",
    "adl_long_winner",
    "adl_short_winner",
    "adl_several",
    "adl_blocks_several_losers",
    "adl_score_ties",
    "adl_partial_last",
    "adl_without_candidate",
)
_IDENTITY: Final = (
    "raw_usd_sum = deposits - withdrawals - withdraw_fees + class_in - class_out + send_in"
    " - send_out - trade_fees + funding_sum; account_value_sum = raw_usd_sum"
)


class Table:
    """A CSV file of exact text."""

    def __init__(self, archive: Archive, name: str, columns: str) -> None:
        self._archive = archive
        self._name = f"truth/{name}.csv"
        archive.line(self._name, columns)

    def row(self, *cells: object) -> None:
        """Append a row; no cell holds a comma."""
        self._archive.line(self._name, ",".join(map(str, cells)))


class Truth:
    """The truth beside the archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.counts: Counter[str] = Counter()
        self._built: dict[tuple[int, int], list[int]] = {}
        self.takeovers = Table(
            archive,
            "takeovers",
            "takeover,block_number,time,coin,user,vault,position,px,mark,"
            "user_account_value_before,vault_account_value_before,tid",
        )
        self.closes = Table(
            archive,
            "adl_closes",
            "decision,rank,block_number,time,coin,user,side,closed,px,mark,position_before,"
            "entry_cost_before,raw_usd_before,cash_before,account_value_before,notional_before,"
            "score_num,score_den,closed_pnl,tid",
        )
        self.liquidations = Table(
            archive,
            "liquidations",
            "block_number,time,user,kind,account_value,notional,maintenance",
        )

    def took_over(self, vault: int, coin: int, number: int, *, was_flat: bool) -> None:
        """Remember which takeovers built a vault's position since it was last flat."""
        self.counts["takeovers"] += 1
        if was_flat:
            self._built[vault, coin] = []
        self._built.setdefault((vault, coin), []).append(number)

    def built_by(self, vault: int, coin: int) -> list[int]:
        """Their numbers; empty for an account that is no vault."""
        return self._built.get((vault, coin), [])

    def state(self, tape: Tape, moment: str) -> None:
        """All accounts, positions and coins at this moment."""
        self._accounts(tape, moment)
        self._positions(tape, moment)
        self._coins(tape.books, moment)

    def _accounts(self, tape: Tape, moment: str) -> None:
        books = tape.books
        columns = "user,kind,raw_usd,cash,account_value,open_positions"
        table = Table(self._archive, f"accounts_{moment}", columns)
        for person in tape.crowd:
            account = person.number
            table.row(
                person.user,
                person.kind,
                money(books.raw[account]),
                money(books.cash(account)),
                money(books.value(account)),
                sum(map(bool, books.size[account])),
            )

    def _positions(self, tape: Tape, moment: str) -> None:
        books = tape.books
        columns = "coin,user,position,entry_cost,notional_at_mark,unrealised"
        table = Table(self._archive, f"positions_{moment}", columns)
        for coin in COINS:
            for person in tape.crowd:
                size = books.size[person.number][coin.number]
                if size:
                    table.row(
                        coin.name,
                        person.user,
                        decimal(size, coin.size_places),
                        money(books.cost[person.number][coin.number]),
                        money(abs(size) * books.mark[coin.number]),
                        money(books.unrealised(person.number, coin.number)),
                    )

    def _coins(self, books: Books, moment: str) -> None:
        columns = "coin,sz_decimals,mark,open_interest,longs,shorts"
        table = Table(self._archive, f"coins_{moment}", columns)
        for coin in COINS:
            sizes = [sizes[coin.number] for sizes in books.size]
            table.row(
                coin.name,
                coin.size_places,
                decimal(books.mark[coin.number], coin.price_places),
                decimal(books.open_interest[coin.number], coin.size_places),
                sum(size > 0 for size in sizes),
                sum(size < 0 for size in sizes),
            )

    def end(self, tape: Tape, misc: Misc, *, seed: int) -> dict[str, Any]:
        """The final state, the sums, the counts and the rules; gives the counts."""
        self.state(tape, "final")
        self._archive.text("truth/totals.json", _json(_totals(tape.books)))
        counts = {
            "seed": seed,
            "accounts": len(tape.crowd),
            "coins": len(COINS),
            "fill_rows": tape.rows,
            "fill_lines": self._archive.lines["node_fills_by_block"],
            "fill_rows_by_hour": _sorted(tape.hours),
            "fill_rows_by_dir": _sorted(tape.dirs),
            "fill_rows_by_liquidation_method": _sorted(tape.methods),
            "spot_fill_rows": tape.kinds["spot_fill_rows"],
            "self_matches": tape.kinds["self_matches"],
            "misc_lines": self._archive.lines["misc_events_by_block"],
            "misc_events": sum(misc.hours.values()),
            "misc_events_by_hour": _sorted(misc.hours),
            "misc_events_by_kind": _sorted(misc.kinds),
            "ledger_updates_by_type": _sorted(misc.updates),
            **{name: self.counts[name] for name in _ADL_COUNTS},
            "adl_rule_broken": 0,
        }
        self._archive.text("truth/counts.json", _json(counts))
        rules = files("importers.hyperliquid_generator").joinpath("rules.json").read_text("utf-8")
        self._archive.text("truth/rules.json", rules)
        return counts


def _totals(books: Books) -> dict[str, str | int]:
    values = [books.value(account) for account in range(books.accounts)]
    negative = [value for value in values if value < 0]
    sums: dict[str, str | int] = {
        name: money(amount) for name, amount in asdict(books.totals).items()
    }
    cash = sum(map(books.cash, range(books.accounts)))
    sums["raw_usd_sum"] = money(sum(books.raw))
    sums["cash_sum"] = money(cash)
    sums["account_value_sum"] = money(sum(values))
    sums["unrealised_sum"] = money(sum(values) - cash)
    sums["negative_accounts"] = len(negative)
    sums["negative_sum"] = money(sum(negative))
    sums["identity"] = _IDENTITY
    return sums


def _sorted(counts: Counter[Any]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"
