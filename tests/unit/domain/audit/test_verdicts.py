"""Does each verdict say what the known accounts show, and no more?

The shorts `p` (10 lots at 100) and `q` (10 lots at 180), both worth 900 at mark 90, separate the
readings: the literal one takes `p` first, the symmetric and the recovered one take `q`.
"""

from fractions import Fraction

from domain.audit.decisions import AuditedDecision, Terms
from domain.audit.knowledge import Assumption, Origin
from domain.audit.readings import reading_of
from domain.audit.verdict import Pair
from tests.recorded import RecordedLog, crash

P = ("p", 800, 10, 100)
Q = ("q", 0, 10, 180)


def separated(*more: tuple[str, int, int, int], need: int = 10) -> RecordedLog:
    log = crash(("p", 800, 10, 100), ("q", 1, 10, 180), *more, need=need)
    log.move("q", "maker", 1, "transfer")
    return log


def verdicts(found: AuditedDecision) -> dict[str, str]:
    return {one.reading.letter: str(one.verdict) for one in found.findings}


def missing(found: AuditedDecision, letter: str = "S") -> dict[str, tuple[str, ...]]:
    one = next(one for one in found.findings if one.reading.letter == letter)
    return {each.code: each.accounts for each in one.missing}


def test_the_published_vector_separates_the_readings() -> None:
    log = separated()
    log.close("bust", "q", 10, 95)

    (found,) = log.audited()
    assert verdicts(found) == {"L": "violates", "S": "conforms", "R": "conforms"}
    literal = found.findings[0]
    assert literal.pair == Pair("order", "p", Fraction(9, 10), "q", Fraction(1, 2))
    assert literal.skipped == ("p",)
    assert literal.would_close == {"p": 10}
    assert literal.distance is not None
    assert (literal.distance.quantity, literal.distance.ranks) == (10, 1)


def test_the_other_order_violates_where_the_first_conforms() -> None:
    log = separated()
    log.close("bust", "p", 10, 95)

    (found,) = log.audited()
    assert verdicts(found) == {"L": "conforms", "S": "violates", "R": "violates"}
    assert found.findings[1].pair == Pair("order", "q", Fraction(2), "p", Fraction(10, 9))


def test_any_order_among_equal_scores_conforms_and_the_tie_is_told() -> None:
    log = crash(("a", 500, 10, 120), ("b", 500, 10, 120))
    log.close("bust", "b", 10, 95)

    (found,) = log.audited()
    assert set(verdicts(found).values()) == {"conforms"}
    assert [one.ties for one in found.findings] == [1, 1, 1]


def test_the_last_may_be_closed_in_part() -> None:
    log = separated(need=15)
    log.close("bust", "q", 10, 95)
    log.close("bust", "p", 5, 95)

    (found,) = log.audited()
    assert verdicts(found)["S"] == "conforms"
    assert verdicts(found)["L"] == "violates"
    assert found.findings[1].would_close == {"q": 10, "p": 5}


def test_a_part_that_is_not_the_last_violates_although_both_were_closed() -> None:
    log = separated(need=15)
    log.close("bust", "q", 5, 95)
    log.close("bust", "p", 10, 95)

    (found,) = log.audited()
    assert verdicts(found) == {"L": "conforms", "S": "violates", "R": "violates"}
    assert found.findings[0].rows_in_order == "no"


def test_two_parts_violate_every_queue_even_among_equals() -> None:
    log = crash(("a", 500, 10, 120), ("b", 500, 10, 120))
    log.close("bust", "a", 5, 95)
    log.close("bust", "b", 5, 95)

    (found,) = log.audited()
    assert set(verdicts(found).values()) == {"violates"}
    assert {one.pair.kind for one in found.findings if one.pair is not None} == {"two_partials"}


