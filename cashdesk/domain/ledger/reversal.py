"""Checks whether a movement can be reversed.

The ledger calls these checks while it holds the locks. Pages call them earlier, to show whether a reversal is possible.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from cashdesk.enums import CASH, MovementKind, PlaceKind, SessionStatus, Settling
from cashdesk.errors import Conflict, DomainError, InvalidInput, InvalidMovement
from cashdesk.models import CashSession, Movement, Place, Seal
from cashdesk.movement_rule_columns import Reversal
from cashdesk.movement_rules import kinds_where

COUNTED_KINDS: Final = frozenset({PlaceKind.REGISTER, PlaceKind.VAULT})
"""The kinds of places that are counted."""

REVERSIBLE_KINDS: Final = kinds_where(lambda rule: rule.reversal != Reversal.NOBODY)

REASON_MAX: Final = 50
"""The most characters of a reason. The column of the movement has this length."""


def refuse_kind(movement: Movement, *, kinds: Collection[MovementKind] = REVERSIBLE_KINDS) -> None:
    """Raises InvalidMovement for a reversal, and for a kind that is not in `kinds`."""
    if movement.reverses_id is not None:
        raise InvalidMovement(_("This is a reversal. To undo it, book the movement again."))
    if movement.kind not in kinds:
        told = _("This kind of movement (%(kind)s) cannot be reversed. The next count corrects it.")
        raise InvalidMovement(told % {"kind": movement.get_kind_display()})


def refuse_reason(reason: str) -> None:
    """Raises InvalidInput for a missing or too long reason."""
    if not reason.strip():
        raise InvalidInput.of("reason", _("Enter a reason."))
    if len(reason) > REASON_MAX:
        raise InvalidInput.of("reason", _("Enter at most %(limit)s characters.") % {"limit": REASON_MAX})


def already_reversed() -> Conflict:
    """Returns the error for a second reversal (law 1)."""
    return Conflict(_("This movement is already reversed."), code="already_reversed")


def counted_twice() -> Conflict:
    """Returns the error for a movement if both of its places were counted after it.

    The differences of the two counts already include the movement.
    """
    return Conflict(
        _("Both places were counted since then. Their differences already include this movement."), code="counted_since"
    )


def counted_since(movements: Sequence[Movement]) -> dict[int, list[Place]]:
    """Returns for each movement id the places of the movement that were counted after it. Runs one query.

    A place was counted if the period of the movement is sealed, or if the place is being counted now. Cash that moved
    without a session was also counted if a cashier has opened the drawer since then. A caller that decides something
    with the result must hold the locks of the places.
    """
    ends = {end.pk for movement in movements for end in _counted_ends(movement)}
    # A cancelled opening has a seal but no count.
    seals = Seal.objects.filter(place=OuterRef("pk")).exclude(session__is_cancelled=True)
    last_seal = seals.order_by("-number").values("last_movement")[:1]
    running = CashSession.objects.filter(register=OuterRef("pk"), status=SessionStatus.OPEN).values("currency")[:1]
    found: Mapping[int, Any] = {
        found.pk: found
        for found in Place.objects.filter(pk__in=ends).annotate(
            sealed_until=Subquery(last_seal), session_currency=Subquery(running)
        )
    }
    return {
        movement.pk: [found[end.pk] for end in _counted_ends(movement) if _is_counted_since(found[end.pk], movement)]
        for movement in movements
    }


def why_not_reversed(movements: Sequence[Movement], *, on_time: bool = False) -> dict[int, str]:
    """Returns for each movement id the reason why it cannot be reversed now, or "" if it can.

    For display only: the ledger checks again under its locks. With `on_time`, also gives a reason if the reversal
    would be late. Runs one query if the movements were loaded with `reversed_by`.
    """
    counted = counted_since(movements) if movements else {}
    return {movement.pk: _why_not(movement, counted=counted[movement.pk], on_time=on_time) for movement in movements}


def late_only(places: Sequence[Place]) -> Conflict:
    """Returns the error for a late reversal by a caller who may reverse only on time.

    `places` are the places that were counted since the movement. The error names the first of them.
    """
    told = _("There was a count since then (%(place)s). Ask a manager to reverse this movement.")
    return Conflict(told % {"place": places[0] if places else _("drawer")}, code="counted_since")


def _why_not(movement: Movement, *, counted: Sequence[Place], on_time: bool) -> str:
    try:
        refuse_kind(movement)
    except DomainError as error:
        return error.message
    if hasattr(movement, "reversed_by"):
        return already_reversed().message
    if len(counted) == 2:
        return counted_twice().message
    return late_only(counted).message if on_time and (counted or movement.is_late) else ""


def _counted_ends(movement: Movement) -> list[Place]:
    return [end for end in (movement.source, movement.destination) if end.kind in COUNTED_KINDS]


def _is_counted_since(end: Any, movement: Movement) -> bool:
    if end.settling == Settling.COUNTING:
        return True
    if movement.session_id is None and movement.method == CASH and end.session_currency == movement.currency:
        # A movement during a session belongs to the session. This movement has no session, so it is older than the running
        # session, and the cashier counted it at the opening.
        return True
    return end.sealed_until is not None and movement.pk <= end.sealed_until
