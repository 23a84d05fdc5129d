"""Late money: movements that arrived after a settlement's count and explain part of its frozen difference (law 4)."""

from collections import defaultdict

from django.db.models import F, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from cashdesk.domain.ledger.expected import ID_MAX, Balances
from cashdesk.enums import CASH, PlaceKind
from cashdesk.models import Movement, Seal
from cashdesk.pair import Pair
from settlements.enums import SettlementType
from settlements.models import Settlement


def late_amounts_of(settlement: Settlement, *, until: int = ID_MAX) -> Balances:
    """Returns the late money of a settlement per currency and method, in minor units. Money out is negative.

    Late money of a cash session is left out: it explains the difference of that session, and the settlement's target
    already contains that difference. `difference - late` is the adjusted difference. Leaves out movements after `until`.
    """
    late = Movement.objects.filter(late_for=settlement.place_id, is_late=True, pk__lte=until).annotate(
        # A reversal belongs to the period of the movement that it reverses.
        moment=Coalesce(F("reverses_id"), F("id"))
    )
    if settlement.type == SettlementType.CASHREGISTER:
        late = late.filter(session__isnull=True).exclude(
            # Leaves out a reversal if a session of the settlement began after the reversed movement. That session's
            # cashier counted the drawer, so the opening difference already contains this cash.
            reverses__lte=_counted_by_sessions_until(settlement),
            method=CASH,
            currency=settlement.store.currency,
        )
    following = Settlement.objects.filter(place=settlement.place_id, pk__gt=settlement.pk).order_by("pk").first()
    by_id = Q(moment__gt=settlement.opened_after)
    # A payment that was pending belongs to the period in which it was reported.
    by_time = Q(payment__reported_at__gte=settlement.opened_at)
    if following is not None:
        by_id &= Q(moment__lte=following.opened_after)
        by_time &= Q(payment__reported_at__lt=following.opened_at)
    waited = Q(payment__decided_at__isnull=False)
    late = late.filter((waited & by_time) | (~waited & by_id))
    amounts: dict[Pair, int] = defaultdict(int)
    # The index on late_for keeps this cheap, because late movements are rare.
    for currency, method, amount, came_in in late.annotate(
        came_in=Q(destination__kind=PlaceKind.OVER_SHORT)
    ).values_list("currency", "method", "amount", "came_in"):
        amounts[Pair(currency, method)] += amount if came_in else -amount
    return dict(amounts)


def _counted_by_sessions_until(settlement: Settlement) -> Combinable:
    """Returns the id of the last movement that a session within the settlement has sealed, or 0."""
    seals = Seal.objects.filter(
        place=settlement.place_id, number__gt=settlement.opened_after_z, session__is_cancelled=False
    )
    if settlement.seal_id is not None:
        seals = seals.filter(pk__lt=settlement.seal_id)
    return Coalesce(Subquery(seals.order_by("-number").values("last_movement")[:1]), 0)
