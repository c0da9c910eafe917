"""Why were these accounts auto-deleveraged, at this price, and no others?

`explained` gathers the facts of one decision into the `adl-explanation/1` object; nothing is worked
out from what was logged after the decision, so the same decision has the same explanation for ever.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field

from domain.adl.row_key import Salts
from domain.adl.selections import SELECTIONS
from projections.answers import AdlRound, RankedRow
from reports.adl_rounds import ranking_rows
from reports.explanation_rows import Step, conservation_row, step_row, totals_row
from reports.figures import amount_text, price_text, quantity_text, score_text, side_text
from reports.nearest_escape import Escape, NearestEscape
from reports.page import Json

SCHEMA = "adl-explanation/1"
NEEDS_NO_VAULT = frozenset({"all_taken", "capacity", "margin", "no_vault"})
ROOT_WORDS = {True: "equal", False: "differs", None: "skipped"}
"""The verdict on a ranking root; skipped are salted rows without the row key at hand."""
EXCLUSION_SENTENCES = {
    "bankrupt": "had no equity above zero",
    "not_in_profit": "was not in profit",
    "in_liquidation": "was in liquidation itself",
    "vault_excluded": "is a vault, and vaults are no candidates under this policy",
    "would_be_bankrupt": "would have been bankrupt after closing a single lot",
    "basis_missing": "has an entry price that this log does not know",
}


@dataclass(frozen=True, slots=True)
class Outsider:
    """An account that is asked about and stands nowhere in the ranking."""

    account: str
    exclusion: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is explained: a decision, and perhaps one account's part in it.

    `escape` is the smallest change of its own numbers that would have spared the account; `shared`
    what it would have given under pro rata (lots and cost); None where they do not apply.
    `scores` are the texts of policies that compare several numbers one after the other. `salts`
    are those of the ranking rows, where the venue has a row key and it is at hand.
    """

    found: AdlRound
    quote: str
    row: RankedRow | None = None
    outsider: Outsider | None = None
    escape: NearestEscape | None = None
    shared: tuple[int, int] | None = None
    scores: Mapping[str, str] = field(default_factory=dict)
    salts: Salts | None = None

    @property
    def is_blinded(self) -> bool:
        """Whether the rows of the ranking carry salts."""
        return self.found.spec.adl.row_key_digest is not None

    @property
    def account(self) -> str | None:
        """The account that is asked about."""
        if self.row is not None:
            return self.row.account
        return self.outsider.account if self.outsider is not None else None


def explained(asked: Asked) -> dict[str, Json]:
    """The members of the explanation object."""
    found = asked.found
    body: dict[str, Json] = {
        "decision": _decision(found),
        "trigger": _trigger(found),
        "waterfall": [step_row(found.spec, Step(*astuple(step))) for step in found.waterfall],
        "candidates": {
            "count": found.candidates,
            "excluded": dict(found.excluded),
            "root": found.ranking_root,
            **({"blinded": True} if asked.is_blinded else {}),
        },
        "ranking": _ranking(asked),
        "cut_after_rank": cut_after_rank(found),
    }
    if asked.account is not None:
        body["account"] = _account(asked)
    body["totals"] = totals_row(
        found.spec,
        closed=found.closed,
        needed=found.needed,
        cost=found.cost,
        deficit=found.deficit,
        realized=sum(row.realized for row in found.ranking),
    )
    body["conservation"] = {
        "before": conservation_row(found.spec, found.before),
        "after": conservation_row(found.spec, found.after),
    }
    body["verification"] = {
        "redecided": "equal" if found.redecided_equal else "differs",
        "ranking_root": ROOT_WORDS[found.ranking_root_equal],
    }
    body["evidence"] = [{"seq": seq, "leaf": leaf} for seq, leaf in found.evidence]
    return body


def _ranking(asked: Asked) -> list[dict[str, Json]]:
    rows = ranking_rows(asked.found, asked.scores)
    if asked.salts is not None:
        for row in rows:
            row["salt"] = asked.salts(str(row["account"]))
    return rows


def cut_after_rank(found: AdlRound) -> int | None:
    """The last rank that was closed; None when nobody was."""
    return max((row.rank for row in found.ranking if row.closed), default=None)


