"""Which venues, markets and amounts does each kind of story use?"""

from fractions import Fraction

PROFILES = ("mixed", "crash", "vault", "cross", "fees", "big")
TRADERS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
POLICIES = (
    "pnl-leverage@1",
    "profit-leverage-size@1",
    "hyperliquid-literal@1",
    "hyperliquid-symmetric@1",
    "hyperliquid-recovered@1",
    "binance-quantile@1",
    "roi-margin-ratio@1",
    "profit-x-leverage@1",
    "lexicographic@1",
    "largest-first@1",
    "seeded-rotation@1",
    "pro-rata-size@1",
    "pro-rata-profit@1",
    "capped-pro-rata@1",
    "risk-aware-pro-rata@1",
    "external-list@1",
)
CLOSE_PRICES = ("bankruptcy", "bankruptcy", "mark", "previous_mark", "mark_capped")
TRIGGERS = ("negative_equity", "vault_exhausted")
VAULT_RULES = ("excluded", "same-rules", "first", "last")

# Quote unit, then tick and lot sizes whose product is a whole number of units.
UNITS = {
    "fees": ("1", (("1", "1"), ("0.5", "2"), ("7", "1"), ("0.25", "12"))),
    "big": (
        "0.000001",
        (("1000000", "1000"), ("250000000", "40"), ("0.5", "123456789012")),
    ),
    "micro": ("0.000001", (("0.1", "0.001"), ("0.01", "0.01"), ("0.001", "1"))),
    "cents": (
        "0.01",
        (("0.5", "0.1"), ("0.01", "1"), ("1", "1"), ("0.05", "10"), ("0.1", "0.1")),
    ),
}
FEES = {
    "fees": (
        ("-1/7", "-0.05", "1/13", "0.0333", "-0.0001", "0"),
        ("1/9", "0.07", "0.0005", "3/1000", "0"),
        ("1/11", "0.05", "1/3", "0"),
    ),
    "other": (
        ("0", "0.0002", "-0.0001", "1/3000"),
        ("0", "0.0005", "0.0030"),
        ("0", "0.005", "0.01"),
    ),
}
RATES = (
    ("0.1", "0.05"),
    ("1/50", "0.01"),
    ("0.05", "1/40"),
    ("0.2", "0.125"),
    ("1/30", "1/60"),
)
ACTIONS = {
    "mixed": {
        "rest": 30,
        "pair": 14,
        "reduce": 8,
        "market": 6,
        "cancel": 5,
        "trade": 6,
        "mark": 12,
    }
    | {
        "crash": 5,
        "deposit": 8,
        "withdraw": 4,
        "funding": 4,
        "policy": 3,
        "keeper_list": 3,
        "close_out": 2,
    },
    "crash": {
        "rest": 12,
        "pair": 26,
        "reduce": 3,
        "market": 2,
        "cancel": 1,
        "trade": 8,
        "mark": 5,
    }
    | {
        "crash": 20,
        "deposit": 16,
        "withdraw": 1,
        "funding": 2,
        "policy": 4,
        "keeper_list": 3,
        "close_out": 2,
    },
    "vault": {
        "rest": 12,
        "pair": 26,
        "reduce": 3,
        "market": 2,
        "cancel": 1,
        "trade": 6,
        "mark": 6,
    }
    | {
        "crash": 20,
        "deposit": 16,
        "withdraw": 3,
        "funding": 2,
        "policy": 3,
        "keeper_list": 3,
        "vault_trade": 6,
    },
    "cross": {
        "rest": 14,
        "pair": 28,
        "reduce": 3,
        "market": 3,
        "cancel": 1,
        "trade": 6,
        "mark": 6,
    }
    | {
        "crash": 16,
        "deposit": 14,
        "withdraw": 2,
        "funding": 3,
        "policy": 3,
        "keeper_list": 3,
        "close_out": 2,
    },
    "fees": {
        "rest": 20,
        "pair": 20,
        "reduce": 6,
        "market": 6,
        "cancel": 2,
        "trade": 6,
        "mark": 6,
    }
    | {
        "crash": 14,
        "deposit": 12,
        "withdraw": 3,
        "funding": 5,
        "policy": 3,
        "keeper_list": 3,
        "close_out": 2,
    },
    "big": {
        "rest": 18,
        "pair": 22,
        "reduce": 5,
        "market": 4,
        "cancel": 2,
        "trade": 6,
        "mark": 8,
    }
    | {
        "crash": 12,
        "deposit": 12,
        "withdraw": 4,
        "funding": 4,
        "policy": 3,
        "keeper_list": 3,
        "close_out": 2,
    },
}


