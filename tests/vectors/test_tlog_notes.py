"""Are keys, notes, proof files and the signer's answers those that others computed?"""

import re
from pathlib import Path
from typing import Any

import pytest

from domain.merkle import (
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
)
from ledger.keys import KeyUnreadable, SigningKey, parse_signing_key, parse_verifier
from ledger.notes import Checkpoint, NoteFault, read_checkpoint, read_note, signer_of
from ledger.proofs import (
    ConsistencyProof,
    InclusionProof,
    proven_continuation,
    proven_event,
    read_consistency,
    read_inclusion,
)
from ledger.signer import (
    RefuseFork,
    RefuseShrink,
    Signer,
    SignerState,
    SignerStateLost,
    replace_durably,
    state_path_of,
)
from ledger.tree import Tree
from tests.vectors.cases import file_of


@pytest.fixture
def tlog() -> Any:
    """The whole file."""
    return file_of("tlog")


@pytest.fixture
def signing(tlog: Any) -> SigningKey:
    return SigningKey(tlog["origin"], bytes.fromhex(tlog["keys"]["log"]["seed"]))


def raws_of(tlog: Any) -> list[bytes]:
    return [bytes.fromhex(text) for text in tlog["log"]["leaf_bytes"]]


def forked(tlog: Any) -> list[bytes]:
    raws = raws_of(tlog)
    raws[3] = bytes.fromhex(tlog["fork"]["leaf_bytes_4"])
    return raws


def head_of(tlog: Any, raws: list[bytes]) -> Checkpoint:
    return Checkpoint(tlog["origin"], len(raws), root_of(map(leaf_hash, raws)))


def test_keys_have_the_published_lines_and_ids(tlog: Any, signing: SigningKey) -> None:
    published = tlog["keys"]["log"]

    assert signing.verifier.line() == published["vkey"]
    assert signing.verifier.public.hex() == published["public"]
    assert signing.verifier.key_id.hex() == published["key_id"]
    assert signing.secret_line() == published["signer_key"]
    assert parse_verifier(published["vkey"].encode()) == signing.verifier
    assert parse_signing_key(published["signer_key"].encode()).verifier == signing.verifier
    stranger = tlog["keys"]["stranger_same_name"]
    assert parse_verifier(stranger["vkey"].encode()).key_id.hex() == stranger["key_id"]


def test_the_key_of_a_witness_is_no_key_of_a_log(tlog: Any) -> None:
    with pytest.raises(KeyUnreadable, match="type 4"):
        parse_verifier(tlog["keys"]["witness"]["vkey"].encode())


@pytest.mark.parametrize("size", [0, 5, 8])
def test_signing_gives_the_published_note(tlog: Any, signing: SigningKey, size: int) -> None:
    note = signing.signed(head_of(tlog, raws_of(tlog)[:size]))

    assert note.raw().decode() == tlog["texts"][f"checkpoint_{size}"]
    assert read_note(note.raw()) == note
    if size == 8:
        assert note.text.decode() == tlog["texts"]["checkpoint_body_8"]
        assert read_checkpoint(note.text) == note.checkpoint


def test_every_text_that_must_be_accepted_is(tlog: Any, signing: SigningKey) -> None:
    for case in tlog["texts"]["accept"]:
        note = read_note(case["text"].encode())

        size = int(re.findall(r"[0-9]+", case["what"])[0])
        assert signer_of(note, [signing.verifier]) == signing.verifier, case["what"]
        assert note.checkpoint == head_of(tlog, raws_of(tlog)[:size]), case["what"]
        assert note.raw() == case["text"].encode(), case["what"]


def test_every_text_that_must_be_rejected_is_for_the_published_reason(
    tlog: Any, signing: SigningKey
) -> None:
    found = {}
    for case in tlog["texts"]["reject"]:
        with pytest.raises(NoteFault) as fault:
            signer_of(read_note(case["text"].encode()), [signing.verifier])
        found[case["what"]] = fault.value.verdict

    assert found == {case["what"]: case["verdict"] for case in tlog["texts"]["reject"]}


def test_proof_files_are_the_published_bytes_and_prove(tlog: Any, signing: SigningKey) -> None:
    raws, keys = raws_of(tlog), [signing.verifier]
    leaves = [leaf_hash(raw) for raw in raws]
    note = signing.signed(head_of(tlog, raws))
    bare = InclusionProof(2, tuple(inclusion_path(leaves, 2)), note)
    whole = InclusionProof(2, bare.path, note, raws[2])
    later = ConsistencyProof(5, tuple(consistency_path(leaves, 5)), note)

    texts = tlog["texts"]
    assert bare.raw().decode() == texts["tlog_proof_index_2_size_8"]
    assert whole.raw().decode() == texts["tlog_proof_index_2_size_8_with_event"]
    assert later.raw().decode() == texts["consistency_5_to_8"]
    assert proven_event(read_inclusion(bare.raw()), keys, raws[2]) == signing.verifier
    assert proven_event(read_inclusion(whole.raw()), keys) == signing.verifier
    old = read_note(texts["checkpoint_5"].encode())
    assert proven_continuation(read_consistency(later.raw()), keys, old) == signing.verifier


def test_two_notes_of_one_size_are_the_proof_of_a_fork(tlog: Any, signing: SigningKey) -> None:
    fork = forked(tlog)
    for size, root in enumerate(tlog["fork"]["roots"]):
        assert root_of(map(leaf_hash, fork[:size])).hex() == root

    note = signing.signed(head_of(tlog, fork))
    assert note.raw().decode() == tlog["fork"]["checkpoint_8"]
    leaves = [leaf_hash(raw) for raw in fork]
    old = read_note(tlog["texts"]["checkpoint_5"].encode())
    proof = ConsistencyProof(5, tuple(consistency_path(leaves, 5)), note)
    with pytest.raises(NoteFault, match="does not begin"):
        proven_continuation(proof, [signing.verifier], old)


def test_the_signer_answers_as_published(tlog: Any, signing: SigningKey, tmp_path: Path) -> None:
    answers = []
    for number, case in enumerate(tlog["signer"]):
        path = tmp_path / f"{number}.key"
        path.write_text(signing.secret_line())
        answers.append(answer(tlog, signing, path, case))

    assert answers == [case["answer"] for case in tlog["signer"]]


def answer(tlog: Any, signing: SigningKey, path: Path, case: Any) -> str:
    size, root = case["offered"]
    is_fork = root in tlog["fork"]["roots"] and root not in tlog["log"]["roots"]
    raws = forked(tlog) if is_fork else raws_of(tlog)
    held_note = None
    if case["held"] is not None:
        tree = Tree()
        tree.extend([leaf_hash(raw) for raw in raws_of(tlog)[: case["held"][0]]])
        assert tree.root().hex() == case["held"][1]
        held_note = signing.signed(Checkpoint(tlog["origin"], tree.size, tree.root()))
        state = SignerState(tlog["origin"], tree, held_note)
        replace_durably(state_path_of(path), state.raw())
    signer = Signer(path)
    head, offered = bytes.fromhex(root), raws[:size]
    if case["held"] is None:
        with pytest.raises(SignerStateLost):
            signer.sign(size, head, lambda first, last: offered[first - 1 : last])
    try:
        signed = signer.sign(
            size, head, lambda first, last: offered[first - 1 : last], first=case["held"] is None
        )
    except (RefuseFork, RefuseShrink) as refusal:
        return refusal.code if refusal.evidence and refusal.evidence.exists() else "no evidence"
    assert signed.note.checkpoint == Checkpoint(tlog["origin"], size, head)
    return "same_note_again" if signed.note is held_note or signed.repeated else "sign"
