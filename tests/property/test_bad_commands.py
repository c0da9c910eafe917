"""Is every command, however it was spoiled, answered with events that can be read back?"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adl.selections import SELECTIONS
from domain.command_parsing import SHAPES
from domain.envelope import decode, encode
from domain.errors import RejectedUnread
from domain.respond import respond
from domain.snapshot import state_digest
from domain.submission import read_command
from domain.venue import Venue
from tests.golden.lines import OTHERS
from tests.stories import CASCADE_MINI, attempt

VENUES: tuple[Venue, ...] = (Venue(), attempt(CASCADE_MINI).venue, attempt(OTHERS).venue)

words = st.sampled_from(
    [
        *("M", "BTC-PERP", "alice", "bob", "vault", "treasury", "o1", "buy", "sell", "gtc", "ioc"),
        *("post_only", "0", "1", "0.1", "-1", "1/3", "1e5", "", " ", "\u0661", "\u0000", "\ud800"),
        *("9" * 31, "9" * 4_000, "9" * 4_400, "1/" + "9" * 4_400, "0." + "0" * 40 + "1"),
        *("pnl-leverage@1", "external-list@1", "bankruptcy", "full", "partial", "trader"),
        *("2026-10-10T21:20:00Z", "noon"),
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63 - 1, 2**63, 10**31, 10**4_200])
    | words
    | st.text(max_size=5)
)
fields = sorted({name for shape in SHAPES.values() for name in (*shape.required, *shape.optional)})
inner_names = (
    *("from", "initial", "maintenance", "account", "takeover_cap", "mode", "partial_above"),
    *("partial_share", "backstop_ratio", "policy", "close_price", "trigger", "parameters", "seed"),
    *("cap", "k"),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(inner_names), inner, max_size=3)
    ),
    max_leaves=6,
)
names = st.sampled_from(sorted(SHAPES)) | words


@st.composite
def spoiled_commands(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of a command, mostly of the right type, some of them anything."""
    name = draw(names)
    command: dict[str, Any] = {"command": name}
    shape = SHAPES.get(name)
    if shape is not None:
        for field, kind in (shape.required | shape.optional).items():
            right = {str: words, bool: st.booleans()}.get(kind, values)
            if field in shape.required or draw(st.booleans()):
                command[field] = draw(right if draw(st.integers(0, 9)) else values)
    if draw(st.integers(0, 3)) == 0:
        command[draw(st.sampled_from(["id", "time", "extra"]) | st.sampled_from(fields))] = draw(
            values
        )
    return command


@settings(max_examples=400)
@given(st.sampled_from(range(len(VENUES))), spoiled_commands())
def test_a_spoiled_command_is_answered_with_events_that_can_be_read(
    at: int, command: dict[str, Any]
) -> None:
    venue = VENUES[at]
    before = state_digest(venue)
    try:
        submission = read_command(command)
    except RejectedUnread:
        return

    response = respond(venue, submission)

    assert state_digest(venue) == before
    for event in response.events:
        assert decode(encode(event)) == event


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(s.name for s in SELECTIONS.values() if s.parameters)),
    st.dictionaries(st.sampled_from(["seed", "cap", "k", "x"]), words | st.text(max_size=4)),
)
def test_parameters_of_a_policy_are_read_or_refused(name: str, given_text: dict[str, str]) -> None:
    command = {
        "command": "set_adl_policy",
        "market": "M",
        "policy": name,
        "parameters": given_text,
    }
    try:
        submission = read_command(command)
    except RejectedUnread:
        return

    response = respond(VENUES[2], submission)

    if response.rejected is None:
        wanted = {parameter.name for parameter in SELECTIONS[name].parameters}
        assert set(response.events[0]["data"]["parameters"]) == wanted
    else:
        assert response.rejected.code in ("unknown_field", "missing_field", "bad_value")


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_line_is_read_or_reported(line: bytes | str) -> None:
    try:
        submission = read_command(line)
    except RejectedUnread:
        return

    assert respond(VENUES[1], submission).rejected is not None
