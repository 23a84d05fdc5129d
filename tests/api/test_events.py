"""`GET /events`: everything in its order, once, and only what the reader may see."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from cashdesk.domain.caller import event_feed, event_sequence
from cashdesk.domain.caller.event import event_of, record_events
from cashdesk.domain.caller.event_feed import delete_old_events
from cashdesk.domain.caller.event_sequence import sequence_events
from cashdesk.domain.caller.event_types import EVENT_RULES
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import DeliveryState, EventType, PlaceKind, Scope
from cashdesk.models import Event, Place, Store, Vendor, WebhookDelivery, WebhookEndpoint
from cashdesk.web.event_cursor import cursor_of
from cashdesk.web.webhooks.endpoint import add_endpoint
from cashdesk.web.webhooks.fan_out import fan_out
from tests.api.steps import bound_key
from tests.factories import StoreFactory
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller, make_cast
from tests.web.test_outages import read_only

pytestmark = pytest.mark.usefixtures("answers_are_made_up")

READS = (Scope.SESSIONS_READ, Scope.SETTLEMENTS_READ, Scope.CASH_MANAGEMENT_READ)


def happen(store: Store, *types: EventType, days_ago: int = 0, place_id: int | None = None) -> list[str]:
    """Writes events of these types and returns their published ids."""
    at = timezone.now() - timedelta(days=days_ago)
    made = [
        event_of(
            type_=type_, store=store, place_id=place_id, at=at, body=dict.fromkeys(EVENT_RULES[type_].fields, None)
        )
        for type_ in types
    ]
    record_events(made)
    return [str(event.uid) for event in made]


def some(store: Store, number: int = 3, **when: Any) -> list[str]:
    return happen(store, *[EventType.SESSION_OPENED] * number, **when)


def asked(by: Caller, **parameters: Any) -> Any:
    """Returns the JSON of a page."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    answer = by.get(f"/events?{query}")
    assert answer.status_code == 200, answer.content
    return exact(answer)


def ids(page: Any) -> list[str]:
    return [event["id"] for event in page["events"]]


def refused(by: Caller, query: str) -> tuple[int, str, Any]:
    """Returns the status and code of a refusal, and the wrong field or else the text."""
    answer = by.get(f"/events?{query}")
    body = exact(answer)
    return answer.status_code, body["code"], [error["pointer"] for error in body.get("errors", [])] or body["detail"]


@pytest.fixture
def erika(cast: Cast) -> Caller:
    return caller(cast.erika)


# --- Pages ------------------------------------------------------------------------------------------------------------------


def test_pages_lead_from_the_oldest_to_the_newest_and_then_wait(cast: Cast, erika: Caller) -> None:
    made = some(cast.store, 5)
    first = asked(erika, limit=2)
    second = asked(erika, limit=2, after=first["next"])
    third = asked(erika, limit=2, after=second["next"])
    assert ids(first) + ids(second) + ids(third) == made
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]
    assert asked(erika, after=third["next"]) == {"events": [], "next": third["next"], "has_more": False}
    (new,) = some(cast.store, 1)
    assert ids(asked(erika, after=third["next"])) == [new]


def test_an_event_is_answered_as_it_is_published(cast: Cast, erika: Caller) -> None:
    (uid,) = happen(cast.store, EventType.SETTLEMENT_COUNTING, place_id=cast.place(PlaceKind.REGISTER, 2).pk)
    (told,) = asked(erika)["events"]
    assert list(told) == ["id", "type", "timestamp", "store_id", "store", "station", "data"]
    assert (told["id"], told["type"], told["station"]) == (uid, "settlement.counting", 2)
    assert (told["store"], told["store_id"]) == (cast.store.number, str(cast.store.uuid))
    assert told["timestamp"].endswith("Z")
    assert list(told["data"]) == list(EVENT_RULES[EventType.SETTLEMENT_COUNTING].fields)


def test_now_begins_with_what_happens_next(cast: Cast, erika: Caller) -> None:
    some(cast.store)
    begun = asked(erika, after="now")
    assert (begun["events"], begun["has_more"]) == ([], False)
    (new,) = some(cast.store, 1)
    assert ids(asked(erika, after=begun["next"])) == [new]


def test_now_works_before_anything_happened(cast: Cast, erika: Caller) -> None:
    begun = asked(erika, after="now")
    assert ids(asked(erika, after=begun["next"])) == []
    made = some(cast.store, 2)
    assert ids(asked(erika, after=begun["next"])) == made


