"""Which policy parameters do the `--param NAME=VALUE` options of a command name?"""

from cli.errors import wrong_usage


def named_parameters(texts: tuple[str, ...]) -> dict[str, str]:
    """Values by name; each name once, or the usage is wrong."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or name in found:
            raise wrong_usage(
                "bad_parameter",
                f"--param {text[:80]!r} is not one value for one name",
                expected="--param NAME=VALUE, each name once",
            )
        found[name] = value
    return found
