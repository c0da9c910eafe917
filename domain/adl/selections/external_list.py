"""`external-list@1`: the order that the venue's keeper set, checked for validity only."""

from collections.abc import Sequence

from domain.adl.candidate import Candidate
from domain.adl.selection import Circumstances, Selection


def place(candidates: Sequence[Candidate], circumstances: Circumstances) -> list[int]:
    """Place on the latest list; candidates that are not on it follow together, by the ties."""
    listed = {account: at for at, account in enumerate(circumstances.adl_list)}
    return [listed.get(candidate.account, len(listed)) for candidate in candidates]


EXTERNAL_LIST = Selection(
    name="external-list@1",
    rule=(
        "Accounts are closed in the order of the list that the venue set last; accounts that are "
        "not "
        "on it follow. Only eligibility and amounts are checked, not the order itself."
    ),
    formula="order of the latest adl_list",
    models="venues whose keepers choose",
    source="venues with off-chain keepers",
    in_profit_only=False,
    place=place,
)
