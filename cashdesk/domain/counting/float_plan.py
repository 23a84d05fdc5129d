"""Plans which notes and coins stay in the drawer as the next float, and which go into the vault.

The plan uses only the count and the usual float, so it reveals nothing about the expected amount (law 5).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Final

UNITS_MAX: Final = 500_000
"""The largest float for the exact search, as a multiple of the greatest common divisor of all notes and coins.

The exact search takes longer for a larger float. Above this limit the plan takes the largest pieces first, which is
fast. It may then miss an exact amount that other pieces would make.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """How many pieces of one note or coin were counted, and how many to keep.

    `denomination` is the value of one piece in minor units.
    """

    denomination: int
    counted: int
    keep: int

    @property
    def to_vault(self) -> int:
        """The number of pieces for the vault."""
        return self.counted - self.keep


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatPlan:
    """The pieces that stay in the drawer as float and those that go to the vault, largest notes first.

    `wanted` is the intended float in minor units.
    """

    wanted: int
    lines: tuple[PlanLine, ...]

    @property
    def kept(self) -> int:
        """The value of the pieces to keep, in minor units."""
        return sum(line.denomination * line.keep for line in self.lines)

    @property
    def to_vault(self) -> int:
        """The value of the pieces for the vault, in minor units."""
        return sum(line.denomination * line.to_vault for line in self.lines)

    @property
    def missing(self) -> int:
        """The wanted float minus the value of the pieces to keep, in minor units."""
        return self.wanted - self.kept


def plan_float(*, counted: Mapping[int, int], usual: Mapping[int, int], start_amount: int) -> FloatPlan:
    """Plans which of the `counted` pieces to keep as the next float, and which to put into the vault.

    `counted` and `usual` map the value of a note or coin to the number of its pieces. Values and `start_amount` are in
    minor units.

    The plan keeps the pieces of the usual float. Without a usual float it keeps pieces worth `start_amount`. If pieces
    of the usual float are missing, the plan adds other pieces, smallest first, because small pieces are needed for
    change. If this does not give the exact amount, the plan replaces some of the usual pieces. If no pieces give the
    exact amount, the plan keeps the largest possible amount below the exact amount.
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
    """Returns pieces with the value `wanted`, or with the largest possible value below it."""
    amount = _reaches(pieces, wanted=wanted, unit=unit)[0].bit_length() * unit - unit
    rest = {worth: number - base[worth] for worth, number in pieces.items()}
    lacking = amount - sum(worth * number for worth, number in base.items())
    added = _choose(rest, rest, amount=lacking, unit=unit)
    if added is not None:
        return {worth: base[worth] + added[worth] for worth in pieces}
    # The usual pieces prevent the exact amount. For example, 20 is wanted and a ten is kept, but the rest is a twenty. So
    # choose from all pieces, as close to the usual pieces as possible.
    return _choose(pieces, base, amount=amount, unit=unit) or dict.fromkeys(pieces, 0)


def _reaches(pieces: dict[int, int], *, wanted: int, unit: int) -> list[int]:
    """Returns the amounts up to `wanted` that the pieces can make, as bit sets. Bit n stands for n times `unit`.

    The first set is for all pieces, the second for all pieces except the smallest kind, and so on. The last set is for
    no pieces.
    """
    reaches = [1]
    mask = (1 << (wanted // unit + 1)) - 1
    for worth, number in sorted(pieces.items(), reverse=True):
        reach, left, some = reaches[0], min(number, wanted // worth), 1
        while left:
            # Adds 1, 2, 4, ... pieces, then the remainder. Any number of pieces is a sum of some of these.
            some = min(some, left)
            reach |= reach << (worth // unit * some) & mask
            left, some = left - some, some * 2
        reaches.insert(0, reach)
    return reaches


def _choose(pieces: dict[int, int], aim: dict[int, int], *, amount: int, unit: int) -> dict[int, int] | None:
    """Returns pieces with the exact value `amount`, or None if there are none.

    Chooses how many pieces of the smallest note or coin to use, then of the next larger note or coin, and so on. Each
    number is as close to the number in `aim` as possible.
    """
    if amount < 0:
        return None
    # Bytes, because to read one bit of a huge int, Python would shift the whole number.
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
    """Yields the numbers from 0 to `most`, nearest to `aim` first. If two are equally near, the larger comes first."""
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
