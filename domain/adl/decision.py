"""Who is closed against this bankrupt position, at which price, and what is written down about it?

A decision is a pure function of the venue just before it. The ranking is not stored: its root is,
so that anybody who rebuilds the rows from the log can see that these and no others were ranked.
"""

from fractions import Fraction
from typing import NamedTuple

from domain.adl.allocation import allocated
from domain.adl.candidate import Candidate, Ranked
from domain.adl.policies import CLOSE_PRICES, selection_of
from domain.adl.ranking import Queue, Standing, ranked
from domain.adl.selection import Circumstances
from domain.canonical import canonical_bytes
from domain.margin import bankruptcy_amount, capacity
from domain.market import Market
from domain.merkle import leaf_hash, root_of
from domain.specification import AdlPolicy
from domain.units import AccountId, Lots, QuoteUnits
from domain.venue import Venue


class Decision(NamedTuple):
    """The ranking with its allocation, the one close price, and what stays open."""

    queue: Queue
    rows: tuple[Ranked, ...]
    close_price: Fraction
    needed: Lots
    residual: Lots

    @property
    def closures(self) -> list[tuple[int, Ranked]]:
        """Rank and row of everybody who is closed."""
        return [(rank, row) for rank, row in enumerate(self.rows, start=1) if row.closed]


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
    queue = ranked(standings(venue, market, -held.sign, price), policy, selection, needed, about)
    rows = allocated(queue.rows, selection, needed, about)
    return Decision(queue, rows, price, needed, needed - sum(row.closed for row in rows))


def circumstances(market: Market, policy: AdlPolicy) -> Circumstances:
    """What the policy's selection may look at beside the candidates of this market."""
    one_quote = Fraction(1) / market.spec.quote_unit.fraction()
    return Circumstances(policy.parameters, market.adl_list, one_quote)


def standings(venue: Venue, market: Market, side: int, price: Fraction) -> list[Standing]:
    """Everybody who holds the given side (+1 long), with what a policy may ask about them."""
    mark, point_value = market.price, market.point_value
    found: list[Standing] = []
    for account, position in market.positions.items():
        if (position.quantity > 0) != (side > 0):
            continue
        equity, maintenance = venue.standing(account)
        value = position.quantity * mark * point_value
        owner = venue.accounts[account]
        found.append(
            Standing(
                Candidate(
                    account=account,
                    quantity=position.quantity,
                    cost=position.cost,
                    unrealized=value - position.cost,
                    notional=abs(value),
                    equity=equity,
                    maintenance_margin=maintenance,
                    capacity=capacity(
                        equity=equity,
                        quantity=position.quantity,
                        mark_price=mark,
                        price=price,
                        point_value=point_value,
                    ),
                    opened_seq=position.opened_seq,
                    account_seq=owner.opened_seq,
                    is_vault=owner.role == "vault",
                ),
                in_liquidation=owner.in_liquidation,
                basis_known=position.basis_known,
            )
        )
    return found


def closure_amount(market: Market, side: int, lots: Lots, price: Fraction) -> QuoteUnits:
    """Cash to the bankrupt account (side +1 long) for `lots`, rounded toward it."""
    return bankruptcy_amount(side, lots, price, market.point_value)


def closure_cost(market: Market, side: int, lots: Lots, amount: QuoteUnits) -> QuoteUnits:
    """What the victim gives up against the mark: `s·x·(P − p)·v`, its rounding included."""
    return amount - side * lots * market.price * market.point_value


def ranking_row(row: Ranked) -> bytes:
    """One ranked candidate in the exact bytes that the ranking root commits to."""
    candidate = row.candidate
    score = row.score.fraction() if row.score is not None else Fraction(0)
    return canonical_bytes(
        {
            "account": candidate.account,
            "capacity": candidate.capacity,
            "closed": row.closed,
            "cost": candidate.cost,
            "equity": candidate.equity,
            "maintenance_margin": candidate.maintenance_margin,
            "quantity": candidate.quantity,
            "score_denominator": score.denominator,
            "score_numerator": score.numerator,
            "unrealized": candidate.unrealized,
        }
    )


def ranking_root(rows: tuple[Ranked, ...]) -> str:
    """RFC 6962 root over the ranking rows in rank order, as hex."""
    return root_of(leaf_hash(ranking_row(row)) for row in rows).hex()
