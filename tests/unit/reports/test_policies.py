"""Does every part of a policy say what it is, and does the list show all of them?"""

import pytest

from domain.adl.policies import CLOSE_PRICES, TRIGGERS, VAULT_RULES, policy_of
from domain.adl.selections import SELECTIONS
from reports.policies import choice_page, policy_list_page, policy_page
from reports.policy_choices import CHOICES, choice_named


def test_every_close_price_trigger_and_vault_rule_says_what_it_is() -> None:
    named = [(choice.field, choice.name) for choice in CHOICES]

    assert sorted(named) == sorted(
        [("close_price", name) for name in CLOSE_PRICES]
        + [("trigger", name) for name in TRIGGERS]
        + [("vault_candidate", name) for name in VAULT_RULES]
    )
    assert len({name for _, name in named} | set(SELECTIONS)) == len(named) + len(SELECTIONS)
    for choice in CHOICES:
        assert choice.rule.endswith(".")
        assert all((choice.formula, choice.models, choice.source))


def test_the_list_holds_all_choices_and_names_the_defaults() -> None:
    page = policy_list_page()
    choices = page.body["choices"]

    assert isinstance(choices, list)
    assert [row["name"] for row in choices if row["is_default"]] == [
        "bankruptcy",
        "negative_equity",
        "excluded",
    ]
    assert "Close prices: bankruptcy, mark, previous_mark, mark_capped (default bankruptcy)." in (
        page.parts
    )


@pytest.mark.parametrize("choice", CHOICES, ids=[choice.name for choice in CHOICES])
def test_a_choice_is_shown_with_the_digest_of_the_policy_it_makes(choice) -> None:
    page = choice_page(choice)

    assert choice_named(choice.name) is choice
    assert page.body["digest"] == policy_of({choice.field: choice.name}).digest()
    assert choice.rule in page.parts


def test_a_selection_says_whether_it_depends_on_the_unit_of_money() -> None:
    depends = {name for name, one in SELECTIONS.items() if policy_page(one).body["scale_dependent"]}

    assert depends == {"binance-quantile@1"}
    assert any(
        "another unit may change it" in str(part)
        for part in policy_page(SELECTIONS["binance-quantile@1"]).parts
    )
