"""Why can the books not be written in the form that was asked for?"""

from typing import ClassVar


class ExportRefused(Exception):
    """An export that cannot be exact is refused; nothing is rounded to make it fit."""

    code: ClassVar[str] = "export_refused"
    exit_code: ClassVar[int] = 1
    hint: ClassVar[str] = "zerosum export ndjson and csv know no such limit"


class TooManyDigits(ExportRefused):
    """A number, or a sum on the way, has more digits than the other program keeps."""

    code = "too_many_digits"


class SameCommodity(ExportRefused):
    """Two markets, or a market and the money, would get the same name in the other program."""

    code = "same_commodity"


class MissingExtra(ExportRefused):
    """The form needs a library that is not installed."""

    code = "missing_extra"
    exit_code = 2
    hint = "pip install 'zerosum[frames]'"
