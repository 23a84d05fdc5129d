"""Counts the drawer of a settlement that was closed without a count."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.handover import is_place_counted
from cashdesk.domain.store.place_lock import mark_transition
from cashdesk.enums import CountMoment, Role, Settling
from cashdesk.errors import Conflict, Forbidden
from settlements.domain.allowed_acts import locked_for_act, reason_detail
from settlements.domain.closing import book_result, clear_and_seal, figures_detail
from settlements.domain.count_attempts import (
    keep_attempt,
    note,
    refuse_pairs,
)
from settlements.domain.raise_settlement_variance import raise_closing
from settlements.domain.target import ComparedAmount, compare, counted_methods
from settlements.enums import Closing
from settlements.models import Settlement


@transaction.atomic
@events_together()
def count_settlement_afterwards(
    *, settlement: Settlement, counted: Sequence[CountedAmount], by: Principal, at: datetime, reason: str = ""
) -> tuple[ComparedAmount, ...]:
    """Counts the drawer of a settlement that was closed without a count, and returns the comparison with its target.

    The sealed settlement does not change. The differences are booked now, the cash returns to the vault, and the
    register gets another seal. Raises Forbidden for a cashier. Raises Conflict for a settlement that was counted, or
    if somebody has opened or counted the drawer since then.
    """
    if not by.has_role(Role.MANAGER):
        raise Forbidden(_("Only a manager can count a settlement afterwards."))
    refuse_pairs(counted, field="amounts")
    settlement = locked_for_act(settlement, by=by)
    if settlement.closing != Closing.FORCED:
        raise Conflict(
            _("You can count a settlement afterwards only if it was closed without a count."), code="already_counted"
        )
    if settlement.place.settling != Settling.NONE or is_place_counted(settlement.place, since=settlement.closed_at):
        raise Conflict(
            _("The drawer was opened or counted since then. That count includes this cash."),
            code="already_counted",
        )
    targets = {line.pair: line.target for line in settlement.closing_amounts.all()}
    compared = compare(targets=targets, counted=counted, by_hand=counted_methods(settlement))
    keep_attempt(settlement, moment=CountMoment.AFTERWARDS, counted=counted, compared=compared, by=by, at=at)
    book_result(settlement, compared=compared, by=by, at=at)
    clear_and_seal(settlement, by=by, at=at)
    mark_transition(settlement.place)
    raise_closing(settlement, compared=compared, by=by, at=at)
    note(
        settlement,
        "settlement.counted_afterwards",
        by=by,
        at=at,
        detail={**figures_detail(compared), **reason_detail(reason)},
    )
    return compared
