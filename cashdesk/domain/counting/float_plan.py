"""What to keep in a drawer as its float and what to put into the bag, by note and coin.

It is made of what was counted and of the usual float alone, so it tells nothing of what was expected (law 5).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Final

UNITS_MAX: Final = 500_000
"""The largest float, in the largest unit that all its pieces are multiples of, that is made up exactly: the work grows
with it. Above it the pieces are taken one kind after the other, which may leave a part open that others would have made.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A note or coin worth `denomination` minor units: the pieces that were counted, and those of them that stay."""

    denomination: int
    counted: int
    keep: int

    @property
    def bag(self) -> int:
        """The pieces that go into the bag."""
        return self.counted - self.keep


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatPlan:
    """What stays and what goes, largest first; `wanted` is the float that was aimed at, minor units."""

    wanted: int
    lines: tuple[PlanLine, ...]

    @property
    def kept(self) -> int:
        """What stays, minor units."""
        return sum(line.denomination * line.keep for line in self.lines)

    @property
    def bagged(self) -> int:
        """What goes into the bag, minor units."""
        return sum(line.denomination * line.bag for line in self.lines)

    @property
    def missing(self) -> int:
        """What the float lacks, minor units; 0 where it could be made."""
        return self.wanted - self.kept


def plan_float(*, counted: Mapping[int, int], usual: Mapping[int, int], start_amount: int) -> FloatPlan:
    """Returns what to keep of the pieces in `counted` (by worth in minor units), and thereby what to bag.

    Wanted is the usual float, piece by piece where the drawer has them; where no usual float is known, `start_amount`. What
    is lacking is made up of what is left, small pieces first: they are what change is given with. Where that cannot
    be done exactly, other pieces than the usual are kept if they make the amount; where none do, the largest amount below.
    """
    pieces = {worth: number for worth, number in sorted(counted.items()) if number > 0}
    wanted = sum(worth * number for worth, number in usual.items()) if usual else start_amount
    base = {worth: min(number, usual.get(worth, 0)) for worth, number in pieces.items()}
    makeable = min(wanted, sum(worth * number for worth, number in pieces.items()))
    unit = gcd(*pieces) or 1
    if makeable // unit > UNITS_MAX:
        keep = _greedily(pieces, base, wanted=wanted)
    else:
        keep = _exactly(pieces, base, wanted=makeable, unit=unit)
    lines = [
        PlanLine(denomination=worth, counted=number, keep=keep[worth])
        for worth, number in sorted(pieces.items(), reverse=True)
    ]
    return FloatPlan(wanted=wanted, lines=tuple(lines))


def _exactly(pieces: dict[int, int], base: dict[int, int], *, wanted: int, unit: int) -> dict[int, int]:
    """Returns pieces worth exactly `wanted`, or the most below it that any of them are worth."""
    amount = _reaches(pieces, wanted=wanted, unit=unit)[0].bit_length() * unit - unit
    rest = {worth: number - base[worth] for worth, number in pieces.items()}
    lacking = amount - sum(worth * number for worth, number in base.items())
    added = _choose(rest, rest, amount=lacking, unit=unit)
    if added is not None:
        return {worth: base[worth] + added[worth] for worth in pieces}
    # The usual pieces stand in the way, such as a ten where a twenty and no other ten is there: as near to them as can be.
    return _choose(pieces, base, amount=amount, unit=unit) or dict.fromkeys(pieces, 0)


def _reaches(pieces: dict[int, int], *, wanted: int, unit: int) -> list[int]:
    """Returns which amounts the pieces can make, as bits by `unit` up to `wanted`: first of all of them, then without the
    smallest, and so on up to none.
    """
    reaches = [1]
    mask = (1 << (wanted // unit + 1)) - 1
    for worth, number in sorted(pieces.items(), reverse=True):
        reach, left, some = reaches[0], min(number, wanted // worth), 1
        while left:
            # 1, 2, 4 ... and the rest of them: every number of pieces is a sum of some of these.
            some = min(some, left)
            reach |= reach << (worth // unit * some) & mask
            left, some = left - some, some * 2
        reaches.insert(0, reach)
    return reaches


def _choose(pieces: dict[int, int], aim: dict[int, int], *, amount: int, unit: int) -> dict[int, int] | None:
    """Returns pieces worth exactly `amount`, of each kind from the smallest as near to `aim` as can be; None if none are."""
    if amount < 0:
        return None
    # As bytes, in which a bit is found without moving all the others.
    width = amount // unit // 8 + 1
    reaches = [reach.to_bytes(width, "little") for reach in _reaches(pieces, wanted=amount, unit=unit)]
    if not _has_bit(reaches[0], amount // unit):
        return None
    chosen = {}
    for (worth, number), reach in zip(sorted(pieces.items()), reaches[1:], strict=True):
        possible = _by_nearness(aim[worth], most=min(number, amount // worth))
        chosen[worth] = next(some for some in possible if _has_bit(reach, (amount - some * worth) // unit))
        amount -= chosen[worth] * worth
    return chosen


def _by_nearness(aim: int, *, most: int) -> Iterator[int]:
    """Yields the numbers from 0 to `most`, nearest to `aim` first, and of two as near the larger one."""
    middle = min(aim, most)
    yield middle
    for away in range(1, most + 1):
        if middle + away <= most:
            yield middle + away
        if middle - away >= 0:
            yield middle - away


def _has_bit(bits: bytes, number: int) -> bool:
    return bool(bits[number >> 3] >> (number & 7) & 1)


def _greedily(pieces: dict[int, int], base: dict[int, int], *, wanted: int) -> dict[int, int]:
    keep = dict(base)
    left = wanted - sum(worth * number for worth, number in base.items())
    for worth in sorted(pieces, reverse=True):
        added = min(pieces[worth] - keep[worth], left // worth)
        keep[worth] += added
        left -= added * worth
    return keep
