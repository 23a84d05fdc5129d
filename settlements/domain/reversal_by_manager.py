"""Reverses movements for managers. A reversed deposit is cancelled, and a payout goes back together with its fee."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger import reversal as ground
from cashdesk.enums import MovementKind
from cashdesk.models import Movement
from settlements.domain.deposit import cancel_deposit
from settlements.domain.payout import reverse_payout
from settlements.enums import DepositState
from settlements.models import Deposit, Payout


def reverse_movement(*, movement: Movement, by: Principal, at: datetime, reason: str) -> Movement:
    """Reverses a movement with `cashdesk.domain.ledger.ledger.reverse` and returns the reversal.

    The reversal of a deposit's movement cancels the deposit. A change order needs no update, because it reads its
    state from the movement. Raises Conflict if the movement cannot be reversed any more, or if the bank has credited
    the deposit. Raises InvalidMovement for a movement that can never be reversed, and InvalidInput for a missing or
    too long reason.
    """
    if movement.kind == MovementKind.DEPOSIT and movement.reverses_id is None:
        deposit = Deposit.objects.select_related("store").filter(movement=movement).first()
        if deposit is not None:
            return cancel_deposit(deposit=deposit, by=by, at=at, reason=reason)
    if movement.kind == MovementKind.PAYOUT and movement.reverses_id is None:
        payout = Payout.objects.select_related("store").filter(movement=movement).first()
        if payout is not None:
            return reverse_payout(payout=payout, by=by, at=at, reason=reason)
    return ledger.reverse(movement=movement, by=by, at=at, reason=reason)


def why_not_reversed(movements: Sequence[Movement]) -> dict[int, str]:
    """Returns for each movement id the reason why the movement cannot be reversed now, or "". Takes no lock.

    The caller loads the movements with `select_related("deposit")`.
    """
    told = ground.why_not_reversed(movements)
    for movement in movements:
        deposit = getattr(movement, "deposit", None)
        if not told[movement.pk] and deposit is not None and deposit.state == DepositState.CREDITED:
            told[movement.pk] = _("The bank has already credited this bag. It cannot be reversed.")
    return told
