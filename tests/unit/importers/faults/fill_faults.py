"""Which faults can stand in rows and lines of fills, and what must the importer say of each?"""

from copy import deepcopy
from decimal import Decimal
from typing import Any

from tests.unit.importers.faults.sites import (
    FillFault,
    NotHereError,
    Site,
    off_by_a_lot,
    off_by_a_step,
    text_of,
)

TEST_NET_BLOCK = 53_214_377


def field(name: str, value: Any, reason: str) -> FillFault:
    """A row whose field says something that refuses the row."""

    def fault(site: Site) -> None:
        site.one()[name] = value
        site.rejects(reason)

    return fault


def longer(name: str, digits: str, reason: str) -> FillFault:
    """A row with a decimal finer than it may be."""

    def fault(site: Site) -> None:
        site.one()[name] = site.one()[name] + digits
        site.rejects(reason)

    return fault


def missing(name: str) -> FillFault:
    """A row without a field that must be there."""

    def fault(site: Site) -> None:
        del site.one()[name]
        site.rejects("bad_time" if name == "time" else "bad_field")

    return fault


def in_text(name: str, before: str) -> FillFault:
    """A row that is no sound JSON: `before` is put before one of its fields."""

    def fault(site: Site) -> None:
        at, block = site.chosen, site.block
        row = text_of(block["events"][at])
        spoiled = row.replace(f'"{name}":', before, 1)
        site.expect("count:single_sides", "reason:bad_json")
        site.loses(at)
        whole = text_of(block)
        assert whole.count(row) == 1
        site.before.append(whole.replace(row, spoiled))
        # The line is written as text, so the block itself has nothing left to say.
        site.block["events"] = []

    return fault


def line(reason: str, spoil: Any) -> FillFault:
    """A whole line that cannot be read; its rows are lost."""

    def fault(site: Site) -> None:
        site.rejects_line(reason, spoil)

    return fault


def row_is_lost(site: Site) -> None:
    del site.block["events"][site.chosen]
    site.expect("count:single_sides")
    site.loses(site.chosen)


def match_is_lost(site: Site) -> None:
    del site.block["events"][site.at : site.at + 2]
    site.loses(site.at, site.at + 1)


def start_is_wrong(site: Site) -> None:
    row = site.one()
    row["startPosition"] = off_by_a_lot(row["startPosition"], row["coin"])
    # The row itself does not begin where the account stood, nor does the next one.
    site.loses(site.chosen)
    site.expect("finding:chain_break")


def hash_of_another_block(site: Site) -> None:
    hash_ = site.one()["hash"]
    number = int(hash_[24:32], 16) - 7
    site.one()["hash"] = f"{hash_[:24]}{number:08x}{hash_[32:]}"
    site.rejects("hash_mismatch")


def test_net_line(site: Site) -> None:
    block = deepcopy(site.spare)
    block["block_number"] = TEST_NET_BLOCK + site.number
    block["events"] = block["events"][site.at : site.at + 2]
    for _, row in block["events"]:
        row["hash"] = f"{row['hash'][:24]}{block['block_number']:08x}{row['hash'][32:]}"
        row["tid"] ^= 1
    site.after.append(text_of(block))
    site.expect("reason:hash_mismatch", times=2)


def label_is_unknown(site: Site) -> None:
    site.one()["dir"] = "Rebalance Vault"
    site.expect("finding:label_unknown: Rebalance Vault")


def label_contradicts(site: Site) -> None:
    row = site.one()
    row["dir"] = "Close Long" if row["side"] == "B" else "Close Short"
    site.expect(f"finding:label_contradicts: {row['dir']}")


def row_stands_twice(site: Site) -> None:
    site.block["events"].insert(site.at + 2, deepcopy(site.block["events"][site.chosen]))
    site.expect("reason:duplicate")


def row_comes_again_with_other_extras(site: Site) -> None:
    again = deepcopy(site.block["events"][site.chosen])
    again[1].pop("cloid", None)
    again[1].pop("twapId", None)
    site.after.append(text_of({**site.block, "events": [again]}))
    site.expect("reason:duplicate")


