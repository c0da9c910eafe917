"""Can every account that gets into trouble be liquidated, however many markets it holds?"""

from domain.envelope import LARGEST_EVENT, encode
from domain.respond import respond
from domain.submission import read_command
from domain.venue import Venue, apply
from domain.watch import MarginWatch


def test_an_account_in_as_many_markets_as_it_may_hold_is_still_liquidated() -> None:
    venue = Venue()
    venue.watch = MarginWatch(venue)
    codes: list[str] = []
    sizes: list[int] = []
    types: list[str] = []

    def do(**command: object) -> None:
        answer = respond(venue, read_command(command))
        codes.append(answer.rejected.code if answer.rejected else "")
        for event in answer.events:
            sizes.append(len(encode(event)))
            types.append(event["type"])
            apply(venue, event)

    markets = [f"COIN-{number:03}-PERPETUAL" for number in range(160)]
    do(command="open_venue", name="many")
    for account, amount in (("a", "2400"), ("b", "1000000")):
        do(command="open_account", account=account)
        do(command="deposit", account=account, amount=amount)
    for market in markets:
        do(
            command="list_market",
            market=market,
            tick_size="0.1",
            lot_size="0.001",
            margin_tiers=[{"from": "0", "initial": "0.1", "maintenance": "0.05"}],
        )
        do(command="mark", market=market, price="10")
    codes.clear()
    for market in markets:
        do(command="trade", market=market, buyer="a", seller="b", price="10", quantity="15")
    opened = codes.count("")
    assert 100 < opened < len(markets)
    assert set(codes) == {"", "out_of_range"}

    codes.clear()
    for market in markets:
        do(command="mark", market=market, price="8.5")

    assert set(codes) == {""}, "a mark is never refused because a liquidation would not fit"
    assert "account.liquidation_started/1" in types
    assert max(sizes) <= LARGEST_EVENT
    assert max(sizes) > 30_000
