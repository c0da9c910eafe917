"""Does a page stay small and whole when ten thousand accounts stood in the ranking?"""

import re
from typing import Any

import pytest

from reports.audience import Audience, Viewer, seen_by
from reports.html.proof import PROOFS_AT_MOST
from reports.html.redaction import surroundings_seen_by
from reports.html.rendering import explanation_html
from reports.html.surroundings import (
    EventProof,
    Flag,
    MarkPoint,
    StepLine,
    Surroundings,
    TradePoint,
)
from tests.unit.reports.html.reading_html import Page

COUNT = 10_000
CUT = 1_234
OWN = 5_678
NOON = 1_791_633_600 * 10**9
LARGEST_PAGE = 200 * 1024


def name(rank: int) -> str:
    return f"0x{rank * 7919:040x}"


def row(rank: int) -> dict[str, Any]:
    return {
        "rank": rank,
        "account": name(rank),
        "quantity": "-12.3456",
        "entry_price": f"{60000 * 7919 + rank}/7919",
        "notional": "587650.560001",
        "unrealized": "153086.43999",
        "equity": "1234567.890123",
        "leverage": "195883520000333/411522630041",
        "score": f"{COUNT * 1_000_003 - rank}/{COUNT * 999_983}",
        "lights": 3,
        "closed": "12.3456" if rank < CUT else "0.0001" if rank == CUT else "0",
        "cost": "4938.24" if rank < CUT else "0.04" if rank == CUT else "0",
        "realized": "148148.2" if rank < CUT else "1.2" if rank == CUT else "0",
    }


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    sums = {
        "open_interest_long": "123456",
        "open_interest_short": "123456",
        "equity_sum": "12345678901.5",
        "net_deposits": "12345678901.5",
    }
    return {
        "schema": "adl-explanation/1",
        "as_of": {"seq": 2_001_234, "time": "2026-10-10T12:00:00.000000000Z", "root": "ab" * 32},
        "decision": {
            "id": "ADL-2000000",
            "seq": 2_000_000,
            "market": "BTC-PERP",
            "bankrupt": name(COUNT + 1),
            "policy": "pnl-leverage@1",
            "close_price": "48000",
            "mark_price": "47600",
            "quantity": "15222.1249",
        },
        "trigger": {
            "rule": "negative_equity",
            "equity": "-6088849.96",
            "maintenance_margin": "36228657.262",
            "holds": True,
        },
        "waterfall": [
            {
                "step": "adl",
                "offered": "123456",
                "used": "15222.1249",
                "left": "0",
                "reason": "all_closed",
                "seqs": list(range(2_000_000, 2_001_235)),
            }
        ],
        "candidates": {"count": COUNT, "excluded": {"not_in_profit": 77}, "root": "cd" * 32},
        "ranking": [row(rank) for rank in range(1, COUNT + 1)],
        "cut_after_rank": CUT,
        "account": {
            "account": name(OWN),
            "rank": OWN,
            "answer": f"It was not closed. It stood at rank {OWN} of {COUNT}.",
            "why_not_others": f"The need was met at rank {CUT}.",
            "nearest_escape": None,
        },
        "totals": {
            "closed": "15222.1249",
            "needed": "15222.1249",
            "cost": "6088849.96",
            "deficit": "6088849.96",
            "overshoot_quantity": "0",
            "overshoot_cost": "0",
            "overshoot_profit": "176577880.64",
        },
        "conservation": {"before": sums, "after": sums},
        "verification": {"redecided": "equal", "ranking_root": "equal"},
        "evidence": [{"seq": seq, "leaf": "ef" * 32} for seq in range(2_000_000, 2_001_235)],
    }


@pytest.fixture(scope="module")
def around() -> Surroundings:
    seconds = range(200)
    return Surroundings(
        venue="a large venue",
        origin="venue.example/books",
        quote="USDC",
        side="long",
        time=NOON,
        version="0.1.0",
        liquidation_id="LIQ-1999000",
        close_price_rule="bankruptcy",
        bankruptcy_price="48000",
        policy_digest="12" * 32,
        policy_seq=3,
        vault_candidate="excluded",
        losers_included=False,
        answer=f"It was not closed. It stood at rank {OWN} of {COUNT}.",
        why_not_others=f"The need was met at rank {CUT}.",
        opens=NOON - 900 * 10**9,
        marks=tuple(
            MarkPoint(1_900_000 + s, NOON - (200 - s) * 10**9, str(60000 - 62 * s)) for s in seconds
        ),
        trades=tuple(
            TradePoint(
                1_900_300 + s,
                NOON - (200 - s) * 10**9,
                str(60000 - 61 * s),
                "0.1",
                s % 3 == 0,
                (name(s), name(s + 1)),
            )
            for s in seconds
        ),
        trades_left_out=4711,
        flags=tuple(Flag(1_900_000 + s, NOON - (200 - s) * 10**9, "book") for s in seconds),
        steps=tuple(
            StepLine(1_900_000 + s, "book", "1.5", "48100", "17850", "15000", "filled")
            for s in seconds
        ),
        proofs=tuple(
            EventProof(seq, "position deleveraged", "ef" * 32, ("34" * 32,) * 21)
            for seq in range(2_000_000, 2_000_000 + PROOFS_AT_MOST)
        ),
        shared=("1.2", "480"),
        command="zerosum adl explain ADL-2000000 --json",
        digest="56" * 32,
    )


@pytest.mark.parametrize("audience", list(Audience))
def test_a_page_of_ten_thousand_candidates_is_at_most_200_kilobytes(
    document: dict[str, Any], around: Surroundings, audience: Audience
) -> None:
    viewer = Viewer(audience, "USDC", "long", name(OWN))
    shown = seen_by(document, viewer)
    source = explanation_html(shown, surroundings_seen_by(document, shown, around, viewer))

    assert len(source.encode("utf-8")) <= LARGEST_PAGE
    assert Page(source).faults == []


def test_the_top_ten_the_cut_and_the_neighbourhood_are_shown_and_gaps_are_told(
    document: dict[str, Any], around: Surroundings
) -> None:
    source = explanation_html(document, around)
    ranks = [int(rank) for rank in re.findall(r'id="rank-([0-9]+)"', source)]

    near_cut, near_own = (list(range(at - 3, at + 4)) for at in (CUT, OWN))
    assert ranks == [*range(1, 11), *near_cut, *near_own]
    for gap in ("11 to 1,230", "1,238 to 5,674", "5,682 to 10,000"):
        assert f"… ranks {gap} are not shown" in source
    assert "4,899 older are left out" in source
    assert "176 earlier steps are left out" in source
    assert "1,229 more in the JSON" in source


def test_every_link_still_leads_to_a_place(document: dict[str, Any], around: Surroundings) -> None:
    page = Page(explanation_html(document, around))
    aims = {(link.attributes["href"] or "").removeprefix("#") for link in page.all("a")}

    assert {f"rank-{OWN}", "cut", "count"} <= aims <= set(page.ids)
