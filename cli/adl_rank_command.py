"""Who would be closed next?"""

from dataclasses import replace

import click

from cli.errors import not_found, wrong_usage
from cli.output import show
from cli.reading import log_only
from cli.settings import PastQuestion
from domain.adl.selections import SELECTIONS
from domain.market import Market
from domain.specification import AdlPolicy
from projections.errors import UnknownMarket
from reports.indicator import rank_page


@click.command(
    "rank",
    cls=PastQuestion,
    epilog="Example: zerosum adl rank BTC-PERP --side short --before ADL-34",
)
@click.argument("market")
@click.option("--side", type=click.Choice(("long", "short")), required=True, help="Whose queue.")
@click.option("--policy", metavar="P", help="Another selection than the market's own.")
@click.pass_context
def adl_rank(context: click.Context, market: str, side: str, policy: str | None) -> None:
    """Who would be closed next?

    Rank, score and lights of everybody on one side, also when nobody is bankrupt; five lights are
    closed first.
    """
    with log_only(context) as books:
        found = books.venue.markets.get(market)
        if found is None:
            raise UnknownMarket(market)
        sign = 1 if side == "long" else -1
        chosen = _policy(found, policy)
        show(context, rank_page(books.venue, found, sign, chosen, books.as_of))


def _policy(market: Market, name: str | None) -> AdlPolicy:
    """The market's policy, with another selection where one was named."""
    if name is None:
        return market.policy
    if name not in SELECTIONS:
        raise not_found(
            "unknown_policy", f"there is no selection {name!r}", "zerosum policy list shows all"
        )
    if name == market.policy.selection:
        return market.policy
    parameters = []
    for parameter in SELECTIONS[name].parameters:
        value = market.policy.parameter(parameter.name) or parameter.default
        if value is None:
            raise wrong_usage(
                "missing_parameter",
                f"{name} needs the parameter {parameter.name}: {parameter.meaning}",
                hint=f"set {name} with its parameters for the market, then ask without --policy",
            )
        parameters.append((parameter.name, value))
    return replace(market.policy, selection=name, parameters=tuple(sorted(parameters)))
