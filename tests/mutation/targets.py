"""Which files are changed, and which tests are asked about each of them?

Tests that need ../shared are not asked: the score must be the same on every machine.
"""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

_RULES: Final = ("tests/unit/domain", "tests/property")
_RANKS: Final = (
    "tests/unit/domain/adl",
    "tests/unit/domain/test_liquidation.py",
    "tests/unit/domain/test_waterfall.py",
    "tests/unit/domain/test_redecide.py",
    "tests/unit/domain/audit/test_lines.py",
    "tests/property/test_all_policies_agree.py",
    "tests/property/test_allocation.py",
    "tests/property/test_sharing.py",
    "tests/property/test_every_decision.py",
)
_EXAMINED: Final = tuple(
    f"tests/unit/ledger/test_{name}.py"
    for name in ("report_lines", "tampering", "checkpoints", "row_keys", "recording")
)

TARGETS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "adl": (("domain/adl/*.py", "domain/adl/selections/*.py"), _RANKS),
    "margin": (("domain/margin.py", "domain/bankruptcy.py"), _RULES),
    "liquidation": (("domain/liquidation.py", "domain/waterfall.py"), _RULES),
    "tree": (
        ("domain/merkle.py", "ledger/tree.py"),
        (
            "tests/unit/domain/test_merkle.py",
            "tests/unit/ledger/test_tree.py",
            "tests/unit/ledger/test_proofs.py",
            "tests/unit/ledger/test_checkpoints.py",
            "tests/unit/reports/verifier/test_lists.py",
        ),
    ),
    "verifier": (("reports/verifier/verify.py",), ("tests/unit/reports/verifier",)),
    "verification": (("ledger/verification.py",), _EXAMINED),
}
"""Name → files, and the tests in which each changed line looks for one that fails."""


def files_of(target: str) -> list[str]:
    """The files of a target, as paths from the root."""
    patterns, _ = TARGETS[target]
    return [
        path.relative_to(ROOT).as_posix()
        for pattern in patterns
        for path in sorted(ROOT.glob(pattern))
    ]
