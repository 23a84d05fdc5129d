"""Which difference between a payment and its amount cash rounding explains."""

from typing import Final

from cashdesk.denominations import ROUNDED_TO, denominations_of

ROUNDING_PIECES: Final = 5
"""Cash rounding is at most this many of the smallest coin: five cents where they round to ten."""


ROUNDING_MAX_UNKNOWN: Final = 1_000_000
"""Minor units that may be rounding in a currency whose coins we do not know: 10,000 Lebanese pounds, 10,000 Iranian rials.
More than that is taken for rounding up to a tenth of the amount."""


def is_rounding(difference: int, *, amount: int, currency: str) -> bool:
    """Tells whether cash rounding explains a difference, minor units. Where the coins are not known, only what no rounding
    explains is refused: a payment that was made must not be lost for want of a list.
    """
    pieces = denominations_of(currency)
    if not pieces:
        return difference <= ROUNDING_MAX_UNKNOWN or difference * 10 <= amount
    smallest = min(piece.value for piece in pieces)
    return difference <= max(ROUNDING_PIECES * smallest, ROUNDED_TO.get(currency, 0))
