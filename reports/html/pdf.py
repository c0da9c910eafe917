"""How does a sheet become a PDF that carries its own evidence?

PDF/A-3 and PDF/UA through typst, the JSON answer attached. The layout program reads the sheet as
data, the fonts are typst's own, the date is the decision's: same log, same bytes.
"""

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any, Final

from domain.instants import instant_text
from reports.html.amounts import pieces
from reports.html.blocks import Chart, Sheet, Table
from reports.html.rendering import environment

STANDARDS: Final = ("a-3a", "ua-1")
PALETTE_END: Final = "}"


class MissingExtra(Exception):
    """A report was asked for whose library is not installed."""

    code = "missing_extra"
    exit_code = 2

    def __init__(self, extra: str) -> None:
        super().__init__(f"this needs the extra {extra!r}, which is not installed")
        self.hint = f"pip install 'zerosum[{extra}]'"


def sheet_pdf(page: Sheet, evidence: str, time: int) -> bytes:
    """A sheet as PDF with the JSON text `evidence` attached; raises `MissingExtra`."""
    try:
        import typst
    except ImportError:
        raise MissingExtra("pdf") from None
    program = files("reports.html").joinpath("templates/sheet.typ").read_bytes()
    found = typst.compile(
        program,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={
            "sheet": json.dumps(_data(page, time), ensure_ascii=False),
            "evidence": evidence,
        },
        pdf_standards=list(STANDARDS),
        timestamp=time // 10**9,
    )
    if not isinstance(found, bytes):
        raise TypeError("typst gave no single document")
    return found


def _data(page: Sheet, time: int) -> dict[str, Any]:
    text = instant_text(time)
    clock = (text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19])
    return {
        **_broken(asdict(page)),
        "time": [int(part) for part in clock],
        "evidence-name": f"{page.case.partition(',')[0]}.json",
        "sections": [
            {**asdict(section), "blocks": [_block(block) for block in section.blocks]}
            for section in page.sections
        ],
    }


def _block(block: Any) -> dict[str, Any]:
    found: dict[str, Any] = _broken(asdict(block))
    if isinstance(block, Chart):
        found["svg"] = _svg(block)
    if isinstance(block, Table):
        found["is_code"] = any(cell.is_code for row in block.rows for cell in row.cells)
    return found


def _broken(found: Any) -> Any:
    """The same with the pieces of every cell's text beside it."""
    if isinstance(found, dict):
        cell = {"pieces": pieces(found["text"])} if "is_code" in found else {}
        return {**{name: _broken(value) for name, value in found.items()}, **cell}
    if isinstance(found, (list, tuple)):
        return [_broken(value) for value in found]
    return found


def _svg(chart: Chart) -> str:
    drawing = environment().get_template("drawing.svg").module
    text: str = drawing.drawing(chart, style=drawing_style())  # type: ignore[attr-defined]
    return str(text).strip()


@cache
def drawing_style() -> str:
    """The rules for drawings from the style sheet, in the colours of paper."""
    css = files("reports.html").joinpath("templates/style.css").read_text(encoding="utf-8")
    palette = css[: css.index(PALETTE_END)]
    colours = dict(
        line.strip().removesuffix(";").split(": ", 1)
        for line in palette.splitlines()
        if line.strip().startswith("--")
    )
    rules = [
        line.replace("svg ", "")
        for line in css.splitlines()
        if line.startswith(("svg .", "svg line", "svg path"))
    ]
    rules.append('text { font-family: "Libertinus Serif"; font-size: 13px; fill: var(--ink); }')
    # A rule for all text must stand before those for some of it.
    style = "\n".join([rules.pop(), *rules])
    for name, colour in colours.items():
        style = style.replace(f"var({name})", colour)
    return style