def row_comes_again_and_says_another_price(site: Site) -> None:
    again = deepcopy(site.block["events"][site.chosen])
    again[1]["px"] = "1.0"
    site.block["events"].insert(site.at + 2, again)
    site.expect("reason:conflict")


def block_is_split(site: Site) -> None:
    site.text = lambda text: text


def local_time_runs_back(site: Site) -> None:
    site.block["local_time"] = "2025-10-10T03:00:00.000000001"


def local_time_is_missing(site: Site) -> None:
    del site.block["local_time"]


def keys_stand_in_another_order(site: Site) -> None:
    user, row = site.block["events"][site.chosen]
    site.block["events"][site.chosen] = [user, dict(sorted(row.items(), reverse=True))]
    site.block = dict(sorted(site.block.items()))


def fields_are_added(site: Site) -> None:
    site.one()["priorityRank"] = {"level": 3}
    site.expect("finding:extra field priorityRank")


def address_is_in_capitals(site: Site) -> None:
    user, row = site.block["events"][site.chosen]
    site.block["events"][site.chosen] = ["0x" + user[2:].upper(), row]


def empty_block(site: Site) -> None:
    site.before.append(text_of({**site.block, "events": []}))


def block_without_events(site: Site) -> None:
    found = {name: value for name, value in site.block.items() if name != "events"}
    site.before.append(text_of(found))


def blank_line(site: Site) -> None:
    site.before.append("")


def spot_match(site: Site) -> None:
    _inserted(site, "@107", "UETH")
    site.expect("reason:out_of_scope", times=2)


def outcome_row(site: Site) -> None:
    _inserted(site, "#25510", "USDH")
    site.expect("reason:out_of_scope", times=2)


def unknown_spot_label(site: Site) -> None:
    _inserted(site, "PURR/USDC", "PURR", "Merge Outcome")
    site.expect("reason:out_of_scope", times=2)


def _inserted(site: Site, coin: str, token: str, label: str = "Buy") -> None:
    more = deepcopy(site.spare["events"][site.at : site.at + 2])
    for _, row in more:
        row.update(coin=coin, feeToken=token, dir=label, tid=row["tid"] ^ 3)
    site.block["events"] += more


def prices_of_a_match_differ(site: Site) -> None:
    row = site.one()
    row["px"] = off_by_a_step(row["px"], row["coin"])
    # Two rows that are no match: each is booked against the outside, at its own price.
    site.expect("count:single_sides", times=2)
    site.loses(site.chosen, says=False)


def sizes_of_a_match_differ(site: Site) -> None:
    row = site.one()
    if row["closedPnl"] != "0.0" or "Open" not in row["dir"]:
        raise NotHereError
    row["sz"] = off_by_a_lot(row["sz"], row["coin"])
    site.expect("count:single_sides", times=2)
    site.loses(site.chosen)


def both_took_liquidity(site: Site) -> None:
    for row in site.rows:
        row["crossed"] = True
    site.expect("count:single_sides", times=2)


def result_is_wrong(site: Site) -> None:
    row = site.one()
    if not row["dir"].startswith("Close") or row["startPosition"].lstrip("-") != row["sz"]:
        raise NotHereError
    if site.block["events"][site.chosen][0] in site.doubtful:
        raise NotHereError
    row["closedPnl"] = str(Decimal(row["closedPnl"]) + 1_000_000)
    site.expect("finding:closed_pnl_differs")
    site.loses(site.chosen, says=False)


def address_is_cut(site: Site) -> None:
    site.block["events"][site.chosen][0] = "0x1234"
    site.rejects("bad_field")


def time_of_another_block(site: Site) -> None:
    site.one()["time"] += 1
    site.rejects("bad_time")


def fee_in_another_token(site: Site) -> None:
    site.one()["feeToken"] = "UBTC"
    site.rejects("fee_token")


