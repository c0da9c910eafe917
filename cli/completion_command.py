"""How does a shell complete our commands?"""

import click
from click.shell_completion import get_completion_class

from cli.output import write
from cli.settings import Question

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Question, epilog='Example: eval "$(zerosum completion bash)"')
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    root = context.find_root().command
    kind = get_completion_class(shell)
    if kind is None:
        message = f"click knows no completion for {shell}"
        raise click.UsageError(message)
    script = kind(root, {}, "zerosum", "_ZEROSUM_COMPLETE")
    # Not `script.source()`: bash's asks the installed bash for its version first.
    write(script.source_template % script.source_vars())
