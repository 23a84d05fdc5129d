"""Helpers of the webhook tests: endpoints, events, and a worker whose time the test sets."""

import json
import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from cashdesk.domain.caller.event import record_event
from cashdesk.domain.caller.event_sequence import sequence_events
from cashdesk.domain.caller.event_types import EVENT_RULES
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import EventType, PlaceKind
from cashdesk.models import Event, Place, Store, WebhookDelivery, WebhookEndpoint
from cashdesk.web.webhooks.endpoint import add_endpoint
from cashdesk.web.webhooks.worker import Worker
from tests.stories import Cast
from tests.webhooks.receiver import Received, Receiver


def listening(cast: Cast, receiver: Receiver, *, path: str = "", **fields: Any) -> WebhookEndpoint:
    """Adds an endpoint of Anna's account at the receiver."""
    return listening_with_secret(cast, receiver, path=path, **fields)[0]


def listening_with_secret(
    cast: Cast, receiver: Receiver, *, path: str = "", **fields: Any
) -> tuple[WebhookEndpoint, str]:
    """Adds an endpoint of Anna's account at the receiver, and returns its secret too."""
    given = {"account": cast.store.account, "by": Principal(user=cast.anna), "at": timezone.now(), **fields}
    return add_endpoint(url=receiver.url + path, **given)


def happened(
    store: Store,
    *,
    station: int | None = 1,
    type_: EventType = EventType.SETTLEMENT_COUNTING,
    number: int = 0,
    at: datetime | None = None,
) -> Event:
    """Writes an event of a register, or of no place, and returns it. `number` is in its body."""
    place = Place.objects.get(store=store, kind=PlaceKind.REGISTER, number=station) if station is not None else None
    body = dict.fromkeys(EVENT_RULES[type_].fields, number)
    record_event(type_=type_, store=store, at=at or timezone.now(), body=body, place_id=place.pk if place else None)
    sequence_events()
    return Event.objects.latest("pk")


def works(*, at: datetime | None = None, threads: int = 4) -> None:
    """Lets a worker send all deliveries that are due at this moment."""
    moment = at or timezone.now()
    Worker(stop=threading.Event(), once=True, threads=threads, clock=lambda: moment).run()


def heard(received: Iterable[Received]) -> list[str]:
    """Returns the ids of the events that a receiver got, in their order."""
    return [str(json.loads(request.body)["id"]) for request in received]


def ids(*events: Event) -> list[str]:
    """Returns the published ids of events."""
    return [str(event.uid) for event in events]


def of(event: Event, endpoint: WebhookEndpoint | None = None) -> WebhookDelivery:
    """Returns the delivery of an event."""
    rows = WebhookDelivery.objects.filter(event=event)
    return (rows.filter(endpoint=endpoint) if endpoint else rows).get()
