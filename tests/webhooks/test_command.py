"""`manage.py worker` and what `manage.py tidy` removes of webhooks."""

import signal
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cashdesk.domain.caller.event_feed import delete_old_events
from cashdesk.enums import EVENTS_KEPT_DAYS, DeliveryState
from cashdesk.models import WebhookAttempt, WebhookDelivery
from cashdesk.web.webhooks import delivery as deliveries
from cashdesk.web.webhooks.delivery import LOG_KEPT_FOR
from tests.stories import Cast
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.sending import happened, heard, ids, listening, of, works


def test_once_sends_what_is_due_and_ends(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    events = [happened(cast.store) for _number in range(3)]
    before = signal.getsignal(signal.SIGTERM)
    call_command("worker", "--once")
    assert heard(receiver.received) == ids(*events)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("threads", ["0", "101"])
def test_a_senseless_number_of_threads_is_refused(threads: str) -> None:
    with pytest.raises(CommandError, match="from 1 to 100"):
        call_command("worker", "--once", "--threads", threads)


def test_tidy_removes_what_ended_30_days_ago_and_nothing_that_waits(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "DELETED_AT_ONCE", 2)
    listening(cast, receiver)
    old = [happened(cast.store) for _number in range(3)]
    works()
    fresh = happened(cast.store)
    works()
    receiver.replies = [Reply(status=500)]
    waiting = happened(cast.store)
    works()
    ended = timezone.now() - LOG_KEPT_FOR
    WebhookDelivery.objects.filter(event__in=[*old, waiting]).update(ended_at=ended)
    WebhookDelivery.objects.filter(event=fresh).update(ended_at=ended + timedelta(minutes=1))
    told: Any = StringIO()
    call_command("tidy", stdout=told)
    assert "3 webhook deliveries" in told.getvalue()
    assert set(WebhookDelivery.objects.all()) == {of(fresh), of(waiting)}
    assert of(waiting).state == DeliveryState.WAITING
    assert WebhookAttempt.objects.count() == 2


def test_an_old_event_is_deleted_with_its_log(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    event = happened(cast.store, at=timezone.now() - timedelta(days=EVENTS_KEPT_DAYS + 2))
    works()
    happened(cast.store)
    assert WebhookAttempt.objects.filter(delivery__event=event).count() == 1
    assert delete_old_events(at=timezone.now()) == 1
    assert not WebhookAttempt.objects.exists()
    assert not WebhookDelivery.objects.exists()
