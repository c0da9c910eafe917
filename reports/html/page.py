"""Which sections make up the page of one decision?"""

from reports.audience import Document
from reports.html.absorption import need_section, waterfall_section
from reports.html.blocks import Sheet
from reports.html.ladder import ladder_section
from reports.html.opening import answer_section, header, price_section, title
from reports.html.payers import conservation_section, cost_section
from reports.html.proof import limits_section, proof_section
from reports.html.surroundings import Surroundings
from reports.html.view import View


def sheet(document: Document, around: Surroundings) -> Sheet:
    """Sections 0 to 8, from an explanation and surroundings that its reader may see."""
    view = View(document, around)
    return Sheet(
        title(view),
        f"{view.decision['id']}, {view.market}",
        document["as_of"]["root"],
        header(view),
        (
            answer_section(view),
            price_section(view),
            waterfall_section(view),
            need_section(view),
            ladder_section(view),
            cost_section(view),
            conservation_section(view),
            proof_section(view),
            limits_section(view),
        ),
    )
