"""Builds lines of a Z report, and separates the bookings of the close from the movements behind the expected amount."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cashdesk.domain.ledger.expected import Balances, MovedOfKind, added_up
from cashdesk.enums import MovementKind
from cashdesk.money import AMOUNT_MAX
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import kinds_where
from cashdesk.pair import Pair

BOOKED_BY_A_CLOSE: Final = kinds_where(lambda rule: Origin.CLOSE in rule.origins)


def over_short(pair: Pair, difference: int) -> tuple[MovedOfKind, ...]:
    """Returns the over/short line of a difference in minor units, or an empty tuple for 0."""
    # The ledger splits a difference only if it exceeds the largest amount of a movement.
    movements = -(-abs(difference) // AMOUNT_MAX)
    return (line_of(MovementKind.OVER_SHORT, pair, count=movements, amount=difference),) if difference else ()


def line_of(kind: MovementKind, pair: Pair, *, count: int, amount: int) -> MovedOfKind:
    """Returns a report line of `amount` minor units. A negative amount is money that went out."""
    return MovedOfKind(
        kind=kind, currency=pair[0], method=pair[1], count=count, came_in=max(amount, 0), went_out=max(-amount, 0)
    )


def without(lines: Iterable[MovedOfKind], booked: Iterable[MovedOfKind]) -> tuple[MovedOfKind, ...]:
    """Returns the lines of a period without the bookings of its close (`booked`).

    The remaining lines are the movements that make up the expected amount.
    """
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


def set_clearing_apart(
    lines: Iterable[MovedOfKind],
) -> tuple[tuple[MovedOfKind, ...], tuple[MovedOfKind, ...]]:
    """Returns the lines without movements to clearing, and the lines of what the close of this period took there.

    The second part is computed from the first one: a close takes everything but cash out of a register. The period may
    also contain older money that the upgrade of Cashdesk took to clearing. It belongs to no report.
    """
    lines = tuple(lines)
    kept = tuple(line for line in lines if line.kind != MovementKind.CLEARING)
    cleared = {line.pair for line in lines if line.kind == MovementKind.CLEARING}
    taken = []
    for pair, amount in sorted(added_up(kept).items()):
        if pair in cleared and amount:
            movements = -(-abs(amount) // AMOUNT_MAX)
            taken.append(line_of(MovementKind.CLEARING, pair, count=movements, amount=-amount))
    return kept, tuple(taken)


def returned_of(booked: Iterable[MovedOfKind]) -> Balances:
    """Returns the amounts of the RETURN lines of a close, by currency and method, in minor units."""
    return {line.pair: line.went_out for line in booked if line.kind == MovementKind.RETURN}
