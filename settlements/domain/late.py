"""Money that arrived after a settlement's count, and so explains that much of a frozen difference (law 4)."""

from collections import defaultdict

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from cashdesk.domain.expected import Balances
from cashdesk.enums import PlaceKind
from cashdesk.models import Movement
from settlements.enums import SettlementType
from settlements.models import Settlement


def late_amounts_of(settlement: Settlement) -> Balances:
    """Returns what arrived late for a settlement, in minus out of its place, minor units by (currency, method).

    What is late for a cash session within it explains that session's difference, which the settlement's target has in it
    already, so it is not counted twice. `difference - late` is the adjusted difference.
    """
    late = Movement.objects.filter(late_for=settlement.place_id, is_late=True).annotate(
        # A reversal belongs to the period of what it reverses.
        moment=Coalesce(F("reverses_id"), F("id"))
    )
    if settlement.type == SettlementType.CASHREGISTER:
        late = late.filter(session__isnull=True)
    late = late.filter(moment__gt=settlement.opened_after)
    following = Settlement.objects.filter(place=settlement.place_id, pk__gt=settlement.pk).order_by("pk").first()
    if following is not None:
        late = late.filter(moment__lte=following.opened_after)
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    # An index on late_for bounds it: what is late is rare.
    for currency, method, amount, came_in in late.annotate(
        came_in=Q(destination__kind=PlaceKind.OVER_SHORT)
    ).values_list("currency", "method", "amount", "came_in"):
        amounts[currency, method] += amount if came_in else -amount
    return dict(amounts)
