"""The lanes of an endpoint: a worker claims a lane, sends its next event, and records the outcome.

A claim is a lease. No transaction and no lock is held while a request is under way, and a worker that dies leaves a
lease that ends by itself. Code that locks an endpoint and its lanes locks the endpoint first.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from cashdesk.enums import DeliveryState
from cashdesk.models import WebhookAttempt, WebhookDelivery, WebhookLane
from cashdesk.models.webhook import ANSWER_MAX
from cashdesk.web.webhooks.schedule import next_attempt_at

LEASED_FOR: Final = timedelta(minutes=2)
"""Longer than any request may take, the lookup of the name included."""
LANES_LOOKED_AT: Final = 200
EACH_FAILING: Final = 1
"""The most requests at the same time to an endpoint that fails. Often such a request waits until its time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A leased lane with the delivery to send."""

    lease: uuid.UUID
    delivery: WebhookDelivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one request: a status, or an error code if there was no answer. `text` is for people."""

    status: int | None = None
    error: str = ""
    text: str = ""
    duration_ms: int = 0
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took the event: any status from 200 to 299."""
        return self.status is not None and 200 <= self.status < 300


def claim(
    *, limit: int, busy: Mapping[int, int], each: int, at: datetime, failing: Collection[int] = ()
) -> list[Claim]:
    """Leases up to `limit` lanes that are due, and returns the next delivery of each.

    `busy` counts the requests under way per endpoint, and `failing` names those of them that fail. No endpoint gets
    more than `each`, so that a slow receiver does not hold up the others. An endpoint that fails gets EACH_FAILING, and
    all that fail together get half of the worker, so that any number of dead receivers leaves room for the others.
    """
    chosen = _chosen_lanes(limit=limit, busy=busy, each=each, failing=failing, at=at)
    if not chosen:
        return []
    lease = uuid.uuid4()
    with transaction.atomic():
        lanes = list(_due(at).filter(pk__in=chosen).select_for_update(skip_locked=True, no_key=True, of=("self",)))
        heads = _heads(lanes)
        idle = [lane.pk for lane in lanes if lane.pk not in heads]
        WebhookLane.objects.filter(pk__in=idle).update(due_at=None)
        WebhookLane.objects.filter(pk__in=list(heads)).update(lease=lease, leased_until=at + LEASED_FOR)
    return [Claim(lease=lease, delivery=delivery) for delivery in heads.values()]


def record(claimed: Claim, outcome: Outcome, *, at: datetime) -> WebhookDelivery | None:
    """Keeps the outcome of a request, decides about the next attempt, and ends the lease.

    Returns the delivery as it is now. Keeps nothing and returns None if the event was deleted, or if another worker has
    taken the lease: that worker sends the event again.
    """
    with transaction.atomic():
        lane = WebhookLane.objects.select_for_update(no_key=True).get(pk=claimed.delivery.lane_id)
        if lane.lease != claimed.lease:
            return None
        delivery = WebhookDelivery.objects.select_for_update(no_key=True).filter(pk=claimed.delivery.pk).first()
        if delivery is None:
            # `tidy` has deleted the event meanwhile, because it was old.
            release(lane, at=at)
            return None
        _note_attempt(delivery, outcome, at=at)
        if delivery.state == DeliveryState.WAITING or outcome.is_delivered:
            _decide(delivery, outcome, at=at)
        delivery.save(update_fields=_OUTCOME_FIELDS)
        release(lane, at=at)
    return delivery


def release(lane: WebhookLane, *, at: datetime) -> None:
    """Ends the lease of a locked lane, and makes it due when its next delivery is due."""
    head = next_of(lane)
    lane.due_at = max(at, head.next_attempt_at or at) if head is not None else None
    lane.lease = lane.leased_until = None
    lane.save(update_fields=["due_at", "lease", "leased_until"])


def next_of(lane: WebhookLane) -> WebhookDelivery | None:
    """Returns the next delivery of a lane: the oldest event that waits."""
    return lane.deliveries.filter(state=DeliveryState.WAITING).order_by("position").first()


def next_due_at() -> datetime | None:
    """Returns when the next lane is due, or None if nothing waits."""
    lanes = WebhookLane.objects.filter(due_at__isnull=False, endpoint__is_active=True)
    return lanes.order_by("due_at").values_list("due_at", flat=True).first()


_OUTCOME_FIELDS: Final = [
    "state",
    "attempts",
    "failures",
    "first_attempt_at",
    "next_attempt_at",
    "ended_at",
    "last_status",
    "last_error",
]


def _due(at: datetime) -> "QuerySet[WebhookLane]":
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    return WebhookLane.objects.filter(is_free, due_at__lte=at, endpoint__is_active=True).order_by("due_at", "pk")


def _chosen_lanes(
    *, limit: int, busy: Mapping[int, int], each: int, failing: Collection[int], at: datetime
) -> Collection[int]:
    """Returns the ids of lanes to lease. It only reads, so that a worker without work never waits for a writer."""
    taken, chosen = Counter(busy), list[int]()
    spare = max((limit + taken.total()) // 2, 1) - sum(taken[endpoint] for endpoint in failing)
    full = [endpoint for endpoint in taken if taken[endpoint] >= (EACH_FAILING if endpoint in failing else each)]
    due = _due(at).exclude(endpoint__in=full)
    if spare <= 0:
        due = due.filter(endpoint__failing_since__isnull=True)
    lanes: Any = due.values_list("pk", "endpoint_id", "endpoint__failing_since")[:LANES_LOOKED_AT]
    for lane, endpoint, failing_since in lanes:
        most = each if failing_since is None else min(EACH_FAILING, taken[endpoint] + spare)
        if taken[endpoint] < most and len(chosen) < limit:
            taken[endpoint] += 1
            spare -= failing_since is not None
            chosen.append(lane)
    return chosen


def _heads(lanes: Collection[WebhookLane]) -> dict[int, WebhookDelivery]:
    """Returns the next delivery of each lane, with all data for its request. Leaves out lanes without a delivery."""
    waiting = WebhookDelivery.objects.filter(lane=OuterRef("pk"), state=DeliveryState.WAITING).order_by("position")
    found = WebhookLane.objects.filter(pk__in=[lane.pk for lane in lanes])
    heads = [head for head in found.values_list(Subquery(waiting.values("pk")[:1]), flat=True) if head is not None]
    deliveries = WebhookDelivery.objects.filter(pk__in=heads).select_related("endpoint", "event__store", "event__place")
    return {delivery.lane_id: delivery for delivery in deliveries.prefetch_related("endpoint__secrets")}


def _note_attempt(delivery: WebhookDelivery, outcome: Outcome, *, at: datetime) -> None:
    delivery.attempts += 1
    delivery.last_status, delivery.last_error = outcome.status, outcome.error
    delivery.first_attempt_at = delivery.first_attempt_at or at
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=delivery.attempts,
        at=at,
        duration_ms=outcome.duration_ms,
        status_code=outcome.status,
        error=outcome.error,
        answer=outcome.text[:ANSWER_MAX],
    )


def _decide(delivery: WebhookDelivery, outcome: Outcome, *, at: datetime) -> None:
    if outcome.is_delivered:
        delivery.state, delivery.ended_at, delivery.next_attempt_at = DeliveryState.DELIVERED, at, None
        return
    delivery.failures += 1
    delivery.next_attempt_at = next_attempt_at(
        failures=delivery.failures,
        first_attempt_at=delivery.first_attempt_at or at,
        at=at,
        retry_after=outcome.retry_after,
    )
    if delivery.next_attempt_at is None:
        delivery.state, delivery.ended_at = DeliveryState.FAILED, at


def reset(deliveries: "QuerySet[WebhookDelivery]", *, at: datetime) -> int:
    """Queues deliveries again, as if their events were new. Returns their number. The caller makes their lanes due."""
    return deliveries.update(
        state=DeliveryState.WAITING,
        next_attempt_at=at,
        first_attempt_at=None,
        ended_at=None,
        failures=0,
    )
