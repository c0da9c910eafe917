"""How close is each holder to being closed next, whether or not anybody is bankrupt?

Ranked are the holders of one side with equity above zero, not in liquidation, vaults by the vault
rule; where the policy asks for profit the others stand after all winners, as in the second pass.
All shares are shares of the lots of the ranked rows.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from domain.adl.candidate import Ranked
from domain.adl.decision import candidates, circumstances
from domain.adl.policies import selection_of
from domain.adl.ranking import ranked
from domain.audit.knowledge import Knowledge, Missing, is_outside
from domain.market import Market
from domain.specification import AdlPolicy
from domain.units import Lots
from domain.venue import Venue
from reports.figures import amount_text, quantity_text, ratio_text, reduced_text
from reports.page import AsOf, Json, Page, Table

LIGHTS = 5
# More than any side can hold: the losers of a policy that asks for profit are then always admitted.
MORE_THAN_ANYBODY_HOLDS: Lots = 10**40

RECORDED = "A recorded log, ranked at its last marks"
COLUMNS = {
    "rank": "rank",
    "of": "of",
    "account": "account",
    "quantity": "quantity",
    "score": "score",
    "leverage": "leverage",
    "unrealized": "unrealised",
    "percentile": "percentile",
    "quantile": "quantile",
    "lights": "lights",
}


class Place(NamedTuple):
    """A row of the queue and the lots that stand strictly ahead of it."""

    row: Ranked
    ahead: Lots


def shown_score(row: Ranked) -> str | None:
    """A row's score as a fraction; several numbers joined by a space; None where there is none."""
    scores = row.parts or (() if row.score is None else (row.score,))
    return " ".join(reduced_text(*score) for score in scores) or None


def lights_of(sizes: Sequence[Lots]) -> list[int]:
    """`6 − ⌈5 · lots at or ahead / lots of all⌉` by rank; rank 1 always has five."""
    whole = sum(sizes)
    found, reached = [], 0
    for size in sizes:
        reached += size
        found.append(LIGHTS + 1 + (-LIGHTS * reached) // whole)
    # The largest holder may be first and hold nearly everything: first is next all the same.
    return [LIGHTS, *found[1:]] if found else []


def rank_page(
    venue: Venue,
    market: Market,
    side: int,
    policy: AdlPolicy,
    as_of: AsOf,
    knowledge: Knowledge | None = None,
) -> Page:
    """The queue of one side (+1 long) under a policy, as the next decision would find it.

    `knowledge` is that of a recorded log: the page then says what about the holders is not known.
    """
    rows = rank_rows(market, queue(venue, market, side, policy))
    named = "long" if side > 0 else "short"
    body: dict[str, Json] = {
        "market": market.id,
        "side": named,
        "policy": policy.selection,
        "rows": rows,
    }
    title = f"{market.id}, {named} side, {policy.selection}: five lights are closed first"
    parts: tuple[Table | str, ...] = (title, Table(COLUMNS, rows, frozenset({"account"})))
    if not rows:
        parts = (title, "Nobody on this side can be ranked.")
    if knowledge is not None:
        body["missing"] = missing = missing_of(knowledge, market, side)
        parts = (*parts, missing_sentence(missing))
    return Page("adl-rank/1", as_of, body, "rows", parts)


def missing_of(knowledge: Knowledge, market: Market, side: int) -> list[dict[str, Json]]:
    """What a recorded log does not know of the holders of one side, and of how many of them."""
    held = [name for name, position in market.positions.items() if position.sign == side]
    counts = Counter(
        doubt for name in held if not is_outside(name) for doubt in knowledge.doubts(name)
    )
    found: list[dict[str, Json]] = [
        {"code": str(doubt), "accounts": counts[doubt]} for doubt in sorted(counts)
    ]
    if knowledge.unseen_holders(market):
        found.append({"code": str(Missing.UNSEEN_HOLDERS), "accounts": None})
    if knowledge.unattributed_count:
        found.append({"code": str(Missing.REFUSED_ROWS), "accounts": None})
    return found


def missing_sentence(missing: Sequence[dict[str, Json]]) -> str:
    """The same in words."""
    if not missing:
        return f"{RECORDED}; of these holders' money it lacks nothing."
    named = ", ".join(
        str(one["code"]) if one["accounts"] is None else f"{one['code']} ({one['accounts']:,})"
        for one in missing
    )
    return f"{RECORDED}; not known of these holders: {named}. The true order may be another."


def queue(venue: Venue, market: Market, side: int, policy: AdlPolicy) -> list[Place]:
    """Who stands where; nobody when the market has no mark price."""
    if market.mark is None:
        return []
    # At the mark a close costs nobody anything, so nobody is left out for what a close would cost.
    everybody = candidates(venue, market, side, Fraction(market.mark))
    # An outside account of a recorded log stands for what is not shown: nobody can close it.
    holders = [one for one in everybody if not is_outside(one.account)]
    about = circumstances(market, policy)
    rows = ranked(holders, policy, selection_of(policy), MORE_THAN_ANYBODY_HOLDS, about).rows
    found, ahead = [], 0
    for row in rows:
        found.append(Place(row, ahead))
        ahead += row.candidate.size
    return found


def rank_rows(market: Market, places: Sequence[Place]) -> list[dict[str, Json]]:
    """The rows of `adl rank`, in the order of the queue."""
    whole = sum(place.row.candidate.size for place in places)
    lights = lights_of([place.row.candidate.size for place in places])
    return [
        {"rank": rank, "of": len(places), **_row(market, place, whole, lit)}
        for rank, (place, lit) in enumerate(zip(places, lights, strict=True), start=1)
    ]


def _row(market: Market, place: Place, whole: Lots, lit: int) -> dict[str, Json]:
    candidate = place.row.candidate
    return {
        "account": candidate.account,
        "quantity": quantity_text(candidate.quantity, market.spec),
        "score": shown_score(place.row),
        "leverage": ratio_text(candidate.notional, candidate.equity),
        "unrealized": amount_text(candidate.unrealized, market.spec.quote_unit),
        "percentile": ratio_text(100 * (whole - place.ahead), whole),
        "quantile": lit - 1,
        "lights": lit,
    }
