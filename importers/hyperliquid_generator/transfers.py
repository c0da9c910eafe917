"""Which money moves besides trading, and what does each kind do to perpetual money?

The effects are those of `rules.json`. An amount is never more than an account can spare.
"""

from collections.abc import Sequence
from typing import Final

from importers.hyperliquid_generator.books import Books
from importers.hyperliquid_generator.chance import Chance
from importers.hyperliquid_generator.coins import MONEY
from importers.hyperliquid_generator.misc import Misc
from importers.hyperliquid_generator.people import VAULTS, Person
from importers.hyperliquid_generator.tape import Tape
from importers.hyperliquid_generator.texts import money

KINDS: Final = (
    "deposit",
    "withdraw",
    "into perpetuals",
    "out of perpetuals",
    "internalTransfer",
    "subAccountTransfer",
    "send out",
    "send in",
    "send across",
    "send spot",
    "spotTransfer",
    "vaultDeposit",
    "vaultWithdraw",
    "rewardsClaim",
    "cStakingTransfer",
    "CDeposit",
    "CWithdrawal",
    "Delegation",
    "deposit",
    "withdraw",
)
WITHDRAW_FEE: Final = 1 * MONEY


class Transfers:
    """Books and prints transfers."""

    def __init__(self, tape: Tape, misc: Misc, crowd: Sequence[Person]) -> None:
        self._tape = tape
        self._books: Books = tape.books
        self._misc = misc
        self._crowd = crowd
        # Twins must stay equal, and vaults keep what they are given.
        self._some = [person for person in crowd[VAULTS:] if person.kind not in ("twin", "maker")]

    def deposit(self, account: int, amount: int) -> None:
        """Money from outside."""
        self._books.raw[account] += amount
        self._books.totals.deposits += amount
        self._misc.update("deposit", [self._crowd[account].user], f'"usdc":"{money(amount)}"')

    def transfer(self, number: int, seed: int) -> None:
        """The next transfer of the evening."""
        chance = Chance(seed, stream=4)
        person, other = chance.one_of(self._some), chance.one_of(self._some)
        while other is person:
            other = chance.one_of(self._some)
        kind = KINDS[number % len(KINDS)]
        spare = self._spare(person.number)
        amount = spare * chance.between(1, 400) // 10_000
        if kind in ("rewardsClaim", "cStakingTransfer") or kind[0] in "CD":
            self._of_another_token(kind, person, chance)
        elif kind == "deposit" or amount <= WITHDRAW_FEE:
            self.deposit(person.number, chance.between(20 * MONEY, 800 * MONEY))
        else:
            self._move(kind, person, other, amount)

    def _move(self, kind: str, person: Person, other: Person, amount: int) -> None:
        raw, totals = self._books.raw, self._books.totals
        payer, receiver, text = person.number, other.number, money(amount)
        vault = self._crowd[payer % VAULTS]
        nonce = self._tape.now.milliseconds - 700
        both = f'"user":"{person.user}","destination":"{other.user}"'
        if kind == "withdraw":
            raw[payer] -= amount + WITHDRAW_FEE
            totals.withdrawals += amount
            totals.withdraw_fees += WITHDRAW_FEE
            fields = f'"usdc":"{text}","nonce":{nonce},"fee":"{money(WITHDRAW_FEE)}"'
            self._misc.update(kind, [person.user], fields)
        elif kind in ("into perpetuals", "out of perpetuals"):
            is_in = kind == "into perpetuals"
            raw[payer] += amount if is_in else -amount
            totals.class_in += amount if is_in else 0
            totals.class_out += 0 if is_in else amount
            fields = f'"usdc":"{text}","toPerp":{"true" if is_in else "false"}'
            self._misc.update("accountClassTransfer", [person.user], fields)
        elif kind in ("internalTransfer", "subAccountTransfer"):
            raw[payer] -= amount
            raw[receiver] += amount
            fee = ',"fee":"0.0"' if kind == "internalTransfer" else ""
            users = [person.user, other.user]
            self._misc.update(kind, users, f'"usdc":"{text}",{both}{fee}')
        elif kind == "vaultDeposit":
            raw[payer] -= amount
            raw[vault.number] += amount
            fields = f'"vault":"{vault.user}","usdc":"{text}"'
            self._misc.update(kind, [person.user, vault.user], fields)
        elif kind == "vaultWithdraw":
            taken = min(amount, max(1, self._spare(vault.number) // 50))
            raw[vault.number] -= taken
            raw[payer] += taken
            fields = (
                f'"vault":"{vault.user}","user":"{person.user}","requestedUsd":"{money(taken)}",'
                f'"commission":"0.0","closingCost":"0.0","basis":"{money(taken)}",'
                f'"netWithdrawnUsd":"{money(taken)}"'
            )
            self._misc.update(kind, [vault.user, person.user], fields)
        elif kind == "spotTransfer":
            self._misc.update(kind, [person.user, other.user], _token(both, text, "", "null"))
        else:
            self._send(kind, person, other, amount, nonce)

    def _send(self, kind: str, person: Person, other: Person, amount: int, nonce: int) -> None:
        """Only the main perpetual dex, whose name is empty, counts."""
        raw, totals, text = self._books.raw, self._books.totals, money(amount)
        source = "" if kind in ("send out", "send across") else "spot"
        target = "" if kind in ("send in", "send across") else "spot"
        if not source:
            raw[person.number] -= amount
            totals.send_out += 0 if kind == "send across" else amount
        if not target:
            raw[other.number] += amount
            totals.send_in += 0 if kind == "send across" else amount
        both = f'"user":"{person.user}","destination":"{other.user}"'
        dexes = f'"sourceDex":"{source}","destinationDex":"{target}",'
        fields = _token(both, text, dexes, str(nonce))
        self._misc.update("send", [person.user, other.user], fields)

    def _of_another_token(self, kind: str, person: Person, chance: Chance) -> None:
        amount = f"{chance.between(1, 90)}.{chance.between(1, 9)}"
        if kind == "rewardsClaim":
            self._misc.update(kind, [person.user], f'"amount":"{amount}","token":"HYPE"')
        elif kind == "cStakingTransfer":
            fields = f'"token":"HYPE","amount":"{amount}","isDeposit":true'
            self._misc.update(kind, [person.user], fields)
        else:
            extra = f',"validator":"{person.user}","is_undelegate":false'
            body = f'{{"user":"{person.user}","amount":"{amount}"'
            body += f"{extra if kind == 'Delegation' else ''}}}"
            self._misc.other(kind, body, self._tape.transaction())

    def _spare(self, account: int) -> int:
        """What can leave without harm: value beyond a tenth of the positions, or nothing."""
        books = self._books
        free = books.value(account) - books.notional(account) // 10
        return max(0, min(free, books.value(account) // 2))


def _token(both: str, amount: str, dexes: str, nonce: str) -> str:
    return (
        f'{both},{dexes}"token":"USDC","amount":"{amount}","usdcValue":"{amount}","fee":"0.0",'
        f'"nativeTokenFee":"0.0","nonce":{nonce},"feeToken":""'
    )
