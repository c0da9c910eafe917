"""Under which names do accounts and markets stand in plain-text accounting?

Account names are injective: whoever can be told apart in the log can be told apart there, whatever
bytes a foreign log puts into a name. Commodities of beancount are narrower than market names: two
markets that would fall together are refused.
"""

import re
from typing import Final, Literal

from domain.units import AccountId, MarketId
from reports.exports.errors import SameCommodity

VENUE: Final = "Assets:Venue"
DEPOSITS: Final = "Equity:Deposits"
OTHERS: Final = f"{VENUE}:Others"
"""Everybody but the account that an export is about; no account's own name looks like this."""

Part = Literal["Position", "Cash", "Cost"]

_PLAIN = re.compile(rb"[A-Za-z0-9]", re.ASCII)
_QUOTABLE = re.compile(r"[A-Za-z0-9._/@:'+-]", re.ASCII)
_SYMBOL = re.compile(r"[A-Z][A-Z0-9'._-]*", re.ASCII)


def account_name(account: AccountId, part: Part) -> str:
    """`Assets:Venue:A-alice:Cash`; every byte but letters and digits is written `-hh`."""
    return f"{VENUE}:A-{_hyphenated(account)}:{part}"


def others_name(part: Part) -> str:
    """One part of what everybody else holds."""
    return f"{OTHERS}:{part}"


def _hyphenated(text: str) -> str:
    return "".join(
        chr(byte) if _PLAIN.match(bytes((byte,))) else f"-{byte:02x}" for byte in text.encode()
    )


def line_text(text: str) -> str:
    """A name inside a comment or a quoted text: one line, nothing that ends it, and injective."""
    return "".join(sign if _QUOTABLE.fullmatch(sign) else _percent(sign) for sign in text)


def person_text(person: str) -> str:
    """A person's name inside a comment or a quoted text; letters of any script stay readable."""
    return "".join(
        sign if sign.isprintable() and sign not in '";,%\\' else _percent(sign) for sign in person
    )


def title_text(title: str) -> str:
    """A line of prose in a comment or a quoted text."""
    return "".join(
        sign if sign.isprintable() and sign not in '"\\' else _percent(sign) for sign in title
    )


def quoted_commodity(name: str) -> str:
    """A commodity of hledger, always quoted: `"BTC-PERP"`."""
    return f'"{line_text(name)}"'


def _percent(sign: str) -> str:
    return "".join(f"%{byte:02x}" for byte in sign.encode())


class Symbols:
    """Commodities of beancount: upper case, a letter first, a letter or digit last."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, bool]] = {}

    def symbol(self, name: str, *, is_money: bool) -> str:
        """The symbol of the money or of a market; raises `SameCommodity` when it is taken."""
        symbol = _symbol(name)
        held, held_is_money = self._names.setdefault(symbol, (name, is_money))
        if (held, held_is_money) != (name, is_money):
            message = f"{held!r} and {name!r} would both be the commodity {symbol} of beancount"
            raise SameCommodity(message)
        return symbol


def _symbol(name: MarketId) -> str:
    upper = "".join(
        sign if re.fullmatch(r"[A-Z0-9._-]", sign, re.ASCII) else _apostrophe(sign)
        for sign in (one.upper() if one.isascii() else one for one in name)
    )
    if not _SYMBOL.fullmatch(upper):
        upper = f"M.{upper}"
    return upper if upper[-1].isalnum() else f"{upper}.0"


def _apostrophe(sign: str) -> str:
    return "".join(f"'{byte:02X}" for byte in sign.encode())
