"""Hands new events to the endpoints: makes a delivery for each endpoint that receives the event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.expressions import Value
from django.db.models.functions import Coalesce

from cashdesk.domain.caller.event_sequence import last_position
from cashdesk.models import Event, WebhookDelivery, WebhookEndpoint, WebhookLane

EVENTS_AT_ONCE: Final = 200
POSITIONS_PASSED: Final = 1000
"""After this many positions without an event for an endpoint, its position is raised. So they are not read again."""


def fan_out(*, at: datetime, newest: int | None = None) -> bool:
    """Queues new events for every endpoint that is on, up to the position `newest`, or all. Returns whether it queued any.

    Writes nothing without new events.
    """
    newest = last_position() if newest is None else newest
    behind = WebhookEndpoint.objects.filter(is_active=True, position__lt=newest).order_by("position", "pk")
    queued = [_queue(endpoint, newest=newest, at=at) for endpoint in _with_news(list(behind), newest=newest)]
    return any(queued)


def _with_news(behind: Sequence[WebhookEndpoint], *, newest: int) -> list[WebhookEndpoint]:
    """Returns the endpoints whose account has newer events, and those whose position must be raised.

    Runs one statement for all, so that an event does not cost a statement for each endpoint of other accounts.
    """
    near = [endpoint.position for endpoint in behind if newest - endpoint.position < POSITIONS_PASSED]
    if not near:
        return [*behind]
    events = Event.objects.filter(position__gt=min(near), position__lte=newest).order_by()
    last = dict(events.values_list("account").annotate(last=Max("position")))
    return [
        endpoint
        for endpoint in behind
        if newest - endpoint.position >= POSITIONS_PASSED or last.get(endpoint.account_id, 0) > endpoint.position
    ]


def heard_by(endpoint: WebhookEndpoint) -> "QuerySet[Event]":
    """Returns the events for an endpoint that are not queued yet, in their order."""
    events = Event.objects.filter(position__gt=endpoint.position)
    events = events.filter(store=endpoint.store_id) if endpoint.store_id else events.filter(account=endpoint.account_id)
    return (events.filter(type__in=endpoint.types) if endpoint.types else events).order_by("position")


def _queue(endpoint: WebhookEndpoint, *, newest: int, at: datetime) -> bool:
    events = list(heard_by(endpoint).filter(position__lte=newest).defer("body")[:EVENTS_AT_ONCE])
    if not events and newest - endpoint.position < POSITIONS_PASSED:
        return False
    reached = events[-1].position if len(events) == EVENTS_AT_ONCE else newest
    with transaction.atomic():
        # Another worker may hand out the same events just now, or a person may change the endpoint: then look again later.
        rows = WebhookEndpoint.objects.select_for_update(skip_locked=True, no_key=True)
        found = rows.filter(pk=endpoint.pk, position=endpoint.position, is_active=True).first()
        if found is None or found.types != endpoint.types:
            return False
        if events:
            _make_deliveries(endpoint, events, at=at)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(position=reached)
    return bool(events)


def _make_deliveries(endpoint: WebhookEndpoint, events: Sequence[Event], *, at: datetime) -> None:
    lanes = _lanes_of(endpoint, {lane_key(event) for event in events})
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                endpoint=endpoint,
                lane=lanes[lane_key(event)],
                event=event,
                position=event.position or 0,
                created_at=at,
                next_attempt_at=at,
            )
            for event in events
        ],
        ignore_conflicts=True,
    )
    # Without a condition on due_at: PostgreSQL would skip a lane that a worker is just finding empty, and forget it.
    WebhookLane.objects.filter(pk__in=[lane.pk for lane in lanes.values()]).update(due_at=Coalesce("due_at", Value(at)))


def lane_key(event: Event) -> str:
    """Returns the key of the lane in which an event waits for its turn."""
    return f"place:{event.place_id}" if event.place_id else f"store:{event.store_id}"


def _lanes_of(endpoint: WebhookEndpoint, keys: set[str]) -> dict[str, WebhookLane]:
    lanes = {lane.key: lane for lane in endpoint.lanes.filter(key__in=keys)}
    missing = sorted(keys - lanes.keys())
    if missing:
        made = WebhookLane.objects.bulk_create([WebhookLane(endpoint=endpoint, key=key) for key in missing])
        lanes |= {lane.key: lane for lane in made}
    return lanes