def test_the_link_leads_on_with_the_same_filters(cast: Cast, erika: Caller) -> None:
    some(cast.store)
    answer = erika.get("/events?limit=1&type=session.opened&type=session.closed")
    link, _semicolon, relation = answer.headers["Link"].partition(";")
    assert relation.strip() == 'rel="next"'
    assert parse_qs(urlsplit(link.strip("<>")).query) == {
        "limit": ["1"],
        "type": ["session.opened", "session.closed"],
        "after": [exact(answer)["next"]],
    }


def test_a_reader_learns_that_more_is_waiting_for_its_position(
    cast: Cast, erika: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_sequence, "SEQUENCED_AT_ONCE", 2)
    made = some(cast.store, 3)
    first = asked(erika)
    assert (ids(first), first["has_more"]) == (made[:2], True)
    second = asked(erika, after=first["next"])
    assert (ids(second), second["has_more"]) == (made[2:], False)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("after=", "after"), ("after=5", "after"), ("after=ZXZlbnR8LTE", "after"), ("after=NOW", "after"), ("after=%C3%A9", "after"),
        ("after=" + base64.b64encode(b"event|99999999999999999999").decode(), "after"),
        ("limit=0", "limit"), ("limit=1001", "limit"), ("type=session.gone", "type"), ("type=", "type"), ("store=9", "store"),
        ("cursor=x", "cursor"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(erika: Caller, query: str, pointer: str) -> None:
    assert refused(erika, query) == (400, "invalid", [f"/{pointer}"])


# --- What is kept -------------------------------------------------------------------------------------------------------------


def test_a_cursor_older_than_what_is_kept_is_410_and_says_how_to_begin_again(cast: Cast, erika: Caller) -> None:
    some(cast.store, 3, days_ago=100)
    old = [asked(erika, limit=1)["next"]]
    old.append(asked(erika, limit=1, after=old[0])["next"])
    (kept,) = some(cast.store, 1, days_ago=89)
    assert delete_old_events(at=timezone.now()) == 3
    status, code, text = refused(erika, f"after={old[0]}")
    assert (status, code) == (410, "events_gone")
    assert "after=now" in text
    assert refused(erika, f"after={old[1]}")[0] == 410
    assert ids(asked(erika)) == [kept]


def test_a_cursor_that_is_ahead_after_a_restore_is_410(cast: Cast, erika: Caller) -> None:
    """Otherwise the reader would silently miss the new events that get the same positions again."""
    some(cast.store, 3)
    reached = asked(erika)["next"]
    assert asked(erika, after=reached)["next"] == reached
    ahead = cursor_of(4)
    status, code, text = refused(erika, f"after={ahead}")
    assert (status, code) == (410, "events_gone")
    assert "restored" in text
    some(cast.store, 1)
    assert asked(erika, after=ahead)["events"] == []


def test_a_reader_who_missed_nothing_goes_on(cast: Cast, erika: Caller) -> None:
    some(cast.store, 3, days_ago=100)
    reached = asked(erika)["next"]
    made = some(cast.store, 2)
    assert delete_old_events(at=timezone.now()) == 3
    assert ids(asked(erika, after=reached)) == made


def test_a_quiet_reader_stays_at_the_end_while_others_have_events(cast: Cast, erika: Caller) -> None:
    """Otherwise the cursor would become older than the kept events, although none of the reader's events was deleted."""
    other = cast.otto.store
    assert other is not None
    some(other, 3, days_ago=100)
    reached = asked(erika)["next"]
    some(other, 1)
    assert delete_old_events(at=timezone.now()) == 3
    (new,) = some(cast.store, 1)
    assert ids(asked(erika, after=reached)) == [new]


def test_the_newest_event_stays_and_positions_go_on_from_it(cast: Cast, erika: Caller) -> None:
    some(cast.store, 3, days_ago=100)
    assert delete_old_events(at=timezone.now()) == 2
    assert delete_old_events(at=timezone.now()) == 0
    some(cast.store, 1)
    assert len(ids(asked(erika))) == 2
    assert list(Event.objects.values_list("position", flat=True)) == [3, 4]


def test_events_that_somebody_waits_for_stay(cast: Cast) -> None:
    some(cast.store, 5, days_ago=100)
    assert delete_old_events(at=timezone.now(), keep_from=3) == 2
    assert list(Event.objects.values_list("position", flat=True)) == [3, 4, 5]


def test_old_events_are_deleted_in_batches(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_feed, "DELETED_AT_ONCE", 2)
    some(cast.store, 7, days_ago=100)
    assert delete_old_events(at=timezone.now()) == 6
    assert list(Event.objects.values_list("position", flat=True)) == [7]


def test_tidy_keeps_what_a_webhook_still_waits_for(cast: Cast) -> None:
    some(cast.store, 3, days_ago=100)
    endpoint = add_endpoint(
        account=cast.store.account, url="https://8.8.8.8/", by=Principal(user=cast.anna), at=timezone.now()
    )[0]
    sequence_events()
    WebhookEndpoint.objects.update(position=1)
    assert fan_out(at=timezone.now())
    call_command("tidy", stdout=StringIO())
    assert list(Event.objects.values_list("position", flat=True)) == [2, 3]
    assert WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING).count() == 2
    # An endpoint that is off holds nothing for ever.
    WebhookEndpoint.objects.update(is_active=False)
    call_command("tidy", stdout=StringIO())
    assert list(Event.objects.values_list("position", flat=True)) == [3]


