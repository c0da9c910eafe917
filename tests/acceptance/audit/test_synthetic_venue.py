"""Does an audit of a whole made-up evening meet its truth? Skipped where it is absent."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from domain.audit.decisions import AuditedDecision
from tests.recorded import audited
from tests.unit.importers.archives import SHARED, imported

FOLDER = SHARED / "hyperliquid_synthetic"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the synthetic venue is not here")
LITERAL, SYMMETRIC = 0, 1
Truth = dict[str, Any]


@pytest.fixture(scope="module")
def evening() -> list[AuditedDecision]:
    return audited(imported(FOLDER / "venue", readings={"withdraw": "fee-beside"}).events)


@pytest.fixture(scope="module")
def truth() -> list[Truth]:
    with (FOLDER / "truth" / "adl_decisions.jsonl").open() as stream:
        return [json.loads(line) for line in stream]


def units(text: str, places: int = 6) -> int:
    return int(Decimal(text).scaleb(places))


def test_the_decisions_are_those_of_the_truth(
    evening: list[AuditedDecision], truth: list[Truth]
) -> None:
    assert [(d.key.instant.number, d.key.market, d.key.bankrupt) for d in evening] == [
        (t["block_number"], t["coin"], t["liquidated_user"]) for t in truth
    ]
    assert [d.bankrupt_equity for d in evening] == [
        units(t["liquidated_account_value"]) for t in truth
    ]
    assert [str(abs(d.bankrupt_quantity or 0)) for d in evening] == [
        str(units(t["to_close"], d.spec.lot_size.places))
        for d, t in zip(evening, truth, strict=True)
    ]


def test_candidates_scores_and_order_are_those_of_the_truth(
    evening: list[AuditedDecision], truth: list[Truth]
) -> None:
    for found, told in zip(evening, truth, strict=True):
        roster = found.roster
        assert roster is not None
        assert roster.doubted == []
        scores = {
            row["user"]: (
                Fraction(row["score_num"], row["score_den"]),
                units(row["unrealised"]),
                units(row["account_value"]),
                units(row["entry_cost"]),
            )
            for row in told["candidates"]
        }
        winners = {
            name: (
                roster.fraction(SYMMETRIC, name),
                roster.unrealized[place],
                roster.equities[place],
                roster.known[place].position.cost,
            )
            for place, name in enumerate(roster.accounts)
            if roster.unrealized[place] > 0 and roster.equities[place] > 0
        }
        assert winners == scores
        assert found.findings[SYMMETRIC].candidates == told["candidate_count"]
        assert len(roster.accounts) - len(winners) == told["not_eligible_count"]


def test_sizes_and_ranks_of_the_closes_are_those_of_the_truth(
    evening: list[AuditedDecision], truth: list[Truth]
) -> None:
    for found, told in zip(evening, truth, strict=True):
        places = found.spec.lot_size.places
        closed = {
            row["user"]: units(row["closed"], places)
            for row in told["candidates"]
            if Decimal(row["closed"])
        }
        symmetric = found.findings[SYMMETRIC]
        assert {row.close.victim: row.close.quantity for row in found.closes} == closed
        assert [row.close.victim for row in found.closes] == list(closed)
        assert sum(symmetric.would_close.values()) == sum(closed.values())
        if not symmetric.ties and len(set(symmetric.ranks.values())) == len(symmetric.ranks):
            assert symmetric.would_close == closed


def test_one_price_per_coin_and_block_is_the_previous_mark(
    evening: list[AuditedDecision], truth: list[Truth]
) -> None:
    for found, told in zip(evening, truth, strict=True):
        tick = found.spec.tick_size.fraction()
        assert found.price * tick == Fraction(told["px"])
        assert (found.mark or 0) * tick == Fraction(told["mark"])
        answers = {one.name: str(one.answer) for one in found.checks}
        assert answers["one_price"] == answers["price_previous_mark"] == "yes"
        assert answers["bankrupt_below_zero"] == answers["one_partial_at_most"] == "yes"
        assert answers["open_only_without_candidates"] == "yes"


def test_all_conform_to_the_symmetric_reading_and_two_violate_the_literal(
    evening: list[AuditedDecision],
) -> None:
    symmetric = [str(found.findings[SYMMETRIC].verdict) for found in evening]
    literal = [str(found.findings[LITERAL].verdict) for found in evening]

    assert symmetric == ["conforms"] * 16
    assert [at for at, said in enumerate(literal, start=1) if said == "violates"] == [3, 8]
    assert literal.count("conforms") == 14
    for found in (evening[2], evening[7]):
        pair = found.findings[LITERAL].pair
        assert pair is not None
        assert pair.skipped_score is not None
        assert pair.closed_score is not None
        assert pair.skipped_score > pair.closed_score


def test_what_is_said_from_a_snapshot_alone_contradicts_nothing(
    evening: list[AuditedDecision],
) -> None:
    rows = imported(FOLDER / "venue", readings={"withdraw": "fee-beside"}, from_snapshot=True)
    found = audited(rows.events)

    said = [[str(one.verdict) for one in decision.findings] for decision in found]
    whole = [[str(one.verdict) for one in decision.findings] for decision in evening]
    for less, more in zip(said, whole, strict=True):
        assert all(one in ("undecidable", other) for one, other in zip(less, more, strict=True))
    # A snapshot knows what everybody is worth, but not what anybody paid.
    assert [decision.bankrupt_equity for decision in found] == [
        decision.bankrupt_equity for decision in evening
    ]
    missing = {each.code for decision in found for one in decision.findings for each in one.missing}
    assert missing == {"basis_unknown"}
    assert sum(line.count("undecidable") for line in said) == 41
