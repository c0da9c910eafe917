"""How do the books leave for other programs, and for people who trust none of ours?"""

import click

from cli.lazy import Lazy, LazyGroup

EXPORTS = {
    "ndjson": Lazy("cli.export_ndjson_command:export_ndjson", "Events, one JSON object a line."),
    "csv": Lazy("cli.export_csv_command:export_csv", "Every movement as a row of exact decimals."),
    "parquet": Lazy(
        "cli.export_parquet_command:export_parquet", "The same rows in columns of whole numbers."
    ),
    "hledger": Lazy(
        "cli.export_hledger_command:export_hledger", "A journal that hledger checks and adds up."
    ),
    "beancount": Lazy(
        "cli.export_beancount_command:export_beancount", "A ledger that bean-check accepts."
    ),
    "evidence": Lazy(
        "cli.export_evidence_command:export_evidence", "One ADL decision with all its proofs."
    ),
}


@click.group(cls=LazyGroup, lazy=EXPORTS, no_args_is_help=True)
def export() -> None:
    """How do the books leave for other programs, and for people who trust none of ours?"""
