"""Reads payouts, each with its fixed number of statements."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import NotFound
from cashdesk.models import Store
from settlements.models import Payout

JOINED = ("store", "movement__reversed_by", "fee_movement", "recorded_by")


def payouts(*, by: Principal) -> "QuerySet[Payout]":
    """Returns the payouts of the caller's stores."""
    return Payout.objects.filter(store__in=by.stores()).select_related(*JOINED)


def payout(*, by: Principal, payout_id: UUID) -> Payout:
    """Returns one of `payouts`. Raises the same NotFound for an unknown payout and for one out of scope."""
    found = payouts(by=by).filter(uuid=payout_id).first()
    if found is None:
        raise NotFound(_("There is no payout with this id."))
    return found


def latest_payouts(*, store: Store, limit: int) -> list[Payout]:
    """Returns the newest payouts of a store."""
    rows = Payout.objects.filter(store=store).select_related(*JOINED)
    return list(rows.order_by("-recorded_at", "-pk")[:limit])
