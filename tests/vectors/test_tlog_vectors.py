"""Are bytes, leaves, roots and proofs those that others computed?

The signed texts, the fork and the signer's answers are in `test_tlog_notes`.
"""

import json
from hashlib import sha256
from typing import Any

import pytest

from domain.adl.row_key import RowKey
from domain.canonical import NotCanonicalError, canonical_bytes, parse_canonical
from domain.merkle import (
    EMPTY_ROOT,
    consistency_path,
    edge_of,
    edge_root,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    root_of,
)
from tests.vectors.cases import file_of

TESTED_BESIDE = {"keys", "origin", "texts", "fork", "signer"}
DESCRIBES = {"schema", "checked_with", "about"}
TESTED = {"hash", "canonical_json", "log", "rfc6962", "thousand", "ranking_root"}


@pytest.fixture
def tlog() -> Any:
    """The whole file."""
    return file_of("tlog")


def hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def test_every_part_of_the_file_is_tested(tlog: Any) -> None:
    assert set(tlog) == TESTED_BESIDE | DESCRIBES | TESTED


def test_the_hash_of_nothing_of_an_empty_entry_and_of_two_nodes(tlog: Any) -> None:
    assert EMPTY_ROOT.hex() == tlog["hash"]["empty_root"]
    assert leaf_hash(b"").hex() == tlog["hash"]["leaf_of_empty_bytes"]
    assert node_hash(bytes(32), bytes(32)).hex() == tlog["hash"]["node_of_two_zero_hashes"]


def test_canonical_json_of_what_is_accepted(tlog: Any) -> None:
    for case in tlog["canonical_json"]["accept"]:
        raw = canonical_bytes(json.loads(case["input"]))
        assert raw == case["canonical"].encode()
        assert sha256(raw).hexdigest() == case["sha256"]
        assert parse_canonical(raw) == json.loads(case["input"])


def test_canonical_json_refuses_other_writings(tlog: Any) -> None:
    for case in tlog["canonical_json"]["not_canonical"]:
        raw = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()
        with pytest.raises(NotCanonicalError):
            parse_canonical(raw)


def test_leaves_roots_and_edges_of_a_log(tlog: Any) -> None:
    log = tlog["log"]
    leaves = [leaf_hash(bytes.fromhex(raw)) for raw in log["leaf_bytes"]]

    assert [text.encode().hex() for text in log["leaf_bytes_text"]] == log["leaf_bytes"]
    assert [leaf.hex() for leaf in leaves] == log["leaf_hashes"]
    for raw in log["leaf_bytes"]:
        assert canonical_bytes(parse_canonical(bytes.fromhex(raw))).hex() == raw
    for size, (root, edge) in enumerate(zip(log["roots"], log["edges"], strict=True)):
        assert edge_of(leaves[:size]) == hashes(edge)
        assert edge_root(hashes(edge)).hex() == root
        assert root_of(leaves[:size]).hex() == root


def test_paths_of_a_log(tlog: Any) -> None:
    log = tlog["log"]
    leaves, roots = hashes(log["leaf_hashes"]), hashes(log["roots"])

    for case in log["inclusion"]:
        index, size, path = case["index"], case["size"], hashes(case["path"])
        assert inclusion_path(leaves[:size], index) == path
        assert is_included(leaves[index], index, size, path, roots[size])
    for case in log["consistency"]:
        old, new, path = case["old"], case["new"], hashes(case["path"])
        assert consistency_path(leaves[:new], old) == path
        assert is_consistent(old, new, roots[old], roots[new], path)


def test_paths_that_show_nothing(tlog: Any) -> None:
    log = tlog["log"]
    leaves = hashes(log["leaf_hashes"])

    for case in log["inclusion_must_fail"]:
        leaf = case["leaf"]
        entry = leaves[leaf] if isinstance(leaf, int) else bytes.fromhex(leaf)
        path, root = hashes(case["path"]), bytes.fromhex(case["root"])
        assert not is_included(entry, case["index"], case["size"], path, root), case["why"]
    for case in log["consistency_must_fail"]:
        old, new = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
        path = hashes(case["path"])
        assert not is_consistent(case["old"], case["new"], old, new, path), case["why"]


def test_roots_of_the_rfc(tlog: Any) -> None:
    leaves = [leaf_hash(bytes.fromhex(raw)) for raw in tlog["rfc6962"]["leaf_inputs"]]

    for size, root in enumerate(tlog["rfc6962"]["roots"]):
        assert root_of(leaves[:size]).hex() == root


def test_a_thousand_leaves(tlog: Any) -> None:
    known = tlog["thousand"]
    leaves = [leaf_hash(f"leaf-{number:06}".encode()) for number in range(1_000)]

    for size, root in known["roots"].items():
        assert root_of(leaves[: int(size)]).hex() == root
    assert edge_of(leaves) == hashes(known["edge_1000"])
    assert inclusion_path(leaves, 123) == hashes(known["inclusion_123_of_1000"])
    assert inclusion_path(leaves, 999) == hashes(known["inclusion_999_of_1000"])
    assert consistency_path(leaves, 700) == hashes(known["consistency_700_to_1000"])
    assert consistency_path(leaves, 512) == hashes(known["consistency_512_to_1000"])
    assert [root_of(leaves[at : at + 256]).hex() for at in range(0, 768, 256)] == known[
        "tile_level_1"
    ]


def test_the_ranking_root_of_the_worked_example(tlog: Any) -> None:
    known = tlog["ranking_root"]
    leaves = [leaf_hash(row.encode()) for row in known["rows"]]

    assert all(canonical_bytes(json.loads(row)) == row.encode() for row in known["rows"])
    assert [leaf.hex() for leaf in leaves] == known["leaf_hashes"]
    assert root_of(leaves).hex() == known["root"]
    assert root_of([]).hex() == known["empty_list_root"]
    row_key = RowKey(bytes.fromhex(known["blinded"]["row_key"]))
    assert row_key.digest == known["blinded"]["row_key_digest"]
    for row, salted in zip(known["rows"], known["blinded"]["rows"], strict=True):
        plain = json.loads(row)
        salt = row_key.salt(known["decision"], plain["account"])
        assert canonical_bytes({**plain, "salt": salt}) == salted.encode()
    blinded = [leaf_hash(row.encode()) for row in known["blinded"]["rows"]]
    assert root_of(blinded).hex() == known["blinded"]["root"]
    own = known["blinded"]["own_row_proof"]
    assert is_included(
        leaf_hash(own["row"].encode()),
        own["index"],
        own["size"],
        hashes(own["path"]),
        bytes.fromhex(known["blinded"]["root"]),
    )
