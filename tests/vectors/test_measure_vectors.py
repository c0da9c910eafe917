"""Do measures of decisions give what the published cases give?"""

from fractions import Fraction
from pathlib import Path

import pytest

from reports.markouts import Close, cost_after
from reports.metrics import overshoot, severity
from tests.acceptance.calling import books_with
from tests.vectors.cases import Case, cases_of


@pytest.mark.parametrize("case", cases_of("conservation", "markout"))
def test_a_markout_splits_at_the_mark_of_the_decision(case: Case) -> None:
    given = {key: text for key, text in case["given"].items() if key != "kind"}
    of = {key: Fraction(text) for key, text in given.items()}
    expect = {key: Fraction(text) for key, text in case["expect"].items()}
    close = Close("victim", of["quantity"], -expect["immediate"])

    assert -expect["immediate"] == of["quantity"] * (of["price"] - of["mark"])
    assert cost_after(close, of["mark"], of["later_mark"], 1) == -expect["total"]
    assert expect["immediate"] + expect["opportunity"] == expect["total"]


@pytest.mark.parametrize("case", cases_of("conservation", "overshoot"))
def test_overshoot_has_three_answers(case: Case) -> None:
    given, expect = case["given"], {k: Fraction(v) for k, v in case["expect"].items()}
    mark = Fraction(given["mark"])
    closes = [{key: Fraction(text) for key, text in close.items()} for close in given["closes"]]
    closed = sum(c["quantity"] for c in closes)
    cost = sum(c["side"] * c["quantity"] * (mark - c["price"]) for c in closes)
    realized = sum(c["side"] * c["quantity"] * (c["price"] - c["entry"]) for c in closes)

    found = overshoot(
        needed=Fraction(given["needed"]),
        closed=closed,
        cost=cost,
        realized=realized,
        deficit=Fraction(given["deficit"]),
    )

    assert (closed, cost, realized) == (expect["closed"], expect["cost"], expect["realized"])
    assert found == tuple(expect[f"overshoot_{key}"] for key in ("quantity", "cost", "profit"))
    assert min(found.beyond()) >= 0


@pytest.mark.parametrize("case", cases_of("pro_rata", "amounts"))
def test_severity_is_that_of_the_paper(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    if "theta" not in given:
        pytest.skip("the case names no severity")

    found = severity(Fraction(expect["budget"]), Fraction(expect["deficit"]))

    assert found.value == Fraction(given["theta"])


@pytest.mark.parametrize("case", cases_of("conservation", "quantity_chain"))
def test_a_timeline_says_what_each_step_left(case: Case, tmp_path: Path) -> None:
    given, expect = case["given"], case["expect"]
    needed = Fraction(given["needed"])
    taken = {step["step"]: Fraction(step["quantity"]) for step in given["steps"]}
    vault = taken.get("vault")
    scale = max(value.denominator for value in (needed, *taken.values()))
    story = [
        "venue chain",
        f"market M tick 1 lot {1 / float(scale):g} initial 10% maintenance 5%"
        + (f" vault vault cap {vault * 90}" if vault else ""),
        f"deposit alice {needed * 10}",
        f"deposit bob {needed * 1000}",
        f"deposit erin {needed * 1000}",
        *([f"deposit vault {needed * 1000}"] if vault else []),
        "mark 100",
        f"sell bob {_text(needed)} @ 100",
        f"buy alice {_text(needed)} @ 100",
        f"buy erin {_text(taken['book'])} @ 90",
        "mark 93",
        "mark 89",
    ]
    if "adl" not in taken:
        story[-1:] = []
    books = books_with(tmp_path, "\n".join(story) + "\n")

    steps = [
        step
        for one in books.ask("timeline", "alice", "--json").json["liquidations"]
        for step in one["steps"]
        if Fraction(step["quantity"] or 0)
    ]

    assert [step["left"] for step in steps] == expect["left_after_each"]
    assert [step["quantity"] for step in steps] == [step["quantity"] for step in given["steps"]]


def _text(value: Fraction) -> str:
    whole, tenths = divmod(value * 10, 10)
    return f"{int(whole)}.{int(tenths)}"
