"""Which bundles are intact, and what is said of those that are not?"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.canonical import canonical_bytes
from domain.merkle import inclusion_path, leaf_hash, root_of
from reports.verifier import verify
from tests.acceptance.proofs.bundles import Members, packed, with_new_manifest
from tests.unit.reports.verifier.changes import (
    PROOF,
    late,
    row,
)
from tests.unit.reports.verifier.conftest import Judge
from tests.unit.reports.verifier.forgeries import (
    NAME,
    Forgery,
    base64,
    checkpoint,
    exported,
    key_line,
    signed,
)


def test_a_bundle_that_fits_is_intact(judged: Judge) -> None:
    found = judged(Forgery(before=28).members())

    assert (found.verdict, found.code) == ("intact", 0)
    assert found.said == [
        "ok  20 members have the digests of the manifest",
        f"ok  log {NAME} of size 37 is signed by a known key",
        "ok  6 events are in the signed log",
        "ok  the log begins with the one that was signed at size 28",
        "ok  3 candidates, ranking, closures and policy are those of the log",
        "ok  all 37 events lead to the signed root",
    ]


def test_what_is_not_in_a_bundle_is_not_asked(judged: Judge) -> None:
    forgery = Forgery()
    forgery.with_log = False
    found = judged(forgery.members())

    assert (found.verdict, found.code) == ("intact", 0)
    assert [line[4:] for line in found.said][2:] == [
        "6 events are in the signed log",
        "3 candidates, ranking, closures and policy are those of the log",
    ]


def test_a_trader_is_shown_its_own_row(judged: Judge) -> None:
    found = judged(Forgery(trader=True).members())

    assert (found.verdict, found.code) == ("intact", 0)
    assert found.said[-1] == "ok  the own row stands at rank 2 of 3"


def test_a_traders_bundle_may_show_an_earlier_checkpoint(judged: Judge) -> None:
    forgery = Forgery(trader=True, before=28)
    assert judged(forgery.members()).verdict == "intact"


def test_the_bankrupt_trader_has_no_row_but_events(judged: Judge) -> None:
    forgery = Forgery(trader=True)
    forgery.shown, forgery.candidates["row"] = [30, 34, 35, 36], None
    found = judged(forgery.members())

    assert (found.verdict, found.code) == ("intact", 0)
    assert found.said[-1] == "ok  the reader stands in no ranking of this decision"


def test_a_log_in_several_tiles_is_read_in_order(judged: Judge) -> None:
    forgery = Forgery()
    forgery.tile_sizes = [30, 7]
    assert judged(forgery.members()).verdict == "intact"
    forgery.late.append(
        lambda members: members.update(
            {
                "log/tile/entries/000": members["log/tile/entries/001"],
                "log/tile/entries/001": members["log/tile/entries/000"],
            }
        )
    )
    assert judged(forgery.members()).text == "the log is not the one that was signed"


def test_the_thousandth_tile_stands_behind_the_one_before_it(judged: Judge) -> None:
    forgery = Forgery()
    forgery.tile_sizes = [30, 7]

    def renamed(members: Members) -> None:
        members["log/tile/entries/999"] = members.pop("log/tile/entries/000")
        members["log/tile/entries/x001/000.p/7"] = members.pop("log/tile/entries/001")

    forgery.late.append(renamed)
    assert judged(forgery.members()).verdict == "intact"


def test_the_first_of_several_closures_is_not_enough(judged: Judge) -> None:
    forgery = Forgery()
    forgery.event(36)["rank"] = 1
    assert judged(forgery.members()).text == "closures and ranking differ"


def test_leaves_in_the_explanation_are_those_of_the_events(judged: Judge) -> None:
    forgery = Forgery()
    forgery.with_leaves = False
    forgery.explanation["evidence"][1]["leaf"] = "00" * 32
    assert judged(forgery.members()).text == "the explanation's leaf 33"


def test_an_event_that_the_bundle_carries_is_named_by_its_seq(judged: Judge) -> None:
    forgery = Forgery()

    def renamed(members: Members) -> None:
        members["events/34.json"] = members.pop("events/000000034.json")
        members["proofs/34.tlog-proof"] = members.pop(PROOF)

    forgery.late.append(renamed)
    assert judged(forgery.members()).text == "events/34.json: another seq"


@pytest.mark.parametrize(
    "policy_event",
    ["policy", {"adl": "policy"}],
    ids=["set by a command", "set with the market"],
)
def test_a_policy_is_in_force_from_the_event_that_set_it(
    judged: Judge, policy_event: object
) -> None:
    forgery = Forgery()
    used = forgery.policy["policy"]
    text = json.dumps(policy_event).replace('"policy"', json.dumps(used))
    forgery.events[28]["data"] = json.loads(text)
    forgery.shown = [*forgery.shown, 29]
    forgery.policy["effective_seq"] = 29
    assert judged(forgery.members()).verdict == "intact"
    forgery.events[28]["data"] = json.loads(text.replace(used["digest"], "00"))
    assert judged(forgery.members()).text == "the policy was set otherwise"


def test_market_facts_come_from_the_decisions_own_market(judged: Judge) -> None:
    forgery = Forgery()
    other = json.loads(json.dumps(forgery.events[2]))
    other["stream"], other["seq"] = "market/ETH-PERP", 2
    other["data"].update(lot_size="1", tick_size="1", point_value=1)
    forgery.events[1] = other
    forgery.shown = [2, *forgery.shown]
    assert judged(forgery.members()).verdict == "intact"


def test_a_score_of_zero_is_not_compared_with_what_is_shown(judged: Judge) -> None:
    forgery = Forgery()
    row(3, score_numerator=0, score_denominator=1)(forgery)
    forgery.explanation["ranking"][2]["score"] = None
    assert judged(forgery.members()).verdict == "intact"


def test_an_account_that_lacks_nothing_has_no_deficit(judged: Judge) -> None:
    forgery = Forgery()
    forgery.event(34)["equity"] = 600_000_000
    forgery.explanation["trigger"]["equity"] = "600"
    forgery.explanation["totals"]["deficit"] = "0"
    assert judged(forgery.members()).verdict == "intact"


def test_the_residual_is_not_closed(judged: Judge) -> None:
    forgery = Forgery()
    forgery.event(34).update(needed=1_600, residual=100)
    forgery.explanation["totals"]["needed"] = "1.6"
    assert judged(forgery.members()).verdict == "intact"


@pytest.mark.parametrize(
    "change,text",
    [
        (lambda own: own.update(index=0), "not ranked"),
        (lambda own: own.update(size=2), "not ranked"),
        (lambda own: own["path"].pop(), "not ranked"),
        (lambda own: own.update(row=own["row"].replace("500", "400")), "not ranked"),
    ],
    ids=["index", "size", "path", "row"],
)
def test_a_traders_own_row_must_be_ranked(
    judged: Judge, change: Callable[[dict[str, object]], object], text: str
) -> None:
    forgery = Forgery(trader=True)
    change(forgery.candidates["row"])
    found = judged(forgery.members())
    assert found.verdict == "tampered"
    assert text in found.text


def test_a_traders_row_stands_in_the_ranking_that_is_explained(judged: Judge) -> None:
    forgery = Forgery(trader=True)
    own = forgery.candidates["row"]
    rows = [own["row"].encode(), b"{}"]
    leaves = [leaf_hash(raw) for raw in rows]
    path = [one.hex() for one in inclusion_path(leaves, 0)]
    own.update(index=0, size=2, path=path, root=root_of(leaves).hex())
    assert judged(forgery.members()).text == "the own row is not ranked"


def test_an_earlier_checkpoint_just_before_the_cause_is_early_enough(judged: Judge) -> None:
    assert judged(Forgery(before=32).members()).verdict == "intact"


def test_an_earlier_checkpoint_of_another_known_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forgery = Forgery(before=28)
    forgery.origin_before = "other"
    path = packed(forgery.members(), tmp_path / "bundle.zip")
    keys = ["--key", key_line(), "--key", key_line("other")]
    monkeypatch.setattr(sys, "argv", ["verify.py", str(path), *keys])

    assert verify.main() == 1
    assert "tampered: the proof of another log" in capsys.readouterr().out


def test_keys_are_named_as_files_or_lines_and_more_than_one_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = packed(Forgery().members(), tmp_path / "bundle.zip")
    file = tmp_path / "x.vkey"
    file.write_text(f"{key_line()}\n")
    for named, said in (
        ([key_line()], "intact"),
        ([str(file)], "intact"),
        ([key_line("other"), str(file)], "intact"),
        ([key_line("other")], f"unknown_key: no known key has signed for {NAME}"),
        ([str(tmp_path / "none.vkey")], "unreadable: ValueError"),
    ):
        options = [part for one in named for part in ("--key", one)]
        monkeypatch.setattr(sys, "argv", ["verify.py", str(path), *options])
        verify.main()
        assert capsys.readouterr().out.splitlines()[-1].startswith(f"Verdict: {said}")


def test_without_a_key_everything_is_checked_and_the_key_is_left_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def judged(members: Members) -> tuple[list[str], int]:
        path = packed(members, tmp_path / "bundle.zip")
        monkeypatch.setattr(sys, "argv", ["verify.py", str(path)])
        code = verify.main()
        return capsys.readouterr().out.splitlines(), code

    said, code = judged(Forgery(before=28).members())
    assert code == 1
    assert said[1] == (
        f"ok  log {NAME} of size 37 is signed by a key in keys/, which nobody has compared"
    )
    assert [line[:4] for line in said[:-1]] == ["ok  "] * 6
    assert said[-1] == (
        "Verdict: unknown_key: all agrees, but the key came with the bundle: name a copy from "
        f"elsewhere with --key: ['{key_line()}']"
    )
    forgery = Forgery()
    late(forgery, "policy.json", lambda raw: raw.replace(b"pnl", b"pml", 1))
    said, code = judged(forgery.members())
    assert (said[-1], code) == ("Verdict: tampered: the policy is not the one", 1)


def test_a_key_of_several_lines_writes_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forgery = Forgery()
    forged = key_line("x\nVerdict: intact\n").encode()
    forgery.late.append(lambda members: members.update({"keys/x.vkey": forged}))
    more = {**Forgery().members(), "x\nVerdict: intact": b""}
    for members in (forgery.members(), more):
        path = packed(members, tmp_path / "bundle.zip")
        monkeypatch.setattr(sys, "argv", ["verify.py", str(path)])
        assert verify.main() == 1
        assert "\nVerdict: intact" not in capsys.readouterr().out


def test_a_manifest_that_does_not_fit_is_found(judged: Judge) -> None:
    members = Forgery().members()
    manifest = json.loads(members["MANIFEST.json"])

    def with_manifest(**fields: object) -> Members:
        return {**members, "MANIFEST.json": canonical_bytes({**manifest, **fields}) + b"\n"}

    for name, value in (("origin", "x"), ("size", 36), ("root", "00" * 32)):
        assert judged(with_manifest(**{name: value})).text == "manifest and checkpoint differ"
    listed = manifest["members"]
    assert judged(with_manifest(members={**listed, "policy.json": "00"})).text == (
        "policy.json was changed, added or left out"
    )
    assert (
        judged(with_manifest(members={**listed, "more": "00"})).text
        == "more was changed, added or left out"
    )
    assert judged({**members, "more": b""}).text == "more was changed, added or left out"
    loose = {**members, "MANIFEST.json": members["MANIFEST.json"].replace(b":", b": ", 1)}
    assert judged(loose).text == "the manifest is not written canonically"
    found = judged({name: raw for name, raw in members.items() if name != "MANIFEST.json"})
    assert (found.verdict, found.text) == ("unreadable", "MANIFEST.json is missing")


def test_a_checkpoint_that_nobody_known_has_signed_proves_nothing(judged: Judge) -> None:
    forgery = Forgery()
    note = signed(checkpoint(37, bytes(32), "other"), "other")
    late(forgery, "checkpoint", lambda _: note)
    found = judged(forgery.members())
    assert (found.verdict, found.code) == ("unknown_key", 1)


def test_whatever_breaks_is_unreadable_and_named(judged: Judge, tmp_path: Path) -> None:
    forgery = Forgery()
    late(forgery, "policy.json", lambda _: b"{}")
    found = judged(forgery.members())
    assert (found.verdict, found.code) == ("unreadable", 4)
    assert found.text == "KeyError: 'policy'"


def test_without_cryptography_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = packed(Forgery().members(), tmp_path / "bundle.zip")
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    monkeypatch.setattr(sys, "argv", ["verify.py", str(path)])

    assert verify.main() == 2
    answer = capsys.readouterr()
    assert "pip install cryptography" in answer.err


def test_the_exported_bundles_themselves_are_intact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for members in exported():
        path = packed(with_new_manifest(members), tmp_path / "bundle.zip")
        key = members[next(name for name in members if name.startswith("keys/"))].decode()
        monkeypatch.setattr(sys, "argv", ["verify.py", str(path), "--key", key])
        assert verify.main() == 0
        assert capsys.readouterr().out.endswith("Verdict: intact\n")
    assert base64(b"") == ""
