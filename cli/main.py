"""Which questions does zerosum answer, and how does it leave?

The composition root. Nothing heavy is imported here: a command's module is loaded when it is asked.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

import click
from click.shell_completion import shell_complete

from cli.errors import CLOSED_PIPE, is_closed_pipe, leave_closed_pipe, leave_unwritten, report
from cli.lazy import Lazy, LazyGroup

PROGRAM = "zerosum"
COMPLETION_VARIABLE = "_ZEROSUM_COMPLETE"
# A fixed width: what a command says does not depend on the window it is asked in.
CONTEXT = {"help_option_names": ["-h", "--help"], "terminal_width": 100, "max_content_width": 100}

QUESTIONS = {
    "demo": Lazy("cli.demo_command:demo", "A small market crashes: watch it, and ask why."),
    "init": Lazy("cli.init_command:init", "Create a store with an empty log."),
    "apply": Lazy("cli.apply_command:apply", "Run commands (NDJSON or scenario notation)."),
    "import": Lazy("cli.import_command:import_group", "Record what a venue's archive says."),
    "generate": Lazy(
        "cli.generate_command:generate_group", "Write a made-up venue's archive, with its truth."
    ),
    "balances": Lazy("cli.balances_command:balances", "What does each account hold in money?"),
    "positions": Lazy("cli.positions_command:positions", "Who holds which position?"),
    "oi": Lazy("cli.oi_command:oi", "How much is open on both sides of each market?"),
    "history": Lazy("cli.history_command:history", "What happened to one account?"),
    "events": Lazy("cli.events_command:events", "Which events stand in the log?"),
    "event": Lazy("cli.event_command:event", "What does one event say?"),
    "timeline": Lazy("cli.timeline_command:timeline", "What did each step of a liquidation do?"),
    "adl": Lazy("cli.adl_group:adl", "Who was auto-deleveraged, why, and who would be next?"),
    "audit": Lazy("cli.audit_group:audit", "Does what a venue did conform to what it says?"),
    "whatif": Lazy("cli.whatif_command:whatif", "Who would have been closed under another policy?"),
    "policy": Lazy("cli.policy_group:policy", "Which ADL policies are there?"),
    "verify": Lazy(
        "cli.verify_command:verify", "Is the log what was written, and do the books hold?"
    ),
    "checkpoint": Lazy(
        "cli.checkpoint_command:checkpoint",
        "Sign size and root of the log, if it continues what was signed before.",
    ),
    "prove": Lazy("cli.prove_command:prove", "Write a proof that needs no store to be checked."),
    "verify-proof": Lazy(
        "cli.verify_proof_command:verify_proof",
        "Check proof files, consistency files and signed checkpoints; needs no store.",
    ),
    "keygen": Lazy("cli.keygen_command:keygen", "Make a key that signs a log's checkpoints."),
    "replay": Lazy(
        "cli.replay_command:replay_command", "Does the log lead to the same state again?"
    ),
    "export": Lazy(
        "cli.export_group:export",
        "How do the books leave for other programs, and for people who trust none of ours?",
    ),
    "pseudonym": Lazy(
        "cli.pseudonym_command:pseudonym", "Under which name does a person stand in the log?"
    ),
    "erase": Lazy(
        "cli.erase_command:erase", "Destroy who is behind a pseudonym; every proof stays valid."
    ),
    "rebuild": Lazy("cli.rebuild_command:rebuild", "Drop every projection and make it again."),
    "doctor": Lazy("cli.doctor_command:doctor", "Is this machine fit to keep the books?"),
    "completion": Lazy(
        "cli.completion_command:completion", "Print the completion script of a shell."
    ),
    "version": Lazy("cli.version_command:version", "Which zerosum is this?"),
}


class Root(LazyGroup):
    """The program: runs one command, and maps every way out to an exit code."""

    def main(  # type: ignore[override] # it always leaves, whatever click's standalone mode
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,
    ) -> NoReturn:
        """Run as a program would and leave."""
        extra.pop("standalone_mode", None)
        sys.exit(_exit_code(self, list(sys.argv[1:] if args is None else args), prog_name))


@click.group(
    name=PROGRAM,
    cls=Root,
    lazy=QUESTIONS,
    context_settings=CONTEXT,
    epilog="Start with: zerosum demo",
)
def cli() -> None:
    """An event-sourced, tamper-evident ledger for perpetual futures.

    Every deposit, trade, mark, liquidation and auto-deleveraging close is one sealed event; ask the
    log for any moment of the past.
    """


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    return _exit_code(cli, list(sys.argv[1:] if args is None else args), PROGRAM)


def _exit_code(command: click.Group, args: list[str], prog_name: str | None) -> int:
    name = prog_name or PROGRAM
    try:
        instruction = os.environ.get(COMPLETION_VARIABLE)
        if instruction:
            return shell_complete(command, {}, name, COMPLETION_VARIABLE, instruction)
        # A copy: click takes the words it has read out of the list.
        with command.make_context(name, list(args)) as context:
            command.invoke(context)
        return _flushed(0)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except BaseException as fault:
        if isinstance(fault, (SystemExit, GeneratorExit)):
            raise
        if is_closed_pipe(fault):
            leave_closed_pipe()
            return CLOSED_PIPE
        code = report(fault, for_programs=_is_for_programs(args))
        leave_unwritten()
        return code
    try:
        return _flushed(code)
    except OSError as fault:
        code = report(fault, for_programs=_is_for_programs(args))
        leave_unwritten()
        return code


def _flushed(code: int) -> int:
    out: TextIO | None = sys.stdout
    try:
        if out is not None:
            out.flush()
    except BrokenPipeError:
        leave_closed_pipe()
        return CLOSED_PIPE
    return code


def _is_for_programs(args: Sequence[str]) -> bool:
    """Whether JSON was asked for, also when the command line could not be read to its end."""
    for before, word in zip(("", *args), args, strict=False):
        if word in ("--json", "--format=json", "--format=ndjson"):
            return True
        if before == "--format" and word in ("json", "ndjson"):
            return True
    return False


if __name__ == "__main__":
    sys.exit(run())
