"""Do the console blocks in README and docs print what they say?"""

from pathlib import Path

import pytest

from tests.docs.console import ROOT, examples, files, matches, pages, run


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_console_block_prints_what_the_page_says(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name, content in files(text).items():
        (tmp_path / name).write_text(content, encoding="utf-8")

    shown = examples(text)
    printed = run([example.command for example in shown], tmp_path)

    assert len(printed) == len(shown)
    for example, lines in zip(shown, printed, strict=True):
        assert matches(example.expected, lines), (
            f"{page.relative_to(ROOT)}: $ {example.command}\n\nsays\n"
            + "\n".join(example.expected)
            + "\n\nprints\n"
            + "\n".join(lines)
        )


def test_a_page_that_says_something_else_is_found_out() -> None:
    assert matches(["a … c", "…", "z"], ["a b c", "x", "y", "z"])
    assert not matches(["a … c"], ["a b d"])
    assert not matches(["a"], ["a", "b"])
    assert not matches(["a", "b"], ["a"])
