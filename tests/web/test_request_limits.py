"""Limits of API keys: counted once for all processes, told in headers, refused with 429, and never in the way of people."""

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people import request_limit
from cashdesk.domain.people.api_key import issue_api_key, rotate_api_key
from cashdesk.domain.people.request_limit import Quota, count_request, set_request_limit
from cashdesk.errors import Conflict, Forbidden, InvalidInput, TooManyRequests
from cashdesk.models import AccessToken, AuditEntry, RequestCount, Store
from cashdesk.web.views import ApiViewSet
from tests.api.steps import opened, payment
from tests.reconciliations.desk import today, vendor_of
from tests.stories import Caller, Cast, caller, counted_queries, exact

AT = datetime(2026, 3, 2, 10, 30, 20, tzinfo=UTC)
RATE_LIMIT = re.compile(r'"key";r=(\d+);t=(\d+)')


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops the clock of the views, so that no minute ends within a test."""
    now = timezone.now()
    monkeypatch.setattr(ApiViewSet, "now", property(lambda _view: now))


def limited(store: Store, limit: int | None, **terms: Any) -> tuple[AccessToken, Caller]:
    """Returns a new key with this limit, and its client."""
    token, secret = issue_api_key(
        name="till", scopes=["sessions:read", "payments:read", "payments:write", "settlements:read", "cash-management:read"],
        by=SYSTEM, at=AT, account=store.account, store=store, requests_per_minute=limit, **terms,
    )  # fmt: skip
    return token, Caller(secret, header="x-api-key")


def as_another_process() -> None:
    """Forgets what this process has counted, as another process never knew it."""
    request_limit._known.clear()


def used(token: AccessToken, *, at: datetime = AT) -> int:
    """Counts a request of a key and returns the number."""
    quota = count_request(by=Principal(token=token), at=at)
    assert quota is not None
    return quota.used


# --- counting ---------------------------------------------------------------------------------------------------------------


def test_it_is_off_until_somebody_sets_it(cast: Cast, settings: Any) -> None:
    assert settings.API_KEY_REQUESTS_PER_MINUTE == 0
    _token, key = limited(cast.store, None)
    answer = key.get("/payment-methods")
    assert answer.status_code == 200
    assert not {"RateLimit", "RateLimit-Policy"} & set(answer.headers)
    assert RequestCount.objects.count() == 0


def test_all_processes_count_together(cast: Cast) -> None:
    token, _key = limited(cast.store, 100)
    counts = []
    for _request in range(5):
        as_another_process()
        counts.append(used(token))
    assert counts == [1, 2, 3, 4, 5]


def test_each_minute_begins_anew(cast: Cast) -> None:
    token, _key = limited(cast.store, 100)
    assert [used(token), used(token), used(token, at=AT + timedelta(minutes=1)), used(token, at=AT + timedelta(hours=2))] == [
        1, 2, 1, 1,
    ]  # fmt: skip


def test_a_server_whose_clock_is_behind_resets_nothing(cast: Cast) -> None:
    token, _key = limited(cast.store, 100)
    assert [used(token, at=AT + timedelta(minutes=1)), used(token, at=AT), used(token, at=AT + timedelta(minutes=1))] == [
        1, 2, 3,
    ]  # fmt: skip


def test_a_clock_that_was_ahead_refuses_nobody_after_it_was_set_right(cast: Cast) -> None:
    token, _key = limited(cast.store, 100)
    assert used(token, at=AT + timedelta(hours=3)) == 1
    as_another_process()
    assert [used(token, at=AT + timedelta(minutes=number)) for number in (0, 0, 1)] == [1, 2, 1]


def test_each_key_has_a_count_of_its_own(cast: Cast) -> None:
    (first, _key), (second, _other) = limited(cast.store, 100), limited(cast.store, 100)
    assert [used(first), used(first), used(second)] == [1, 2, 1]


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer; a process that would wait counts alone"
)
@pytest.mark.django_db(transaction=True)
def test_no_request_is_lost_when_many_come_at_once(cast: Cast) -> None:
    token, _key = limited(cast.store, 1000)
    seen: list[int] = []

    def send() -> None:
        try:
            seen.extend(request_limit._counted(key=token, minute=1) for _request in range(10))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 41))


def test_a_database_that_cannot_count_stops_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_given: Any) -> int:
        raise DatabaseError

    token, _key = limited(cast.store, 3)
    monkeypatch.setattr(request_limit, "_counted", fails)
    assert [used(token) for _request in range(5)] == [1, 2, 3, 4, 5]


def test_what_could_not_be_counted_at_once_is_added_later(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _key = limited(cast.store, 100)
    assert used(token) == 1
    with monkeypatch.context() as outage:
        outage.setattr(request_limit, "_count_for_all", lambda **_given: 0)
        assert [used(token), used(token)] == [2, 3]
    assert used(token) == 4
    as_another_process()
    assert used(token) == 5


def test_what_is_refused_costs_no_statement(cast: Cast) -> None:
    token, _key = limited(cast.store, 2)
    for number, cost in ((1, 1), (2, 1), (3, 0), (4, 0)):
        with counted_queries() as queries:
            assert used(token) == number
        # SQLite sets its patience before and after the statement.
        assert len([query for query in queries if "PRAGMA" not in query["sql"]]) == cost
    as_another_process()
    assert used(token) == 3  # another process asks once, and then knows


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no such tables")
@pytest.mark.django_db
def test_postgresql_counts_without_a_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'cashdesk_requestcount'")
        assert cursor.fetchone() == ("u",)


# --- the answers ------------------------------------------------------------------------------------------------------------


def test_each_answer_tells_the_limit(cast: Cast) -> None:
    _token, key = limited(cast.store, 100)
    paths = (
        "/payment-methods",
        "/variances?colour=red",
        "/settlements?colour=red",
        "/cash-management/expected",
        "/payments",
    )
    for number, path in enumerate(paths, start=1):
        answer = key.get(path)
        assert answer.headers["RateLimit-Policy"] == '"key";q=100;w=60'
        found = RATE_LIMIT.fullmatch(answer.headers["RateLimit"])
        assert found is not None
        assert int(found[1]) == 100 - number
        assert 1 <= int(found[2]) <= 60


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/cash/sessions", {"detail"}),
        ("/payment-methods", {"message", "error"}),
        ("/settlements", {"apiResponseStatus"}),
        ("/cash-management/expected", {"error"}),
        ("/variances", {"type", "title", "status", "detail", "code", "request_id"}),
    ],
)
def test_above_the_limit_it_is_429_in_the_words_of_the_path(cast: Cast, path: str, told: set[str]) -> None:
    token, key = limited(cast.store, 2)
    request_limit._known[token.digest] = request_limit.Known(minute=2**40, used=9)  # of another minute
    *others, answer = [key.get(path) for _request in range(3)]
    assert 429 not in {other.status_code for other in others}
    assert answer.status_code == 429, answer.content
    assert set(exact(answer)) == told
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit"] == f'"key";r=0;t={answer.headers["Retry-After"]}'
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_was_refused_was_not_done_and_may_use_its_idempotency_key_again(cast: Cast) -> None:
    opened(caller(cast.carla), 10)
    token, key = limited(cast.store, 1)
    body = {**payment(), "operator": str(cast.carla.pk)}
    key.get("/payment-methods")
    refused = key.post("/payments", body, idempotency_key="k")
    assert (refused.status_code, exact(refused)["code"]) == (429, "too_many_requests")
    set_request_limit(token=token, requests_per_minute=0, by=SYSTEM, at=AT)
    assert key.post("/payments", body, idempotency_key="k").status_code == 201


def test_refused_requests_count_too(cast: Cast) -> None:
    _token, key = limited(cast.store, 3)
    assert [key.post("/auth/logout").status_code for _request in range(4)] == [403, 403, 403, 429]


def test_a_batch_is_one_request(cast: Cast) -> None:
    opened(caller(cast.carla), 10)
    token, key = limited(cast.store, 100)
    rows = [{**payment(f"T-{number}"), "operator": str(cast.carla.pk)} for number in range(20)]
    assert key.post("/payments/batch", {"payments": rows}).status_code == 200
    assert RequestCount.objects.get(token=token).requests == 1


def test_people_have_no_limit_and_pay_nothing_for_it(cast: Cast, settings: Any) -> None:
    carla = caller(cast.carla)
    opened(carla, 10)
    with counted_queries() as before:
        assert carla.post("/payments", payment("T-1")).status_code == 201
    settings.API_KEY_REQUESTS_PER_MINUTE = 1
    with counted_queries() as after:
        answer = carla.post("/payments", payment("T-2"))
    assert answer.status_code == 201
    assert len(after) == len(before)
    assert "RateLimit" not in answer.headers


def test_a_key_pays_one_statement(cast: Cast) -> None:
    opened(caller(cast.carla), 10)
    costs = []
    for limit in (0, 100):
        _token, key = limited(cast.store, limit)
        key.get("/payment-methods")
        with counted_queries() as queries:
            body = {**payment(f"T-{limit}"), "operator": str(cast.carla.pk)}
            assert key.post("/payments", body).status_code == 201
        costs.append(len([query for query in queries if "PRAGMA" not in query["sql"]]))
    assert costs[1] == costs[0] + 1


def test_a_304_counts_and_tells_the_limit(cast: Cast) -> None:
    vendor = vendor_of(cast.store)
    _token, key = limited(cast.store, 100, vendor=vendor)
    path = f"/cash-management/expected?storeId={cast.store.uuid}&businessDayDate={today(cast.store)}"
    first = key.get(path)
    second = key.get(path, if_none_match=first.headers["ETag"])
    assert (first.status_code, second.status_code) == (200, 304)
    assert second.headers["RateLimit"] != ""


# --- setting ----------------------------------------------------------------------------------------------------------------


def test_the_own_limit_of_a_key_goes_before_the_default(cast: Cast, settings: Any) -> None:
    settings.API_KEY_REQUESTS_PER_MINUTE = 50
    found = {}
    for own in (None, 0, 7):
        quota = count_request(by=Principal(token=limited(cast.store, own)[0]), at=AT)
        found[own] = quota.limit if quota else None
    assert found == {None: 50, 0: None, 7: 7}


def test_a_changed_limit_holds_at_once_and_is_noted(cast: Cast) -> None:
    token, key = limited(cast.store, 1)
    assert [key.get("/payment-methods").status_code for _request in range(2)] == [200, 429]
    anna = Principal(user=cast.anna)

    set_request_limit(token=token, requests_per_minute=500, by=anna, at=AT)

    assert key.get("/payment-methods").status_code == 200
    entry = AuditEntry.objects.get(action="api_key.limited")
    assert (entry.user, entry.detail) == (cast.anna, {"requests_per_minute": 500, "before": 1})


def test_a_new_key_of_a_rotation_has_the_same_limit(cast: Cast) -> None:
    token, _key = limited(cast.store, 7)
    new, _secret = rotate_api_key(token=token, overlap=timedelta(hours=1), by=SYSTEM, at=AT)
    assert new.requests_per_minute == 7
    set_request_limit(token=token, requests_per_minute=3, by=SYSTEM, at=AT)  # the old one still works


@pytest.mark.parametrize("wrong", [-1, 1_000_001])
def test_a_limit_out_of_bounds_is_refused_and_named(cast: Cast, wrong: int) -> None:
    token, _key = limited(cast.store, None)
    for attempt in (
        lambda: set_request_limit(token=token, requests_per_minute=wrong, by=SYSTEM, at=AT),
        lambda: limited(cast.store, wrong),
    ):
        with pytest.raises(InvalidInput) as refused:
            attempt()
        assert set(refused.value.errors) == {"requests_per_minute"}


def test_only_an_admin_of_the_account_limits_a_valid_key(cast: Cast) -> None:
    token, _key = limited(cast.store, None)
    for person in (cast.carla, cast.erika, cast.otto):
        with pytest.raises(Forbidden):
            set_request_limit(token=token, requests_per_minute=1, by=Principal(user=person), at=AT)
    AccessToken.objects.filter(pk=token.pk).update(revoked_at=AT)
    with pytest.raises(Conflict):
        set_request_limit(token=token, requests_per_minute=1, by=Principal(user=cast.anna), at=AT)
    caller(cast.carla)
    with pytest.raises(InvalidInput):
        set_request_limit(
            token=AccessToken.objects.get(user=cast.carla), requests_per_minute=1, by=Principal(user=cast.anna), at=AT
        )


def test_a_quota_refuses_from_the_first_request_above_it() -> None:
    Quota(limit=2, used=2, reset_seconds=9).refuse_exceeded()
    with pytest.raises(TooManyRequests) as refused:
        Quota(limit=2, used=3, reset_seconds=9).refuse_exceeded()
    assert refused.value.retry_after_seconds == 9
