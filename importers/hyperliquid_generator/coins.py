"""Which coins does the made-up venue trade, and in which whole numbers?

A size is in lots of 10^-size_places, a price in units of 10^-(6 - size_places): their product is
money in units of 1e-6 USDC, without rounding.
"""

from dataclasses import dataclass
from typing import Any, Final

MONEY_PLACES: Final = 6
MONEY: Final = 10**MONEY_PLACES
SPOT_COIN: Final = "@107"


@dataclass(frozen=True, slots=True)
class Coin:
    """A market: `step` is the price step of orders, `mark` the first mark, in price units.

    `liveliness` scales how far the coin falls in the crash, in percent.
    """

    number: int
    name: str
    size_places: int
    leverage: int
    step: int
    mark: int
    liveliness: int

    @property
    def price_places(self) -> int:
        """Decimals of a price."""
        return MONEY_PLACES - self.size_places


COINS: Final = (
    Coin(0, "BTC", 5, 40, 10, 1_131_240, 70),
    Coin(1, "ETH", 4, 25, 10, 387_470, 105),
    Coin(2, "SOL", 2, 20, 100, 1_940_100, 125),
    Coin(3, "kPEPE", 0, 10, 1, 9_351, 135),
)


def meta() -> dict[str, Any]:
    """What the venue says about its coins."""
    leverages = sorted({coin.leverage for coin in COINS})
    return {
        "universe": [
            {
                "szDecimals": coin.size_places,
                "name": coin.name,
                "maxLeverage": coin.leverage,
                "marginTableId": coin.leverage,
            }
            for coin in COINS
        ],
        "marginTables": [
            [
                leverage,
                {
                    "description": "",
                    "marginTiers": [{"lowerBound": "0.0", "maxLeverage": leverage}],
                },
            ]
            for leverage in leverages
        ],
        "collateralToken": 0,
    }