FILL_FAULTS: dict[str, FillFault] = {
    "address is cut": address_is_cut,
    "address is in capitals": address_is_in_capitals,
    "blank line": blank_line,
    "both took liquidity": both_took_liquidity,
    "block is split over lines": block_is_split,
    "block number is missing": line("bad_field", lambda text: text.replace("block_number", "n")),
    "block time is no time": line("bad_time", lambda text: text.replace("T", "x", 2)),
    "block without events": block_without_events,
    "cents of cents in the fee": longer("fee", "0000001", "bad_scale"),
    "empty block": empty_block,
    "events are no list": line(
        "bad_field", lambda text: text.replace('"events":[', '"events":0,"e":[')
    ),
    "fee in another token": fee_in_another_token,
    "fields are added": fields_are_added,
    "hash of another block": hash_of_another_block,
    "key stands twice": in_text("px", '"px":"1.0","px":'),
    "keys stand in another order": keys_stand_in_another_order,
    "label contradicts": label_contradicts,
    "label is unknown": label_is_unknown,
    "liquidation is no object": field("liquidation", "backstop", "bad_field"),
    "line is cut": line("bad_json", lambda text: text[: len(text) * 2 // 3]),
    "line is garbled": line("bad_json", lambda text: text.replace(":", ";", 3)),
    "local time is missing": local_time_is_missing,
    "local time runs back": local_time_runs_back,
    "match is lost": match_is_lost,
    "no number for a price": in_text("px", '"px":NaN,"was":'),
    "outcome row": outcome_row,
    "position is missing": missing("startPosition"),
    "price as a JSON number": field("px", 1234.5, "bad_field"),
    "price is finer than the scale": longer("px", "0000001", "bad_scale"),
    "price is missing": missing("px"),
    "price is negative": field("px", "-5.0", "bad_field"),
    "prices of a match differ": prices_of_a_match_differ,
    "sizes of a match differ": sizes_of_a_match_differ,
    "result is wrong": result_is_wrong,
    "result is missing": missing("closedPnl"),
    "row comes again and says another price": row_comes_again_and_says_another_price,
    "row comes again with other extras": row_comes_again_with_other_extras,
    "row is lost": row_is_lost,
    "row stands twice": row_stands_twice,
    "side is neither": field("side", "X", "bad_field"),
    "size is finer than the scale": longer("sz", "0000001", "bad_scale"),
    "size is zero": field("sz", "0.0", "bad_field"),
    "spot match": spot_match,
    "start position is wrong": start_is_wrong,
    "test-net line": test_net_line,
    "time is another than the block's": time_of_another_block,
    "time is missing": missing("time"),
    "time is text": field("time", "1760130974057", "bad_time"),
    "unknown spot label": unknown_spot_label,
}


def winner_stands_alone(site: Site) -> None:
    events = site.block["events"]
    loser = next(at for at in (site.at, site.at + 1) if "Liquidated" in events[at][1]["dir"])
    del events[loser]
    site.expect("count:single_sides", "finding:forced_close_with_one_row")
    site.loses(loser)


def loser_stands_alone(site: Site) -> None:
    events = site.block["events"]
    winner = next(at for at in (site.at, site.at + 1) if "Auto" in events[at][1]["dir"])
    del events[winner]
    site.expect("count:single_sides", "finding:forced_close_with_one_row")
    site.expect("finding:lone_loser")
    site.loses(winner)


def close_costs_a_fee(site: Site) -> None:
    site.one()["fee"] = "0.5"
    site.expect("finding:forced_close_unlike_its_label")
    site.loses(site.chosen, says=False)


def mark_is_off_the_grid(site: Site) -> None:
    for row in site.rows:
        row["liquidation"]["markPx"] += "0000001"
    site.expect("finding:mark_off_tick")


CLOSE_FAULTS: dict[str, FillFault] = {
    "close costs a fee": close_costs_a_fee,
    "mark is off the grid": mark_is_off_the_grid,
    "loser stands alone": loser_stands_alone,
    "winner stands alone": winner_stands_alone,
}
