"""Whether cash rounding explains the difference between the cash that moved and the amount."""

from typing import Final

from cashdesk.denominations import ROUNDED_TO, denominations_of

ROUNDING_PIECES: Final = 5
"""Rounding is at most this many of the smallest coin: 5 cents where cash is rounded to 10 cents."""


ROUNDING_MAX_UNKNOWN: Final = 1_000_000
"""The most minor units of rounding in a currency with unknown coins: 10,000 Lebanese pounds or Iranian rials.

Up to a tenth of the amount is accepted beyond that.
"""


def is_rounding(difference: int, *, amount: int, currency: str) -> bool:
    """Whether cash rounding explains a difference in minor units.

    For a currency with unknown coins the limit is generous, because a wrong refusal loses a payment that was made.
    """
    pieces = denominations_of(currency)
    if not pieces:
        return difference <= ROUNDING_MAX_UNKNOWN or difference * 10 <= amount
    smallest = min(piece.value for piece in pieces)
    return difference <= max(ROUNDING_PIECES * smallest, ROUNDED_TO.get(currency, 0))
