"""Who would be closed next?"""

import click

from cli.auditing import is_recorded
from cli.errors import CommandFailed, not_found, wrong_usage
from cli.output import show
from cli.parameters import named_parameters
from cli.progress import Progress
from cli.reading import EVENTS_WORTH_PROGRESS, Reading, log_only
from cli.settings import PastQuestion
from domain.adl.selections import SELECTIONS
from domain.audit.knowledge import Knowledge
from domain.errors import Rejected
from domain.market import Market
from domain.specification import AdlPolicy
from domain.venue import Venue
from projections.errors import UnknownAccount, UnknownMarket
from reports.indicator import rank_page
from reports.standing import standing_page
from reports.whatif import Choice


@click.command(
    "rank",
    cls=PastQuestion,
    epilog="Examples: zerosum adl rank BTC-PERP --side short; zerosum adl rank --account dave",
)
@click.argument("market", required=False)
@click.option("--side", type=click.Choice(("long", "short")), help="Whose queue.")
@click.option(
    "--account", metavar="ACCOUNT", help="Where it stands and what is ahead of it, in any market."
)
@click.option("--policy", metavar="P", help="Another selection than the market's own.")
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="Of the policy.")
@click.pass_context
def adl_rank(
    context: click.Context,
    market: str | None,
    side: str | None,
    account: str | None,
    policy: str | None,
    parameters: tuple[str, ...],
) -> None:
    """Who would be closed next?

    Rank, score and lights of everybody on one side, also when nobody is bankrupt; five lights are
    closed first. With --account only where that account stands: in every market where it holds a
    position, unless one is named.
    """
    given = named_parameters(parameters)
    if account is None and (market is None or side is None):
        raise wrong_usage(
            "usage",
            "whose queue?",
            expected="MARKET --side long|short, or --account ACCOUNT",
            hint="zerosum adl rank --help",
        )
    with log_only(context) as books:
        venue = books.venue
        knowledge = _knowledge(context, books) if is_recorded(books) else None
        if market is not None and market not in venue.markets:
            raise UnknownMarket(market)
        sides = {"long": (1,), "short": (-1,), None: (1, -1)}[side]
        if account is None:
            found = venue.markets[str(market)]
            chosen = _policy(found, policy, given)
            _all_marked(venue, found, sides[0])
            show(context, rank_page(venue, found, sides[0], chosen, books.as_of, knowledge))
            return
        if account not in venue.accounts:
            raise UnknownAccount(account)
        queues = []
        for name in sorted(venue.markets) if market is None else [market]:
            found = venue.markets[name]
            held = found.positions.get(account)
            if held is not None and held.sign in sides:
                _all_marked(venue, found, held.sign)
                queues.append((found, held.sign, _policy(found, policy, given)))
        show(context, standing_page(venue, account, queues, books.as_of, knowledge))


def _knowledge(context: click.Context, books: Reading) -> Knowledge:
    """What the recorded log says and does not say about everybody, up to where it was asked."""
    knowledge = Knowledge()
    events = books.ledger.events(1, books.seq)
    if books.seq >= EVENTS_WORTH_PROGRESS:
        events = Progress(context, "reading the log", books.seq).over(events)
    for event in events:
        knowledge.see(event)
    return knowledge


def _all_marked(venue: Venue, market: Market, sign: int) -> None:
    """Refuse where a holder's worth is not known, as a recorded log may leave it."""
    if market.mark is None:
        return
    unmarked = {
        held
        for account, position in market.positions.items()
        if position.sign == sign
        for held in venue.holdings[account]
        if venue.markets[held].mark is None
    }
    if unmarked:
        raise not_found(
            "inputs_missing",
            f"holders of this side also hold {', '.join(sorted(unmarked))}, which has no mark",
            "zerosum positions shows what is known",
        )


def _policy(market: Market, name: str | None, given: dict[str, str]) -> AdlPolicy:
    """The market's policy, with another selection or other parameters where they were named."""
    selection = market.policy.selection if name is None else name
    if selection not in SELECTIONS:
        raise not_found(
            "unknown_policy",
            f"there is no selection {selection!r}",
            "zerosum policy list shows all",
        )
    known = sorted(parameter.name for parameter in SELECTIONS[selection].parameters)
    for parameter in sorted(given.keys() - set(known)):
        raise wrong_usage(
            "unknown_parameter",
            f"{selection} has no parameter {parameter[:64]!r}",
            expected=", ".join(known) or "no parameters",
        )
    if selection == market.policy.selection and not given:
        return market.policy
    try:
        return Choice(selection=selection, parameters=given).policy_for(market.policy)
    except Rejected as fault:
        raise _bad_parameter(selection, fault) from None


def _bad_parameter(selection: str, fault: Rejected) -> CommandFailed:
    name = str(dict(fault.facts).get("field", "")).removeprefix("parameters.")
    meaning = next(p.meaning for p in SELECTIONS[selection].parameters if p.name == name)
    if fault.code == "missing_field":
        return wrong_usage(
            "missing_parameter",
            f"{selection} needs the parameter {name}: {meaning}",
            hint=f"--param {name}=VALUE",
        )
    return wrong_usage(
        "bad_parameter", f"the value of {name} is not one that {selection} knows: {meaning}"
    )
