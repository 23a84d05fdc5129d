"""Decides who may see which events, and writes an audit entry when somebody sees events of an uncounted period (law 5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from cashdesk.domain.caller.event_types import EVENT_RULES
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import bound_register_of_key, may_see_expected, newest_by_place, note_periods_seen
from cashdesk.enums import EventType, Role
from cashdesk.errors import Forbidden
from cashdesk.models import Event, Movement, Store


def note_events_seen(*, events: Iterable[Event], by: Principal, at: datetime) -> None:
    """Writes one audit entry per store if `by` saw events about movements of a period that nobody has counted yet (law 5).

    Together with the floats and returns of sessions, these movements add up to the expected amount of a vault.
    """
    told = [event.body["movement_id"] for event in events if event.type == EventType.MOVEMENT_RECORDED]
    if not told:
        return
    rows = Movement.objects.filter(uuid__in=told).values_list(
        "recorded_at", "session_id", "source_id", "destination_id"
    )
    seen = list(rows)
    ends = ((place, recorded_at) for recorded_at, _session, *places in seen for place in places)
    sessions = {session for _recorded_at, session, *_places in seen if session is not None}
    note_periods_seen(places=newest_by_place(ends), sessions=sessions, by=by, at=at)


def event_types_shown(by: Principal) -> tuple[EventType, ...]:
    """Returns the types of events that the caller may read: for managers all, for programs those of their scopes.

    The movements by hand and the sales of a point of sale add up to an expected amount, so a cashier may read none.
    """
    if not may_see_expected(by):
        return ()
    return tuple(type_ for type_ in EventType if by.has_scope(EVENT_RULES[type_].scope))


def events_shown(*, by: Principal, types: Sequence[str] = (), store: Store | None = None) -> "QuerySet[Event]":
    """Returns the events that the caller may read, with their stores and places.

    `types` and `store` limit the result. The caller may see `store`. A program whose key is bound to a register
    reads only the events of that register. Raises Forbidden for a cashier, and for a type that the scopes of a key do
    not include.
    """
    shown = event_types_shown(by)
    if not shown:
        raise Forbidden("Only managers, and keys with a scope that reads, can read events.")
    for type_ in types:
        if type_ not in shown:
            raise Forbidden(f"Events of type {type_} need the scope {EVENT_RULES[type_].scope}.")
    rows = Event.objects.filter(store__in=by.stores()).select_related("store", "place")
    if types or len(shown) < len(EventType):
        rows = rows.filter(type__in=types or shown)
    bound = bound_register_of_key(by)
    if bound is not None:
        rows = rows.filter(place=bound)
    # `stores()` decides what is shown. This filter only lets the database begin at the cursor in an index.
    only = store.pk if store is not None else _only_store(by)
    if only is not None:
        return rows.filter(store=only)
    is_of_one_account = by.account_id is not None and not (by.user is not None and by.user.is_superuser)
    return rows.filter(account=by.account_id) if is_of_one_account else rows


def _only_store(by: Principal) -> int | None:
    """Returns the id of the only store that the caller can see, or None if there may be several."""
    if by.store is not None:
        return by.store.pk
    if by.token is not None and by.token.store_id is not None:
        return by.token.store_id
    return by.user.store_id if by.user is not None and not by.user.has_role(Role.ADMIN) else None
