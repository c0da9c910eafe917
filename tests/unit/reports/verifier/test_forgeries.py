"""Which forged part is found, under which name, although all else was made to fit?"""

from hashlib import sha256

import pytest

from domain.canonical import canonical_bytes
from tests.unit.reports.verifier.changes import (
    PROOF,
    Forge,
    a_closure_too_many,
    and_not_counted,
    and_not_explained,
    attribute,
    in_event,
    member,
    missing,
    row,
    rows_alone,
    set_in,
    shown,
    without_the_last_row,
)
from tests.unit.reports.verifier.conftest import Judge
from tests.unit.reports.verifier.forgeries import (
    Forgery,
)

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
