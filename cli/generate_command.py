"""How does a made-up venue become an archive to import, with its truth beside it?"""

from pathlib import Path
from typing import Any

import click

from cli.errors import wrong_usage
from cli.lazy import Lazy, LazyGroup
from cli.output import note, show
from cli.progress import Progress
from cli.settings import Question
from importers.hyperliquid_generator.archive import COMPRESSIONS, SUMS, Compression
from importers.hyperliquid_generator.generating import LARGEST_SEED, generate
from reports.page import Page

SAID = (
    ("fill rows", "fill_rows"),
    ("misc events", "misc_events"),
    ("takeovers", "takeovers"),
    ("ADL decisions", "adl_decisions"),
    ("ADL closes", "adl_closes"),
)


@click.group(
    name="generate",
    cls=LazyGroup,
    lazy={
        "hyperliquid": Lazy(
            "cli.generate_command:hyperliquid",
            "Write a made-up archive in Hyperliquid's formats, with its truth.",
        ),
    },
    no_args_is_help=True,
)
def generate_group() -> None:
    """Write a made-up venue's archive, with its truth."""


@click.command(
    cls=Question, epilog="Example: zerosum generate hyperliquid --seed 2 --fills 20000 evening"
)
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same bytes.")
@click.option("--accounts", default=60, show_default=True, help="How many accounts trade.")
@click.option("--fills", default=2_000, show_default=True, help="How many fill rows to write.")
@click.option(
    "--compression",
    type=click.Choice(COMPRESSIONS),
    default="none",
    show_default=True,
    help="How to pack fills and misc events.",
)
@click.option("--force", is_flag=True, help="Replace venue/ and truth/ in OUT.")
@click.pass_context
def hyperliquid(
    context: click.Context,
    out: Path,
    seed: int,
    accounts: int,
    fills: int,
    compression: Compression,
    force: bool,
) -> None:
    """Write a made-up archive in Hyperliquid's formats, with its truth.

    An evening with a crash, takeovers and auto-deleveraging. OUT/venue holds what a venue
    publishes, OUT/truth what really happened; truth/SHA256SUMS is written last.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise wrong_usage("bad_value", f"--seed {seed} is not a number of 64 bits")
    progress = Progress(context, "writing fill rows", fills)
    counts = generate(
        out,
        seed=seed,
        accounts=accounts,
        fills=fills,
        compression=compression,
        replace=force,
        watch=progress.add,
    )
    progress.end()
    note(context, f"check the files with: cd {out} && sha256sum -c {SUMS}")
    body: dict[str, Any] = {"folder": out.as_posix(), **counts}
    said = ", ".join(f"{counts[name]:,} {words}" for words, name in SAID)
    show(context, Page("generate/1", None, body, None, (f"{out.as_posix()}: {said}",)))