def text(value: Fraction | int) -> str:
    """Exact decimal string of a number that has one."""
    value = Fraction(value)
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = abs(value * 10**digits).numerator
    sign = "-" if value < 0 else ""
    shown = f"{whole:0{digits + 1}d}"
    return sign + (f"{shown[:-digits]}.{shown[-digits:]}" if digits else shown)


def units_of(rng, profile: str) -> tuple:
    if profile in UNITS:
        return UNITS[profile]
    return UNITS[rng.choice(("micro", "cents"))]


def tiers(rng, threshold: Fraction) -> list[dict]:
    """One to three tiers; `threshold` is the notional of about a dozen lots."""
    initial, maintenance = rng.choice(RATES)
    if rng.random() < 0.05:
        maintenance = "0"
    rows = [{"from": "0", "initial": initial, "maintenance": maintenance}]
    if rng.random() < 0.4:
        rows.append({"from": text(threshold), "initial": "0.25", "maintenance": "0.15"})
        if rng.random() < 0.5:
            rows.append({"from": text(threshold * 3), "initial": "1/2", "maintenance": "1/3"})
    return rows


def parameters(rng, policy: str) -> dict[str, str]:
    """Any valid parameters of a policy; a default is often left out."""
    if policy == "seeded-rotation@1":
        return {"seed": str(rng.choice(("0", "7.0", rng.randint(1, 9), rng.getrandbits(60))))}
    if policy == "capped-pro-rata@1":
        return {"cap": rng.choice(("1/10", "0.25", "1/3", "0.5", "9/10", "1", "2/2"))}
    if policy == "risk-aware-pro-rata@1" and rng.random() < 0.7:
        return {"k": rng.choice(("0", "1", "1.0", "2", "3", "7"))}
    return {}


def adl(rng, policies: tuple = POLICIES) -> dict:
    """Some or all fields of a policy; what is absent takes its default."""
    said = {
        "policy": rng.choice(policies),
        "close_price": rng.choice(CLOSE_PRICES),
        "trigger": rng.choice(TRIGGERS),
        "vault_candidate": rng.choice(VAULT_RULES),
    }
    said = {field: value for field, value in said.items() if rng.random() < 0.85}
    chosen = parameters(rng, said.get("policy", "pnl-leverage@1"))
    if chosen or rng.random() < 0.2:
        said["parameters"] = chosen
    return said


def market(
    rng, profile: str, name: str, sizes: tuple, base: int, vaults: list[str], policies: tuple
) -> dict:
    """A `list_market` command; `base` is the price in ticks around which it will trade."""
    tick, lot = sizes
    lot_worth = Fraction(tick) * Fraction(lot) * base
    makers, takers, liquidations = FEES["fees" if profile == "fees" else "other"]
    command = {
        "command": "list_market",
        "market": name,
        "tick_size": tick,
        "lot_size": lot,
        "margin_tiers": tiers(rng, lot_worth * rng.randint(8, 30)),
        "maker_fee": rng.choice(makers),
        "taker_fee": rng.choice(takers),
        "liquidation_fee": rng.choice(liquidations),
        "adl": adl(rng, policies),
    }
    if rng.random() < 0.5:
        command["liquidation"] = {
            "mode": "partial",
            "partial_above": text(lot_worth * rng.randint(0, 15)),
            "partial_share": rng.choice(("1/3", "0.5", "0.2", "1")),
            "backstop_ratio": rng.choice(("2/3", "1", "0.5", "9/10")),
        }
    elif rng.random() < 0.3:
        command["liquidation"] = {"backstop_ratio": rng.choice(("1", "0.25", "3/2"))}
    if vaults and rng.random() < (1 if profile == "vault" else 0.65):
        command["vault"] = {"account": rng.choice(vaults)}
        if rng.random() < 0.6:
            command["vault"]["takeover_cap"] = text(lot_worth * rng.randint(3, 60))
    return command
