"""Which story does `zerosum demo` tell?

`cascade-mini`: one market, six accounts, a crash in three marks. The first liquidation is
absorbed by the order book, the second by the vault up to its cap, the rest by auto-deleveraging.
"""

from typing import NamedTuple

BANKRUPT = "alice"
ASKING = "dave"


class Chapter(NamedTuple):
    """A part of the story: its heading and its lines in scenario notation."""

    heading: str
    lines: str


STORY: tuple[Chapter, ...] = (
    Chapter(
        "A market opens, and six accounts bring 685000 USDC",
        """\
at 2026-10-10T21:00:00Z
venue cascade-mini
market BTC-PERP tick 0.1 lot 0.001 initial 10% maintenance 5% vault vault cap 120000
deposit alice 102000
deposit bob 8000
deposit carol 325000
deposit dave 30000
deposit erin 200000
deposit vault 20000
""",
    ),
    Chapter(
        "alice goes long 10 BTC against bob, dave and carol; erin bids below",
        """\
at 2026-10-10T21:05:00Z
mark 60000
sell bob 1 @ 60000
sell dave 2.5 @ 60000
sell carol 6.5 @ 60000
buy alice 10 @ 60000
buy erin 6 @ 51000
buy erin 5 @ 47900
""",
    ),
    Chapter(
        "The mark falls to 52000: the order book absorbs the first liquidation",
        "at 2026-10-10T21:15:00Z\nmark 52000\n",
    ),
    Chapter(
        "The mark falls to 49000: no bid is good enough, the vault takes what it may",
        "at 2026-10-10T21:18:00Z\nmark 49000\n",
    ),
    Chapter(
        "The mark falls to 47600: book and vault are done, auto-deleveraging closes the rest",
        "at 2026-10-10T21:20:00Z\nmark 47600\n",
    ),
)

SCENARIO = "\n".join(chapter.lines for chapter in STORY)
"""The whole story; `zerosum apply` takes it as it stands."""
