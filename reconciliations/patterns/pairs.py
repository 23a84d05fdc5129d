"""Differences that cancel each other: probably one float that was counted wrong."""

from collections import defaultdict
from collections.abc import Sequence


def cancelling_pairs(closes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Returns the positions of two closes, one after the other at one register, whose differences cancel each other.

    `closes` are (register, difference), oldest first. A close belongs to one pair at most.
    """
    last: dict[int, int] = {}
    pairs: list[tuple[int, int]] = []
    open_at: dict[int, bool] = defaultdict(bool)
    for at, (register, difference) in enumerate(closes):
        before = last.get(register)
        cancels = before is not None and difference != 0 and closes[before][1] == -difference and open_at[register]
        if cancels and before is not None:
            pairs.append((before, at))
        open_at[register] = not cancels
        last[register] = at
    return pairs
