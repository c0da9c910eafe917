"""How does a ranking commit to rows that nobody can guess?

A venue may hold a row key: 32 secret bytes. Each row of a ranking then carries a salt that follows
from the key, the decision and the account, so deciding again with the key gives the same bytes, and
a hash of a neighbour's row confirms no guess. The log names the key by its digest before it is
used; the key itself is an input of deciding and stands in no event.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from hashlib import sha256
from hmac import digest as hmac_digest
from typing import Final

from domain.errors import RowKeyDiffers, RowKeyMissing
from domain.specification import AdlPolicy
from domain.units import AccountId

ROW_KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
OPEN_ROOT: Final = ""
"""Stands for a ranking root that was not worked out, since the row key is withheld."""

Salts = Callable[[AccountId], str]
"""The salt of an account's row in one decision."""


@dataclass(frozen=True, slots=True)
class RowKey:
    """A venue's secret for its ranking rows, and the digest by which the log names it."""

    secret: bytes = field(repr=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        if len(self.secret) != ROW_KEY_BYTES:
            message = f"a row key has {ROW_KEY_BYTES} bytes, not {len(self.secret)}"
            raise ValueError(message)
        digest = sha256(b"zerosum/row-key/1\n" + self.secret).hexdigest()
        object.__setattr__(self, "digest", digest)

    def salt(self, decision_id: str, account: AccountId) -> str:
        """The first 16 bytes of the HMAC-SHA-256 over decision and account, as hex."""
        message = f"zerosum/row-salt/1\n{decision_id}\n{account}".encode()
        return hmac_digest(self.secret, message, "sha256")[:SALT_BYTES].hex()


class Withheld(Enum):
    """In place of a row key: decide all that can be decided without it, roots stay open.

    For deciding again only. What a venue decides is written down whole or not at all.
    """

    ROW_KEY = "withheld"


HeldKey = RowKey | Withheld | None


def salts_of(policy: AdlPolicy, row_key: RowKey | None, decision_id: str) -> Salts | None:
    """The salts of a decision under this policy; None where its rows carry none.

    Raises `RowKeyMissing` or `RowKeyDiffers` when the policy names another key than is at hand.
    """
    named = policy.row_key_digest
    if named is None:
        return None
    if row_key is None:
        raise RowKeyMissing(named)
    if row_key.digest != named:
        raise RowKeyDiffers(named, row_key.digest)
    return partial(row_key.salt, decision_id)


def check_row_key(policies: Iterable[AdlPolicy], row_key: RowKey | None) -> None:
    """Raise what the next decision under one of these policies would raise, before it is made."""
    for policy in policies:
        salts_of(policy, row_key, "")
