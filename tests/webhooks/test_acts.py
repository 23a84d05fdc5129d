"""Acts of people on endpoints and deliveries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import DeliveryState, EventType, Scope
from cashdesk.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from cashdesk.models import AuditEntry, WebhookEndpoint
from cashdesk.web.webhooks import delivery as deliveries
from cashdesk.web.webhooks import endpoint as endpoints
from cashdesk.web.webhooks.delivery import give_up, resend, resend_failed
from cashdesk.web.webhooks.endpoint import (
    ENDPOINTS_MAX,
    add_endpoint,
    change_endpoint,
    remove_endpoint,
    rotate_secret,
    switch_off,
    switch_on,
)
from tests.stories import Cast
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.sending import happened, heard, ids, listening, of, works

BROKEN = Reply(status=500)
GOOD_URL = "https://hooks.example/cash?key=very-secret-path"


def anna(cast: Cast) -> dict[str, Any]:
    """The arguments `by` and `at` of an act of Anna."""
    return {"by": Principal(user=cast.anna), "at": timezone.now()}


def added(cast: Cast, **fields: Any) -> WebhookEndpoint:
    """Adds an endpoint to Anna's account."""
    return add_endpoint(**{"account": cast.store.account, "url": GOOD_URL, **anna(cast), **fields})[0]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"url": "http://hooks.example/"}, "url", "https"),
        ({"url": ""}, "url", "complete URL"),
        ({"url": "https://a:b@hooks.example/"}, "url", "user name"),
        ({"types": ["day.closed", "everything"]}, "types", "no event type everything"),
        ({"description": "x" * 201}, "description", "at most 200"),
    ],
)
def test_what_is_wrong_names_its_field(cast: Cast, fields: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        added(cast, **fields)
    assert set(refused.value.errors) == {field}
    endpoint = added(cast)
    if field != "store":
        with pytest.raises(InvalidInput, match=words):
            change_endpoint(endpoint=endpoint, **fields, **anna(cast))


def test_a_store_of_another_account_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="store of the account"):
        added(cast, store=cast.otto.store)


def test_types_are_kept_in_their_order_and_once(cast: Cast) -> None:
    endpoint = added(cast, types=["day.closed", "session.opened", "day.closed"])
    assert endpoint.types == [EventType.SESSION_OPENED, EventType.DAY_CLOSED]
    assert change_endpoint(endpoint=endpoint, types=[], **anna(cast)).types == []


def test_an_account_has_a_limited_number_of_endpoints(cast: Cast) -> None:
    made = [added(cast) for _one in range(ENDPOINTS_MAX)]
    with pytest.raises(Conflict, match="already has 20 endpoints"):
        added(cast)
    remove_endpoint(endpoint=made[0], **anna(cast))
    assert added(cast)


def test_the_audit_trail_names_types_and_host_and_no_url(cast: Cast) -> None:
    endpoint = added(cast, types=["day.closed"])
    change_endpoint(endpoint=endpoint, url="https://other.example/very-secret-path", **anna(cast))
    rotate_secret(endpoint=endpoint, overlap=timedelta(hours=1), **anna(cast))
    switch_off(endpoint=endpoint, **anna(cast))
    switch_on(endpoint=endpoint, sends_missed=True, **anna(cast))
    remove_endpoint(endpoint=endpoint, **anna(cast))
    entries = AuditEntry.objects.filter(subject=f"webhook:{endpoint.pk}").order_by("pk")
    assert [entry.action for entry in entries] == [
        f"webhook.{verb}"
        for verb in ("created", "changed", "secret_rotated", "switched_off", "switched_on", "switched_off", "removed")
    ]
    assert {entry.user for entry in entries} == {cast.anna}
    assert entries[0].detail == {"host": "hooks.example", "types": ["day.closed"]}
    assert "very-secret-path" not in str([entry.detail for entry in entries])
    assert "whsec" not in str([entry.detail for entry in entries])


ACTS: dict[str, Callable[..., Any]] = {
    "change": lambda row, **who: change_endpoint(endpoint=row.endpoint, description="mine", **who),
    "rotate": lambda row, **who: rotate_secret(endpoint=row.endpoint, overlap=timedelta(0), **who),
    "switch off": lambda row, **who: switch_off(endpoint=row.endpoint, **who),
    "switch on": lambda row, **who: switch_on(endpoint=row.endpoint, sends_missed=True, **who),
    "remove": lambda row, **who: remove_endpoint(endpoint=row.endpoint, **who),
    "resend": lambda row, **who: resend(delivery=row, **who),
    "resend failed": lambda row, **who: resend_failed(endpoint=row.endpoint, since=timezone.now(), **who),
    "give up": lambda row, **who: give_up(delivery=row, **who),
    "add": lambda row, **who: add_endpoint(account=row.endpoint.account, url=GOOD_URL, **who),
}


