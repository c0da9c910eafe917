"""Do shares add up, and is the order of scores that of the exact fractions?"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from domain.adl.allocation import allocated
from domain.adl.candidate import Candidate, Ranked, Ranking, Score
from domain.adl.ranking import ranked
from domain.adl.selection import Circumstances, ScoreRule, Selection
from domain.specification import AdlPolicy

numbers = st.integers(-(10**30), 10**30)
NOTHING_ELSE = Circumstances(Fraction(1))


def candidate(name: str, size: int, capacity: int, unrealized: int = 1, seq: int = 1) -> Candidate:
    return Candidate(
        account=name,
        quantity=-size,
        cost=-size,
        unrealized=unrealized,
        notional=size,
        equity=1,
        maintenance_margin=0,
        capacity=min(capacity, size),
        opened_seq=seq,
        account_seq=1,
        is_vault=False,
    )


def by_size(one: Candidate, _: Circumstances) -> int:
    return one.size


def queue_by(score: ScoreRule) -> Selection:
    return Selection("given", "", "", "", "", in_profit_only=False, score=score)


SHARING = Selection("share", "", "", "", "", in_profit_only=True, weight=by_size)
rows = st.lists(
    st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(0, 3), st.booleans()),
    min_size=1,
    max_size=6,
).map(
    lambda found: Ranking.of(
        [
            Ranked(candidate(f"a{at}", size, capacity, unrealized, at), None, 0, loser)
            for at, (size, capacity, unrealized, loser) in enumerate(
                sorted(found, key=lambda row: row[3])
            )
        ]
    )
)


def shares(found: list[Candidate], need: int) -> dict[str, int]:
    """Water-filling by raising the level, then largest remainders, written down naively."""
    need = min(need, sum(one.capacity for one in found))
    exact: dict[str, Fraction] = {}
    left, thirsty = Fraction(need), list(found)
    while thirsty:
        total = sum(one.size for one in thirsty)
        full = [one for one in thirsty if left * one.size > one.capacity * total]
        if not full:
            exact |= {one.account: left * one.size / total for one in thirsty}
            break
        for one in full:
            exact[one.account] = Fraction(one.capacity)
        left = need - sum(exact.values(), Fraction(0))
        thirsty = [one for one in thirsty if one.account not in exact]
    lots = {account: int(share) for account, share in exact.items()}
    order = sorted(
        found,
        key=lambda one: (
            -(exact[one.account] - lots[one.account]),
            -one.unrealized,
            -one.notional,
            one.opened_seq,
            one.account,
        ),
    )
    for one in order[: need - sum(lots.values())]:
        lots[one.account] += 1
    return lots


@given(rows, st.integers(1, 150))
def test_shares_are_those_of_water_filling_and_largest_remainders(
    found: Ranking, need: int
) -> None:
    closed = allocated(found, SHARING, need, NOTHING_ELSE)

    winners = [row.candidate for row in found if not row.admitted_loser]
    losers = [row.candidate for row in found if row.admitted_loser]
    wanted = shares(winners, need)
    wanted |= shares(losers, need - sum(wanted.values()))
    assert {row.candidate.account: row.closed for row in closed} == wanted
    assert [row.candidate for row in closed] == [row.candidate for row in found]
    assert sum(wanted.values()) == min(need, sum(row.candidate.capacity for row in found))
    assert all(0 <= row.closed <= row.candidate.capacity for row in closed)


@given(rows, st.integers(1, 150))
def test_a_queue_is_closed_from_the_top_and_only_the_last_in_part(
    found: Ranking, need: int
) -> None:
    queue = queue_by(lambda _one, _about: (0, 1))

    closed = [row.closed for row in allocated(found, queue, need, NOTHING_ELSE)]

    capacities = [row.candidate.capacity for row in found]
    assert sum(closed) == min(need, sum(capacities))
    touched = [at for at, lots in enumerate(closed) if lots]
    assert touched == list(range(len(touched)))
    assert closed[: len(touched) - 1] == capacities[: max(0, len(touched) - 1)]


scores = st.tuples(numbers, st.integers(1, 10**30))
close_scores = st.builds(
    lambda numerator, denominator, shift: (numerator * shift, denominator * shift + 1),
    st.integers(-3, 3),
    st.integers(1, 3),
    st.integers(1, 10**25),
)


@given(st.lists(scores | close_scores, min_size=1, max_size=12))
def test_candidates_stand_in_the_order_of_their_exact_scores(given_scores: list[Score]) -> None:
    by_name = {f"a{at:02}": score for at, score in enumerate(given_scores)}
    selection = queue_by(lambda one, _about: by_name[one.account])
    holders = [candidate(name, 1, 1) for name in reversed(by_name)]

    queue = ranked(holders, AdlPolicy(), selection, 1, NOTHING_ELSE)

    found = [row.candidate.account for row in queue.rows]
    assert found == sorted(by_name, key=lambda name: (-Fraction(*by_name[name]), name))


ties = st.tuples(
    st.integers(0, 1), st.integers(0, 1), st.integers(1, 2), st.integers(0, 1), st.booleans()
)


@given(st.lists(ties, min_size=1, max_size=8), st.sampled_from(("same-rules", "first", "last")))
def test_ties_go_by_profit_notional_age_and_name(
    found: list[tuple[int, int, int, int, bool]], rule: str
) -> None:
    by_name = {f"a{at}": row for at, row in enumerate(found)}
    selection = queue_by(lambda one, _about: (by_name[one.account][0], 1))
    holders = [
        candidate(name, size, size, unrealized, seq)._replace(is_vault=is_vault)
        for name, (_, unrealized, size, seq, is_vault) in by_name.items()
    ]

    policy = AdlPolicy(vault_candidate=rule)
    queue = ranked(reversed(holders), policy, selection, 1, NOTHING_ELSE)

    place = {"first": -1, "last": 1, "same-rules": 0}[rule]
    wanted = sorted(
        by_name,
        key=lambda name: (
            place if by_name[name][4] else 0,
            *(-value for value in by_name[name][:3]),
            by_name[name][3],
            name,
        ),
    )
    assert [row.candidate.account for row in queue.rows] == wanted
