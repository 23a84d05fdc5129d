"""Undo: a person reverses a movement that they entered by hand. This is possible until somebody counts the cash."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.reversal import why_not_reversed
from cashdesk.errors import Forbidden
from cashdesk.models import Movement
from cashdesk.movement_rule_columns import Reversal
from cashdesk.movement_rules import kinds_where

BY_HAND: Final = kinds_where(lambda rule: rule.reversal == Reversal.OWN)
"""The kinds that a person enters at a drawer. The till books payments; transitions book floats, returns and differences."""


def take_back(*, movement: Movement, by: Principal, at: datetime, reason: str) -> Movement:
    """Reverses a movement that `by` entered by hand, if nobody has counted the cash since. Returns the reversal.

    After a count, the reversal would be late money. Late money explains a part of a difference, and another person may
    have counted that difference. So this function refuses a late reversal, even by a manager. A manager can call
    `ledger.reverse` instead.

    Raises Forbidden for another person's movement and for a kind outside `BY_HAND`. Raises Conflict after a count and
    for a movement that is already reversed. Raises InvalidInput for a missing or too long reason.
    """
    refusal = _refusal(movement, by=by)
    if refusal:
        raise Forbidden(refusal)
    return ledger.reverse(movement=movement, by=by, at=at, reason=reason, kinds=BY_HAND, refuses_late=True)


def why_not_taken_back(movements: Sequence[Movement], *, by: Principal) -> dict[int, str]:
    """Returns for each movement id the reason why `by` cannot undo it now, or "" if they can.

    For display only. Runs one query.
    """
    reasons = why_not_reversed(movements, on_time=True)
    return {movement.pk: _refusal(movement, by=by) or reasons[movement.pk] for movement in movements}


def _refusal(movement: Movement, *, by: Principal) -> str:
    if by.user is None or movement.recorded_by_id != by.user.pk:
        return _("Somebody else booked this. Ask a manager to reverse it.")
    if movement.kind not in BY_HAND:
        return _("You can undo only cash that was paid in, paid out, dropped or lent. Ask a manager.")
    return ""
