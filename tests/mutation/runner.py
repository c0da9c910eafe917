"""Which tests fail when one place of the code is changed?

The tests are collected once and run once under a tracer that notes which lines of the target each
of them reaches. Then every mutant gets a forked copy of this process: the code of the changed
function is exchanged in place, and the tests that reach the changed line run, quickest first, until
one fails. What changes while a module is imported gets a process of its own instead.
"""

import functools
import gc
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, mutants_of, program
from tests.mutation.targets import ROOT

LONGEST_TEST = 6.0
"""Tests that take longer, traced, are not asked; seconds of CPU."""
MEMORY = 3 << 30

KILLED, SURVIVED, ENDLESS, UNREACHED = "killed", "survived", "endless", "unreached"
OPTIMIZED = 0x2
"""The flag of the code of functions; that of modules and classes lacks it."""


class Result(NamedTuple):
    """What became of one mutant."""

    file: str
    mutant: Mutant
    outcome: str
    by: str
    """The test that failed."""


class Runner:
    """A pytest plugin that asks its tests about mutants instead of running them once."""

    def __init__(self, files: list[str], every: int, found: set[tuple[str, str]]) -> None:
        self._files = {str(ROOT / name): name for name in files}
        self._every = every
        self._found = found
        self._reached: dict[str, set[tuple[str, int]]] = {}
        self._seconds: dict[str, float] = {}
        self.results: list[Result] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Trace every test once, then try every mutant."""
        items = [item for item in session.items if self._traced(item)]
        items.sort(key=lambda item: (self._seconds[item.nodeid], item.nodeid))
        print(f"{len(items)} tests, {sum(self._seconds.values()):.0f} s traced", flush=True)
        gc.collect()
        number = 0
        for path, name in self._files.items():
            source = Path(path).read_text()
            for mutant in mutants_of(source):
                number += 1
                if (name, mutant.what) in self._found:
                    continue
                if number % self._every == 0:
                    self._try(items, path, name, source, mutant)
        return True

    def _traced(self, item: pytest.Item) -> bool:
        """Run a test and note what it reaches; whether it may be asked."""
        files, reached = self._files, set[tuple[str, int]]()

        def in_file(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                reached.add((frame.f_code.co_filename, frame.f_lineno))
            return in_file

        def anywhere(frame: FrameType, event: str, _: Any) -> Any:
            if frame.f_code.co_filename in files:
                reached.add((frame.f_code.co_filename, frame.f_lineno))
                return in_file
            return None

        start = time.process_time()
        sys.settrace(anywhere)
        try:
            reports = runtestprotocol(item, nextitem=None, log=False)
        finally:
            sys.settrace(None)
        seconds = time.process_time() - start
        if any(report.failed for report in reports):
            raise pytest.UsageError(f"{item.nodeid} fails without any mutant")
        if seconds > LONGEST_TEST:
            return False
        self._reached[item.nodeid] = reached
        self._seconds[item.nodeid] = seconds
        return True

    def _try(
        self, items: list[pytest.Item], path: str, name: str, source: str, mutant: Mutant
    ) -> None:
        tree = program(source, mutant)
        codes = exchanged(compile(source, path, "exec"), compile(tree, path, "exec"))
        if codes is None:
            # What a module holds may be read without a line of it being run.
            outcome, by = imported_anew(name, tree, [item.nodeid for item in items])
        else:
            asked = [i for i in items if (path, mutant.line) in self._reached[i.nodeid]]
            outcome, by = UNREACHED, ""
            if asked:
                outcome, by = in_a_fork(path, codes, asked, self._seconds)
        self.results.append(Result(name, mutant, outcome, by))
        if outcome in (SURVIVED, UNREACHED):
            print(f"{outcome:9} {name}:{mutant.line}: {mutant.what}", flush=True)


Functions = dict[tuple[str, int, int], CodeType]


def functions_of(code: CodeType) -> tuple[Functions, list[Any]]:
    """Outermost functions by name, line and number; and what runs when the module is imported."""
    found: Functions = {}
    rest: list[Any] = []

    def walk(outer: CodeType) -> None:
        rest.append((outer.co_code, outer.co_names, outer.co_qualname))
        for constant in outer.co_consts:
            if not isinstance(constant, CodeType):
                rest.append((type(constant), constant))
            elif constant.co_flags & OPTIMIZED:
                number = sum(key[:2] == key_of(constant) for key in found)
                found[(*key_of(constant), number)] = constant
            else:
                walk(constant)

    walk(code)
    return found, rest


def key_of(code: CodeType) -> tuple[str, int]:
    """What a function is found by."""
    return code.co_qualname, code.co_firstlineno


def exchanged(before: CodeType, after: CodeType) -> dict[tuple[str, int], CodeType] | None:
    """Which functions get which code, or None where only a new import can make the change."""
    (old, old_rest), (new, new_rest) = functions_of(before), functions_of(after)
    if old_rest != new_rest or old.keys() != new.keys():
        return None
    changed = {key: code for key, code in new.items() if code != old[key]}
    if any(number for *_, number in old if (*_,) in {key[:2] for key in changed}):
        return None
    if any(code.co_freevars != old[key].co_freevars for key, code in changed.items()):
        return None
    return {key[:2]: code for key, code in changed.items()}


def in_a_fork(
    path: str,
    codes: dict[tuple[str, int], CodeType],
    items: list[pytest.Item],
    seconds: dict[str, float],
) -> tuple[str, str]:
    """Exchange the code in a copy of this process and run the tests there."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        # Memory and time are bounded; a mutant that goes on for ever is found by its time.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        failed = ""
        try:
            _exchange(path, codes)
            for item in items:
                signal.setitimer(signal.ITIMER_PROF, 1 + 5 * seconds[item.nodeid])
                signal.setitimer(signal.ITIMER_REAL, 60 + 60 * seconds[item.nodeid])
                if any(r.failed for r in runtestprotocol(item, nextitem=None, log=False)):
                    failed = item.nodeid
                    break
        except BaseException as fault:  # noqa: BLE001 - whatever breaks, the mutant did it
            failed = repr(fault)
        os.write(writing, failed.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        by = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        return ENDLESS, f"status {status}"
    return (KILLED, by) if by else (SURVIVED, "")


def _exchange(path: str, codes: dict[tuple[str, int], CodeType]) -> None:
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType):
            code = thing.__code__
            if code.co_filename == path and key_of(code) in codes:
                thing.__code__ = codes[key_of(code)]
        elif isinstance(thing, functools._lru_cache_wrapper) and _is_ours(thing.__module__):
            thing.cache_clear()


