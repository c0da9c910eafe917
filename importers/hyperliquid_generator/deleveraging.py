"""Who is closed against an account below zero, in which order, at which price?

Candidates stand on the other side with value and unrealised profit above zero. The score is
(mark / entry)^side times notional / value, an exact fraction; whole positions are closed from the
top, the last one in part, all at the mark before the present one.
"""

from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from importers.hyperliquid_generator.coins import COINS, Coin
from importers.hyperliquid_generator.tape import ADL, Tape
from importers.hyperliquid_generator.texts import decimal, money
from importers.hyperliquid_generator.truth import Truth


class Candidate(NamedTuple):
    """An account that may be closed, as it stands before the decision's first close."""

    account: int
    user: str
    position: int
    cost: int
    value: int
    notional: int
    unrealised: int
    score: Fraction


class Deleveraging:
    """Decides and executes, and writes the truth of every decision."""

    def __init__(self, tape: Tape, truth: Truth) -> None:
        self._tape = tape
        self._books = tape.books
        self._truth = truth
        self._decisions = 0
        self._losers: tuple[int, set[int]] = (0, set())

    def deleverage(self, loser: int) -> None:
        """One decision for each position, while the account's value is below zero."""
        for coin in COINS:
            if self._books.size[loser][coin.number] and self._books.value(loser) < 0:
                self._decide(loser, coin)

    def _decide(self, loser: int, coin: Coin) -> None:
        books, truth, now = self._books, self._truth, self._tape.now
        held = books.size[loser][coin.number]
        candidates, others = self._queue(coin, -1 if held > 0 else 1)
        if not candidates:
            truth.counts["adl_without_candidate"] += 1
            return
        self._decisions += 1
        price = books.previous[coin.number]
        first = self._tape.next_event
        before = (books.raw[loser], books.value(loser), books.cost[loser][coin.number])
        left = abs(held)
        closed: list[int] = []
        for rank, candidate in enumerate(candidates, start=1):
            lots = min(left, abs(candidate.position))
            if not lots:
                break
            self._close(loser, coin, candidate, rank, lots)
            closed.append(lots)
            left -= lots
        closed += [0] * (len(candidates) - len(closed))
        size = coin.size_places
        rows = ",".join(
            f'{{"rank":{rank},"user":"{one.user}","position":"{decimal(one.position, size)}",'
            f'"entry_cost":"{money(one.cost)}","account_value":"{money(one.value)}",'
            f'"notional":"{money(one.notional)}","unrealised":"{money(one.unrealised)}",'
            f'"score_num":{one.score.numerator},"score_den":{one.score.denominator},'
            f'"closed":"{decimal(lots, size)}"}}'
            for rank, (one, lots) in enumerate(zip(candidates, closed, strict=True), start=1)
        )
        spared = ",".join(f'{{"user":"{user}","reason":"{reason}"}}' for user, reason in others)
        accounts = sum(map(bool, closed))
        is_vault = self._tape.crowd[loser].kind == "vault"
        places = coin.price_places
        built = ",".join(map(str, truth.built_by(loser, coin.number)))
        self._tape.archive.line(
            "truth/adl_decisions.jsonl",
            f'{{"decision":{self._decisions},"block_number":{now.block},'
            f'"time":{now.milliseconds},"first_event":{first},"events":{2 * accounts},'
            f'"coin":"{coin.name}","liquidated_user":"{self._tape.crowd[loser].user}",'
            f'"liquidated_kind":"{"vault" if is_vault else "user"}",'
            f'"liquidated_position":"{decimal(held, size)}",'
            f'"liquidated_raw_usd":"{money(before[0])}",'
            f'"liquidated_account_value":"{money(before[1])}",'
            f'"liquidated_entry_cost":"{money(before[2])}","takeovers":[{built}],'
            f'"side_closed":"{"short" if held > 0 else "long"}",'
            f'"mark":"{decimal(books.mark[coin.number], places)}",'
            f'"px":"{decimal(price, places)}","to_close":"{decimal(abs(held), size)}",'
            f'"closed":"{decimal(abs(held) - left, size)}","left_open":"{decimal(left, size)}",'
            f'"follows_rule":true,"accounts_closed":{accounts},'
            f'"candidate_count":{len(candidates)},"candidates":[{rows}],'
            f'"not_eligible_count":{len(others)},"not_eligible":[{spared}]}}',
        )
        self._count(loser, candidates, closed, left)

    def _queue(self, coin: Coin, side: int) -> tuple[list[Candidate], list[tuple[str, str]]]:
        """The candidates of a side, best first, and who is none of them, and why."""
        books, crowd, number = self._books, self._tape.crowd, coin.number
        found: list[Candidate] = []
        others: list[tuple[str, str]] = []
        mark = books.mark[number]
        for account in range(books.accounts):
            size = books.size[account][number]
            if size * side <= 0:
                continue
            value, user = books.value(account), crowd[account].user
            cost = books.cost[account][number]
            unrealised = size * mark - cost
            if value <= 0:
                others.append((user, "account_value_not_positive"))
            elif unrealised <= 0:
                others.append((user, "not_in_profit"))
            else:
                notional = abs(size) * mark
                score = (
                    Fraction(notional * notional, abs(cost) * value)
                    if side > 0
                    else Fraction(abs(cost), value)
                )
                found.append(
                    Candidate(account, user, size, cost, value, notional, unrealised, score)
                )
        found.sort(key=lambda one: (-one.score, -one.unrealised, -one.notional, one.user))
        return found, others

    def _close(self, loser: int, coin: Coin, candidate: Candidate, rank: int, lots: int) -> None:
        books, now, account = self._books, self._tape.now, candidate.account
        price, size = books.previous[coin.number], coin.size_places
        held, cost = books.size[account][coin.number], books.cost[account][coin.number]
        before = (
            decimal(held, size),
            money(cost),
            money(books.raw[account]),
            money(books.cash(account)),
            money(books.value(account)),
            money(abs(held) * books.mark[coin.number]),
        )
        change = lots if held > 0 else -lots
        tid, gained = self._tape.forced(coin.number, loser, account, change, price, label=ADL)
        self._truth.closes.row(
            self._decisions,
            rank,
            now.block,
            now.milliseconds,
            coin.name,
            candidate.user,
            "long" if held > 0 else "short",
            decimal(lots, size),
            decimal(price, coin.price_places),
            decimal(books.mark[coin.number], coin.price_places),
            *before,
            candidate.score.numerator,
            candidate.score.denominator,
            money(gained),
            tid,
        )

    def _count(self, loser: int, candidates: list[Candidate], closed: list[int], left: int) -> None:
        counts, block = self._truth.counts, self._tape.now.block
        counts["adl_decisions"] += 1
        counts["adl_closes"] += sum(map(bool, closed))
        counts["candidates_written"] += len(candidates)
        counts["adl_left_open"] += left > 0
        counts["adl_vault_loser"] += self._tape.crowd[loser].kind == "vault"
        is_long = candidates[0].position > 0
        counts["adl_long_winner" if is_long else "adl_short_winner"] += 1
        counts["adl_several"] += sum(map(bool, closed)) > 1
        counts["adl_score_ties"] += sum(
            first.score == second.score for first, second in pairwise(candidates)
        )
        counts["adl_partial_last"] += any(
            lots and lots < abs(one.position) for one, lots in zip(candidates, closed, strict=True)
        )
        known, losers = self._losers
        if known != block:
            self._losers = (block, {loser})
        elif loser not in losers:
            losers.add(loser)
            counts["adl_blocks_several_losers"] += len(losers) == 2
