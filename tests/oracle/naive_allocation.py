"""How many lots of each candidate are closed, in a queue or by shares?

Reading chosen where the text leaves room: caps "together do not reach the need" when what they and
the capacities leave free, row by row, adds up to less than it.
"""

from fractions import Fraction

from tests.oracle.naive_selections import PRO_RATA, ties, weight


def closed_of(policy: dict, rows: list[dict], need: int) -> dict[str, int]:
    """Lots by account; `rows` are those of one pass, in their order."""
    if policy["policy"] not in PRO_RATA:
        return close_in_queue(rows, need)
    weights = {row["account"]: weight(policy, row) for row in rows}
    limits = {row["account"]: row["capacity"] for row in rows}
    if policy["policy"] == "capped-pro-rata@1" and not any(r["loses"] for r in rows):
        cap = Fraction(policy["parameters"]["cap"])
        capped = {
            row["account"]: min(row["capacity"], int(cap * abs(row["quantity"]))) for row in rows
        }
        if sum(capped.values()) >= need:
            limits = capped
    return close_by_share(rows, need, weights, limits)


def close_in_queue(rows: list[dict], need: int) -> dict[str, int]:
    closed = {}
    for row in rows:
        closed[row["account"]] = min(need, row["capacity"])
        need -= closed[row["account"]]
    return closed


def close_by_share(
    rows: list[dict], need: int, weights: dict[str, Fraction], limits: dict[str, int]
) -> dict[str, int]:
    """Water-filled to the limits, rounded down, missing lots to the largest remainders."""
    need = min(need, sum(limits.values()))
    share = water_filled(need, weights, limits)
    closed = {account: int(exact) for account, exact in share.items()}
    by_remainder = sorted(
        rows, key=lambda r: (-(share[r["account"]] - closed[r["account"]]), *ties(r))
    )
    for row in by_remainder[: need - sum(closed.values())]:
        closed[row["account"]] += 1
    return closed


def water_filled(
    need: int, weights: dict[str, Fraction], limits: dict[str, int]
) -> dict[str, Fraction]:
    """Exact shares of `need` by weight; who would get more than its limit gets its limit."""
    share: dict[str, Fraction] = {}
    thirsty, left = list(weights), Fraction(need)
    while thirsty:
        total = sum(weights[account] for account in thirsty)
        tried = {account: left * weights[account] / total for account in thirsty}
        full = [account for account in thirsty if tried[account] > limits[account]]
        if not full:
            return share | tried
        for account in full:
            share[account] = Fraction(limits[account])
            left -= limits[account]
            thirsty.remove(account)
    return share
