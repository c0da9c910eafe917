"""Is a ranking the sequence of its rows, whoever looks and however?"""

import pytest

from domain.adl.candidate import NO_SCORE, Candidate, Ranked, Ranking, in_lowest_terms


def candidate(name: str, quantity: int = 5, cost: int = 500) -> Candidate:
    return Candidate(name, quantity, cost, 10, 510, 100, 20, quantity, 7, 3, is_vault=False)


ROWS = [
    Ranked(candidate("a"), (3, 2), 5),
    Ranked(candidate("b"), (1, 2), 2, parts=((1, 2), (3, 1))),
    Ranked(candidate("c"), None, 0, admitted_loser=True),
]


def test_a_ranking_of_rows_is_those_rows() -> None:
    ranking = Ranking.of(ROWS)

    assert list(ranking) == ROWS
    assert len(ranking) == 3
    assert [ranking[place] for place in range(3)] == ROWS
    assert ranking[-1] == ROWS[2]
    assert ranking[1:] == tuple(ROWS[1:])
    assert ranking[:0] == ()
    with pytest.raises(IndexError):
        ranking[3]


def test_a_ranking_counts_what_its_rows_give() -> None:
    ranking = Ranking.of(ROWS)

    assert ranking.winners == 2
    assert ranking.lots_closed == 7
    assert ranking.closures() == [(1, ROWS[0]), (2, ROWS[1])]
    assert ranking.candidates() == [row.candidate for row in ROWS]
    given = ranking.giving([0, 0, 4])
    assert given.closures() == [(3, ROWS[2]._replace(closed=4))]
    assert given.winners == 2


def test_rows_stand_in_their_order_and_not_in_that_of_the_candidates() -> None:
    people = [candidate(name) for name in "abc"]
    scores, parts = [(1, 1), None, (3, 1)], [(), ((2, 1),), ()]
    ranking = Ranking(people, [2, 0, 1], scores, parts, 2)

    assert [(row.candidate.account, row.score, row.parts) for row in ranking] == [
        ("c", (3, 1), ()),
        ("a", (1, 1), ()),
        ("b", None, ((2, 1),)),
    ]
    assert [row.closed for row in ranking] == [0, 0, 0]
    assert [row.admitted_loser for row in ranking] == [False, False, True]
    assert [row.admitted_loser for row in ranking[:]] == [False, False, True]


def test_rankings_are_equal_when_all_their_rows_are() -> None:
    ranking = Ranking.of(ROWS)

    assert ranking == Ranking.of(list(ROWS))
    assert hash(ranking) == hash(Ranking.of(list(ROWS)))
    assert ranking != Ranking.of(ROWS[:2])
    assert Ranking.of(ROWS[:2]) != ranking
    for place in range(3):
        changed = [*ROWS]
        changed[place] = ROWS[place]._replace(closed=9)
        assert ranking != Ranking.of(changed)
    assert ranking != ROWS


def test_a_row_that_gives_nothing_says_so_by_default() -> None:
    row = Ranked(candidate("a"), None)

    assert (row.closed, row.admitted_loser, row.parts) == (0, False, ())
    one = candidate("a")
    assert (one.in_liquidation, one.basis_known) == (False, True)


def test_a_position_without_cost_counts_as_one_unit() -> None:
    assert candidate("a", cost=-4).cost_notional == 4
    assert candidate("a", cost=0).cost_notional == 1
    assert candidate("a", quantity=-5).size == 5


def test_lowest_terms_keep_the_sign() -> None:
    assert in_lowest_terms((6, 4)) == (3, 2)
    assert in_lowest_terms((-6, 4)) == (-3, 2)
    assert in_lowest_terms((0, 7)) == (0, 1)


def test_no_score_is_written_as_zero_in_lowest_terms() -> None:
    assert NO_SCORE == in_lowest_terms(NO_SCORE) == (0, 1)


@pytest.mark.parametrize("closed", [[1, 2], [1, 2, 0, 0]])
def test_a_ranking_never_leaves_out_a_row_that_was_given_no_lots(closed: list[int]) -> None:
    with pytest.raises(ValueError, match="zip"):
        list(Ranking.of(ROWS).giving(closed))
