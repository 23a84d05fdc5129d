"""Lines of a Z report: what a close booked itself, told apart from what made the expected amount."""

from collections.abc import Iterable
from dataclasses import replace

from cashdesk.domain.expected import Balances, MovedOfKind
from cashdesk.enums import MovementKind
from cashdesk.money import AMOUNT_MAX
from settlements.domain.target import Pair


def over_short(pair: Pair, difference: int) -> tuple[MovedOfKind, ...]:
    """Returns the line of a difference, minor units; none where it is 0."""
    # As many movements as the ledger made of it: one, unless it is beyond what one may carry.
    movements = -(-abs(difference) // AMOUNT_MAX)
    return (line_of(MovementKind.OVER_SHORT, pair, count=movements, amount=difference),) if difference else ()


def line_of(kind: MovementKind, pair: Pair, *, count: int, amount: int) -> MovedOfKind:
    """Returns a line; a negative amount went out."""
    return MovedOfKind(
        kind=kind, currency=pair[0], method=pair[1], count=count, came_in=max(amount, 0), went_out=max(-amount, 0)
    )


def without(lines: Iterable[MovedOfKind], booked: Iterable[MovedOfKind]) -> tuple[MovedOfKind, ...]:
    """The lines without what the close booked itself: those that made the expected amount."""
    own = {(line.kind, *line.pair): line for line in booked}
    left = []
    for line in lines:
        taken = own.get((line.kind, *line.pair))
        if taken is None:
            left.append(line)
        elif line.count > taken.count:
            left.append(
                replace(
                    line,
                    count=line.count - taken.count,
                    came_in=line.came_in - taken.came_in,
                    went_out=line.went_out - taken.went_out,
                )
            )
    return tuple(left)


def returned_of(booked: Iterable[MovedOfKind]) -> Balances:
    """Returns what went back to the vault, per pair."""
    return {line.pair: line.went_out for line in booked if line.kind == MovementKind.RETURN}