def _is_ours(module: str | None) -> bool:
    return str(module).partition(".")[0] in ("domain", "ledger", "reports")


def imported_anew(name: str, tree: Any, tests: list[str]) -> tuple[str, str]:
    """Run the tests in a new process in which the module is imported as changed."""
    import ast

    if not tests:
        return UNREACHED, ""
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder) / "changed.py"
        changed.write_text(ast.unparse(tree))
        environment = {
            **os.environ,
            "ZEROSUM_MUTANT": f"{name.removesuffix('.py').replace('/', '.')}={changed}",
        }
        command = [sys.executable, "-m", "pytest", *OPTIONS, "-x", "-p", "tests.mutation.replaced"]
        try:
            done = subprocess.run(
                [*command, *tests],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
        except subprocess.TimeoutExpired:
            return ENDLESS, "300 s"
    if "no tests ran" in done.stdout:
        # A test whose name holds the changed number is not there under its old name.
        return UNREACHED, done.stdout[-300:]
    return (SURVIVED, "") if done.returncode == 0 else (KILLED, done.stdout[-300:])


OPTIONS = ("-o", "addopts=", "-m", "not long and not bench")
OPTIONS += ("-p", "no:randomly", "-p", "no:cacheprovider")


def tried(
    files: list[str],
    tests: tuple[str, ...],
    every: int,
    found: set[tuple[str, str]],
) -> list[Result]:
    """Try the mutants of the files, every n-th, but none of those that were found before."""
    runner = Runner(files, every, found)
    arguments = [*OPTIONS, "-p", "no:terminal", *(str(ROOT / test) for test in tests)]
    pytest.main(arguments, plugins=[runner])
    return runner.results


def counted(results: list[Result]) -> Iterator[tuple[str, int, int]]:
    """File, mutants, and how many of them were found."""
    for name in dict.fromkeys(result.file for result in results):
        own = [result for result in results if result.file == name]
        yield name, len(own), sum(one.outcome in (KILLED, ENDLESS) for one in own)
