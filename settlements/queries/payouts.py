"""Reads payouts, each with its fixed number of statements."""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import ID_MAX, moved_at_places
from cashdesk.domain.store.place import places_of
from cashdesk.enums import CASH, PlaceKind
from cashdesk.errors import NotFound
from cashdesk.models import Place, Store
from cashdesk.pair import Pair
from settlements.domain.visibility import settlements_with_shown_result
from settlements.models import Payout, Settlement

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


def pairs_to_pay_out(*, store: Store, by: Principal) -> list[Pair]:
    """Returns the currencies and methods whose money acquirers may still pay out: those that clearing or over/short holds.

    Over/short has the card money that came late. A settlement that was closed without a count hides what it took (law 5),
    so until somebody counts it, only money before it is named. Runs three statements.
    """
    newest = Settlement.objects.filter(place=OuterRef("pk")).order_by("-opened_after", "-pk").values("pk")[:1]
    registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER)
    last = Settlement.objects.filter(pk__in=registers.values(newest=Subquery(newest)))
    waiting: QuerySet[Any] = settlements_with_shown_result(last, by=by)
    first = waiting.filter(awaits_count=True).order_by("opened_after").values_list("opened_after", flat=True).first()
    places = places_of(store)
    periods = [
        (places[kind].pk, 0, ID_MAX if first is None else first) for kind in (PlaceKind.CLEARING, PlaceKind.OVER_SHORT)
    ]
    held = moved_at_places(periods=periods)
    return sorted({pair for moved in held.values() for pair, amount in moved.items() if amount and pair.method != CASH})
