"""Measures everything, each in its own process, and prints medians: `make bench`.

python -m tests.bench                 all measures, medians of 3 rounds
python -m tests.bench bulk replay     only these
python -m tests.bench --events 100000 --rounds 1
python -m tests.bench --json          one JSON object for docs/benchmarks.md
"""

import argparse
import json
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.measures import MEASURES, NEED_SERVER
from tests.servers import why_no_server

SIZED = (
    "bulk",
    "bulk_live_indexes",
    "replay",
    "verify",
    "projections",
    "sealing",
    "proof",
    "import_hyperliquid",
    "import_hyperliquid_two",
    "import_hyperliquid_again",
    "postgresql_bulk",
    "postgresql_replay",
)


def main() -> None:
    """Run the measures that were asked for and print what they gave."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", choices=[*MEASURES, []])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(_measured(options.child, options.events)))
        return
    found: dict[str, dict[str, float]] = {}
    reason = why_no_server()
    for name in options.names or MEASURES:
        if reason and name in NEED_SERVER:
            print(f"{name:20} skipped: {reason}", file=sys.stderr)
            continue
        rounds = [_in_own_process(name, options.events) for _ in range(options.rounds)]
        found[name] = {
            key: statistics.median(result[key] for result in rounds) for key in rounds[0]
        }
        if not options.json:
            print(
                f"{name:20}",
                *(f"{key} {_shown(value)}" for key, value in found[name].items()),
            )
    if options.json:
        machine = {
            "machine": platform.machine(),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
        }
        print(json.dumps({"machine": machine, "figures": found}, indent=1))


def _in_own_process(name: str, events: int | None) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench", "--child", name]
    if events is not None and name in SIZED:
        command += ["--events", str(events)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _measured(name: str, events: int | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        measure = MEASURES[name]
        figures = measure(Path(folder)) if events is None else measure(Path(folder), events)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**figures, "peak MB": peak}


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    main()
