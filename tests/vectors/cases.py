"""Which published cases are there, and which of them does zerosum not claim to answer?

The vectors lie beside the repository; without them the tests skip and say so. A case that models
another venue's rule, or a policy that is not offered yet, stands in `NOT_OFFERED` with its reason.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from domain.adl.selections import SELECTIONS

FOLDER: Final = Path(__file__).parents[3] / "shared" / "vectors"
Case = dict[str, Any]

COUNTS: Final = {
    "bankruptcy_price": 36,
    "margin_requirement": 21,
    "ranking": 45,
    "deleveraging_fills": 49,
    "pro_rata": 30,
    "conservation": 19,
    "book_then_adl": 30,
    "deleveraging_trigger": 22,
    "fillable_price": 17,
    "insurance_fund": 27,
    "socialized": 21,
}

NOT_OFFERED: Final = {
    "bankruptcy_price/K-14a": "a query for a size of zero: zerosum only closes what is held",
    "bankruptcy_price/K-14b": "a query for an increase: zerosum only closes what is held",
    "bankruptcy_price/K-14d": "a query in a market without a position: only what is held is closed",
    "margin_requirement:ppm": "dYdX rounds initial margin, then a share of it; zerosum rounds once",
    "deleveraging_fills:walk": "dYdX visits counterparties in a given order, bankrupt ones too",
    "deleveraging_fills/F-24a": "a request for the wrong side: no decision is asked for a size",
    "deleveraging_fills/F-24b": "a request beyond the position: no decision is asked for a size",
    "deleveraging_fills/F-24d": "a request beyond the counterparty: a queue takes what it has",
    "deleveraging_fills/F-32": "final settlement of an account that must be solvent is not offered",
    "book_then_adl:book_fund_adl": "dYdX: a fund settles fills, deleveraging in a given order",
    "book_then_adl:liquidation_orders": "dYdX sorts liquidation orders; zerosum sorts accounts",
    "deleveraging_trigger:fund_drawdown": "Bybit triggers by a drawdown of its fund",
    "deleveraging_trigger/T-5": "final settlement at the oracle price is not offered",
    "fillable_price": "dYdX fills between mark and bankruptcy; zerosum goes to bankruptcy at once",
    "insurance_fund": "dYdX settles each fill with a fund; zerosum covers flat accounts",
    "socialized": "losses spread without choosing anybody: no policy of zerosum",
}
"""Case, kind of a file, or file → why it is not run; policies that are not offered come on top."""


@cache
def file_of(name: str) -> Any:
    """One file of vectors; skips the test where the vectors are absent."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        pytest.skip(f"no vectors at {path.parent}")
    return json.loads(path.read_text(encoding="utf-8"))


def reason_not_to_run(name: str, case: Case) -> str | None:
    """Why a case is not run; None for one that is."""
    given = case["given"]
    for key in (f"{name}/{case['id']}", f"{name}:{given.get('kind')}", name):
        if key in NOT_OFFERED:
            return NOT_OFFERED[key]
    policy = given.get("policy")
    if policy is not None and policy not in SELECTIONS:
        return f"{policy} is not offered yet"
    return None


def cases_of(name: str, *kinds: str) -> list[Any]:
    """Cases to run as pytest parameters; a single skipped one where the vectors are absent."""
    if not (FOLDER / f"{name}.json").exists():
        absent = pytest.mark.skip(reason=f"no vectors at {FOLDER}")
        return [pytest.param({}, marks=absent, id="absent")]
    return [
        pytest.param(case, id=case["id"])
        for case in file_of(name)["cases"]
        if (not kinds or case["given"].get("kind") in kinds)
        and reason_not_to_run(name, case) is None
    ]
