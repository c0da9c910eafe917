"""How does the oracle refuse?"""


class NaiveRejected(Exception):
    """The venue refuses the command; `code` is the stable refusal code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def require(condition: object, code: str) -> None:
    if not condition:
        raise NaiveRejected(code)
