"""What must hold, whatever happens?

Each invariant has one name, used by its function here, its line in `zerosum verify`, its property
test and its heading in docs/reference/invariants.md. Those over the whole state are functions of a
venue; those over single events are checked by `examination`; those over the store live beside it.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from domain.account import INSURANCE, ROUNDING, TREASURY, UNCOVERED
from domain.errors import InvariantBroken
from domain.venue import Venue


class Invariant(NamedTuple):
    """A named statement, where it is checked, and its function if it is one over the state."""

    name: str
    number: str
    statement: str
    where: str
    holds: Callable[[Venue], Iterator[str]] | None = None


INVARIANTS: Final[dict[str, Invariant]] = {}
"""All named invariants in the order of the design; `verify`, tests and docs walk this registry."""

StateCheck = Callable[[Venue], Iterator[str]]


def _over_state(number: str) -> Callable[[StateCheck], StateCheck]:
    def register(check: StateCheck) -> StateCheck:
        statement = " ".join((check.__doc__ or "").split())
        INVARIANTS[check.__name__] = Invariant(check.__name__, number, statement, "state", check)
        return check

    return register


def _elsewhere(number: str, name: str, statement: str, where: str) -> None:
    INVARIANTS[name] = Invariant(name, number, statement, where)


_elsewhere(
    "I1",
    "events_balance",
    "Each event moves lots and money between accounts and makes none: Σ Δq = 0 per market, "
    "Σ Δc − Σ Δn = Δ net deposits.",
    "event",
)


@_over_state("I2")
def open_interest_balanced(venue: Venue) -> Iterator[str]:
    """In every market the long and the short lots cancel."""
    for market in venue.markets.values():
        imbalance = sum(position.quantity for position in market.positions.values())
        if imbalance:
            yield f"{market.id}: longs and shorts differ by {imbalance} lots"


@_over_state("I3")
def longs_equal_shorts(venue: Venue) -> Iterator[str]:
    """Long lots, short lots and half of all lots are the same number."""
    for market in venue.markets.values():
        sizes = [position.quantity for position in market.positions.values()]
        long = sum(size for size in sizes if size > 0)
        short = -sum(size for size in sizes if size < 0)
        total = sum(abs(size) for size in sizes)
        if not long == short == total // 2 or total % 2:
            yield f"{market.id}: {long} long, {short} short, {total} in all"


@_over_state("I4")
def money_conserved(venue: Venue) -> Iterator[str]:
    """Cash minus cost over all accounts equals net deposits, at any marks."""
    cash = sum(venue.cash.values())
    cost = sum(
        position.cost for market in venue.markets.values() for position in market.positions.values()
    )
    if cash - cost != venue.net_deposits:
        yield f"cash {cash} − cost {cost} is not net deposits {venue.net_deposits}"
    brought = sum(account.net_deposits for account in venue.accounts.values())
    if brought != venue.net_deposits:
        yield f"accounts brought in {brought}, the venue counts {venue.net_deposits}"


@_over_state("I5a")
def market_results_cancel(venue: Venue) -> Iterator[str]:
    """In every market realised and unrealised results cancel, fees and funding apart, at any
    mark.
    """
    for market in venue.markets.values():
        realized = sum(market.realized.values())
        cost = sum(position.cost for position in market.positions.values())
        if realized != cost:
            yield f"{market.id}: realised {realized} and unrealised at price zero {-cost}"


@_over_state("I5b")
def no_cost_without_position(venue: Venue) -> Iterator[str]:
    """A flat account carries no cost, and only accounts with lots are in the register."""
    for market in venue.markets.values():
        for account, position in market.positions.items():
            if position.quantity == 0:
                yield f"{market.id}: {account} is flat with cost {position.cost}"
            if market.id not in venue.holdings.get(account, ()):
                yield f"{market.id}: {account} holds lots that its list of markets does not name"


_elsewhere(
    "I6",
    "funding_cancels",
    "Funding moves money between holders only: Σ Δc = 0.",
    "event",
)


@_over_state("I7")
def shortfalls_are_named(venue: Venue) -> Iterator[str]:
    """Equity below zero stands only in a liquidation, on uncovered, or on the treasury."""
    if venue.kind != "decided":
        return
    for account in venue.accounts.values():
        equity = venue.equity(account.id)
        if equity < 0 and not account.in_liquidation and account.id not in (UNCOVERED, TREASURY):
            yield f"{account.id} has equity {equity} and is not in liquidation"
    for name in (INSURANCE, ROUNDING):
        if venue.cash.get(name, 0) < 0:
            yield f"{name} has cash {venue.cash[name]}"


for _number, _name, _statement in (
    ("I8a", "closures_meet_the_need", "Lots closed are lots needed less the residual."),
    (
        "I8a",
        "victims_closed_within_their_positions",
        "A victim is closed by at least one lot, at most to its capacity, on the other side.",
    ),
    (
        "I8b",
        "better_ranks_close_first",
        "In a queue nobody is closed while somebody ahead could still give; at most one partly.",
    ),
    (
        "I8c",
        "every_candidate_is_ranked",
        "The ranking holds exactly the eligible holders of the other side; the rest is counted.",
    ),
    (
        "I8d",
        "deficit_paid_in_full",
        "At bankruptcy prices victims give up the closed share of the deficit and a residue.",
    ),
    (
        "I8e",
        "bystanders_keep_their_equity",
        "Accounts that a waterfall does not name keep lots, cost and cash.",
    ),
    (
        "I8f",
        "adl_comes_last",
        "Auto-deleveraging follows book and vault, with lots left and its trigger true.",
    ),
    (
        "I9",
        "takeovers_name_both_sides",
        "A takeover moves the same lots and money between two accounts, within cap and margin.",
    ),
    (
        "I16",
        "decisions_recompute",
        "Deciding again from the state before gives the same bytes.",
    ),
    (
        "I17",
        "rejections_change_nothing",
        "A rejected command leaves one event and no other trace.",
    ),
    ("I20", "time_is_data", "Times are whole nanoseconds from outside; order is seq."),
):
    _elsewhere(_number, _name, _statement, "event")

for _number, _name, _statement in (
    ("I10", "log_in_order", "Seqs and versions have no gap; causes do not lie ahead."),
    (
        "I11",
        "counted_once",
        "An idempotency key stands once and answers with its first receipt.",
    ),
    (
        "I12",
        "replay_is_deterministic",
        "Folding the log gives the same digest everywhere.",
    ),
    (
        "I13",
        "snapshot_equals_fold",
        "A snapshot and the fold up to it have the same digest.",
    ),
    (
        "I14",
        "projection_equals_log",
        "Read models equal what a rebuild gives, each event once.",
    ),
    (
        "I15",
        "tree_matches_bytes",
        "The stored bytes have the stored leaves, tiles, edge and root.",
    ),
):
    _elsewhere(_number, _name, _statement, "store")


def violations(venue: Venue) -> Iterator[tuple[str, str]]:
    """Every broken invariant over the state, by name."""
    for invariant in INVARIANTS.values():
        if invariant.holds is not None:
            for detail in invariant.holds(venue):
                yield invariant.name, detail


def checked(venue: Venue) -> Venue:
    """The venue back when everything holds; raises `InvariantBroken` with the first that does
    not.
    """
    for name, detail in violations(venue):
        raise InvariantBroken(name, venue.head, detail)
    return venue
