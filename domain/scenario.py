"""How is a story written in one line per step, so that a trader can read it?

    market BTC-PERP tick 0.1 lot 0.001 initial 10% maintenance 5% vault vault cap 120000
    deposit alice 102000
    mark 60000
    sell bob 1.0 @ 60000          # resting order
    buy alice 10 @ 60000

A scenario line stands for one or more commands, nothing else: the venue and accounts that a story
takes for granted are opened on first use, orders are numbered o1, o2 …, and the last market named
is the one meant. The same commands as NDJSON give the same bytes.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Final

from domain.account import SYSTEM_ACCOUNTS
from domain.errors import RejectedUnread
from domain.units import fraction_text, parse_ratio
from domain.venue import Venue

Command = dict[str, Any]
LONGEST_PERCENTAGE: Final = 100


def is_scenario(lines: Iterable[str]) -> bool:
    """Whether text is in scenario notation: its first telling line starts with one of its words."""
    for line in lines:
        words = line.partition("#")[0].split()
        if words:
            return words[0] in VERBS
        if line.strip().startswith("#"):
            return True
    return False


class ScenarioReader:
    """Turns scenario lines into commands, remembering what the story has already introduced."""

    def __init__(self, venue: Venue | None = None) -> None:
        """`venue` is what exists before the story; it is only looked at."""
        self._venue = venue or Venue()
        self._opened: set[str] = set(self._venue.accounts)
        self._has_venue = self._venue.kind is not None
        self._market = min(self._venue.markets) if len(self._venue.markets) == 1 else ""
        self._orders = 0
        self._time: str | None = None
        self._new: list[str] = []

    def commands(self, line: str) -> list[Command]:
        """The commands of one line; none for a blank line or a comment.

        Raises `RejectedUnread` for a line that is no sentence of the notation.
        """
        words = line.partition("#")[0].split()
        if not words:
            return []
        verb, rest = words[0], words[1:]
        read = VERBS.get(verb)
        if read is None:
            raise RejectedUnread("unknown_command", command=verb[:64])
        before = (self._has_venue, self._market, self._orders, self._time)
        self._new = []
        try:
            found = read(self, rest)
        except (IndexError, KeyError, StopIteration) as fault:
            # A line that is no sentence introduces nobody.
            self._has_venue, self._market, self._orders, self._time = before
            self._opened.difference_update(self._new)
            raise RejectedUnread("bad_value", line=" ".join(words)[:120]) from fault
        if self._time is not None and found:
            found[0]["time"] = self._time
            self._time = None
        return found

    def _introduced(self, *accounts: str, role: str = "trader") -> list[Command]:
        """Commands that open the venue and these accounts, where the story has not done so yet."""
        found: list[Command] = []
        if not self._has_venue:
            self._has_venue = True
            self._introduce(*SYSTEM_ACCOUNTS)
            found.append({"command": "open_venue", "name": "scenario"})
        for account in accounts:
            if account not in self._opened:
                self._introduce(account)
                command = {"command": "open_account", "account": account}
                found.append(command if role == "trader" else {**command, "role": role})
        return found

    def _introduce(self, *accounts: str) -> None:
        new = [account for account in accounts if account not in self._opened]
        self._new += new
        self._opened.update(new)

    def _venue_line(self, words: list[str]) -> list[Command]:
        named = _pairs(words[1:], {"quote": "quote", "unit": "quote_unit"})
        self._has_venue = True
        self._introduce(*SYSTEM_ACCOUNTS)
        return [{"command": "open_venue", "name": words[0], **named}]

    def _market_line(self, words: list[str]) -> list[Command]:
        self._market = words[0]
        command: Command = {
            "command": "list_market",
            "market": words[0],
            "margin_tiers": [],
        }
        tier: Command = {"from": "0"}
        vault: Command = {}
        rest = iter(words[1:])
        for word in rest:
            value = next(rest)
            if word in _MARKET_FIELDS:
                command[_MARKET_FIELDS[word]] = _ratio(value)
            elif word == "tier":
                command["margin_tiers"].append(tier)
                tier = {"from": value}
            elif word in ("initial", "maintenance"):
                tier[word] = _ratio(value)
            elif word in _RULE_FIELDS:
                command.setdefault("liquidation", {})[_RULE_FIELDS[word]] = _ratio(value)
            elif word == "vault":
                vault["account"] = value
            elif word == "cap":
                vault["takeover_cap"] = value
            else:
                _policy_word(command.setdefault("adl", {}), word, value)
        command["margin_tiers"].append(tier)
        if not vault:
            return [*self._introduced(), command]
        command["vault"] = vault
        return [*self._introduced(vault["account"], role="vault"), command]

    def _account_line(self, words: list[str]) -> list[Command]:
        before = self._introduced()
        self._introduce(words[0])
        command: Command = {"command": "open_account", "account": words[0]}
        return [*before, {**command, "role": words[1]} if len(words) > 1 else command]

    def _money_line(self, verb: str) -> Callable[[list[str]], list[Command]]:
        def read(words: list[str]) -> list[Command]:
            command = {"command": verb, "account": words[0], "amount": words[1]}
            if len(words) > 2:
                command["reference"] = " ".join(words[2:])
            return [*self._introduced(words[0]), command]

        return read

    def _mark_line(self, words: list[str]) -> list[Command]:
        if len(words) > 1:
            self._market = words[0]
        return [{"command": "mark", "market": self._market, "price": words[-1]}]

    def _order_line(self, side: str, words: list[str]) -> list[Command]:
        command: Command = {
            "command": "place_order",
            "market": self._market,
            "account": words[0],
            "order_id": "",
            "side": side,
            "quantity": words[1],
        }
        rest = iter(words[2:])
        for word in rest:
            if word == "@":
                command["price"] = next(rest)
            elif word in ("gtc", "ioc", "post_only"):
                command["time_in_force"] = word
            elif word == "reduce_only":
                command["reduce_only"] = True
            elif word == "as":
                command["order_id"] = next(rest)
            else:
                command["market"] = self._market = word
        command["order_id"] = command["order_id"] or self._next_order(command["market"])
        return [*self._introduced(words[0]), command]

    def _next_order(self, market: str) -> str:
        used = self._venue.markets[market].book.used if market in self._venue.markets else {}
        self._orders += 1
        while f"o{self._orders}" in used:
            self._orders += 1
        return f"o{self._orders}"

    def _cancel_line(self, words: list[str]) -> list[Command]:
        market = words[1] if len(words) > 1 else self._market
        return [{"command": "cancel_order", "market": market, "order_id": words[0]}]

    def _trade_line(self, words: list[str]) -> list[Command]:
        buyer, seller, quantity = words[:3]
        if words[3] != "@":
            raise KeyError(words[3])
        market = words[5] if len(words) > 5 else self._market
        return [
            *self._introduced(buyer, seller),
            {
                "command": "trade",
                "market": market,
                "buyer": buyer,
                "seller": seller,
                "price": words[4],
                "quantity": quantity,
            },
        ]

    def _funding_line(self, words: list[str]) -> list[Command]:
        kind = {"rate": "rate", "per_lot": "per_lot"}[words[0]]
        value = _ratio(words[1]) if kind == "rate" else words[1]
        market = words[2] if len(words) > 2 else self._market
        return [{"command": "funding", "market": market, kind: value}]

    def _policy_line(self, words: list[str]) -> list[Command]:
        command: Command = {
            "command": "set_adl_policy",
            "market": self._market,
            "policy": words[0],
        }
        rest = iter(words[1:])
        for word in rest:
            _policy_word(command, word, next(rest))
        return [command]

    def _adl_list_line(self, words: list[str]) -> list[Command]:
        return [{"command": "adl_list", "market": self._market, "accounts": words}]

    def _time_line(self, words: list[str]) -> list[Command]:
        self._time = words[0]
        return []


def _pairs(words: list[str], names: dict[str, str]) -> dict[str, str]:
    rest = iter(words)
    return {names[word]: next(rest) for word in rest}


def _policy_word(fields: Command, word: str, value: str) -> None:
    if word in ("policy", "close_price", "trigger", "vault_candidate"):
        fields[word] = value
    elif word in ("seed", "k"):
        fields.setdefault("parameters", {})[word] = value
    elif word == "share_cap":
        fields.setdefault("parameters", {})["cap"] = _ratio(value)
    else:
        raise KeyError(word)


def _ratio(text: str) -> str:
    """A percentage as an exact ratio; anything else as it stands."""
    if not text.endswith("%") or len(text) > LONGEST_PERCENTAGE:
        return text
    value = parse_ratio(text[:-1])
    if value is None:
        return text
    return fraction_text(Fraction(value, 100))


_MARKET_FIELDS: Final = {
    "tick": "tick_size",
    "lot": "lot_size",
    "maker": "maker_fee",
    "taker": "taker_fee",
    "liquidation_fee": "liquidation_fee",
}
_RULE_FIELDS: Final = {
    "mode": "mode",
    "partial_above": "partial_above",
    "partial_share": "partial_share",
    "backstop": "backstop_ratio",
}
VERBS: Final[dict[str, Callable[[ScenarioReader, list[str]], list[Command]]]] = {
    "venue": ScenarioReader._venue_line,
    "market": ScenarioReader._market_line,
    "account": ScenarioReader._account_line,
    "deposit": lambda reader, words: reader._money_line("deposit")(words),
    "withdraw": lambda reader, words: reader._money_line("withdraw")(words),
    "mark": ScenarioReader._mark_line,
    "buy": lambda reader, words: reader._order_line("buy", words),
    "sell": lambda reader, words: reader._order_line("sell", words),
    "cancel": ScenarioReader._cancel_line,
    "trade": ScenarioReader._trade_line,
    "funding": ScenarioReader._funding_line,
    "policy": ScenarioReader._policy_line,
    "adl_list": ScenarioReader._adl_list_line,
    "at": ScenarioReader._time_line,
}
"""Every word that can begin a scenario line; docs/reference/scenario.md is checked against it."""
