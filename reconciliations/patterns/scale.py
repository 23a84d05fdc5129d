"""The scale of the drawings: wide near zero, so that cents and lost notes fit on one drawing."""

from math import asinh, ceil
from typing import Final

_WIDE_BELOW: Final = 20
"""The scale is wide up to one part in this many of the largest difference."""


def height_of(difference: int, *, largest: int, reach: int) -> int:
    """Returns how far from zero a difference is drawn: `reach` for the largest one. Negative below zero."""
    wide = max(largest // _WIDE_BELOW, 1)
    return round(reach * asinh(difference / wide) / asinh(largest / wide))


def place_of(share: float, *, largest: float, reach: int) -> int:
    """Returns where a share is drawn: at `reach` for the largest one."""
    return round(reach * share / largest) if largest else 0


def round_up(share: float) -> float:
    """Returns where a scale of shares ends: at the next multiple of 10 of 100."""
    return min(ceil(round(share * 10, 6)), 10) / 10
