"""Which stories can be told about a venue, and what do they reach?

`python -m tests.oracle.generator [SEEDS] [LENGTH]` prints the counts of what was reached.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from tests.oracle.bad_commands import ALL_CODES
from tests.oracle.naive_venue import NaiveRejected, NaiveVenue
from tests.oracle.profiles import POLICIES, PROFILES
from tests.oracle.story import Story

ITEMS = (
    "partial liquidation",
    "book order limited to nothing (no_order)",
    "takeover stopped by capacity",
    "takeover stopped by margin",
    "takeover of everything",
    "takeover by a vault with the opposite position",
    "ADL with at least two victims",
    "ADL of a short",
    "ADL with a residual",
    "at least two liquidations started in one command",
    "vault in liquidation",
    "vault_in_liquidation stops a takeover",
    "vault is a victim",
    "losers_included",
    "residue",
    "deficit covered by vault",
    "deficit covered by insurance",
    "deficit covered by uncovered",
    "waiting",
    "ended healthy",
    "ended closed",
    "ended taken_over",
    "ended deleveraged",
    "healthy at the start of a check",
    "cross-market liquidation",
    "own order stops an order",
    "dead reduce-only order cancelled",
    "no maintenance margin at all",
    *(f"excluded {code}" for code in ("bankrupt", "not_in_profit", "in_liquidation")),
    *(f"excluded {code}" for code in ("vault_excluded", "would_be_bankrupt")),
    *(f"decided by {policy}" for policy in POLICIES),
    *(f"refused {code}" for code in ALL_CODES),
)


def commands(
    seed: int, length: int, profile: str = "mixed", policies: tuple[str, ...] = POLICIES
) -> Iterator[dict]:
    """The first `length` commands of a story that sets only `policies`.

    The same for the same arguments.
    """
    return islice(Story(seed, profile, policies).tell(), length)


def coverage(*seeds: int, length: int = 300, profiles: tuple = PROFILES) -> Counter:
    """How often the stories of `seeds`, in each profile, reached each of `ITEMS`, and more."""
    reached: Counter = Counter()
    for profile in profiles:
        for seed in seeds:
            venue = NaiveVenue()
            for command in commands(seed, length, profile):
                line, step, held = len(venue.journal), len(venue.steps), dict(venue.positions)
                decided = len(venue.decided_by)
                reached["commands"] += 1
                try:
                    venue.execute(command)
                except NaiveRejected as refusal:
                    reached[f"refused {refusal.code}"] += 1
                    continue
                count_lines(reached, venue, venue.journal[line:], held)
                count_steps(reached, venue, venue.steps[step:])
                for policy in venue.decided_by[decided:]:
                    reached[f"decided by {policy}"] += 1
    return reached


def count_lines(reached: Counter, venue: NaiveVenue, lines: list[tuple], held: dict) -> None:
    """Count what the journal of one command tells; `held` is the positions before it."""
    victims: Counter = Counter()
    decision = 0
    started = [line[1] for line in lines if line[0] == "liquidation_started"]
    reached["at least two liquidations started in one command"] += len(started) > 1
    reached["vault in liquidation"] += sum(venue.roles[a] == "vault" for a in started)
    passed = set(started)
    for line in lines:
        kind = line[0]
        if kind == "decided":
            decision += 1
            reached["losers_included"] += line[7]
            for code, count in line[6].items():
                reached[f"excluded {code}"] += count
        elif kind == "closure":
            victims[decision] += 1
            bankrupt = held.get((line[1], line[2]), (0, 0))[0]
            reached["ADL of a short"] += bankrupt < 0
            reached["vault is a victim"] += venue.roles[line[3]] == "vault"
        elif kind == "takeover":
            mine, other = held.get((line[1], line[3])), held.get((line[1], line[2]))
            if mine and other:
                reached["takeover by a vault with the opposite position"] += mine[0] * other[0] < 0
        elif kind == "deficit_covered":
            payer = "vault" if venue.roles[line[2]] == "vault" else line[2]
            reached[f"deficit covered by {payer}"] += 1
        elif kind == "ended":
            reached[f"ended {line[2]}"] += 1
            healthy_at_start = line[2] == "healthy" and line[1] not in passed
            reached["healthy at the start of a check"] += healthy_at_start
        elif kind == "order_cancelled":
            reached["own order stops an order"] += line[3] == "self_trade"
            reached["dead reduce-only order cancelled"] += line[3] == "reduce_only"
        else:
            reached[kind] += 1
    reached["ADL with at least two victims"] += sum(n > 1 for n in victims.values())


def count_steps(reached: Counter, venue: NaiveVenue, steps: list[tuple]) -> None:
    """Count how the steps of the passes of one command stopped."""
    markets: dict[str, set] = {}
    for account, step, market, before, offered, _used, _left, reason in steps:
        markets.setdefault(account, set()).add(market)
        reached["partial liquidation"] += step == "book" and offered < before
        reached["book order limited to nothing (no_order)"] += reason == "no_order"
        reached["vault_in_liquidation stops a takeover"] += reason == "vault_in_liquidation"
        reached["ADL with a residual"] += reason == "residual"
        if step == "takeover" and reason in ("capacity", "margin"):
            reached[f"takeover stopped by {reason}"] += 1
        reached["takeover of everything"] += reason == "all_taken"
        if all(tier["maintenance"] == 0 for tier in venue.markets[market]["tiers"]):
            reached["no maintenance margin at all"] += 1
    reached["cross-market liquidation"] += sum(len(found) > 1 for found in markets.values())


def unreached(reached: Counter) -> list[str]:
    return [item for item in ITEMS if not reached[item]]


def main(arguments: list[str]) -> None:
    seeds = int(arguments[0]) if arguments else 10
    length = int(arguments[1]) if len(arguments) > 1 else 300
    total: Counter = Counter()
    for profile in PROFILES:
        begun = time.perf_counter()
        reached = coverage(*range(seeds), length=length, profiles=(profile,))
        passed = time.perf_counter() - begun
        total += reached
        speed = f"{reached['commands'] / passed:.0f} commands/s, told and executed"
        sys.stdout.write(f"{profile}: {speed}\n")
    for item in (*ITEMS, *sorted(set(total) - set(ITEMS))):
        sys.stdout.write(f"{total[item]:8d}  {item}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
