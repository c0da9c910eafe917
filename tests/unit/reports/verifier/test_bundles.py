"""Which forged part of a bundle is found, under which name, although all else was made to fit?"""

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from domain.canonical import canonical_bytes
from domain.merkle import inclusion_path, leaf_hash, root_of
from reports.verifier import verify
from tests.acceptance.proofs.bundles import Members, packed, with_new_manifest
from tests.unit.reports.verifier.forgeries import (
    NAME,
    Forgery,
    base64,
    checkpoint,
    exported,
    key_line,
    signed,
)


class Verdict:
    """What the verifier printed last, and the lines before it."""

    def __init__(self, out: str, code: int) -> None:
        *self.said, last = out.splitlines()
        self.code = code
        self.verdict, _, self.text = last.removeprefix("Verdict: ").partition(": ")


@pytest.fixture
def judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Members], Verdict]:
    def judge(members: Members) -> Verdict:
        path = packed(members, tmp_path / "bundle.zip")
        monkeypatch.setattr(sys, "argv", ["verify.py", str(path), "--key", key_line()])
        code = verify.main()
        return Verdict(capsys.readouterr().out, code)

    return judge


Judge = Callable[[Members], Verdict]


def late(forgery: Forgery, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change a derived member after all; the manifest is still made to fit."""
    forgery.late.append(lambda members: members.update({name: change(members[name])}))


def dropped(forgery: Forgery, name: str) -> None:
    forgery.late.append(lambda members: members.pop(name) and None)


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


Forge = Callable[[Forgery], None]


def set_in(part: str, *keys: str | int, to: object) -> Forge:
    """Set one value inside a part of the bundle."""

    def forge(forgery: Forgery) -> None:
        here = getattr(forgery, part)
        for key in keys[:-1]:
            here = here[key]
        here[keys[-1]] = to

    return forge


def in_event(seq: int, *keys: str, to: object) -> Forge:
    def forge(forgery: Forgery) -> None:
        here = forgery.events[seq - 1]
        for key in keys[:-1]:
            here = here[key]
        here[keys[-1]] = to

    return forge


def shown(*seqs: int) -> Forge:
    def forge(forgery: Forgery) -> None:
        forgery.shown = list(seqs)

    return forge


def row(rank: int, **fields: object) -> Forge:
    """Change a ranking row, and every root over the rows with it."""

    def forge(forgery: Forgery) -> None:
        rows = [json.loads(text) for text in forgery.candidates["rows"]]
        rows[rank - 1].update(fields)
        rerank(forgery, [canonical_bytes(one).decode() for one in rows])

    return forge


def rerank(forgery: Forgery, rows: list[str]) -> None:
    root = root_of([leaf_hash(one.encode()) for one in rows]).hex()
    forgery.candidates.update(rows=rows, root=root)
    forgery.event(34)["ranking_root"] = root
    forgery.explanation["candidates"]["root"] = root


def rows_alone(forgery: Forgery) -> None:
    """A number that no other part repeats."""
    rows = forgery.candidates["rows"]
    rows[0] = rows[0].replace('"maintenance_margin":2', '"maintenance_margin":3')


def without_the_last_row(forgery: Forgery) -> None:
    rerank(forgery, forgery.candidates["rows"][:-1])


def and_not_explained(forgery: Forgery) -> None:
    without_the_last_row(forgery)
    del forgery.explanation["ranking"][-1]


def and_not_counted(forgery: Forgery) -> None:
    without_the_last_row(forgery)
    forgery.event(34)["candidates"] = 2


def a_closure_too_many(forgery: Forgery) -> None:
    forgery.event(34)["closures"] = 3


def attribute(name: str, value: object) -> Forge:
    return lambda forgery: setattr(forgery, name, value)


def member(name: str, change: Callable[[bytes], bytes]) -> Forge:
    return lambda forgery: late(forgery, name, change)


def missing(name: str) -> Forge:
    return lambda forgery: dropped(forgery, name)


PROOF = "proofs/000000034.tlog-proof"
RANKED, CLOSED, CHANGED = (
    "the ranking is not the one",
    "closures and ranking differ",
    "the explanation says",
)
OTHER_POLICY = {
    "close_price": "mark",
    "parameters": {},
    "policy": "pnl-leverage@1",
    "trigger": "negative_equity",
    "vault_candidate": "excluded",
}
OTHER_DIGEST = sha256(canonical_bytes(OTHER_POLICY)).hexdigest()


def another_policy(forgery: Forgery) -> None:
    used = {**OTHER_POLICY, "digest": OTHER_DIGEST}
    forgery.event(34)["policy"] = used
    forgery.policy["policy"] = used


def policy_without_its_digest(forgery: Forgery) -> None:
    used = {**forgery.event(34)["policy"], "close_price": "mark"}
    forgery.event(34)["policy"] = used
    forgery.policy["policy"] = used


FORGERIES: dict[str, tuple[Forge, str, str]] = {
    # manifest, checkpoint
    "schema": (set_in("manifest", "schema", to="evidence/2"), "unreadable", "kind of bundle"),
    "field": (set_in("manifest", "more", to=1), "unreadable", "kind of bundle"),
    "no checkpoint": (missing("checkpoint"), "unreadable", "checkpoint is missing"),
    # proofs
    "unpaired": (missing(PROOF), "tampered", "do not pair"),
    "no event": (missing("events/000000030.json"), "tampered", "do not pair"),
    "magic": (
        member(PROOF, lambda raw: raw.replace(b"@v1", b"@v2", 1)),
        "unreadable",
        "000000034.tlog-proof is no proof",
    ),
    "no index": (
        member(PROOF, lambda raw: raw.replace(b"index ", b"place ", 1)),
        "unreadable",
        "000000034.tlog-proof is no proof",
    ),
    "another index": (
        member(PROOF, lambda raw: raw.replace(b"index 33", b"index 32", 1)),
        "tampered",
        "events/000000034.json is not event 33 of the signed log",
    ),
    "another note": (
        member(PROOF, lambda raw: raw.removesuffix(b"\n")),
        "tampered",
        f"{PROOF} ends with another note",
    ),
    "another event": (
        member("events/000000034.json", lambda raw: raw.replace(b"1500", b"1501", 1)),
        "tampered",
        "events/000000034.json is not event 34",
    ),
    "another seq": (in_event(34, "seq", to=35), "tampered", "034.json: another seq"),
    # decision
    "explanation of another": (
        set_in("explanation", "decision", "id", to="ADL-35"),
        "tampered",
        "another explanation",
    ),
    "decision of another": (
        set_in("manifest", "decision", to="ADL-35"),
        "tampered",
        "another explanation",
    ),
    "evidence missing": (
        set_in("explanation", "evidence", 0, "seq", to=31),
        "unreadable",
        "events/000000031.json is missing",
    ),
    "no decision": (shown(3, 30, 33, 35, 36), "unreadable", "events/000000034.json is missing"),
    "wrong type": (
        in_event(34, "type", to="market.deleveraging_doubted/1"),
        "tampered",
        "the decision's event is missing",
    ),
    "listed root": (set_in("candidates", "root", to="00" * 32), "tampered", RANKED),
    "said root": (set_in("explanation", "candidates", "root", to="00" * 32), "tampered", RANKED),
    "decided root": (in_event(34, "data", "ranking_root", to="00" * 32), "tampered", RANKED),
    "rows alone": (rows_alone, "tampered", RANKED),
    "last row gone": (without_the_last_row, "tampered", "a candidate is missing"),
    "last row not explained": (and_not_explained, "tampered", "a candidate is missing"),
    "last row not counted": (and_not_counted, "tampered", "a candidate is missing"),
    "closed more": (row(2, closed=501), "tampered", CLOSED),
    "closed another": (row(2, account="erin"), "tampered", CLOSED),
    "closed nothing": (row(1, closed=0), "tampered", CLOSED),
    "closed a third": (row(3, closed=1), "tampered", CLOSED),
    "closure quantity": (in_event(35, "data", "quantity", to=999), "tampered", CLOSED),
    "closure victim": (in_event(36, "data", "victim", to="erin"), "tampered", CLOSED),
    "closure rank": (in_event(36, "data", "rank", to=3), "tampered", CLOSED),
    "closure of another": (in_event(36, "data", "decision_id", to="ADL-9"), "tampered", CLOSED),
    "closures counted": (a_closure_too_many, "tampered", CLOSED),
    # policy
    "policy file": (set_in("policy", "policy", to={}), "tampered", "the policy is not the one"),
    "policy digest": (policy_without_its_digest, "tampered", "the policy is not the one"),
    "policy never set": (another_policy, "tampered", "was set otherwise"),
    "policy event": (set_in("policy", "effective_seq", to=33), "tampered", "was set otherwise"),
    # log
    "log event": (
        member("log/tile/entries/000.p/37", lambda raw: raw.replace(b"1500", b"1501", 1)),
        "tampered",
        "the log is not the one that was signed",
    ),
    "log cut": (
        member("log/tile/entries/000.p/37", lambda raw: raw[: -2 - int.from_bytes(raw[:2])]),
        "tampered",
        "the log",
    ),
    "log longer": (
        member("log/tile/entries/000.p/37", lambda raw: raw + b"\x00\x00"),
        "tampered",
        "the log is not the one that was signed",
    ),
    # numbers
    "rank": (set_in("explanation", "ranking", 1, "rank", to=3), "tampered", "rank 2"),
    "account": (set_in("explanation", "ranking", 2, "account", to="x"), "tampered", "rank 3"),
}
NUMBERS = "quantity closed equity unrealized cost realized notional score"
DECIMALS = [
    *(("decision", name) for name in ("mark_price", "close_price")),
    *(("totals", name) for name in ("closed", "needed", "cost", "deficit")),
    ("trigger", "equity"),
    *(("ranking", at, name) for at in range(3) for name in NUMBERS.split()),
]
for keys in DECIMALS:
    forged = (set_in("explanation", *keys, to="77/7"), "tampered", f"{CHANGED} 77/7, the log")
    FORGERIES[f"decimal {' '.join(map(str, keys))}"] = forged


@pytest.mark.parametrize("name", FORGERIES)
def test_one_forged_part_is_found_and_named(name: str, judged: Judge) -> None:
    forge, verdict, text = FORGERIES[name]
    forgery = Forgery()
    forge(forgery)
    found = judged(forgery.members())

    assert (found.verdict, found.code) == (verdict, 4 if verdict == "unreadable" else 1)
    assert text in found.text


def test_the_first_of_several_closures_is_not_enough(judged: Judge) -> None:
    forgery = Forgery()
    forgery.event(36)["rank"] = 1
    assert judged(forgery.members()).text == CLOSED


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


EARLIER: dict[str, tuple[Forge, str, str]] = {
    "no note": (missing("checkpoint-before"), "tampered", "an unpaired checkpoint"),
    "no path": (missing("before.consistency"), "tampered", "an unpaired checkpoint"),
    "another old": (
        member("before.consistency", lambda raw: raw.replace(b"old 28", b"old 27", 1)),
        "tampered",
        "the proof of another log",
    ),
    "another log": (attribute("origin_before", "other"), "unknown_key", "signed for other"),
    "another root": (
        attribute("before_root", bytes(32)),
        "tampered",
        "the log does not begin with the one that was signed earlier",
    ),
    "too late": (attribute("before", 33), "tampered", "the earlier checkpoint is not earlier"),
    "much too late": (attribute("before", 35), "tampered", "earlier checkpoint is not earlier"),
}


@pytest.mark.parametrize("name", EARLIER)
def test_a_forged_earlier_checkpoint_is_found(name: str, judged: Judge) -> None:
    forge, verdict, text = EARLIER[name]
    forgery = Forgery(before=28)
    forge(forgery)
    found = judged(forgery.members())

    assert found.verdict == verdict
    assert text in found.text


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
    assert "compare the files in keys/" in answer.err


def test_the_exported_bundles_themselves_are_intact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for members in exported():
        path = packed(with_new_manifest(members), tmp_path / "bundle.zip")
        monkeypatch.setattr(sys, "argv", ["verify.py", str(path)])
        assert verify.main() == 0
        assert capsys.readouterr().out.endswith("Verdict: intact\n")
    assert base64(b"") == ""
