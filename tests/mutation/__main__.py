"""How many small mistakes would the tests find? `python -m tests.mutation [TARGET…]`

--every N tries each N-th mutant only (counted over a target's files, so a sample is the same one
each time); --json FILE keeps what became of each; --again FILE leaves out changes that an earlier
run found everywhere.
"""

import argparse
import json
import os
import time
from pathlib import Path

from tests.mutation.targets import TARGETS, files_of


def main() -> None:
    """Try the mutants of the targets that were asked for; print counts and survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--file", help="only the files whose path contains this")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--again", type=Path, help="an earlier --json")
    options = parser.parse_args()
    # Before the tests' settings are loaded: few examples, always the same ones.
    os.environ["ZEROSUM_HYPOTHESIS"] = "mutants"
    from tests.mutation.runner import counted, tried

    again = set[tuple[str, str]]()
    if options.again:
        rows = json.loads(options.again.read_text())
        lost = {(r["file"], r["what"]) for r in rows if r["outcome"] in ("survived", "unreached")}
        again = {(r["file"], r["what"]) for r in rows} - lost
    found = []
    for target in options.targets or TARGETS:
        start = time.monotonic()
        files = [name for name in files_of(target) if (options.file or "") in name]
        results = tried(files, TARGETS[target][1], options.every, again)
        found += results
        for name, mutants, killed in counted(results):
            print(f"{name:50} {mutants:5} mutants, {killed:5} found: {killed / mutants:6.1%}")
        print(f"{target}: {time.monotonic() - start:.0f} s", flush=True)
    if options.json:
        rows = [
            {"file": one.file, "line": one.mutant.line, "what": one.mutant.what}
            | {"outcome": one.outcome, "by": one.by}
            for one in found
        ]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
