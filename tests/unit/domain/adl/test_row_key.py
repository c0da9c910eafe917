"""Do salted rankings follow from the row key, and from nothing but it and the decision?"""

import json
from hashlib import sha256
from typing import Any

import pytest

from domain.adl.decision import decision, ranking_root, ranking_row
from domain.adl.row_key import OPEN_ROOT, RowKey, check_row_key, salts_of
from domain.canonical import canonical_bytes
from domain.errors import RowKeyDiffers, RowKeyMissing
from domain.examination import Examination
from domain.redecide import decide_again, open_roots, with_logged_roots
from domain.respond import respond
from domain.specification import AdlPolicy
from domain.submission import read_command
from domain.venue import Venue, apply, fold
from tests.row_keys import OTHER_KEY, ROW_KEY
from tests.stories import CASCADE_MINI, CASCADE_MINI_WAITING, Told, story

CRASH = {"command": "mark", "market": "BTC-PERP", "price": "47600"}
UNSALTED = "20ec924502d69a636119b654fe9100e258d0c86cabc1c0666b617ce14dfb3b58"
SALTED_AS_ADL_29 = "beaba730c091bc1737e58de2255cc3812dc3e5f167924d334d5b8b1b266b7690"


@pytest.fixture
def salted() -> Told:
    return story(CASCADE_MINI, ROW_KEY)


def chains(told: Told) -> list[tuple[Any, ...]]:
    return [receipt.events for receipt in told.receipts if receipt.events]


def test_rows_without_and_with_salts_have_the_roots_of_the_worked_example() -> None:
    venue = story(CASCADE_MINI_WAITING).venue
    apply(venue, respond(venue, read_command(CRASH)).events[0])
    rows = decision(venue, venue.markets["BTC-PERP"], "alice", 480_000).rows

    salts = salts_of(AdlPolicy(row_key_digest=ROW_KEY.digest), ROW_KEY, "ADL-29")

    assert ranking_root(rows) == UNSALTED
    assert ranking_root(rows, salts) == SALTED_AS_ADL_29
    raw = ranking_row(rows[0], salts)
    assert b'"salt":"7446a54bb17be54b576431092c79b414"' in raw
    assert raw == canonical_bytes(json.loads(raw))


def test_a_row_key_changes_the_digest_in_policies_and_the_root_and_nothing_else(
    salted: Told,
) -> None:
    plain = story(CASCADE_MINI)

    def without_key(event: Any) -> Any:
        data = {**event["data"]}
        data.pop("ranking_root", None)
        for name in ("adl", "policy"):
            if isinstance(data.get(name), dict):
                data[name] = {k: v for k, v in data[name].items() if k != "row_key_digest"}
        return {**event, "data": data}

    assert [without_key(event) for event in salted.events] == [
        without_key(event) for event in plain.events
    ]
    (listed,) = salted.of("market.listed")
    (decided,) = salted.of("market.deleveraging_decided")
    assert listed["adl"]["row_key_digest"] == ROW_KEY.digest
    assert decided["policy"] == listed["adl"]
    assert decided["ranking_root"] != plain.of("market.deleveraging_decided")[0]["ranking_root"]
    assert ROW_KEY.secret.hex() not in str(salted.events)


@pytest.mark.parametrize(
    ("row_key", "refused"), [(None, RowKeyMissing), (OTHER_KEY, RowKeyDiffers)]
)
def test_a_decision_needs_the_very_key_that_its_policy_names(
    row_key: RowKey | None, refused: type[Exception]
) -> None:
    venue = story(CASCADE_MINI_WAITING, ROW_KEY).venue
    head = venue.head

    with pytest.raises(refused, match=ROW_KEY.digest):
        respond(venue, read_command(CRASH), row_key)

    assert venue.head == head
    with pytest.raises(refused):
        check_row_key([market.policy for market in venue.markets.values()], row_key)
    respond(venue, read_command({**CRASH, "price": "49000"}), row_key)


