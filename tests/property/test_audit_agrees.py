"""Does the audit say what a slow one says, and does nothing that comes later change it?"""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.audit.decisions import AuditedDecision
from tests.oracle import naive_audit
from tests.recorded import RecordedLog, audited

NAMES = ("a", "b", "c", "d", "e", "f", "g")


def random_log(random: Random) -> RecordedLog:
    """A short recorded life of two markets, with doubts sown in, and several rounds of closes."""
    log = RecordedLog(markets=("M", "N"))
    log.deposit("bust", random.randrange(1, 400))
    log.deposit("maker", 10**6)
    for name in NAMES:
        if random.random() < 0.9:
            log.deposit(name, random.choice((200, 500, 500, 900, 2000)))
    log.trade("bust", "maker", random.randrange(5, 60), 100)
    for name in NAMES:
        for market in random.choice((("M",), ("M",), ("M", "N"))):
            _trade(log, random, name, market)
    for _ in range(random.randrange(1, 5)):
        _doubt(log, random)
        log.later(random.choice((1, 1, 1, 5, 20)))
        for market in random.choice((("M",), ("M", "N"), ("M", "N"))):
            log.mark(random.randrange(80, 112), market)
        _closes(log, random)
        _trade(log, random, random.choice(NAMES), "M")
    return log


def _trade(log: RecordedLog, random: Random, name: str, market: str) -> None:
    lots, price = random.randrange(1, 12), random.choice((90, 100, 100, 110, 120, 130))
    if random.random() < 0.8:
        log.trade("maker", name, lots, price, market)
    else:
        log.trade(name, "maker", lots, price, market)


def _doubt(log: RecordedLog, random: Random) -> None:
    name = random.choice(NAMES)
    match random.randrange(9):
        case 0:
            log.trade("outside:opening:M", "late", 3, 0, purpose="opening")
        case 1:
            log.trade("outside:gap:M", name, 2, 0, purpose="gap")
        case 2:
            log.refuse("effect_unknown", account=name)
        case 3:
            log.refuse(random.choice(("bad_json", "out_of_scope")))
        case 4:
            log.move(name, random.choice(NAMES), 5, random.choice(("transfer", "funding")))
        case 5:
            log.trade("outside:counterparty:M", name, 1, 100)
        case _:
            pass


def _closes(log: RecordedLog, random: Random) -> None:
    for bankrupt in random.choice((("bust",), ("bust",), ("bust", "maker"))):
        market = log.venue.markets["M"]
        for _ in range(random.randrange(1, 4)):
            held = market.positions.get(bankrupt)
            others = sorted(
                name
                for name, position in market.positions.items()
                if held is not None and position.sign != held.sign and ":" not in name
            )
            if held is None or not others:
                break
            victim = random.choice(others)
            most = min(abs(held.quantity), abs(market.positions[victim].quantity))
            lots = most if random.random() < 0.7 else random.randrange(1, most + 1)
            log.close(bankrupt, victim, lots, 95)


def said(found: AuditedDecision) -> dict[str, tuple[str, frozenset[str]]]:
    return {
        one.reading.letter: (
            str(one.verdict),
            frozenset(each.code.partition(":")[0] for each in one.missing),
        )
        for one in found.findings
    }


@given(st.integers(0, 10**9))
@settings(max_examples=100)
def test_the_audit_says_what_a_slow_one_says(seed: int) -> None:
    log = random_log(Random(seed))
    decisions = naive_audit.decisions(log.events)

    found = log.audited()
    assert [one.seq for one in found] == [closes[0]["seq"] for closes in decisions]
    for one, closes in zip(found, decisions, strict=True):
        assert said(one) == naive_audit.verdicts(log.events, closes)


@given(st.integers(0, 10**9))
@settings(max_examples=25)
def test_what_is_recorded_later_changes_no_earlier_audit(seed: int) -> None:
    log = random_log(Random(seed))
    whole = {one.id: one for one in log.audited()}

    for end in range(len(log.events)):
        event = log.events[end]
        is_new_block = end and event["source"].get("block") != log.events[end - 1]["source"].get(
            "block"
        )
        if is_new_block:
            for one in audited(log.events[:end]):
                assert _told(one) == _told(whole[one.id])


def _told(one: AuditedDecision) -> tuple[object, ...]:
    return (
        one.checks,
        one.findings,
        one.scope,
        one.bankrupt_equity,
        one.missing,
        tuple((row.close, row.cost, row.checks) for row in one.closes),
    )
