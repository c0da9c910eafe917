"""Do two readings of the design, which share no code, agree on random streams, and on what?"""

from collections import Counter

import pytest

from tests.oracle.profiles import PROFILES
from tests.property.streams import Twins, stream

REACHED = (
    "partial liquidation",
    "takeover capacity",
    "takeover margin",
    "takeover all_taken",
    "takeover above_backstop",
    "takeover no_vault",
    "several victims",
    "several bankrupts at one mark",
    "vault bankruptcy",
    "short bankrupt",
    "cross-market liquidation",
    "adl residual",
    "adl all_closed",
    "adl not_triggered",
    "covered by vault",
    "covered by insurance",
    "covered by uncovered",
    "account.liquidation_waiting",
    "account.collateral_moved",
    "policy pnl-leverage@1",
    "policy profit-leverage-size@1",
    "policy pro-rata-size@1",
    "close price bankruptcy",
    "close price mark",
    "close price previous_mark",
    "close price mark_capped",
    "excluded bankrupt",
    "excluded not_in_profit",
    "excluded in_liquidation",
    "excluded vault_excluded",
)
RARELY_REACHED = (
    "losers included",
    "excluded would_be_bankrupt",
    "takeover vault_in_liquidation",
    "book no_order",
)


def led_through(seeds: range, length: int, profile: str) -> Counter[str]:
    reached: Counter[str] = Counter()
    for seed in seeds:
        twins = Twins()
        for command in stream(seed, length, profile):
            twins.both(command)
            reached["commands"] += 1
        reached += twins.reached
    return reached


@pytest.mark.parametrize("profile", PROFILES)
def test_venue_and_oracle_agree_on_every_command(profile: str) -> None:
    reached = led_through(range(3), 170, profile)

    assert reached["commands"] == 510
    assert reached["market.deleveraging_decided"]


def test_short_streams_reach_the_places_that_matter() -> None:
    reached: Counter[str] = Counter()
    for profile in ("crash", "vault", "cross", "mixed"):
        reached += led_through(range(100, 103), 150, profile)

    missing = [item for item in REACHED if not reached[item]]
    assert missing == []


@pytest.mark.long
@pytest.mark.parametrize("begin", range(0, 40, 10))
@pytest.mark.parametrize("profile", PROFILES)
def test_venue_and_oracle_agree_for_long(profile: str, begin: int) -> None:
    reached = led_through(range(1_000 + begin, 1_010 + begin), 250, profile)

    assert reached["commands"] == 2_500


@pytest.mark.long
def test_long_streams_reach_every_place() -> None:
    reached: Counter[str] = Counter()
    for profile in PROFILES:
        reached += led_through(range(12), 300, profile)

    assert [item for item in (*REACHED, *RARELY_REACHED) if not reached[item]] == []
