"""Which texts are parameters of a policy, up to their bounds?"""

import pytest

from domain.adl.selections.readers import exponent, share, whole_number


@pytest.mark.parametrize(
    "text,value",
    [
        ("0", "0"),
        ("64", "64"),
        ("7.0", "7"),
        ("65", None),
        ("-1", None),
        ("1.5", None),
        ("x", None),
    ],
)
def test_an_exponent_is_a_whole_number_up_to_64(text: str, value: str | None) -> None:
    assert exponent(text) == value


def test_a_whole_number_goes_up_to_ten_to_the_thirty() -> None:
    assert whole_number(str(10**30)) == str(10**30)
    assert whole_number(str(10**30 + 1)) is None
    assert whole_number("0") == "0"
    assert whole_number("-1") is None


def test_a_share_is_above_zero_and_at_most_one() -> None:
    assert share("1") == "1"
    assert share("0.25") == share("1/4") == "0.25"
    assert share("0") is None
    assert share("1.01") is None
    assert share("-1/2") is None
    assert share("1/3") == "1/3"
    assert share(f"1/{10**30}") is not None
    assert share(f"1/{10**30 + 1}") is None


@pytest.mark.parametrize("read", [whole_number, share])
def test_a_text_of_more_than_4000_characters_is_not_looked_at(read) -> None:
    assert read("1." + "0" * 3_998) is not None
    assert read("1." + "0" * 3_999) is None
