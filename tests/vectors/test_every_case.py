"""Is every published case either run or listed with a reason?"""

import pytest

from tests.vectors.cases import COUNTS, FOLDER, NOT_OFFERED, file_of, reason_not_to_run

RUN = {
    "bankruptcy_price": 33,
    "margin_requirement": 14,
    "ranking": 45,
    "deleveraging_fills": 37,
    "pro_rata": 30,
    "conservation": 19,
    "book_then_adl": 8,
    "deleveraging_trigger": 19,
    "fillable_price": 0,
    "insurance_fund": 0,
    "socialized": 0,
}
"""How many cases of each file run."""


@pytest.mark.parametrize("name", COUNTS)
def test_every_case_is_run_or_listed_with_a_reason(name: str) -> None:
    cases = file_of(name)["cases"]
    reasons = [reason_not_to_run(name, case) for case in cases]

    assert len(cases) == COUNTS[name]
    assert len({case["id"] for case in cases}) == len(cases)
    assert reasons.count(None) == RUN[name]


def test_every_file_of_vectors_is_known() -> None:
    if not FOLDER.exists():
        pytest.skip(f"no vectors at {FOLDER}")

    assert {path.stem for path in FOLDER.glob("*.json")} == {*COUNTS, "tlog"}


def test_every_reason_stands_for_a_case() -> None:
    seen: set[str] = set()
    for name in COUNTS:
        for case in file_of(name)["cases"]:
            kind = case["given"].get("kind")
            seen |= {name, f"{name}/{case['id']}", f"{name}:{kind}"}

    assert set(NOT_OFFERED) <= seen