@pytest.mark.parametrize("act", ACTS)
def test_only_an_admin_of_the_account_may(cast: Cast, receiver: Receiver, act: str) -> None:
    listening(cast, receiver)
    event = happened(cast.store)
    works()
    key, _secret = issue_api_key(
        name="all", scopes=Scope.values, by=SYSTEM, at=timezone.now(), account=cast.store.account
    )
    otto = cast.otto
    otto.role = "admin"
    before = AuditEntry.objects.count()
    for by in (Principal(user=cast.carla), Principal(user=cast.erika), Principal(user=otto), Principal(token=key)):
        with pytest.raises(Forbidden, match="Only an admin of the account"):
            ACTS[act](of(event), by=by, at=timezone.now())
    assert AuditEntry.objects.count() == before


def test_a_removed_endpoint_takes_no_act_and_hears_nothing(cast: Cast, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    remove_endpoint(endpoint=endpoint, **anna(cast))
    remove_endpoint(endpoint=endpoint, **anna(cast))
    for act in ("change", "rotate", "switch off", "switch on"):
        with pytest.raises(NotFound):
            ACTS[act](type("Row", (), {"endpoint": endpoint}), **anna(cast))
    happened(cast.store)
    works()
    assert receiver.received == []


# --- Off and on ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sends_missed", [True, False])
def test_an_endpoint_that_is_switched_on_again_begins_where_the_admin_says(
    cast: Cast, receiver: Receiver, sends_missed: bool
) -> None:
    endpoint = listening(cast, receiver)
    waiting = happened(cast.store)
    receiver.replies = [BROKEN]
    works()
    switch_off(endpoint=endpoint, **anna(cast))
    switch_off(endpoint=endpoint, **anna(cast))
    missed = happened(cast.store)
    works(at=timezone.now() + timedelta(hours=1))
    assert heard(receiver.received) == ids(waiting)
    switch_on(endpoint=endpoint, sends_missed=sends_missed, **anna(cast))
    switch_on(endpoint=endpoint, sends_missed=not sends_missed, **anna(cast))
    fresh = happened(cast.store)
    works()
    assert heard(receiver.received)[1:] == (ids(waiting, missed, fresh) if sends_missed else ids(fresh))
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.off_reason, endpoint.off_since) == (True, "", None)
    assert of(waiting).state == (DeliveryState.DELIVERED if sends_missed else DeliveryState.FAILED)


# --- Deliveries ----------------------------------------------------------------------------------------------------------


def test_a_delivery_is_sent_again_with_the_same_id(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    event = happened(cast.store)
    works()
    resend(delivery=of(event), **anna(cast))
    with pytest.raises(Conflict, match="already waiting"):
        resend(delivery=of(event), **anna(cast))
    works()
    assert heard(receiver.received) == ids(event, event)
    assert (of(event).attempts, of(event).state) == (2, DeliveryState.DELIVERED)
    assert AuditEntry.objects.get(action="webhook.resent").detail == {"event": str(event.uid), "type": event.type}


def test_a_later_event_of_the_place_waits_for_one_that_is_sent_again(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    old = happened(cast.store)
    works()
    resend(delivery=of(old), **anna(cast))
    receiver.replies = [BROKEN]
    fresh = happened(cast.store)
    works()
    assert of(fresh).attempts == 0
    works(at=timezone.now() + timedelta(minutes=1))
    assert heard(receiver.received) == ids(old, old, old, fresh)


def test_all_that_failed_since_a_time_is_sent_again_oldest_first(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = listening(cast, receiver)
    events = [happened(cast.store, station=1) for _number in range(4)]
    works()
    receiver.received.clear()
    now = timezone.now()
    for days, event in zip((9, 2, 1, 0), events, strict=True):
        row = of(event)
        row.state, row.ended_at = DeliveryState.FAILED, now - timedelta(days=days)
        row.save()
    monkeypatch.setattr(deliveries, "RESENT_AT_ONCE", 2)
    since = now - timedelta(days=5)
    assert [resend_failed(endpoint=endpoint, since=since, **anna(cast)) for _again in range(3)] == [2, 1, 0]
    works()
    assert heard(receiver.received) == ids(*events[1:])


def test_an_event_that_is_given_up_lets_the_next_one_go(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    bad, good = happened(cast.store), happened(cast.store)
    receiver.replies = [BROKEN]
    works()
    give_up(delivery=of(bad), **anna(cast))
    works()
    assert (of(bad).state, of(good).state) == (DeliveryState.FAILED, DeliveryState.DELIVERED)
    with pytest.raises(Conflict, match="already been delivered or given up"):
        give_up(delivery=of(bad), **anna(cast))


def test_nothing_is_sent_again_while_the_endpoint_is_off(cast: Cast, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    event = happened(cast.store)
    works()
    switch_off(endpoint=endpoint, **anna(cast))
    acts: list[Callable[[], object]] = [
        lambda: resend(delivery=of(event), **anna(cast)),
        lambda: resend_failed(endpoint=endpoint, since=timezone.now(), **anna(cast)),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="Switch it on first"):
            act()


def test_the_settings_decide_what_may_be_called(cast: Cast, settings: Any) -> None:
    assert not endpoints.rules().allows_private
    settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES = settings.WEBHOOK_ALLOW_HTTP = True
    assert endpoints.rules().allows_private
    assert added(cast, url="http://10.0.0.7/")
    assert issubclass(InvalidInput, DomainError)
