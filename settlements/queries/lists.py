"""Reads for our own lists of movements, counts and registers, each with its fixed number of statements."""

from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import COUNTED_PLACES, counts_told, movements_told
from cashdesk.enums import CountMoment, SessionStatus
from cashdesk.errors import NotFound
from cashdesk.models import CashSession, Count, Movement, Place, Store, User
from settlements.enums import SettlementState
from settlements.queries import settlements


def movements(*, by: Principal) -> "QuerySet[Movement]":
    """Returns the movements that `by` may read (`cashdesk.domain.visibility.movements_told`)."""
    joined = ("store", "source", "destination", "late_for", "payment", "recorded_by", "reverses", "reversed_by")
    return movements_told(by=by).select_related(*joined, "deposit", "change_order")


def movement(*, by: Principal, movement_id: UUID) -> Movement:
    """Returns one of `movements`. Raises the same NotFound for an unknown movement and for one that `by` may not read."""
    found = movements(by=by).filter(uuid=movement_id).first()
    if found is None:
        raise NotFound(_("There is no movement with this id."))
    return found


def counts(*, by: Principal) -> "QuerySet[Count]":
    """Returns the counts that `by` may read (`cashdesk.domain.visibility.counts_told`), with amounts and pieces.

    Leaves out the attempts of a settlement until it is closed, because they would help the next person who counts.
    """
    attempts = Q(moment=CountMoment.PREVIEW) & ~Q(settlement_count__settlement__state=SettlementState.CLOSED)
    rows = counts_told(by=by).exclude(attempts).prefetch_related("amounts__pieces")
    return rows.select_related("place__store", "session", "counted_by", "witness", "settlement_count__settlement")


def counts_of_store(rows: "QuerySet[Count]", store: Store) -> "QuerySet[Count]":
    """Filters counts by their store.

    On PostgreSQL one statement more reads the ids of the places. With the ids it can estimate the number of counts, and
    reads the few counts of a new store by their place. Otherwise it would read all counts of all stores, newest first.
    """
    if connection.vendor != "postgresql":
        return rows.filter(place__store=store)
    places = Place.objects.filter(store=store, kind__in=COUNTED_PLACES)
    return rows.filter(place__in=list(places.values_list("pk", flat=True)))


def places(*, by: Principal) -> "QuerySet[Place]":
    """Returns the registers and vaults of the caller's stores.

    Each row has its open sessions, its running settlements in scope of `by`, and the active people who are assigned to it,
    as the lists `open_sessions`, `running_settlements` and `people`.
    """
    open_sessions = CashSession.objects.filter(status=SessionStatus.OPEN)
    running = settlements(by=by).exclude(state=SettlementState.CLOSED)
    return (
        Place.objects.filter(kind__in=COUNTED_PLACES, store__in=by.stores())
        .select_related("store")
        .prefetch_related(
            Prefetch("sessions", open_sessions, to_attr="open_sessions"),
            Prefetch("settlements", running, to_attr="running_settlements"),
            Prefetch("assigned_people", User.objects.filter(is_active=True).order_by("pk"), to_attr="people"),
        )
    )
