"""Can any file make the importer fail, or lose a row?"""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.importers.archives import ALICE, BOB, block_fill, both, fill, imported, misc_line

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.sampled_from(
        ["", "0.0", "1", "-1.5", "1e9", "B", "BTC", "@1", "NaN", ALICE, "0x" + "0" * 64]
    ),
    st.text(max_size=5),
    st.text(st.characters(categories=["Cs"]), max_size=3),
    st.just("9" * 300),
)
nested = st.recursive(
    values,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
SOUND: list[dict[str, Any] | list[Any]] = [
    fill("BTC", "B", "1", "9", user=ALICE, liquidation={"markPx": "9", "method": "market"}),
    json.loads(block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7))),
    json.loads(misc_line(1, {"Funding": {"deltas": [{"user": ALICE, "coin": "BTC"}]}})),
    json.loads(misc_line(1, {"LedgerUpdate": {"users": [ALICE], "delta": {"type": "send"}}})),
    {"channel": "userFills", "data": {"user": ALICE, "fills": [fill("BTC", "B", "1", "9")]}},
    {"time": 5, "hash": "0x", "delta": {"type": "vaultWithdraw", "vault": BOB}},
    {"universe": [{"name": "BTC", "szDecimals": 5}], "marginTables": [[56, {"marginTiers": []}]]},
    {"coin": "BTC", "time": "2024-07-26T08:26:25", "px": "1", "sz": "1", "side_info": [{}, {}]},
]


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """A sound row in which something has been replaced, added or taken away."""
    row = json.loads(json.dumps(draw(st.sampled_from(SOUND))))
    for _ in range(draw(st.integers(1, 3))):
        part = row
        while isinstance(part, (dict, list)) and part:
            keys = sorted(part) if isinstance(part, dict) else range(len(part))
            key = draw(st.sampled_from(keys))
            if not isinstance(part[key], (dict, list)) or not draw(st.booleans()):
                if isinstance(part, dict) and draw(st.booleans()):
                    del part[key]
                else:
                    part[key] = draw(nested)
                break
            part = part[key]
    return row


def checked(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
        found = imported(path)
    assert found.report.facts == len(found.events)


@given(st.lists(spoiled(), min_size=1, max_size=4))
def test_spoiled_rows_end_as_applied_or_rejected(rows: list[Any]) -> None:
    checked([json.dumps(row) for row in rows])


@given(st.lists(nested, min_size=1, max_size=4))
def test_any_json_ends_as_rejected(rows: list[Any]) -> None:
    checked([json.dumps(row) for row in rows])


@given(st.lists(st.text(), max_size=4))
def test_any_text_ends_as_rejected(rows: list[str]) -> None:
    checked(rows)
