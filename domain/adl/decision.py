"""Who is closed against this bankrupt position, at which price, and what is written down about it?

A decision is a pure function of the venue just before it. The ranking is not stored: its root is,
so that anybody who rebuilds the rows from the log can see that these and no others were ranked.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from pydantic_core import to_json

from domain.adl.allocation import allocated
from domain.adl.candidate import NO_SCORE, Candidate, Ranked, Ranking, in_lowest_terms
from domain.adl.policies import CLOSE_PRICES, selection_of
from domain.adl.ranking import Queue, ranked
from domain.adl.row_key import Salts
from domain.adl.selection import Circumstances
from domain.margin import affordable_lots, bankruptcy_amount, loss_per_lot
from domain.market import Market
from domain.merkle import leaf_hash, root_of
from domain.specification import AdlPolicy
from domain.units import AccountId, Lots, QuoteUnits
from domain.venue import Venue


class Decision(NamedTuple):
    """The ranking with its allocation, the one close price, and what stays open."""

    queue: Queue
    rows: Ranking
    close_price: Fraction
    needed: Lots
    residual: Lots

    @property
    def closures(self) -> list[tuple[int, Ranked]]:
        """Rank and row of everybody who is closed."""
        return self.rows.closures()


def decision(
    venue: Venue,
    market: Market,
    bankrupt: AccountId,
    bankruptcy_price: Fraction,
    policy: AdlPolicy | None = None,
) -> Decision:
    """Decide who is closed against all that `bankrupt` still holds in `market`."""
    policy = policy or market.policy
    selection = selection_of(policy)
    held = market.positions[bankrupt]
    needed = abs(held.quantity)
    previous = market.previous_mark if market.previous_mark is not None else market.price
    price = CLOSE_PRICES[policy.close_price](held.sign, market.price, previous, bankruptcy_price)
    about = circumstances(market, policy)
    queue = ranked(candidates(venue, market, -held.sign, price), policy, selection, needed, about)
    rows = allocated(queue.rows, selection, needed, about)
    return Decision(queue, rows, price, needed, needed - rows.lots_closed)


def circumstances(market: Market, policy: AdlPolicy) -> Circumstances:
    """What the policy's selection may look at beside the candidates of this market."""
    one_quote = Fraction(1) / market.spec.quote_unit.fraction()
    return Circumstances(one_quote, policy.parameters, market.adl_list)


def candidates(venue: Venue, market: Market, side: int, price: Fraction) -> list[Candidate]:
    """Everybody who holds the given side (+1 long), with what a policy may ask about them."""
    per_lot = market.price * market.point_value
    loss = loss_per_lot(side, market.price, price, market.point_value)
    accounts, cash, holdings = venue.accounts, venue.cash, venue.holdings
    margin, denominator = market.maintenance.requirement, price.denominator
    found: list[Candidate] = []
    for account, (quantity, cost, opened_seq, basis_known) in market.positions.items():
        if (quantity > 0) != (side > 0):
            continue
        value = quantity * per_lot
        notional = abs(value)
        if len(holdings[account]) == 1:
            equity, maintenance = cash[account] + value - cost, margin(notional)
        else:
            equity, maintenance = venue.standing(account)
        owner = accounts[account]
        found.append(
            _candidate(
                (
                    account,
                    quantity,
                    cost,
                    value - cost,
                    notional,
                    equity,
                    maintenance,
                    affordable_lots(equity, abs(quantity), loss, denominator),
                    opened_seq,
                    owner.opened_seq,
                    owner.role == "vault",
                    owner.liquidation is not None,
                    basis_known,
                )
            )
        )
    return found


_candidate = partial(tuple.__new__, Candidate)


def exclusion(
    venue: Venue,
    market: Market,
    account: AccountId,
    side: int,
    price: Fraction,
    policy: AdlPolicy,
) -> str | None:
    """Under which code an account is left out of the queue of a side (+1 long) at a close price.

    None where it is ranked, and where it holds nothing on that side.
    """
    own = [one for one in candidates(venue, market, side, price) if one.account == account]
    about = circumstances(market, policy)
    return next(iter(ranked(own, policy, selection_of(policy), 0, about).excluded), None)


def closure_amount(market: Market, side: int, lots: Lots, price: Fraction) -> QuoteUnits:
    """Cash to the bankrupt account (side +1 long) for `lots`, rounded toward it."""
    return bankruptcy_amount(side, lots, price, market.point_value)


def closure_cost(market: Market, side: int, lots: Lots, amount: QuoteUnits) -> QuoteUnits:
    """What the victim gives up against the mark: `s·x·(P − p)·v`, its rounding included."""
    return amount - side * lots * market.price * market.point_value


def ranking_row(row: Ranked, salts: Salts | None = None) -> bytes:
    """One ranked candidate in the exact bytes that the ranking root commits to.

    Keys stand in order and texts are account ids, so the fast writer gives canonical bytes.
    """
    candidate = row.candidate
    numerator, denominator = in_lowest_terms(row.score or NO_SCORE)
    fields: dict[str, str | int] = {
        "account": candidate.account,
        "capacity": candidate.capacity,
        "closed": row.closed,
        "cost": candidate.cost,
        "equity": candidate.equity,
        "maintenance_margin": candidate.maintenance_margin,
        "quantity": candidate.quantity,
    }
    if salts is not None:
        fields["salt"] = salts(candidate.account)
    fields["score_denominator"] = denominator
    fields["score_numerator"] = numerator
    fields["unrealized"] = candidate.unrealized
    return to_json(fields)


def ranking_root(rows: Iterable[Ranked], salts: Salts | None = None) -> str:
    """RFC 6962 root over the ranking rows in rank order, as hex."""
    return root_of(leaf_hash(ranking_row(row, salts)) for row in rows).hex()