def test_tidy_deletes_old_events_even_if_nobody_ever_read_them(cast: Cast) -> None:
    some(cast.store, 3, days_ago=100)
    some(cast.store, 2)
    told = StringIO()
    call_command("tidy", stdout=told)
    assert "and 3 events." in told.getvalue()
    assert Event.objects.count() == 2
    call_command("tidy", stdout=told)
    assert Event.objects.count() == 2


def test_nothing_is_missed_if_tidy_deletes_while_a_page_is_read(
    cast: Cast, erika: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    some(cast.store, 2, days_ago=100)
    reached = asked(erika, limit=1)["next"]
    some(cast.store, 2)
    read_last = event_feed.last_position

    def tidied() -> int:
        monkeypatch.setattr(event_feed, "last_position", read_last)
        last = read_last()
        delete_old_events(at=timezone.now())
        return last

    monkeypatch.setattr(event_feed, "last_position", tidied)
    assert refused(erika, f"after={reached}")[:2] == (410, "events_gone")


# --- Who reads what -----------------------------------------------------------------------------------------------------------


def test_a_cashier_reads_nothing(cast: Cast) -> None:
    some(cast.store)
    assert caller(cast.carla).get("/events").status_code == 403
    assert Caller().get("/events").status_code == 401


@pytest.fixture
def other_store(cast: Cast) -> Store:
    """A second store of the account, with a vendor."""
    account = cast.store.account
    vendor = Vendor.objects.create(account=account, name="Snacks")
    return StoreFactory(account=account, number="4711", name="Hamburg", vendor=vendor)


def test_each_reader_sees_their_own_stores(cast: Cast, other_store: Store) -> None:
    theirs = cast.otto.store
    assert theirs is not None
    here, there, elsewhere = (some(store, 1) for store in (cast.store, other_store, theirs))
    readers = {
        "manager": (caller(cast.erika), here),
        "admin": (caller(cast.anna), here + there),
        "admin of a store": (caller(cast.anna, store=other_store), there),
        "other account": (caller(cast.otto), elsewhere),
        "key of the account": (key_caller(cast.store), here + there),
        "key of the vendor": (key_caller(cast.store, vendor=other_store.vendor), there),
        "key of the store": (bound_key(cast.store), here),
    }
    assert {name: ids(asked(by)) for name, (by, _seen) in readers.items()} == {
        name: seen for name, (_by, seen) in readers.items()
    }
    anna = caller(cast.anna)
    assert ids(asked(anna, store=other_store.number)) == ids(asked(anna, store=other_store.uuid)) == there
    assert refused(caller(cast.erika), f"store={other_store.number}")[:2] == (400, "invalid")
    assert refused(anna, f"store={theirs.uuid}")[:2] == (400, "invalid")


@pytest.mark.parametrize("scope", READS)
def test_a_key_sees_only_the_types_of_its_scopes(cast: Cast, scope: Scope) -> None:
    happen(cast.store, *EventType)
    own = [type_ for type_ in EventType if EVENT_RULES[type_].scope == scope]
    key = key_caller(cast.store, scope)
    assert [event["type"] for event in asked(key)["events"]] == own
    assert 2 <= len(own) < len(EventType)
    for type_ in EventType:
        if type_ in own:
            assert len(asked(key, type=type_)["events"]) == 1
        else:
            status, code, text = refused(key, f"type={type_}")
            assert (status, code) == (403, "forbidden")
            assert EVENT_RULES[type_].scope in text


def test_the_scopes_of_the_types() -> None:
    """The whole table, so that no scope changes by accident."""
    nouns = {
        "session": Scope.SESSIONS_READ,
        "settlement": Scope.SETTLEMENTS_READ,
        "movement": Scope.CASH_MANAGEMENT_READ,
        "variance": Scope.CASH_MANAGEMENT_READ,
        "reconciliation": Scope.CASH_MANAGEMENT_READ,
        "day": Scope.CASH_MANAGEMENT_READ,
        "deposit": Scope.SETTLEMENTS_READ,
    }
    assert {type_: rule.scope for type_, rule in EVENT_RULES.items()} == {
        type_: nouns[type_.partition(".")[0]] for type_ in EventType
    }


def test_a_key_of_a_register_sees_only_the_events_of_that_register(cast: Cast) -> None:
    one, two = Place.objects.filter(store=cast.store, kind=PlaceKind.REGISTER).order_by("number")[:2]
    (own,) = happen(cast.store, EventType.MOVEMENT_RECORDED, place_id=one.pk)
    happen(cast.store, EventType.MOVEMENT_RECORDED, EventType.SESSION_CLOSED, place_id=two.pk)
    happen(cast.store, EventType.DAY_CLOSED)
    page = asked(bound_key(cast.store, *READS, register=one))
    assert ids(page) == [own]
    assert asked(bound_key(cast.store, *READS, register=one), after=page["next"])["events"] == []


def test_a_key_without_a_scope_that_reads_is_refused(cast: Cast) -> None:
    others = [scope for scope in Scope if scope not in READS]
    assert key_caller(cast.store, *others).get("/events").status_code == 403


def test_several_types_can_be_asked_for(cast: Cast, erika: Caller) -> None:
    happen(cast.store, *EventType)
    answer = exact(erika.get("/events?type=day.closed&type=session.opened"))
    assert [event["type"] for event in answer["events"]] == ["session.opened", "day.closed"]


# --- What it costs ------------------------------------------------------------------------------------------------------------


@contextmanager
def statements(expected: int) -> Iterator[None]:
    with counted_queries() as queries:
        yield
    told = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(told) == expected, told


def test_a_page_costs_the_same_however_much_there_is(cast: Cast, erika: Caller) -> None:
    asked(erika)  # notes the use of the token
    cursor = asked(erika, after="now")["next"]
    # The token, a look for new events, the newest position and the page.
    with statements(4):
        asked(erika)
    # PostgreSQL sets a lock timeout, takes the lock and writes; SQLite sets two timeouts and writes. One more looks whether
    # the events after the cursor are kept.
    for number in (1, 300):
        some(cast.store, number)
        with statements(4 + 3 + 1):
            asked(erika, after=cursor)
    with statements(4 + 1 + 1):
        asked(erika, after=cursor, store=cast.store.number, type="session.opened")
    with statements(4):
        asked(erika)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_serves_what_has_a_position() -> None:
    cast = make_cast()
    erika = caller(cast.erika)
    made = some(cast.store, 1)
    asked(erika)
    some(cast.store, 1)
    with read_only():
        page = asked(erika)
        assert (ids(page), page["has_more"]) == (made, True)
    assert len(ids(asked(erika, after=page["next"]))) == 1


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite tells no costs")
@pytest.mark.parametrize("who", ["erika", "anna"])
def test_a_page_is_read_through_an_index(cast: Cast, who: str) -> None:
    some(cast.store, 200)
    by = caller(getattr(cast, who))
    cursor = asked(by)["next"]
    with counted_queries() as queries:
        asked(by, after=cursor)
    (page,) = [query["sql"] for query in queries if '"position" > ' in query["sql"] and "ORDER BY" in query["sql"]]
    with connection.cursor() as explained:
        explained.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        explained.execute(f"EXPLAIN {page}")
        plan = "\n".join(row[0] for row in explained.fetchall())
    assert ("event_of_store" if who == "erika" else "event_of_account") in plan, plan
