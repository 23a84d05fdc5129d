"""The API of webhook endpoints: admins manage them, and nobody else learns that they exist."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from cashdesk.domain.people.access_token import issue_token
from cashdesk.enums import EventType, Scope
from cashdesk.models import WebhookDelivery, WebhookEndpoint
from tests.api.steps import bound_key
from tests.factories import StoreFactory, UserFactory
from tests.stories import Caller, Cast, caller, counted_queries, exact
from tests.webhooks.conftest import receiver
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.sending import happened, heard, ids, listening, works

__all__ = ["receiver"]

URL = "https://hooks.example/cash"


@pytest.fixture
def anna(cast: Cast) -> Caller:
    """The admin of the account."""
    return caller(cast.anna)


def added(anna: Caller, **fields: Any) -> dict[str, Any]:
    """Adds an endpoint and returns the answer."""
    answer = anna.send("POST", "/webhook-endpoints", {"url": URL, **fields})
    assert answer.status_code == 201, answer.content
    return dict(exact(answer))


def test_an_admin_adds_an_endpoint_and_learns_its_secret_once(cast: Cast, anna: Caller, receiver: Receiver) -> None:
    made = added(anna, url=receiver.url, description="accounting", types=["settlement.counting"])
    path = f"/webhook-endpoints/{made['id']}"
    shown = exact(anna.send("GET", path))
    assert shown == {key: value for key, value in made.items() if key != "secret"}
    assert (shown["types"], shown["store"], shown["is_active"]) == (["settlement.counting"], None, True)
    assert exact(anna.send("GET", "/webhook-endpoints")) == [shown]
    happened(cast.store)
    works()
    (request,) = receiver.received
    assert Webhook(made["secret"]).verify(request.body, dict(request.headers))


def test_an_endpoint_is_changed_switched_and_removed(cast: Cast, anna: Caller) -> None:
    path = f"/webhook-endpoints/{added(anna, types=['day.closed'])['id']}"
    changed = exact(anna.send("PATCH", path, {"description": "the books"}))
    assert (changed["description"], changed["url"], changed["types"]) == ("the books", URL, ["day.closed"])
    assert exact(anna.send("PATCH", path, {"types": []}))["types"] == []
    off = exact(anna.send("POST", f"{path}/switch-off", {}))
    assert (off["is_active"], off["off_reason"]) == (False, "PERSON")
    assert exact(anna.send("POST", f"{path}/switch-on", {"send_missed": False}))["is_active"] is True
    assert anna.send("DELETE", path).status_code == 204
    assert anna.send("GET", path).status_code == 404
    assert exact(anna.send("GET", "/webhook-endpoints")) == []


def test_a_secret_is_rotated_and_an_idempotency_key_does_not_keep_it(cast: Cast, anna: Caller) -> None:
    made = added(anna)
    path = f"/webhook-endpoints/{made['id']}/rotate-secret"
    secrets = {
        exact(anna.send("POST", path, {"hours": 1}, **{"Idempotency-Key": "once"}))["secret"] for _again in range(2)
    }
    assert len(secrets | {made["secret"]}) == 3
    assert anna.send("POST", path, {"hours": 721}).status_code == 400


def test_a_test_shows_the_answer_of_the_receiver(cast: Cast, anna: Caller, receiver: Receiver) -> None:
    path = f"/webhook-endpoints/{added(anna, url=receiver.url)['id']}/test"
    receiver.replies = [Reply(status=500, body=b"no")]
    answer = exact(anna.send("POST", path, {}))
    assert (answer["delivered"], answer["status"], answer["answer"], answer["error"]) == (False, 500, "no", "")


def test_deliveries_are_listed_sent_again_and_given_up(cast: Cast, anna: Caller, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    path = f"/webhook-endpoints/{endpoint.uuid}"
    bad, good = happened(cast.store, station=1), happened(cast.store, station=2)
    receiver.replies = [Reply(status=503)]
    works(threads=1)
    rows = exact(anna.send("GET", f"{path}/deliveries"))
    assert [row["event_id"] for row in rows] == ids(good, bad)
    assert (rows[1]["state"], rows[1]["last_status"], rows[1]["station"]) == ("WAITING", 503, 1)
    waiting = anna.send("GET", f"{path}/deliveries?state=WAITING&limit=1")
    assert [row["event_id"] for row in exact(waiting)] == ids(bad)
    assert 'rel="next"' in anna.send("GET", f"{path}/deliveries?limit=1").headers["Link"]
    assert anna.send("GET", f"{path}/deliveries?state=LOST").status_code == 400
    of_bad = f"{path}/deliveries/{bad.uid}"
    assert anna.send("POST", f"{of_bad}/resend", {}).status_code == 409
    assert exact(anna.send("POST", f"{of_bad}/give-up", {}))["state"] == "FAILED"
    since = (timezone.now() - timedelta(days=1)).isoformat()
    assert exact(anna.send("POST", f"{path}/resend-failed", {"since": since})) == {"queued": 1}
    assert exact(anna.send("POST", f"{path}/deliveries/{good.uid}/resend", {}))["state"] == "WAITING"
    works(threads=1)
    assert sorted(heard(receiver.received)) == sorted(ids(bad, bad, good, good))
    assert anna.send("POST", f"{path}/deliveries/{endpoint.uuid}/resend", {}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"url": "http://hooks.example/"}, "/url"),
        ({"url": 7}, "/url"),
        ({}, "/url"),
        ({"url": URL, "types": ["everything"]}, "/types"),
        ({"url": URL, "types": "day.closed"}, "/types"),
        ({"url": URL, "store": "9999"}, "/store"),
        ({"url": URL, "secret": "mine"}, "/secret"),
    ],
)
def test_what_is_wrong_is_named(cast: Cast, anna: Caller, fields: dict[str, Any], pointer: str) -> None:
    answer = anna.send("POST", "/webhook-endpoints", fields)
    assert answer.status_code == 400
    assert [error["pointer"] for error in exact(answer)["errors"]] == [pointer]
    assert not WebhookEndpoint.objects.exists()


def test_for_all_others_no_endpoint_exists(cast: Cast, anna: Caller, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    event = happened(cast.store)
    works()
    path = f"/webhook-endpoints/{endpoint.uuid}"
    calls = [
        ("GET", path), ("PATCH", path), ("DELETE", path), ("GET", f"{path}/deliveries"), ("POST", f"{path}/test"),
        ("POST", f"{path}/rotate-secret"), ("POST", f"{path}/switch-off"), ("POST", f"{path}/switch-on"),
        ("POST", f"{path}/resend-failed"), ("POST", f"{path}/deliveries/{event.uid}/resend"),
        ("POST", f"{path}/deliveries/{event.uid}/give-up"),
    ]  # fmt: skip
    stranger = caller(UserFactory(store=cast.otto.store, role="admin"))
    assert {stranger.send(method, where, {}).status_code for method, where in calls} == {404}
    assert exact(stranger.send("GET", "/webhook-endpoints")) == []
    key = bound_key(cast.store, *Scope)
    for other in (caller(cast.erika), caller(cast.carla), key):
        assert {other.send(method, where, {}).status_code for method, where in calls} == {403}
        assert other.send("POST", "/webhook-endpoints", {"url": URL}).status_code == 403
    endpoint.refresh_from_db()
    assert (endpoint.is_active, len(receiver.received)) == (True, 1)


def test_a_token_of_one_store_reaches_the_endpoints_of_that_store(cast: Cast, anna: Caller) -> None:
    hamburg = StoreFactory(account=cast.store.account, number="1338")
    whole, north = added(anna), added(anna, store="1338")
    _token, secret = issue_token(user=cast.anna, at=timezone.now(), lifetime=timedelta(hours=1), store=hamburg)
    limited = Caller(secret)
    assert [row["id"] for row in exact(limited.send("GET", "/webhook-endpoints"))] == [north["id"]]
    assert limited.send("GET", f"/webhook-endpoints/{whole['id']}").status_code == 404
    assert added(limited)["store"] == "1338"
    assert limited.send("POST", "/webhook-endpoints", {"url": URL, "store": cast.store.number}).status_code == 400


def test_lists_ask_as_often_whatever_the_history(cast: Cast, anna: Caller, receiver: Receiver) -> None:
    asked = []
    for rows in (1, 4, 10):
        while WebhookDelivery.objects.count() < rows:
            listening(cast, receiver, types=[EventType.DAY_CLOSED] if rows > 1 else [])
            happened(cast.store)
            works()
        first = WebhookEndpoint.objects.earliest("pk")
        counts = []
        for path in ("/webhook-endpoints", f"/webhook-endpoints/{first.uuid}/deliveries"):
            anna.send("GET", path)
            with counted_queries() as queries:
                assert anna.send("GET", path).status_code == 200
            counts.append(len(queries))
        asked.append(counts)
    assert asked[0] == asked[1] == asked[2]