def trigger_holds(found: AdlRound) -> bool:
    """Whether ADL was allowed to start, from the numbers of the decision."""
    if found.trigger == "negative_equity":
        return found.equity < 0
    # An account of role vault has no takeover step: nobody stands behind a vault.
    takeovers = [step.reason for step in found.waterfall if step.step == "takeover"]
    if takeovers and takeovers[-1] == "vault_in_liquidation":
        # The step is entered below the backstop, whether or not the vault can take anything.
        ratio = found.spec.liquidation.backstop_ratio
        return found.equity < ratio * found.maintenance_margin
    return not takeovers or takeovers[-1] in NEEDS_NO_VAULT


def answer(asked: Asked) -> str:
    """Three or four plain sentences, every number from the rows of the explanation."""
    found = asked.found
    spec = found.spec
    need = quantity_text(found.needed, spec)
    cause = (
        f"{found.bankrupt}'s {found.side} still had {need} {spec.id} open with equity "
        f"{amount_text(found.equity, spec.quote_unit)} {asked.quote}, and neither the order book "
        "nor a vault took it."
    )
    if asked.row is None:
        return f"{cause} {_who_was_closed(asked)}"
    if asked.row.closed:
        return f"{_what_was_closed(asked, asked.row)} {cause} {_standing(asked, asked.row)}"
    return f"{asked.row.account} was not closed. {cause} {_standing(asked, asked.row)}"


def why_not_others(asked: Asked) -> str:
    """Why these and no others: who stood ahead, who behind, or how the need was shared."""
    found = asked.found
    cut = cut_after_rank(found)
    if cut is None:
        return "Nobody could be closed, so nobody was."
    if _is_shared(found):
        return _shared_out(asked)
    met = quantity_text(found.closed, found.spec)
    needed = quantity_text(found.needed, found.spec)
    need = f"{met} of {needed} needed were met at rank {cut}"
    row = asked.row
    if row is None:
        return f"{_stood_in_line(asked)}{need}."
    if row.closed:
        return f"{_ahead(asked, row)} {need}. {_behind(asked, cut)}"
    # Spared: the others are those who were closed instead.
    if row.rank < cut:
        return f"{row.account} could be closed by no whole lot; {need}."
    return f"{_ahead(asked, row)} {need}, so nothing was left for {row.account} to give."


def _is_shared(found: AdlRound) -> bool:
    selection = SELECTIONS.get(found.policy)
    return selection is not None and not selection.is_queue


def _stood_in_line(asked: Asked) -> str:
    """Where somebody without a rank stands among those who have one."""
    found = asked.found
    if asked.account == found.bankrupt:
        return f"{found.bankrupt} was closed first; who stood against it came in line: "
    return "" if asked.account is None else f"{asked.account} had no place in the line: "


def _shared_out(asked: Asked) -> str:
    """Under a policy of shares nobody is ahead of anybody."""
    found = asked.found
    closed = sum(1 for row in found.ranking if row.closed)
    given = quantity_text(found.closed, found.spec)
    needed = quantity_text(found.needed, found.spec)
    gave = f"{closed} of {found.candidates} candidates gave {given} of {needed} needed."
    rule = "Nobody stands in line under this policy: every candidate gives its share"
    if asked.row is None and asked.account != found.bankrupt:
        return f"{rule}, and {asked.account} was none. {gave}"
    if asked.row is not None and not asked.row.closed:
        return f"{rule}, and that of {asked.account} came to no whole lot. {gave}"
    return f"{rule}. {gave}"


def _behind(asked: Asked, cut: int) -> str:
    behind = [row for row in asked.found.ranking if row.rank > cut]
    if behind:
        first = behind[0]
        others = f" and {len(behind) - 1} more behind it" if len(behind) > 1 else ""
        return (
            f"{first.account} at rank {first.rank}{others} stood behind the cut"
            f"{_with_score(asked, first)} and was not needed."
        )
    if asked.found.residual:
        return "Nobody stood behind the cut: everybody gave what could be given."
    return "Nobody stood behind the cut."


def _ahead(asked: Asked, row: RankedRow) -> str:
    """Who was closed before it came to this account."""
    ahead = [other for other in asked.found.ranking if other.rank < row.rank and other.closed]
    if not ahead:
        return f"Nobody stood ahead of {row.account}."
    closed = quantity_text(sum(other.closed for other in ahead), asked.found.spec)
    many = len(ahead) > 1
    who = f"{ahead[0].account} at rank {ahead[0].rank}"
    if many:
        who = f"{len(ahead)} accounts ({ahead[0].account} to {ahead[-1].account})"
    were = "were" if many else "was"
    if not row.closed:
        # The last of them may have kept a part: the need was met with what it gave.
        return f"{who} stood ahead of {row.account} and {were} closed by {closed}."
    could = "all they could give" if many else "all it could give"
    return f"{who} stood ahead and {were} closed by {could}, {closed}."