def test_a_loser_is_closed_only_when_no_winner_is_left() -> None:
    shorts = (("winner", 500, 5, 120), ("loser", 500, 10, 80))
    early, late = crash(*shorts), crash(*shorts)
    early.close("bust", "loser", 5, 95)
    late.close("bust", "winner", 5, 95)
    late.close("bust", "loser", 5, 95)

    (one,), (other,) = early.audited(), late.audited()
    assert verdicts(one)["S"] == "violates"
    assert one.findings[1].pair is not None
    assert one.findings[1].pair[1::2] == ("winner", "loser")
    assert verdicts(other)["S"] == "conforms"
    assert other.findings[1].losers_included


def test_whoever_has_no_equity_is_no_candidate() -> None:
    log = crash(("a", 500, 10, 120), ("broke", 1, 10, 80))
    log.close("bust", "broke", 10, 95)

    (found,) = log.audited()
    assert {one.pair.kind for one in found.findings if one.pair} == {"not_a_candidate"}


def test_an_account_met_midway_leaves_the_order_open() -> None:
    log = separated()
    log.trade("outside:opening:M", "mid", 3, 0, purpose="opening")
    log.close("bust", "q", 10, 95)

    (found,) = log.audited()
    assert verdicts(found)["S"] == "undecidable"
    assert missing(found) == {
        "basis_unknown": ("mid",),
        "opening_unknown": ("mid",),
        "unseen_holders": (),
    }


def test_a_pair_of_known_accounts_violates_whatever_else_is_unknown() -> None:
    log = separated()
    log.trade("outside:opening:M", "mid", 3, 0, purpose="opening")
    log.close("bust", "q", 10, 95)

    (found,) = log.audited()
    assert verdicts(found)["L"] == "violates"


def test_somebody_who_was_hidden_until_the_close_leaves_it_open() -> None:
    log = separated()
    log.trade("outside:opening:M", "hidden", 10, 0, purpose="opening")
    hidden = log.events.pop()
    log.close("bust", "hidden", 10, 95)
    log.events.insert(-1, hidden)

    (found,) = log.audited(Terms(assumptions=frozenset({Assumption.NO_UNSEEN_HOLDERS})))
    assert set(verdicts(found).values()) == {"undecidable"}
    assert "opening_unknown" in missing(found)


def test_a_gap_takes_an_account_out_of_every_verdict() -> None:
    log = separated()
    log.trade("outside:gap:M", "p", 1, 0, purpose="gap")
    log.close("bust", "q", 10, 95)

    (found,) = log.audited()
    assert set(verdicts(found).values()) == {"undecidable"}
    assert missing(found)["gap"] == ("p",)


def test_an_account_whose_first_row_is_a_fill_has_unknown_cash() -> None:
    log = separated()
    log.trade("maker", "stranger", 3, 110)
    log.close("bust", "q", 10, 95)

    (found,) = log.audited()
    assert verdicts(found)["S"] == "undecidable"
    assert missing(found) == {"cash_unknown": ("stranger",)}


def test_without_a_recorded_state_nobody_is_known() -> None:
    log = separated()
    log.close("bust", "q", 10, 95)

    (found,) = log.audited(Terms(origin=Origin.STATE))
    assert set(verdicts(found).values()) == {"undecidable"}


def test_a_holder_without_profit_can_change_nothing_whatever_its_cash() -> None:
    log = separated()
    log.trade("maker", "stranger", 3, 80)
    log.close("bust", "q", 10, 95)

    (found,) = log.audited()
    assert verdicts(found)["S"] == "conforms"
    assert verdicts(found)["R"] == "undecidable"


def test_a_refused_row_about_its_money_makes_an_account_uncertain() -> None:
    log = separated()
    log.refuse("effect_unknown", account="p")
    log.close("bust", "q", 10, 95)

    (found,) = log.audited()
    assert missing(found) == {"cash_uncertain": ("p",)}


def test_a_refused_row_of_nobody_leaves_all_open_until_it_is_assumed_harmless() -> None:
    log = separated()
    log.refuse("bad_json")
    log.close("bust", "q", 10, 95)
    harmless = Terms(assumptions=frozenset({Assumption.REFUSED_ROWS_MOVE_NOTHING}))

    assert missing(log.audited()[0]) == {"refused_rows": ()}
    assert verdicts(log.audited(harmless)[0])["S"] == "conforms"


