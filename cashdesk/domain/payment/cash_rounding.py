"""Decides whether cash rounding explains the difference between the cash that moved and the amount of a payment."""

from typing import Final

from cashdesk.denominations import ROUNDED_TO, denominations_of

ROUNDING_PIECES: Final = 5
"""The limit for cash rounding, as a multiple of the smallest coin.

If the smallest coin is 1 cent, the limit is 5 cents. This is the most that rounding to 10 cents can change.
"""


ROUNDING_MAX_UNKNOWN: Final = 1_000_000
"""The most minor units of rounding in a currency whose coins are unknown: 10,000 Lebanese pounds or Iranian rials.

A larger difference is also accepted if it is at most a tenth of the amount.
"""


def is_rounding(difference: int, *, amount: int, currency: str) -> bool:
    """Whether a difference is small enough to be cash rounding. `difference` and `amount` are in minor units.

    The limit depends on the currency's smallest coin. If the coins are unknown, the limit is high. A limit that is too
    low would refuse the report of a payment that a customer made.
    """
    pieces = denominations_of(currency)
    if not pieces:
        return difference <= ROUNDING_MAX_UNKNOWN or difference * 10 <= amount
    smallest = min(piece.value for piece in pieces)
    return difference <= max(ROUNDING_PIECES * smallest, ROUNDED_TO.get(currency, 0))