def _what_was_closed(asked: Asked, row: RankedRow) -> str:
    spec, found = asked.found.spec, asked.found
    held = quantity_text(abs(row.quantity), spec)
    left = quantity_text(abs(row.quantity) - row.closed, spec)
    cost = amount_text(row.closed_cost, spec.quote_unit)
    realized = amount_text(row.realized, spec.quote_unit)
    return (
        f"{row.account}'s {side_text(row.quantity)} of {held} {spec.id} was reduced by "
        f"{quantity_text(row.closed, spec)} to {left} at {price_text(found.close_price, spec)}; "
        f"against the mark {price_text(found.mark, spec)} that cost {cost} {asked.quote}, and it "
        f"realised {realized} {asked.quote}."
    )


def _with_score(asked: Asked, row: RankedRow) -> str:
    score = asked.scores.get(row.account) or score_text(row.score)
    return "" if score is None else f" with score {score}"


def _standing(asked: Asked, row: RankedRow) -> str:
    found = asked.found
    by = f"By {found.policy} {row.account} stood at rank {row.rank} of {found.candidates}"
    by += _with_score(asked, row)
    cut = cut_after_rank(found)
    if _is_shared(found):
        share, given = (quantity_text(lots, found.spec) for lots in (row.closed, found.closed))
        score = _with_score(asked, row)
        return f"By {found.policy}{score} its share was {share} of the {given} that were closed."
    return f"{by}; the need was met at rank {cut}." if cut is not None else f"{by}."


def _who_was_closed(asked: Asked) -> str:
    found = asked.found
    spec = found.spec
    if asked.outsider is not None and asked.outsider.account != found.bankrupt:
        code = asked.outsider.exclusion
        side = "short" if found.side == "long" else "long"
        reason = EXCLUSION_SENTENCES[code] if code else f"held no {side} position in {spec.id}"
        return f"{asked.outsider.account} was no candidate: it {reason}."
    closed = [row for row in found.ranking if row.closed]
    shown = [f"{row.account} {quantity_text(row.closed, spec)}" for row in closed[:10]]
    more = f" and {len(closed) - 10} more" if len(closed) > 10 else ""
    if not shown:
        return "Nobody could be closed against it."
    it = "it" if asked.account is None else f"{found.bankrupt} is the account that"
    return (
        f"By {found.policy} {it} was closed at {price_text(found.close_price, spec)} against "
        f"{', '.join(shown)}{more}, {len(closed)} of {found.candidates} candidates."
    )


def _account(asked: Asked) -> dict[str, Json]:
    found = asked.escape
    return {
        "account": asked.account,
        "rank": asked.row.rank if asked.row is not None else None,
        "answer": answer(asked),
        "why_not_others": why_not_others(asked),
        "nearest_escape": None if found is None else escape_row(asked, found.nearest),
        "other_escape": None if found is None else escape_row(asked, found.other),
        "no_escape_reason": None if found is None else found.reason,
    }


def escape_row(asked: Asked, escape: Escape | None) -> dict[str, Json] | None:
    """A change of one number up to its threshold, and what it would have led to."""
    if escape is None:
        return None
    spec = asked.found.spec
    is_size = escape.field == "size"
    show = quantity_text(escape.threshold, spec) if is_size else None
    return {
        "field": escape.field,
        "threshold": show or amount_text(escape.threshold, spec.quote_unit),
        "outcome": escape.outcome,
        "verified": escape.verified,
    }


def _decision(found: AdlRound) -> dict[str, Json]:
    spec = found.spec
    return {
        "id": found.id,
        "seq": found.seq,
        "market": spec.id,
        "bankrupt": found.bankrupt,
        "policy": found.policy,
        "close_price": price_text(found.close_price, spec),
        "mark_price": price_text(found.mark, spec),
        "quantity": quantity_text(found.closed, spec),
    }


def _trigger(found: AdlRound) -> dict[str, Json]:
    unit = found.spec.quote_unit
    return {
        "rule": found.trigger,
        "equity": amount_text(found.equity, unit),
        "maintenance_margin": amount_text(found.maintenance_margin, unit),
        "holds": trigger_holds(found),
    }
