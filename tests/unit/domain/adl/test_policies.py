"""Which words make a policy, and what is said of words that do not?"""

from typing import Any

import pytest

from domain.adl.policies import policy_of
from domain.errors import Rejected


def refusal(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Rejected) as caught:
        policy_of(fields)
    return caught.value.code, dict(caught.value.facts)


def test_what_is_left_out_takes_the_defaults() -> None:
    policy = policy_of({})

    assert policy == policy_of({"policy": policy.selection, "close_price": "bankruptcy"})
    assert policy.parameters == ()


def test_parameters_are_read_in_order_and_defaults_filled_in() -> None:
    assert policy_of({"policy": "risk-aware-pro-rata@1"}).parameters == (("k", "1"),)
    given = {"policy": "risk-aware-pro-rata@1", "parameters": {"k": "2.0"}}
    assert policy_of(given).parameters == (("k", "2"),)


def test_a_parameter_that_the_selection_lacks_is_an_unknown_field() -> None:
    given = {"policy": "pnl-leverage@1", "parameters": {"k": "1"}}
    assert refusal(given) == ("unknown_field", {"field": "parameters"})


def test_a_parameter_without_default_must_be_given() -> None:
    given = {"policy": "seeded-rotation@1"}
    assert refusal(given) == ("missing_field", {"field": "parameters.seed"})


def test_a_parameter_that_cannot_be_read_is_named() -> None:
    given: dict[str, Any] = {"policy": "seeded-rotation@1", "parameters": {"seed": "1.5"}}
    assert refusal(given) == ("bad_value", {"field": "parameters.seed"})
    given["parameters"]["seed"] = 1
    assert refusal(given) == ("bad_type", {"field": "parameters"})


@pytest.mark.parametrize("field", ["policy", "close_price", "trigger", "vault_candidate"])
def test_an_unknown_word_is_shown_up_to_64_characters(field: str) -> None:
    assert refusal({field: "x" * 65}) == ("bad_value", {"field": field, "value": "x" * 64})
    assert refusal({field: "x\n"}) == ("bad_value", {"field": field, "value": "?"})
