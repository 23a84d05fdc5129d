"""Deliveries: which endpoint gets which events, their order, the attempts, and the end."""

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.domain.caller.event import published
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import DeliveryState, EventType, OffReason
from cashdesk.models import AuditEntry, Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookLane
from cashdesk.web.webhooks import fan_out, sender
from cashdesk.web.webhooks.endpoint import change_endpoint
from cashdesk.web.webhooks.failing_endpoint import OFF_AFTER
from cashdesk.web.webhooks.schedule import GIVEN_UP_AFTER
from tests.factories import StoreFactory
from tests.stories import Cast
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.sending import happened, heard, ids, listening, of, works

BROKEN = Reply(status=500, body=b"out of order")


def test_an_event_arrives_once_and_says_what_the_events_api_says(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    event = happened(cast.store, number=7)
    works()
    works()
    (request,) = receiver.received
    assert json.loads(request.body) == published(Event.objects.get(pk=event.pk))
    delivery = of(event)
    assert (delivery.state, delivery.attempts, delivery.last_status) == (DeliveryState.DELIVERED, 1, 204)
    attempt = delivery.attempts_made.get()
    assert (attempt.number, attempt.status_code, attempt.error) == (1, 204, "")
    assert WebhookLane.objects.filter(due_at__isnull=False).count() == 0


def test_an_endpoint_hears_only_of_its_account_store_and_types(cast: Cast, receiver: Receiver) -> None:
    hamburg = StoreFactory(account=cast.store.account)
    listening(cast, receiver, path="/all")
    listening(cast, receiver, path="/hamburg", store=hamburg)
    listening(cast, receiver, path="/days", types=[EventType.DAY_CLOSED])
    berlin, north = happened(cast.store), happened(hamburg)
    day = happened(hamburg, type_=EventType.DAY_CLOSED, station=None)
    happened(cast.otto.store)
    works()
    got = {
        path: sorted(heard(one for one in receiver.received if one.path == f"/hooks{path}"))
        for path in ("/all", "/hamburg", "/days")
    }
    assert got == {"/all": sorted(ids(berlin, north, day)), "/hamburg": sorted(ids(north, day)), "/days": ids(day)}


def test_an_endpoint_hears_nothing_of_what_happened_before_it_was_added(cast: Cast, receiver: Receiver) -> None:
    happened(cast.store)
    listening(cast, receiver)
    later = happened(cast.store)
    works()
    assert heard(receiver.received) == ids(later)


def test_an_event_of_an_unheard_type_is_passed_and_not_looked_at_again(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "POSITIONS_PASSED", 3)
    endpoint = listening(cast, receiver, types=[EventType.DAY_CLOSED])
    before = endpoint.position
    for _event in range(2):
        happened(cast.store)
    works()
    endpoint.refresh_from_db()
    assert endpoint.position == before, "an endpoint that hears of nothing is not written at each event"
    last = [happened(cast.store) for _event in range(2)][-1]
    works()
    endpoint.refresh_from_db()
    assert endpoint.position == last.position


def test_more_events_than_are_handed_out_at_once_all_arrive_in_order(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "EVENTS_AT_ONCE", 3)
    listening(cast, receiver)
    events = [happened(cast.store) for _number in range(8)]
    works()
    assert heard(receiver.received) == ids(*events)


# --- Order ---------------------------------------------------------------------------------------------------------------


def test_a_place_waits_for_its_failed_event_and_other_places_go_on(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    first, second = happened(cast.store, station=1), happened(cast.store, station=1)
    receiver.replies = [BROKEN]
    works(threads=1)
    other, of_no_place = happened(cast.store, station=2), happened(cast.store, station=None)
    works(threads=1)
    assert heard(receiver.received)[0] == str(first.uid)
    assert sorted(heard(receiver.received)[1:]) == sorted(ids(other, of_no_place))
    assert of(second).attempts == 0
    works(at=timezone.now() + timedelta(seconds=7), threads=1)
    assert heard(receiver.received)[3:] == ids(first, second)


def test_two_endpoints_do_not_wait_for_each_other(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver, path="/broken")
    works()
    healthy = listening(cast, receiver, path="/healthy")
    events = [happened(cast.store) for _number in range(3)]
    receiver.replies = [BROKEN]  # for the first request of all, which goes to the older endpoint
    works(threads=1)
    assert [of(event, healthy).state for event in events] == [DeliveryState.DELIVERED] * 3
    assert WebhookDelivery.objects.filter(state=DeliveryState.WAITING).exclude(endpoint=healthy).count() == 3


# --- Trying again --------------------------------------------------------------------------------------------------------


def test_a_failed_event_comes_again_with_the_same_id_and_a_new_time(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    event = happened(cast.store)
    receiver.replies = [BROKEN, Reply(status=302, headers={"Location": "/"})]
    now = timezone.now()
    works(at=now)
    assert (of(event).state, of(event).failures) == (DeliveryState.WAITING, 1)
    works(at=now + timedelta(seconds=4))
    assert len(receiver.received) == 1, "it is not due yet"
    works(at=now + timedelta(seconds=7))
    works(at=now + timedelta(minutes=2))
    assert heard(receiver.received) == ids(event) * 3
    assert {request.headers["webhook-id"] for request in receiver.received} == {str(event.uid)}
    assert len({request.headers["webhook-timestamp"] for request in receiver.received}) == 3
    assert len({request.body for request in receiver.received}) == 1
    log = [(one.number, one.status_code, one.answer) for one in of(event).attempts_made.order_by("number")]
    assert log == [(1, 500, "out of order"), (2, 302, ""), (3, 204, "")]


def test_an_event_is_given_up_after_three_days_and_the_next_goes_on(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    first = happened(cast.store)
    begun = timezone.now()
    receiver.otherwise = BROKEN
    for hours in range(0, 72, 3):
        works(at=begun + timedelta(hours=hours))
    assert of(first).state == DeliveryState.WAITING
    second = happened(cast.store)
    receiver.replies = [BROKEN]
    receiver.otherwise = Reply()
    works(at=begun + GIVEN_UP_AFTER)
    assert (of(first).state, of(first).ended_at) == (DeliveryState.FAILED, begun + GIVEN_UP_AFTER)
    assert of(second).state == DeliveryState.DELIVERED


def test_an_endpoint_that_fails_for_days_is_switched_off_and_its_admins_are_told(
    cast: Cast, receiver: Receiver
) -> None:
    endpoint = listening(cast, receiver)
    receiver.otherwise = BROKEN
    begun = timezone.now()
    for hours in (0, 30, 60, 80, 119):
        happened(cast.store)
        works(at=begun + timedelta(hours=hours))
        endpoint.refresh_from_db()
        assert endpoint.is_active, hours
    works(at=begun + OFF_AFTER + timedelta(hours=1))
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.off_reason) == (False, OffReason.FAILING)
    entry = AuditEntry.objects.get(action="webhook.switched_off")
    assert (entry.account, entry.detail) == (cast.store.account, {"reason": "FAILING"})
    asked = len(receiver.received)
    happened(cast.store)
    works(at=begun + OFF_AFTER + timedelta(hours=3))
    assert len(receiver.received) == asked


def test_one_delivery_in_between_keeps_an_endpoint_on(cast: Cast, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    begun = timezone.now()
    for day in range(8):
        happened(cast.store, station=None)
        receiver.replies = [BROKEN] * (0 if day == 4 else 1)
        receiver.otherwise = Reply() if day == 4 else BROKEN
        works(at=begun + timedelta(days=day))
    endpoint.refresh_from_db()
    assert endpoint.is_active


def test_a_receiver_that_is_gone_is_asked_once(cast: Cast, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    first, second = happened(cast.store), happened(cast.store)
    receiver.replies = [Reply(status=410)]
    works()
    works(at=timezone.now() + timedelta(hours=1))
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.off_reason) == (False, OffReason.GONE)
    assert heard(receiver.received) == ids(first)
    assert of(first).state == DeliveryState.WAITING, "it is sent if the endpoint is switched on again"
    assert not WebhookDelivery.objects.filter(event=second).exclude(attempts=0).exists()


@pytest.mark.parametrize("as_date", [False, True])
def test_a_receiver_may_ask_for_time(cast: Cast, receiver: Receiver, as_date: bool) -> None:
    listening(cast, receiver)
    event = happened(cast.store)
    now = timezone.now()
    asked = format_datetime(now + timedelta(minutes=20), usegmt=True) if as_date else "1200"
    receiver.replies = [Reply(status=503, headers={"Retry-After": asked})]
    works(at=now)
    wait = due_at(event) - now
    assert timedelta(minutes=19, seconds=50) < wait <= timedelta(minutes=24, seconds=1)


@pytest.mark.parametrize(
    "asked",
    [
        "soon", "", "-5", "1e9", "Thu, 99 Foo 2026", "٣", "9" * 400,
        f"Thu, 01 Jan 2026 00:00:00 +{'9' * 20}", f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT",
    ],
)  # fmt: skip
def test_an_odd_wish_for_time_does_no_harm(cast: Cast, receiver: Receiver, asked: str) -> None:
    listening(cast, receiver)
    event = happened(cast.store)
    now = timezone.now()
    receiver.replies = [Reply(status=503, headers={"Retry-After": asked.encode().decode("latin-1")})]
    works(at=now)
    assert due_at(event) <= now + timedelta(hours=8)
    assert of(event).last_status == 503, "the answer is kept"


def test_after_an_outage_all_that_waits_goes_at_once(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    stuck = [happened(cast.store, station=1), happened(cast.store, station=1)]
    receiver.otherwise = BROKEN
    now = timezone.now()
    for minutes in (0, 1, 3, 6, 20, 60):
        works(at=now + timedelta(minutes=minutes))
    receiver.received.clear()
    receiver.otherwise = Reply()
    fresh = happened(cast.store, station=2)
    works(at=now + timedelta(minutes=61))
    assert heard(receiver.received) == ids(fresh, *stuck), "station 1 would have waited for an hour"


def test_one_refused_event_is_not_asked_more_often_because_others_arrive(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    refused = happened(cast.store, station=1)
    now = timezone.now()
    for minutes in range(0, 40, 4):
        receiver.replies = (
            [BROKEN] if of_or_none(refused) is None or due_at(refused) <= now + timedelta(minutes=minutes) else []
        )
        works(at=now + timedelta(minutes=minutes), threads=1)
        happened(cast.store, station=2)
        works(at=now + timedelta(minutes=minutes, seconds=1), threads=1)
    assert of(refused).attempts <= 6


def due_at(event: Event) -> datetime:
    """Returns the time of the next attempt."""
    moment = of(event).next_attempt_at
    assert moment is not None
    return moment


def of_or_none(event: Event) -> WebhookDelivery | None:
    """Returns the delivery of an event, if it was queued already."""
    return WebhookDelivery.objects.filter(event=event).first()


# --- What the receiver and the network do ---------------------------------------------------------------------------------


def test_a_receiver_nobody_reaches_is_an_attempt_with_a_reason(cast: Cast, receiver: Receiver, settings: Any) -> None:
    endpoint = listening(cast, receiver)
    url = receiver.url.replace("127.0.0.1", "localhost")
    change_endpoint(endpoint=endpoint, url=url, by=Principal(user=cast.anna), at=timezone.now())
    settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES = False
    event = happened(cast.store)
    works()
    assert receiver.received == []
    assert (of(event).last_status, of(event).last_error) == (None, "refused_address")
    assert WebhookAttempt.objects.get().answer == "localhost is at an address that is not public."


def test_a_fault_of_ours_in_one_event_does_not_end_the_worker(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening(cast, receiver)
    odd, good = happened(cast.store, station=1), happened(cast.store, station=2)

    def with_a_fault(event: Event) -> dict[str, Any]:
        if event == odd:
            raise KeyError("there is no such type")
        return published(event)

    monkeypatch.setattr(sender, "published", with_a_fault)
    works()
    assert heard(receiver.received) == ids(good)
    assert (of(odd).state, of(odd).last_error) == (DeliveryState.WAITING, "fault")


def test_a_setting_that_no_longer_allows_http_stops_old_endpoints(
    cast: Cast, receiver: Receiver, settings: Any
) -> None:
    listening(cast, receiver)
    settings.WEBHOOK_ALLOW_HTTP = False
    event = happened(cast.store)
    works()
    assert (receiver.received, of(event).last_error) == ([], "refused_url")


def test_only_the_beginning_of_an_answer_is_kept(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    receiver.replies = [Reply(status=200, body=b"\0\xff" + "ü".encode() * 9000)]
    event = happened(cast.store)
    works()
    kept = of(event).attempts_made.get().answer
    assert len(kept) == 1000
    assert kept.startswith("\ufffd\ufffdüü")


def test_deliveries_that_wait_go_to_the_new_url(cast: Cast, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver, path="/old")
    happened(cast.store)
    receiver.replies = [BROKEN]
    works()
    change_endpoint(endpoint=endpoint, url=f"{receiver.url}/new", by=Principal(user=cast.anna), at=timezone.now())
    works(at=timezone.now() + timedelta(minutes=1))
    assert [request.path for request in receiver.received] == ["/hooks/old", "/hooks/new"]


def test_no_endpoint_and_no_event_write_nothing(cast: Cast) -> None:
    works()
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookLane.objects.exists()
