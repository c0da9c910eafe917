"""What does each selection ask for, and which score, share and tie does it give a candidate?

Readings chosen where the text leaves room:
* `P/e` is `N/N0` and `s(P−e)/e` is `u/N0`: the same wherever the entry is a positive price, and
  defined where it is not (a vault can be short at a negative price).
* The rotation and the list give no score.
* The rotation counts the candidates of its pass: nobody who is excluded.
"""

from fractions import Fraction

IN_PROFIT_ONLY = {
    "pnl-leverage@1": False,
    "profit-leverage-size@1": True,
    "hyperliquid-literal@1": True,
    "hyperliquid-symmetric@1": True,
    "hyperliquid-recovered@1": False,
    "binance-quantile@1": False,
    "roi-margin-ratio@1": True,
    "profit-x-leverage@1": True,
    "lexicographic@1": True,
    "largest-first@1": True,
    "seeded-rotation@1": False,
    "pro-rata-size@1": True,
    "pro-rata-profit@1": True,
    "capped-pro-rata@1": True,
    "risk-aware-pro-rata@1": True,
    "external-list@1": False,
}
PRO_RATA = (
    "pro-rata-size@1",
    "pro-rata-profit@1",
    "capped-pro-rata@1",
    "risk-aware-pro-rata@1",
)
# Selection -> the parameters it uses, with their defaults; None where it has to be given.
PARAMETERS: dict[str, dict[str, str | None]] = {
    "seeded-rotation@1": {"seed": None},
    "capped-pro-rata@1": {"cap": None},
    "risk-aware-pro-rata@1": {"k": "1"},
}


def leverage(row: dict) -> Fraction:
    return Fraction(row["notional"], row["equity"])


def return_on_cost(row: dict) -> Fraction:
    return Fraction(row["unrealized"], max(1, abs(row["cost"])))


def mark_over_entry(row: dict) -> Fraction:
    return Fraction(row["notional"], max(1, abs(row["cost"])))


def score(policy: str, row: dict, currency: Fraction) -> Fraction | None:
    """The score, higher first; `currency` is one unit of the quote currency in quote units."""
    u, equity = row["unrealized"], row["equity"]
    if policy == "pnl-leverage@1":
        if u >= 0:
            return return_on_cost(row) * leverage(row)
        return return_on_cost(row) / leverage(row)
    if policy == "profit-leverage-size@1":
        return return_on_cost(row) * leverage(row) * row["notional"]
    if policy == "hyperliquid-literal@1":
        return mark_over_entry(row) * leverage(row)
    if policy == "hyperliquid-symmetric@1":
        ratio = mark_over_entry(row)
        return (ratio if row["quantity"] > 0 else 1 / ratio) * leverage(row)
    if policy == "hyperliquid-recovered@1":
        floor = Fraction(1, 10**8)
        return max(leverage(row), floor) * max(Fraction(0), return_on_cost(row), floor)
    if policy == "binance-quantile@1":
        wallet = max(currency, Fraction(equity - u))
        return max(0, u) / wallet * Fraction(row["maintenance"], equity)
    if policy == "roi-margin-ratio@1":
        return return_on_cost(row) / Fraction(equity, row["notional"])
    if policy == "profit-x-leverage@1":
        return u * leverage(row)
    if policy == "largest-first@1":
        return Fraction(row["notional"])
    return None


def lexicographic(row: dict) -> tuple:
    """λ, u, lowest W, newest account; lower first."""
    wallet = row["equity"] - row["unrealized"]
    return (-leverage(row), -row["unrealized"], wallet, -row["account_opened"])


def ties(row: dict) -> tuple:
    return (-row["unrealized"], -row["notional"], row["opened"], row["account"])


def in_order(policy: dict, rows: list[dict], listed: list[str]) -> list[dict]:
    """The rows of one pass as they stand, vaults where their rule puts them."""
    selection = policy["policy"]
    is_second_pass = any(row["loses"] for row in rows)
    if selection == "seeded-rotation@1":
        rows = sorted(rows, key=lambda row: row["account"])
        start = int(policy["parameters"]["seed"]) % len(rows) if rows else 0
        rows = rows[start:] + rows[:start]
    elif selection == "external-list@1":
        on_it = [row for row in rows if row["account"] in listed]
        not_on_it = [row for row in rows if row["account"] not in listed]
        on_it.sort(key=lambda row: listed.index(row["account"]))
        rows = on_it + sorted(not_on_it, key=ties)
    elif selection == "lexicographic@1":
        rows = sorted(rows, key=lambda row: (*lexicographic(row), *ties(row)))
    elif selection not in PRO_RATA:
        rows = sorted(rows, key=lambda row: (-row["score"], *ties(row)))
    elif is_second_pass:
        rows = sorted(rows, key=lambda row: (-abs(row["quantity"]), *ties(row)))
    else:
        rows = sorted(rows, key=ties)
    vaults = [row for row in rows if row["vault"]]
    others = [row for row in rows if not row["vault"]]
    if policy["vault_candidate"] == "first":
        return vaults + others
    if policy["vault_candidate"] == "last":
        return others + vaults
    return rows


def weight(policy: dict, row: dict) -> Fraction:
    """What a row's share of a pro rata is proportional to; admitted losers share by lots."""
    selection = policy["policy"]
    if row["loses"] or selection == "pro-rata-size@1":
        return Fraction(abs(row["quantity"]))
    if selection in ("pro-rata-profit@1", "capped-pro-rata@1"):
        return Fraction(row["unrealized"])
    k = int(policy["parameters"]["k"])
    return leverage(row) * leverage(row) ** k
