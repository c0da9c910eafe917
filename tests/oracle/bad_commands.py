"""Which command provokes which refusal in the state a story has reached?

Each command has one fault only, so its code does not depend on the order of the checks.
"""

from tests.oracle.profiles import text

CODES = (
    *(
        "bad_type",
        "bad_decimal",
        "bad_value",
        "unknown_command",
        "unknown_field",
        "missing_field",
    ),
    *("venue_exists", "no_account", "account_exists", "no_market", "market_exists"),
    *("point_value_not_whole", "bad_tiers", "bad_fee", "not_a_vault", "not_positive"),
    *(
        "too_many_digits",
        "price_off_tick",
        "quantity_off_lot",
        "no_order",
        "order_exists",
    ),
    *("no_mark", "insufficient_margin", "in_liquidation", "post_only_would_cross"),
    *(
        "reduce_only_would_increase",
        "self_trade",
        "id_conflict",
        "bad_time",
        "out_of_range",
    ),
)
WRONG_PARAMETERS = (
    ("seeded-rotation", "seed", ("-1", "1.5", "1/2", "", "seven")),
    ("risk-aware-pro-rata", "k", ("-1", "0.5")),
    ("capped-pro-rata", "cap", ("0", "-1/2", "1.0001", "3/2")),
)
ALL_CODES = (*CODES, "no_venue")


def bad_command(story, code: str) -> dict | None:
    """A command that is refused with `code`, or None when the state offers no occasion."""
    if code in STATE_FAULTS:
        return STATE_FAULTS[code](story)
    deposit = {"command": "deposit", "account": "alice", "amount": "1"}
    market = story.rng.choice(story.traded)
    listing = dict(story.listings[market], market="NEW")
    choices = {
        "bad_type": [
            {**deposit, "amount": 5},
            {**deposit, "account": None},
            {**deposit, "time": True},
            {**listing, "margin_tiers": {}},
            {"command": "mark", "market": market, "price": 100},
            {**adl(market, "seeded-rotation@1"), "parameters": {"seed": 7}},
            {"command": "adl_list", "market": market, "accounts": "alice"},
        ],
        "bad_decimal": [
            {**deposit, "amount": wrong}
            for wrong in ("1e3", "+1", ".5", "01", "1.", " 1", "1/2", "")
        ],
        "bad_value": [
            {**deposit, "account": "al ice"},
            {**deposit, "account": "x" * 65},
            {"command": "open_account", "account": "new", "role": "system"},
            {"command": "set_adl_policy", "market": market, "policy": "pnl-leverage"},
            {"command": "set_adl_policy", "market": market, "close_price": "entry"},
            {"command": "funding", "market": market},
            {"command": "funding", "market": market, "rate": "0.01", "per_lot": "0"},
            {"command": "withdraw", "account": "uncovered", "amount": "1"},
            {"command": "cancel_order", "market": market, "order_id": "no/way"},
            {**order(story, market), "side": "long"},
            {**order(story, market), "time_in_force": "gtc"},
            {**order(story, market), "account": "treasury"},
            {**listing, "liquidation": {"mode": "half"}},
            {"command": "adl_list", "market": market, "accounts": ["bob"] * 2},
            *(
                {**adl(market, f"{policy}@1"), "parameters": {name: value}}
                for policy, name, wrong in WRONG_PARAMETERS
                for value in wrong
            ),
        ],
        "unknown_command": [{"command": "borrow"}, {**deposit, "command": "Deposit"}],
        "unknown_field": [
            {**deposit, "amuont": "1"},
            {
                "command": "set_adl_policy",
                "market": market,
                "parameters": {"seed": "1"},
            },
            {**listing, "vault": {"account": "vault", "limit": "1"}},
            {**adl(market, "risk-aware-pro-rata@1"), "parameters": {"cap": "1"}},
            {
                **adl(market, "seeded-rotation@1"),
                "parameters": {"seed": "1", "k": "1"},
            },
        ],
        "missing_field": [
            {"command": "deposit", "account": "alice"},
            adl(market, "seeded-rotation@1"),
            {**adl(market, "capped-pro-rata@1"), "parameters": {}},
            {**listing, "adl": {"policy": "capped-pro-rata@1"}},
            {**listing, "margin_tiers": [{"from": "0", "initial": "0.1"}]},
            {
                "command": "trade",
                "market": market,
                "buyer": "alice",
                "price": "1",
                "quantity": "1",
            },
        ],
        "venue_exists": [{"command": "open_venue", "name": "again"}],
        "no_account": [
            {**deposit, "account": "nobody"},
            {**order(story, market), "account": "Alice"},
            {**listing, "vault": {"account": "nobody"}},
            {"command": "adl_list", "market": market, "accounts": ["bob", "nobody"]},
        ],
        "account_exists": [
            {"command": "open_account", "account": name} for name in ("alice", "vault", "treasury")
        ],
        "no_market": [
            {"command": "mark", "market": "NOWHERE", "price": "1"},
            {"command": "cancel_order", "market": "NOWHERE", "order_id": "1"},
            {**order(story, market), "market": "NOWHERE"},
        ],
        "market_exists": [story.listings[market]],
        "point_value_not_whole": [{**listing, "lot_size": "0.0000000001", "tick_size": "0.1"}],
        "bad_tiers": [
            {**listing, "margin_tiers": tiers}
            for tiers in (
                [],
                [{"from": "1", "initial": "0.1", "maintenance": "0.1"}],
                [{"from": "0", "initial": "0.1", "maintenance": "0.2"}],
                [{"from": "0", "initial": "0", "maintenance": "0"}],
                [{"from": "0", "initial": "3/2", "maintenance": "0.2"}],
                [{"from": "0", "initial": "0.1", "maintenance": "0.05"}] * 2,
            )
        ],
        "bad_fee": [
            {**listing, "maker_fee": "-1.1"},
            {**listing, "taker_fee": "-0.001"},
            {**listing, "liquidation_fee": "5/4"},
        ],
        "not_a_vault": [{**listing, "vault": {"account": name}} for name in ("alice", "insurance")],
        "not_positive": [
            {**deposit, "amount": "0.0"},
            {**deposit, "amount": "-3"},
            {"command": "mark", "market": market, "price": "0"},
            {**order(story, market), "quantity": "-1"},
        ],
        "too_many_digits": [{**deposit, "amount": "1.00000000001"}],
        "price_off_tick": [{"command": "mark", "market": market, "price": "0.0000000001"}],
        "quantity_off_lot": [{**order(story, market), "quantity": "0.0000000001"}],
        "bad_time": [{**deposit, "time": wrong} for wrong in ("2026-01-01T00:00:00", "noon", "")],
        "out_of_range": [
            {**deposit, "amount": "1" + "0" * 31},
            {"command": "mark", "market": market, "price": "9" * 40},
        ],
        "self_trade": [
            {
                "command": "trade",
                "market": market,
                "buyer": "bob",
                "seller": "bob",
                "price": story.price(market, 1),
                "quantity": story.lots(market, 1),
            }
        ],
    }
    return story.rng.choice(choices[code])


