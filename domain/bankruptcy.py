"""At which price does closing a position use up its share of what the account has left?"""

from fractions import Fraction

from domain.event_shapes import BankruptcyQuote
from domain.margin import bankruptcy_price
from domain.market import Market
from domain.units import AccountId
from domain.venue import Venue


def bankruptcy_quote(
    venue: Venue, market: Market, account: AccountId
) -> tuple[Fraction, BankruptcyQuote]:
    """Exact price in ticks of a step, from the state just before it touches the market, and the
    inputs it follows from: equity is spread over the account's positions by maintenance margin,
    by notional where all of those are zero.
    """
    margins = {
        held: venue.maintenance_in(venue.markets[held], account) for held in venue.holdings[account]
    }
    by_notional = not any(margins.values())
    if by_notional:
        margins = {
            held: abs(venue.markets[held].positions[account].quantity)
            * venue.markets[held].price
            * venue.markets[held].point_value
            for held in venue.holdings[account]
        }
    equity, quantity = venue.equity(account), market.positions[account].quantity
    total = sum(margins.values())
    price = bankruptcy_price(
        mark_price=market.price,
        quantity=quantity,
        point_value=market.point_value,
        equity=equity,
        weight=margins[market.id],
        weight_total=total,
    )
    return price, {
        "equity": equity,
        "mark_price": market.price,
        "price": f"{price.numerator}/{price.denominator}",
        "quantity": quantity,
        "weight": margins[market.id],
        "weight_total": total,
        "weights": "notional" if by_notional else "maintenance",
    }
