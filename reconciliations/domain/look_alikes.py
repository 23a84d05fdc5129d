"""Amounts that could explain a difference: equal to it, half of it, or with two digits swapped.

A hint for the person who looks for the mistake, never a proof.
"""

from enum import StrEnum
from typing import Final

SWAP: Final = 9
"""Swapping two neighbouring digits changes a number by a multiple of 9."""


class Likeness(StrEnum):
    """How an amount explains a difference."""

    EQUAL = "equal"
    HALF = "half"
    """Money that was booked in the wrong direction makes a difference of twice its amount."""
    SWAPPED = "swapped"
    """With two neighbouring digits swapped, the amount would leave no difference."""


def likeness_of(effect: int, *, difference: int) -> Likeness | None:
    """Returns how a movement explains a difference (counted minus expected), or None.

    `effect` is what the movement adds to the drawer, negative for money that goes out. Both are minor units.
    """
    size, gap = abs(effect), abs(difference)
    if not size or not gap:
        return None
    if size == gap:
        return Likeness.EQUAL
    if size * 2 == gap:
        return Likeness.HALF
    meant = swapped_amount(effect, difference=difference)
    return Likeness.SWAPPED if is_swap(size, meant) else None


def swapped_amount(effect: int, *, difference: int) -> int:
    """Returns the amount with which the movement would leave no difference. If no amount would, the result is negative."""
    return effect + difference if effect > 0 else -effect - difference


def is_swap(first: int, second: int) -> bool:
    """Whether two numbers differ only by two neighbouring digits that are swapped, such as 3960 and 3690."""
    if first == second or first < 0 or second < 0 or not is_divisible(first - second):
        return False
    width = max(len(str(first)), len(str(second)))
    one, other = str(first).zfill(width), str(second).zfill(width)
    wrong = [at for at in range(width) if one[at] != other[at]]
    return (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and one[wrong[0]] + one[wrong[1]] == other[wrong[1]] + other[wrong[0]]
    )


def is_divisible(difference: int) -> bool:
    """Whether swapped digits could be the reason for a difference: it can be divided by 9."""
    return difference != 0 and difference % SWAP == 0