def test_rows_out_of_scope_change_nothing() -> None:
    log = separated()
    log.refuse("out_of_scope")
    log.close("bust", "q", 10, 95)

    assert verdicts(log.audited()[0])["S"] == "conforms"


def test_a_mark_that_is_missing_or_old_leaves_its_holders_open() -> None:
    log = RecordedLog(markets=("M", "N"))
    for account in ("bust", "maker", "p", "q"):
        log.deposit(account, 10**5)
    log.trade("bust", "maker", 10, 100)
    log.trade("maker", "p", 10, 110)
    log.trade("maker", "q", 10, 120)
    log.trade("p", "maker", 1, 5, market="N")
    log.mark(90)
    log.close("bust", "q", 10, 95)
    log.later()
    log.mark(5, market="N")
    log.later(20)
    log.mark(91)
    log.close("maker", "p", 2, 95)

    first, second = log.audited()
    assert missing(first, "L") == {"mark_missing:N": ("p",)}
    assert missing(second, "L") == {"mark_old:N": ("p",)}
    assert second.bankrupt_equity is None
    assumed = Terms(assumptions=frozenset({Assumption.MARKS_STILL_HOLD}))
    assert log.audited(assumed)[1].bankrupt_equity is not None


def test_a_mark_of_a_second_ago_is_not_the_one_in_force() -> None:
    log = separated()
    log.later()
    log.close("bust", "q", 10, 95)

    (found,) = log.audited()
    assert set(verdicts(found).values()) == {"undecidable"}
    assert set(missing(found, "S")) == {"mark_old:M"}
    assert (found.mark, found.previous_mark, found.bankrupt_equity, found.cost) == (None,) * 4
    answers = {one.name: str(one.answer) for one in found.checks}
    assert {answers[f"price_{rule}"] for rule in ("mark", "previous_mark")} == {"unknown"}

    (taken,) = log.audited(Terms(oldest_mark=10**9))
    assert verdicts(taken) == {"L": "violates", "S": "conforms", "R": "conforms"}
    assert taken.cost is not None


def test_nobody_can_tell_that_no_candidate_was_left_where_holders_are_unseen() -> None:
    log = crash(("q", 500, 10, 180))
    log.trade("q", "outside:counterparty:M", 1, 90)
    log.close("bust", "q", 9, 95)

    (found,) = log.audited()
    answers = {one.name: str(one.answer) for one in found.checks}
    assert answers["open_only_without_candidates"] == "unknown"
    assumed = Terms(assumptions=frozenset({Assumption.NO_UNSEEN_HOLDERS}))
    answers = {one.name: str(one.answer) for one in log.audited(assumed)[0].checks}
    assert answers["open_only_without_candidates"] == "yes"


def test_a_sharing_rule_is_judged_by_the_lots_of_each() -> None:
    terms = Terms(readings=(reading_of("pro-rata-size@1"),))
    equal, unequal = separated(), separated()
    equal.close("bust", "p", 5, 95)
    equal.close("bust", "q", 5, 95)
    unequal.close("bust", "p", 6, 95)
    unequal.close("bust", "q", 4, 95)

    assert equal.audited(terms)[0].findings[0].verdict == "conforms"
    found = unequal.audited(terms)[0].findings[0]
    assert found.verdict == "violates"
    assert found.pair == Pair("share", "q", None, "p", None)


def test_a_rotation_is_judged_by_the_places_that_its_seed_gives() -> None:
    terms = Terms(readings=(reading_of("seeded-rotation@1", {"seed": "1"}),))
    log = separated()
    log.close("bust", "q", 10, 95)

    assert log.audited(terms)[0].findings[0].verdict == "conforms"


def test_trades_between_the_closes_of_a_decision_leave_it_open() -> None:
    log = separated(need=15)
    log.close("bust", "q", 10, 95)
    log.trade("maker", "p", 1, 90)
    log.close("bust", "p", 5, 95)

    (found,) = log.audited()
    assert set(verdicts(found).values()) == {"undecidable"}
    assert "order_in_block" in missing(found)
