"""Can each module be read in one sitting?"""

from tests.architecture.sources import PACKAGES, modules, place

LINES_AT_MOST = 400


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {
        place(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules(*PACKAGES)
    }

    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > LINES_AT_MOST} == {}