def adl(market: str, policy: str) -> dict:
    return {"command": "set_adl_policy", "market": market, "policy": policy}


def order(story, market: str) -> dict:
    """A market order for one lot by somebody."""
    account = story.rng.choice(story.traders)
    return story.order(market, account, "buy", 1, None)


def no_order(story) -> dict:
    market = story.rng.choice(story.traded)
    return {"command": "cancel_order", "market": market, "order_id": "never"}


def order_exists(story) -> dict | None:
    market = story.rng.choice(story.traded)
    used = sorted(story.venue.used_order_ids[market])
    if not used:
        return None
    return {**order(story, market), "order_id": story.rng.choice(used)}


def no_mark(story) -> dict | None:
    unmarked = [m for m, price in story.venue.marks.items() if price is None]
    if not unmarked:
        return None
    market = story.rng.choice(unmarked)
    trade = {"command": "trade", "market": market, "buyer": "alice", "seller": "bob"}
    trade |= {"price": story.price(market, 3), "quantity": story.lots(market, 1)}
    rate = {"command": "funding", "market": market, "rate": "0.001"}
    return story.rng.choice([order(story, market), trade, rate])


def insufficient_margin(story) -> dict:
    market, account = (
        story.rng.choice(story.traded),
        story.rng.choice(story.free_traders()),
    )
    if story.rng.random() < 0.5:
        free = story.venue.equity(account) - story.venue.initial(account)
        amount = text((max(0, free) + 1) * story.unit)
        return {"command": "withdraw", "account": account, "amount": amount}
    lots = 2 * story.affordable(market, account) + 200
    return story.order(market, account, story.rng.choice(("buy", "sell")), lots, None)


def in_liquidation(story) -> dict | None:
    if not story.venue.in_liquidation:
        return None
    account = story.rng.choice(sorted(story.venue.in_liquidation))
    market = story.rng.choice(story.traded)
    if story.rng.random() < 0.3:
        return {"command": "withdraw", "account": account, "amount": text(story.unit)}
    if story.rng.random() < 0.3:
        other = "alice" if account != "alice" else "bob"
        trade = {
            "command": "trade",
            "market": market,
            "buyer": account,
            "seller": other,
        }
        return trade | {
            "price": story.price(market, 3),
            "quantity": story.lots(market, 1),
        }
    return story.order(market, account, "buy", 1, None)


def post_only_would_cross(story) -> dict | None:
    for market in story.traded:
        for _, side, price, _, _ in story.venue.orders[market].values():
            for account in story.free_traders():
                if story.affordable(market, account) > 4:
                    other = "buy" if side == "sell" else "sell"
                    said = story.order(market, account, other, 1, price)
                    return {**said, "time_in_force": "post_only"}
    return None


def reduce_only_would_increase(story) -> dict:
    market, account = (
        story.rng.choice(story.traded),
        story.rng.choice(story.free_traders()),
    )
    quantity, _ = story.venue.positions.get((market, account), (1, 0))
    side = "buy" if quantity > 0 else "sell"
    return {**story.order(market, account, side, 1, None), "reduce_only": True}


def id_conflict(story) -> dict | None:
    if not story.venue.ids:
        return None
    name = story.rng.choice(sorted(story.venue.ids))
    return {"command": "deposit", "account": "alice", "amount": "3", "id": name}


STATE_FAULTS = {
    "no_order": no_order,
    "order_exists": order_exists,
    "no_mark": no_mark,
    "insufficient_margin": insufficient_margin,
    "in_liquidation": in_liquidation,
    "post_only_would_cross": post_only_would_cross,
    "reduce_only_would_increase": reduce_only_would_increase,
    "id_conflict": id_conflict,
}