def test_another_key_cannot_take_the_place_of_the_first() -> None:
    with pytest.raises(RowKeyDiffers):
        salts_of(AdlPolicy(row_key_digest=ROW_KEY.digest), OTHER_KEY, "ADL-1")


def test_a_market_gets_salts_from_the_policy_that_is_set_with_the_key() -> None:
    told = story(CASCADE_MINI_WAITING)
    told.row_key = ROW_KEY
    told.send({"command": "set_adl_policy", "market": "BTC-PERP", "policy": "pnl-leverage@1"})
    told.send(CRASH)

    assert "row_key_digest" not in told.of("market.listed")[0]["adl"]
    assert told.of("market.adl_policy_changed")[0]["row_key_digest"] == ROW_KEY.digest
    venue = Venue()
    for chain in chains(told):
        assert decide_again(venue, chain[0], ROW_KEY) == chain
        fold(venue, chain)


def test_deciding_again_with_the_key_gives_the_same_bytes_and_without_it_all_but_the_root(
    salted: Told,
) -> None:
    venue, opened = Venue(), 0
    for chain in chains(salted):
        assert decide_again(venue, chain[0], ROW_KEY) == chain
        blind = decide_again(venue, chain[0])
        for place in open_roots(blind):
            assert blind[place]["data"]["ranking_root"] == OPEN_ROOT
            opened += 1
        assert with_logged_roots(blind, chain) == list(chain)
        assert with_logged_roots(blind, chain[:1]) == list(blind)
        fold(venue, chain)

    assert opened == 1
    listed = next(chain[0] for chain in chains(salted) if chain[0]["type"] == "market.listed/1")
    with pytest.raises(RowKeyDiffers, match=OTHER_KEY.digest):
        decide_again(fold(Venue(), salted.events[: listed["seq"] - 1]), listed, OTHER_KEY)


def test_a_decision_that_was_forged_elsewhere_shows_without_the_key(salted: Told) -> None:
    chain = chains(salted)[-1]
    place = next(at for at, event in enumerate(chain) if "ranking_root" in event["data"])
    forged = list(chain)
    forged[place] = {**chain[place], "data": {**chain[place]["data"], "needed": 1}}
    venue = fold(Venue(), salted.events[: chain[0]["seq"] - 1])

    assert with_logged_roots(decide_again(venue, chain[0]), forged) != forged


@pytest.mark.parametrize(
    ("row_key", "spoiled", "open_roots", "said"),
    [
        (ROW_KEY, False, 0, None),
        (ROW_KEY, True, 0, "ranking root 0000"),
        (None, False, 1, None),
        (None, True, 1, None),
        (OTHER_KEY, False, 0, f"the log names row key {ROW_KEY.digest}"),
    ],
)
def test_an_examination_checks_the_root_with_the_key_and_leaves_it_out_without(
    salted: Told, row_key: RowKey | None, spoiled: bool, open_roots: int, said: str | None
) -> None:
    examination = Examination(Venue(), row_key)
    found = []
    for event in salted.events:
        forged = {**event["data"], "ranking_root": "00" * 32}
        is_spoiled = spoiled and "ranking_root" in event["data"]
        found += examination.apply({**event, "data": forged} if is_spoiled else event)
    found += examination.at_end()

    assert examination.open_roots == open_roots
    if said is None:
        assert found == []
    else:
        ((name, detail),) = found
        assert name == "decisions_recompute"
        assert detail.startswith(said)


def test_a_row_key_has_32_bytes_and_does_not_show_them() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        RowKey(bytes(31))

    assert "@ABC" not in repr(ROW_KEY)
    assert ROW_KEY.digest in repr(ROW_KEY)


def test_a_row_key_is_named_by_the_digest_of_its_secret() -> None:
    key = RowKey(bytes(range(0x40, 0x60)))

    assert key.digest == sha256(b"zerosum/row-key/1\n" + key.secret).hexdigest() == ROW_KEY.digest
    assert RowKey(bytes(32)).digest == OTHER_KEY.digest != key.digest
