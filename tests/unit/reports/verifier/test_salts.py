"""Are salted rankings accepted as salted, and others as what they are?"""

import json

import pytest

from tests.unit.reports.verifier.changes import Forge, mark_as, rerank, row, salted
from tests.unit.reports.verifier.conftest import Judge
from tests.unit.reports.verifier.forgeries import Forgery


def test_a_salted_ranking_is_intact(judged: Judge) -> None:
    forgery = Forgery()
    salted(forgery)
    assert judged(forgery.members()).verdict == "intact"


def without_salts(forgery: Forgery) -> None:
    for rank in (1, 2, 3):
        row(rank, salt=None)(forgery)
    texts = [text.replace('"salt":null,', "") for text in forgery.candidates["rows"]]
    rerank(forgery, texts)
    for line in forgery.explanation["ranking"]:
        del line["salt"]


def with_salt(rank: int, salt: str) -> Forge:
    def forge(forgery: Forgery) -> None:
        row(rank, salt=salt)(forgery)
        forgery.explanation["ranking"][rank - 1]["salt"] = salt

    return forge


def unnamed_key(forgery: Forgery) -> None:
    for used in (forgery.event(34)["policy"], forgery.event(3)["adl"], forgery.policy["policy"]):
        del used["row_key_digest"]


def said_only(forgery: Forgery) -> None:
    forgery.explanation["candidates"]["blinded"] = False


def listed_only(forgery: Forgery) -> None:
    forgery.candidates["blinded"] = False


def never(forgery: Forgery) -> None:
    mark_as(forgery, blinded=False)


def another_line(forgery: Forgery) -> None:
    forgery.explanation["ranking"][0]["salt"] = "f" * 32


SALTS: dict[str, tuple[Forge, str]] = {
    "rows without salts": (without_salts, "salts of the rows"),
    "the same salt twice": (with_salt(2, f"{1:032x}"), "salts of the rows"),
    "a short salt": (with_salt(3, "f" * 31), "salts of the rows"),
    "a salt of other letters": (with_salt(3, "F" * 32), "salts of the rows"),
    "salts that nobody names": (never, "salts of the rows"),
    "an explanation that denies them": (said_only, "salted or not?"),
    "a list that denies them": (listed_only, "salted or not?"),
    "a policy without a key": (unnamed_key, "salted or not?"),
    "another salt in the explanation": (another_line, "rank 1"),
}


@pytest.mark.parametrize("name", SALTS)
def test_salts_that_do_not_fit_are_found(name: str, judged: Judge) -> None:
    forge, text = SALTS[name]
    forgery = Forgery()
    salted(forgery)
    forge(forgery)
    found = judged(forgery.members())

    assert found.verdict == "tampered"
    assert text in found.text


def test_a_traders_own_row_is_salted_where_rows_are(judged: Judge) -> None:
    forgery = Forgery(trader=True)
    mark_as(forgery, blinded=True)
    found = judged(forgery.members())
    assert (found.verdict, found.text) == ("tampered", "salts of the rows")

    own = forgery.candidates["row"]
    assert "salt" not in json.loads(own["row"])
    mark_as(forgery, blinded=False)
    assert judged(forgery.members()).verdict == "intact"
