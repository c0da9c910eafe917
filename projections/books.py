"""What does everybody have, and how does every market stand?

At the head the answer comes from the rows; at any point of the past from the venue folded to it.
"""

from dataclasses import replace

from pydantic_core import from_json
from sqlalchemy import Connection, select

from domain.specification import MarketSpec, policy_from, spec_from
from domain.venue import Venue
from projections import schema
from projections.answers import AccountState, Books, Holding, MarketState
from projections.reading import driver_rows, head
from projections.schema import whole

_market = schema.market.c


def books(connection: Connection) -> Books:
    """Everybody's state after the last event that was counted."""
    seq = head(connection)
    venue = connection.execute(select(schema.venue)).one_or_none()
    if venue is None:
        return books_of(Venue())
    names: dict[int, str] = {}
    accounts: list[AccountState] = []
    for number, account, role, cash, deposits, liquidation in driver_rows(
        connection, select(schema.account)
    ):
        names[number] = account
        accounts.append(AccountState(account, role, int(cash), int(deposits), liquidation))
    holdings = [
        Holding(
            names[number], market, int(quantity), int(cost), opened_seq, basis_known=bool(known)
        )
        for number, market, quantity, cost, opened_seq, known in driver_rows(
            connection, select(schema.position)
        )
    ]
    return Books(
        seq=seq,
        time=venue.time,
        name=venue.name,
        quote=venue.quote,
        kind=venue.kind,
        net_deposits=int(venue.net_deposits),
        accounts=tuple(sorted(accounts, key=lambda account: account.account)),
        holdings=_in_order(holdings),
        markets=_market_states(connection, holdings),
    )


def _market_states(connection: Connection, holdings: list[Holding]) -> tuple[MarketState, ...]:
    open_lots = _open_lots(holdings)
    return tuple(
        _market_state(
            _spec(row.market, row.spec, row.policy),
            whole(row.mark),
            whole(row.previous_mark),
            row.mark_seq,
            open_lots.get(row.market, [0, 0, 0, 0]),
        )
        for row in connection.execute(select(schema.market).order_by(_market.market))
    )


def books_of(venue: Venue) -> Books:
    """The same answer for a venue folded to any point of the log."""
    holdings = [
        Holding(
            account,
            name,
            position.quantity,
            position.cost,
            position.opened_seq,
            position.basis_known,
        )
        for name, market in venue.markets.items()
        for account, position in market.positions.items()
    ]
    open_lots = _open_lots(holdings)
    return Books(
        seq=venue.head,
        time=venue.time,
        name=venue.name,
        quote=venue.quote,
        kind=venue.kind,
        net_deposits=venue.net_deposits,
        accounts=tuple(
            AccountState(
                name, account.role, venue.cash[name], account.net_deposits, account.liquidation
            )
            for name, account in sorted(venue.accounts.items())
        ),
        holdings=_in_order(holdings),
        markets=tuple(
            _market_state(
                replace(market.spec, adl=market.policy),
                market.mark,
                market.previous_mark,
                market.mark_seq,
                open_lots.get(name, [0, 0, 0, 0]),
            )
            for name, market in sorted(venue.markets.items())
        ),
    )


def _in_order(holdings: list[Holding]) -> tuple[Holding, ...]:
    return tuple(sorted(holdings, key=lambda holding: (holding.account, holding.market)))


def _open_lots(holdings: list[Holding]) -> dict[str, list[int]]:
    """Per market: long lots, short lots, holders of each side."""
    found: dict[str, list[int]] = {}
    for holding in holdings:
        lots = found.setdefault(holding.market, [0, 0, 0, 0])
        side = 0 if holding.quantity > 0 else 1
        lots[side] += abs(holding.quantity)
        lots[side + 2] += 1
    return found


def _market_state(
    spec: MarketSpec, mark: int | None, previous: int | None, mark_seq: int, lots: list[int]
) -> MarketState:
    return MarketState(spec, mark, previous, mark_seq, *lots)


def _spec(market: str, listed: str, policy: str) -> MarketSpec:
    """The specification with the policy in force as its policy."""
    return replace(spec_from(market, from_json(listed)), adl=policy_from(from_json(policy)))
