"""Does every parser answer whatever it is given with a value or a declared error?

`make test` asks a few thousand inputs; `make test-long` 1,100,000 (docs/quality.md says when it ran
last, and what it found). An input that breaks something is printed; it repeats from its seed.
"""

import os
import resource
from collections import Counter
from pathlib import Path

import pytest

from domain.errors import Rejected
from ledger.notes import LONGEST_NOTE
from tests.fuzz.inputs import LONGEST, inputs
from tests.fuzz.parsers import PARSERS, Parser

SEED = "20261122"
FEW, MANY = 3_000, 1_100_000
NAMES = [parser.name for parser in PARSERS]


def judged(parser: Parser, count: int) -> Counter[str]:
    """What became of so many inputs; anything but a declared error is the test's failure."""
    found: Counter[str] = Counter()
    for number, raw in enumerate(inputs(f"{SEED} {parser.name}", parser.samples(), count)):
        try:
            parser.read(raw)
        except parser.declared as fault:
            code = fault.code if isinstance(fault, Rejected) else type(fault).__name__
            found[code] += 1
        except BaseException as fault:
            raise AssertionError(f"{parser.name}, input {number}: {raw!r}") from fault
        else:
            found["read"] += 1
    assert sum(found.values()) == count
    return found


@pytest.mark.parametrize("parser", PARSERS, ids=NAMES)
def test_a_few_inputs_end_in_declared_errors_only(parser: Parser) -> None:
    found = judged(parser, FEW * parser.share // 1_000)

    # Damage is not so heavy that nothing gets through, nor so light that all does.
    if parser.declared:
        assert 0 < found["read"] < found.total()


@pytest.mark.parametrize("parser", PARSERS, ids=NAMES)
def test_samples_themselves_are_read(parser: Parser) -> None:
    for raw in parser.samples():
        try:
            parser.read(raw)
        except parser.declared as fault:
            # A command may be refused by the state it finds; it is a command all the same.
            if not isinstance(fault, Rejected):
                raise


@pytest.mark.long
@pytest.mark.parametrize("parser", PARSERS, ids=NAMES)
def test_many_inputs_end_in_declared_errors_only_and_leave_nothing_behind(parser: Parser) -> None:
    judged(parser, 2_000 if parser.share > 10 else 200)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = judged(parser, MANY * parser.share // 1_000)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{parser.name}: {found.total()} inputs, {dict(found.most_common(8))}, +{grown:.0f} MB")

    assert grown < 64


LARGE: dict[str, bytes] = {
    "nested lists": b"[" * LONGEST_NOTE,
    "nested objects": b'{"a":' * (LONGEST_NOTE // 5),
    "one long text": b'{"command":"' + b"x" * LONGEST_NOTE + b'"}',
    "one long number": b'{"command":' + b"9" * LONGEST_NOTE + b"}",
    "many numbers": b"[" + b"1," * (LONGEST_NOTE // 2) + b"1]",
    "many keys": b"{" + b",".join(b'"%d":0' % n for n in range(100_000)) + b"}",
    "one key many times": b"{" + b'"a":0,' * (LONGEST_NOTE // 6) + b'"a":0}',
    "lines": b"\n" * LONGEST_NOTE,
    "words": b"deposit alice " + b"1 " * (LONGEST_NOTE // 2),
    "no text": b"\x00" * LONGEST_NOTE,
}


@pytest.mark.long
@pytest.mark.parametrize("what", LARGE)
def test_a_megabyte_of_anything_costs_no_more_than_a_multiple_of_it(what: str) -> None:
    for parser in PARSERS:
        parser.samples()
    child = os.fork()
    if not child:
        # A process of its own: what it may have beyond what it has is so many times the input.
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        os._exit(_broken(LARGE[what]))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, "which parser: its place among PARSERS"


def _broken(raw: bytes) -> int:
    """Place (from 1) of the first parser that breaks, 0 when none does."""
    had = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for place, parser in enumerate(PARSERS, start=1):
        most = had + parser.times * len(raw)
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
        try:
            parser.read(raw)
        except parser.declared:
            pass
        except BaseException:  # noqa: BLE001 - whatever it is, it was not declared
            return place
    return 0


def test_inputs_repeat_from_their_seed_and_are_bounded() -> None:
    samples = PARSERS[0].samples()
    some = list(inputs("seed", samples, 500))

    assert some == list(inputs("seed", samples, 500))
    assert some != list(inputs("other", samples, 500))
    assert max(map(len, some)) <= LONGEST
