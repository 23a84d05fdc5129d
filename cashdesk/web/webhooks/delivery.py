"""Sends deliveries again, or gives them up, when a person asks for it."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Min
from django.db.models.expressions import Value
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import DeliveryState
from cashdesk.errors import Conflict
from cashdesk.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookLane
from cashdesk.web.webhooks.endpoint import refuse_others
from cashdesk.web.webhooks.lane import release, reset

RESENT_AT_ONCE: Final = 10_000
LOG_KEPT_FOR: Final = timedelta(days=30)
DELETED_AT_ONCE: Final = 500


@transaction.atomic
def resend(*, delivery: WebhookDelivery, by: Principal, at: datetime) -> None:
    """Queues an ended delivery again, with the same id. Later events of its place wait for it.

    Raises Conflict if it still waits, or if the endpoint is off.
    """
    refuse_others(account_id=delivery.endpoint.account_id, by=by)
    _refuse_off(delivery.endpoint)
    lane = WebhookLane.objects.select_for_update(no_key=True).get(pk=delivery.lane_id)
    ended = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.WAITING)
    if not reset(ended, at=at):
        raise Conflict(_("This event is already waiting to be sent."), code="delivery_waiting")
    if lane.lease is None:
        release(lane, at=at)
    _note("resent", delivery, by=by, at=at)


@transaction.atomic
def resend_failed(*, endpoint: WebhookEndpoint, since: datetime, by: Principal, at: datetime) -> int:
    """Queues every delivery that failed since `since`, at most RESENT_AT_ONCE, oldest first. Returns their number.

    Raises Conflict if the endpoint is off.
    """
    refuse_others(account_id=endpoint.account_id, by=by)
    row = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    _refuse_off(row)
    failed = WebhookDelivery.objects.filter(endpoint=row, state=DeliveryState.FAILED, ended_at__gte=since)
    chosen = list(failed.order_by("position").values_list("pk", "lane_id")[:RESENT_AT_ONCE])
    lanes = WebhookLane.objects.filter(pk__in={lane for _pk, lane in chosen})
    list(lanes.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    again = WebhookDelivery.objects.filter(pk__in=[pk for pk, _lane in chosen], state=DeliveryState.FAILED)
    queued = reset(again, at=at)
    lanes.update(due_at=Least(Coalesce(F("due_at"), Value(at)), Value(at)))
    audit.note(
        action="webhook.failed_resent",
        subject=f"webhook:{row.pk}",
        by=by,
        at=at,
        account=row.account,
        detail={"since": since.isoformat(), "deliveries": queued},
    )
    return queued


@transaction.atomic
def give_up(*, delivery: WebhookDelivery, by: Principal, at: datetime) -> None:
    """Ends a delivery that waits, so that the next event of its place goes on. Raises Conflict if it has ended."""
    refuse_others(account_id=delivery.endpoint.account_id, by=by)
    lane = WebhookLane.objects.select_for_update(no_key=True).get(pk=delivery.lane_id)
    waiting = WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING)
    if not waiting.update(
        state=DeliveryState.FAILED, ended_at=at, next_attempt_at=None, last_error=Coalesce(F("last_error"), Value(""))
    ):
        raise Conflict(_("This event has already been delivered or given up."), code="delivery_ended")
    if lane.lease is None:
        release(lane, at=at)
    _note("given_up", delivery, by=by, at=at)


def delete_old_deliveries(*, at: datetime) -> int:
    """Deletes deliveries that ended more than LOG_KEPT_FOR ago, and returns their number. Waiting ones stay.

    Each batch has a transaction of its own, so that nobody waits long on SQLite.
    """
    deleted = 0
    old = WebhookDelivery.objects.filter(ended_at__lte=at - LOG_KEPT_FOR).exclude(state=DeliveryState.WAITING)
    while batch := list(old.order_by("ended_at").values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        with transaction.atomic():
            WebhookAttempt.objects.filter(delivery__in=batch).delete()
            WebhookDelivery.objects.filter(pk__in=batch).delete()
        deleted += len(batch)
    return deleted


def oldest_waiting() -> int | None:
    """Returns the position of the oldest event that is still to be delivered to an endpoint that is on, or None."""
    waiting = WebhookDelivery.objects.filter(state=DeliveryState.WAITING, endpoint__is_active=True)
    oldest: int | None = waiting.aggregate(oldest=Min("position"))["oldest"]
    return oldest


def _refuse_off(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_active:
        raise Conflict(_("The endpoint is off. Switch it on first."), code="endpoint_off")


def _note(verb: str, delivery: WebhookDelivery, *, by: Principal, at: datetime) -> None:
    audit.note(
        action=f"webhook.{verb}",
        subject=f"webhook:{delivery.endpoint_id}",
        by=by,
        at=at,
        account=delivery.endpoint.account,
        detail={"event": str(delivery.event.uid), "type": delivery.event.type},
    )
