"""How does an account check that its own row stands in the ranking that the log commits to?

The row in the exact bytes that were hashed, its place, and the hashes that lead from it to the
ranking root of the decision. Whoever holds these needs nobody else's row.
"""

from domain.adl.decision import Decision, ranking_row
from domain.adl.row_key import Salts
from domain.merkle import inclusion_path, is_included, leaf_hash
from domain.units import AccountId
from reports.page import Json


def own_row_proof(
    decided: Decision, account: AccountId, root: str, salts: Salts | None = None
) -> dict[str, Json] | None:
    """Row, leaf and path of one account; None when it stands nowhere in the ranking.

    `root` is the one that the decision recorded; whether the path leads there is said.
    """
    places = [row.candidate.account for row in decided.rows]
    if account not in places:
        return None
    index = places.index(account)
    rows = [ranking_row(row, salts) for row in decided.rows]
    leaves = [leaf_hash(row) for row in rows]
    path = inclusion_path(leaves, index)
    leads_there = is_included(leaves[index], index, len(leaves), path, bytes.fromhex(root))
    return {
        "row": rows[index].decode("utf-8"),
        "leaf": leaves[index].hex(),
        "index": index,
        "size": len(leaves),
        "path": [sibling.hex() for sibling in path],
        "root": root,
        "verified": "equal" if leads_there else "differs",
    }
