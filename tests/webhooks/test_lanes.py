"""Leases: one worker at a time sends to a lane, none waits for another, and a dead worker's lane is taken over."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.enums import DeliveryState
from cashdesk.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookLane
from cashdesk.web.webhooks.fan_out import fan_out
from cashdesk.web.webhooks.lane import LEASED_FOR, Claim, Outcome, claim, record
from cashdesk.web.webhooks.worker import EACH, Worker
from tests.factories import AccountFactory
from tests.stories import Cast, counted_queries, make_cast
from tests.web.side_by_side import at_once, database_for_threads
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.sending import happened, heard, ids, listening, of, works

TAKEN = Outcome(status=200)
REFUSED = Outcome(status=500)


def claimed(at: datetime, *, limit: int = 100, each: int = 100) -> list[Claim]:
    """Claims everything that is due."""
    return claim(limit=limit, busy=Counter(), each=each, at=at)


def test_a_lane_is_claimed_by_one_worker_at_a_time(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    first, second = happened(cast.store), happened(cast.store)
    now = timezone.now()
    fan_out(at=now)
    (mine,) = claimed(now)
    assert mine.delivery.event == first
    assert claimed(now) == []
    record(mine, TAKEN, at=now)
    (next_one,) = claimed(now)
    assert next_one.delivery.event == second


def test_the_lane_of_a_dead_worker_is_claimed_again_and_its_late_word_does_not_count(
    cast: Cast, receiver: Receiver
) -> None:
    listening(cast, receiver)
    event, now = happened(cast.store), timezone.now()
    fan_out(at=now)
    (dead,) = claimed(now)
    assert claimed(now + LEASED_FOR - timedelta(seconds=1)) == []
    (heir,) = claimed(now + LEASED_FOR)
    assert heir.delivery.event == event
    assert record(dead, REFUSED, at=now + LEASED_FOR) is None
    assert of(event).attempts == 0
    assert record(heir, TAKEN, at=now + LEASED_FOR) == of(event)
    assert record(heir, TAKEN, at=now + LEASED_FOR) is None, "a lease ends with its outcome"
    assert of(event).state == DeliveryState.DELIVERED


def test_one_endpoint_gets_only_its_share_of_a_worker(cast: Cast, receiver: Receiver) -> None:
    slow, quick = listening(cast, receiver), listening(cast, receiver)
    for station in (1, 2, None):
        happened(cast.store, station=station)
    now = timezone.now()
    fan_out(at=now)
    mine = claimed(now, each=2)
    assert Counter(one.delivery.endpoint_id for one in mine) == {slow.pk: 2, quick.pk: 2}
    more = claim(limit=100, busy={slow.pk: 2, quick.pk: 1}, each=2, at=now)
    assert [one.delivery.endpoint for one in more] == [quick]
    assert claim(limit=0, busy={}, each=2, at=now) == []


def test_dead_endpoints_leave_room_for_the_others(cast: Cast, receiver: Receiver) -> None:
    """Requests to dead endpoints take 20 seconds each, and their lanes became due first."""
    dead = [listening(cast, receiver) for _number in range(6)]
    for station in (1, 2, None):
        happened(cast.store, station=station)
    now = timezone.now()
    fan_out(at=now)
    WebhookEndpoint.objects.update(failing_since=now)
    alive = listening(cast, receiver)
    happened(cast.store)
    happened(cast.store, station=2)
    fan_out(at=now)
    mine = Counter(one.delivery.endpoint_id for one in claim(limit=8, busy={}, each=4, at=now))
    assert [mine[endpoint.pk] for endpoint in dead] == [1, 1, 1, 1, 0, 0]
    assert mine[alive.pk] == 2
    failing = [endpoint.pk for endpoint in dead[:4]]
    assert claim(limit=2, busy=mine, each=4, failing=failing, at=now) == [], "half of 8 is taken"
    WebhookEndpoint.objects.update(failing_since=None)
    assert len(claim(limit=4, busy={}, each=4, at=now)) == 4


def test_a_failing_endpoint_may_use_the_only_thread(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    happened(cast.store)
    now = timezone.now()
    fan_out(at=now)
    WebhookEndpoint.objects.update(failing_since=now)
    assert len(claim(limit=1, busy={}, each=4, at=now)) == 1


def test_a_lane_that_became_empty_is_due_again_when_something_happens(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    for _time in range(3):
        event = happened(cast.store)
        works()
        assert of(event).state == DeliveryState.DELIVERED
        assert not WebhookLane.objects.filter(due_at__isnull=False).exists()
    assert WebhookLane.objects.count() == 1


def test_a_step_without_work_writes_nothing_and_asks_as_often_whatever_the_history(
    cast: Cast, receiver: Receiver
) -> None:
    asked = []
    for _round in range(3):
        for _more in range(3):
            listening(cast, receiver)
            happened(cast.store, station=None)
            happened(cast.store)
        works(threads=8)
        with counted_queries() as queries:
            works()
        asked.append(len(queries))
        assert all(query["sql"].startswith("SELECT") for query in queries), [query["sql"] for query in queries]
    assert asked == [4, 4, 4], (
        "events without a position, the last position, endpoints behind it, and lanes that are due"
    )


def test_a_claim_asks_as_often_for_one_lane_as_for_many(cast: Cast, receiver: Receiver) -> None:
    asked = []
    for endpoints in (1, 4, 10):
        while WebhookEndpoint.objects.count() < endpoints:
            listening(cast, receiver)
        happened(cast.store)
        now = timezone.now()
        fan_out(at=now)
        with counted_queries() as queries:
            found = claimed(now)
        assert len(found) == endpoints
        asked.append(len(queries))
        for one in found:
            record(one, TAKEN, at=now)
    assert len(set(asked)) == 1


def test_an_event_that_is_deleted_while_it_is_sent_ends_its_claim(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    happened(cast.store)
    now = timezone.now()
    fan_out(at=now)
    (mine,) = claimed(now)
    WebhookDelivery.objects.all().delete()
    assert record(mine, TAKEN, at=now) is None
    lane = WebhookLane.objects.get()
    assert (lane.lease, lane.due_at) == (None, None)


def test_a_worker_does_not_spin_while_no_event_gets_a_position(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """This happens if the database is read-only, or if another process that gives positions does not end."""
    tries: list[bool] = []

    def get_nowhere() -> bool:
        tries.append(True)
        assert len(tries) < 10, "the worker spins"
        return True

    monkeypatch.setattr("cashdesk.web.webhooks.worker.sequence_events", get_nowhere)
    works()
    assert len(tries) <= 2


def test_an_event_costs_nothing_for_the_endpoints_of_other_accounts(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    asked = []
    for others in (1, 4, 10):
        while WebhookEndpoint.objects.count() <= others:
            listening(cast, receiver, account=AccountFactory(), by=SYSTEM)
        for _again in range(2):
            event = happened(cast.store)
            with counted_queries() as queries:
                assert fan_out(at=timezone.now())
            assert of(event).state == DeliveryState.WAITING
        asked.append(len(queries))
    assert len(set(asked)) == 1, asked


def test_the_database_finds_due_lanes_and_the_next_event_by_index(cast: Cast, receiver: Receiver) -> None:
    names = {index.name for model in (WebhookLane, WebhookDelivery, WebhookEndpoint) for index in model._meta.indexes}
    with connection.cursor() as cursor:
        existing = {
            name
            for model in (WebhookLane, WebhookDelivery, WebhookEndpoint)
            for name in connection.introspection.get_constraints(cursor, model._meta.db_table)
        }
    assert names <= existing


# --- Several workers, on connections of their own -----------------------------------------------------------------------


@pytest.fixture
def shop(transactional_db: None) -> Cast:
    """A shop whose rows other connections see."""
    return make_cast()


def test_several_workers_send_each_event_once_and_in_the_order_of_its_place(
    shop: Cast, receiver: Receiver, tmp_path: Path
) -> None:
    with database_for_threads(tmp_path):
        endpoints = [listening(shop, receiver, path=f"/{number}") for number in range(2)]
        places = (1, 2, None)
        events = [(station, happened(shop.store, station=station)) for _round in range(8) for station in places]
        at_once([lambda: Worker(stop=threading.Event(), once=True, threads=4).run() for _worker in range(3)])
        works()
        for endpoint in endpoints:
            path = endpoint.url.rpartition("/")[2]
            got = heard(one for one in receiver.received if one.path.endswith(f"/{path}"))
            assert len(got) == len(set(got)) == len(events)
            for station in places:
                own = ids(*(event for where, event in events if where == station))
                assert [one for one in got if one in own] == own
        assert WebhookAttempt.objects.count() == 2 * len(events)


def test_no_transaction_is_open_while_a_request_is_under_way(shop: Cast, receiver: Receiver, tmp_path: Path) -> None:
    with database_for_threads(tmp_path):
        endpoint = listening(shop, receiver)
        happened(shop.store)
        written = []

        def write_meanwhile(handler: object) -> None:
            # With a lock of the worker, this thread would wait for the worker, and the worker for this answer.
            try:
                WebhookEndpoint.objects.filter(pk=endpoint.pk).update(description="written meanwhile")
                WebhookLane.objects.filter(endpoint=endpoint).update(key="place:0")
                written.append(happened(shop.store, station=2))
            finally:
                connection.close()

        receiver.replies = [Reply(raw=write_meanwhile)]
        works()
        assert written


def test_a_worker_sends_as_many_requests_at_once_as_an_endpoint_may_get(
    shop: Cast, receiver: Receiver, tmp_path: Path
) -> None:
    gate = threading.Barrier(2)
    with database_for_threads(tmp_path):
        listening(shop, receiver)
        for station in (1, 2):
            happened(shop.store, station=station)
        # Each request is answered only when the other one has arrived.
        receiver.otherwise = Reply(
            raw=lambda handler: (gate.wait(timeout=20), handler.send_response_only(204), handler.end_headers())
        )
        works()
        assert EACH >= 2
        assert WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED).count() == 2
