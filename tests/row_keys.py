"""How does a test keep a venue whose rankings are salted?"""

from pathlib import Path
from typing import Final

from domain.adl.row_key import RowKey
from domain.scenario import ScenarioReader
from ledger.ledger import Ledger
from ledger.row_keys import write_row_key

ROW_KEY: Final = RowKey(bytes(range(0x40, 0x60)))
"""The key of the vectors."""
OTHER_KEY: Final = RowKey(bytes(32))


def tell(url: str, scenario: str, row_key: RowKey | None = ROW_KEY) -> None:
    """Make a log as a venue in Python does, with this row key."""
    reader = ScenarioReader()
    with Ledger.create(url, "zerosum.example/test", row_key=row_key) as ledger:
        for line in scenario.splitlines():
            for command in reader.commands(line):
                receipt = ledger.submit(command)
                assert receipt.rejected is None, (line, receipt.rejected)


def key_file(folder: Path, row_key: RowKey = ROW_KEY, name: str = "rows.key") -> str:
    """A row key in a file; gives its path."""
    write_row_key(folder / name, row_key)
    return str(folder / name)
