"""Does the same input always give the same bytes: no float, no clock, no I/O, no chance order?"""

from pathlib import Path

import pytest

from tests.architecture.purity import impurities
from tests.architecture.sources import modules, place

PURE = {
    "a fraction of whole numbers": "x = Fraction(a, b)",
    "a division beside a Fraction": "x = Fraction(a) / b / c",
    "a division said to be exact": "x = exact(text) / tick_size  # exact: Fraction",
    "a division that rounds down": "x = a // b",
    "an exact function of math": "from math import gcd, isqrt",
    "a float in a docstring": '"""A float such as 0.5 never gets in."""',
    "a sorted set": "for x in sorted(set(names)): pass",
    "a sorted union of keys": "rows = [x for x in sorted(a.keys() | b.keys())]",
    "a count over a set": "n = sum(x.cash for x in set(accounts))",
    "a set from a set": "s = {x.id for x in set(accounts)}",
    "a dict in its order": "for x in accounts.values(): pass",
    "a difference of whole numbers": "for x in range(a - b): pass",
}

IMPURE = {
    "a float literal": "x = 0.5",
    "a float with an exponent": "x = 1e9",
    "a call of float": "x = float(text)",
    "a float annotation": "def f(x: float) -> None: ...",
    "a float from math": "x = math.sqrt(2)",
    "a float imported from math": "from math import log",
    "a division of whole numbers": "x = a / b",
    "a division in place": "x /= b",
    "a clock": "import time",
    "a clock by name": "from datetime import UTC",
    "chance": "import random",
    "chance inside a function": "def f():\n    from uuid import uuid4",
    "a file": "import os.path",
    "an opened file": "open(name)",
    "a printed line": "print(x)",
    "a database": "import sqlite3",
    "a framework": "from eventsourcing.domain import Aggregate",
    "a loop over a set": "for x in set(names): pass",
    "a loop over a set literal": "for x in {a, b}: pass",
    "a loop over a set comprehension": "for x in {y.id for y in accounts}: pass",
    "a loop over a union of keys": "for x in a.keys() | b.keys(): pass",
    "a loop over a difference of sets": "for x in set(a) - set(b): pass",
    "a loop over a union by name": "for x in set(a).union(b): pass",
    "a list of a set": "x = list(frozenset(names))",
    "a list comprehension over a set": "x = [y for y in set(names)]",
    "a generator over a set": "x = tuple(y for y in set(names))",
    "a joined set": "x = ', '.join({a, b})",
    "an unpacked set": "x = [*set(names)]",
}


@pytest.mark.parametrize("path", list(modules("domain")), ids=place)
def test_the_domain_is_pure(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert [f"{place(path)}:{line}: {what}" for line, what in impurities(source)] == []


@pytest.mark.parametrize("source", PURE.values(), ids=PURE.keys())
def test_is_pure(source: str) -> None:
    assert impurities(source) == []


@pytest.mark.parametrize("source", IMPURE.values(), ids=IMPURE.keys())
def test_is_impure(source: str) -> None:
    assert impurities(source) != []
