"""The same request sent twice has one effect and gets the first answer again (law 7)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cashdesk.api import payments
from cashdesk.domain.payment import recording
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.sign_in_throttle import FREE
from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, IdempotentAnswer, Movement, Place, User
from tests import roles
from tests.api.steps import closed, opened, payment
from tests.factories import PASSWORD
from tests.stories import Caller, Cast, caller, exact, key_caller, make_cast
from tests.web.side_by_side import at_once, begun, database_for_threads

DROP = {"type": "cash_out", "amount": 500, "category": "drop"}


def test_a_retry_gets_the_first_answer_byte_for_byte(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    first = carla.post("/shifts/cash-transaction", DROP, idempotency_key="k")
    again = carla.post("/shifts/cash-transaction", DROP, idempotency_key="k")
    assert (again.status_code, again.content, again.headers["Content-Type"]) == (
        201,
        first.content,
        first.headers["Content-Type"],
    )
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert cast.book(PlaceKind.VAULT) == 500


def test_a_retry_of_an_opening_or_a_close_finds_it_done(cast: Cast) -> None:
    carla = caller(cast.carla)
    for path, body in (("/cash/open", {"start_amount": 5}), ("/cash/close", {"final_cash_declared": 6})):
        first, again = (carla.post(path, body, idempotency_key=path) for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.content == again.content
    assert CashSession.objects.count() == 1


def test_a_conflict_that_asks_for_the_same_request_again_is_not_kept(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A till repeats a payment with its key. It must not get the conflict of the first try for a day."""
    carla = caller(cast.carla)
    opened(carla)
    sent = payment()
    with monkeypatch.context() as during:
        during.setattr(recording, "TRIES_MAX", 0)
        during.setattr(payments, "store_at_once", lambda _plain, **_told: False)
        refused = carla.post("/payments", sent, idempotency_key="k")
    assert (refused.status_code, exact(refused)["code"]) == (409, "busy")
    booked = carla.post("/payments", sent, idempotency_key="k")
    assert (booked.status_code, "Idempotent-Replayed" in booked.headers) == (201, False)


def test_a_kept_answer_is_as_private_as_the_first(cast: Cast) -> None:
    carla = caller(cast.carla)
    first, again = (carla.post("/cash/open", {"start_amount": 5}, idempotency_key="k") for _ in range(2))
    for name in ("Cache-Control", "Vary", "Content-Security-Policy", "X-Content-Type-Options"):
        assert first.headers[name] == again.headers[name]
    assert first.headers["X-Request-ID"] != again.headers["X-Request-ID"]


@pytest.mark.parametrize("header", ["idempotency_key", "x_idempotency_key", "IDEMPOTENCY_KEY"])
def test_either_header_carries_it(cast: Cast, header: str) -> None:
    carla = caller(cast.carla)
    first, again = (carla.post("/cash/open", {"start_amount": 5}, **{header: "k"}) for _ in range(2))
    assert first.content == again.content


@pytest.mark.parametrize(
    "other",
    [
        ("POST", "/shifts/cash-transaction", {**DROP, "amount": 501}),
        ("POST", "/shifts/cash-transaction", '{"type":"cash_out","amount":500,"category":"drop" }'),
        ("POST", "/cash/close", DROP),
        ("PATCH", "/payments/T-1", DROP),
    ],
)
def test_another_request_under_the_same_key_is_422(cast: Cast, other: tuple[str, str, Any]) -> None:
    carla = caller(cast.carla)
    opened(carla)
    carla.post("/shifts/cash-transaction", DROP, idempotency_key="k")
    refused = carla.send(*other, idempotency_key="k")
    assert refused.status_code == 422
    assert cast.book(PlaceKind.VAULT) == 500
    assert CashSession.objects.get().is_open


def test_a_key_belongs_to_who_sent_it(cast: Cast) -> None:
    carla, bruno = caller(cast.carla), caller(cast.bruno)
    answers = [by.post("/cash/open", {"start_amount": 5}, idempotency_key="k") for by in (carla, bruno)]
    assert [exact(answer)["user_id"] for answer in answers] == [cast.carla.pk, cast.bruno.pk]
    tills = [key_caller(cast.store), key_caller(cast.store)]
    for name, till in zip("ab", tills, strict=True):
        assert till.post("/payments", payment(name, store="1337", station=1), idempotency_key="k").status_code == 201


def test_two_devices_of_one_person_share_the_key(cast: Cast) -> None:
    first = caller(cast.carla).post("/cash/open", {"start_amount": 5}, idempotency_key="k")
    again = caller(cast.carla).post("/cash/open", {"start_amount": 5}, idempotency_key="k")
    assert first.content == again.content


def age_answers(age: timedelta) -> None:
    """Makes the stored answers this old."""
    with roles.owning(connection):
        IdempotentAnswer.objects.update(created_at=timezone.now() - age)


def test_after_a_day_the_key_is_new_again(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    carla.post("/shifts/cash-transaction", DROP, idempotency_key="k")
    age_answers(timedelta(hours=23, minutes=59))
    carla.post("/shifts/cash-transaction", DROP, idempotency_key="k")
    assert cast.book(PlaceKind.VAULT) == 500
    age_answers(timedelta(hours=24, minutes=1))
    assert "Idempotent-Replayed" not in carla.post("/shifts/cash-transaction", DROP, idempotency_key="k").headers
    assert cast.book(PlaceKind.VAULT) == 1000
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.parametrize(("length", "status"), [(1, 200), (255, 200), (256, 400), (5000, 400)])
def test_a_key_has_at_most_255_characters(cast: Cast, length: int, status: int) -> None:
    answer = caller(cast.carla).post("/cash/open", {"start_amount": 5}, idempotency_key="k" * length)
    assert answer.status_code == status
    if status == 400:
        assert "Idempotency-Key" in exact(answer)["detail"]


def test_a_get_takes_no_notice_of_a_key(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert carla.get("/cash/status", idempotency_key="k" * 300).status_code == 404
    carla.get("/cash/status", idempotency_key="k")
    opened(carla)
    assert carla.get("/cash/status", idempotency_key="k").status_code == 200
    assert not IdempotentAnswer.objects.exists()


# --- refusals -----------------------------------------------------------------------------------------------------------------


def test_a_refusal_by_the_state_of_things_is_an_answer_too(cast: Cast) -> None:
    carla = caller(cast.carla)
    nothing = carla.post("/cash/close", {"final_cash_declared": 5}, idempotency_key="close")
    opened(carla)
    again = carla.post("/cash/close", {"final_cash_declared": 5}, idempotency_key="close")
    assert (nothing.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (404, 404, "true")
    conflict = carla.post("/cash/open", {"start_amount": 5}, idempotency_key="open")
    closed(carla, 0)
    assert carla.post("/cash/open", {"start_amount": 5}, idempotency_key="open").content == conflict.content


def test_a_request_that_could_not_be_read_leaves_the_key_free(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert carla.post("/cash/open", {"start_amount": -1}, idempotency_key="k").status_code == 400
    assert carla.post("/cash/open", {"start_amount": 1}, idempotency_key="k").status_code == 200


def test_a_refusal_of_the_caller_is_not_kept(cast: Cast) -> None:
    carla = caller(cast.carla)
    body = {"start_amount": 1, "user_id": cast.bruno.pk}
    assert carla.post("/cash/open", body, idempotency_key="k").status_code == 403
    User.objects.filter(pk=cast.carla.pk).update(role="manager")
    assert carla.post("/cash/open", body, idempotency_key="k").status_code == 200


def test_a_wrong_password_is_not_kept(cast: Cast) -> None:
    carla = caller(cast.carla)
    start = {"start_cash": 5, "password": "correct-horse"}
    assert carla.post("/shifts/start", start, idempotency_key="k").status_code == 400
    cast.carla.set_password("correct-horse")
    cast.carla.save()
    assert carla.post("/shifts/start", start, idempotency_key="k").status_code == 201


def test_a_new_key_for_each_guess_does_not_get_round_the_throttle(cast: Cast) -> None:
    carla = caller(cast.carla)
    guesses = [
        carla.post("/shifts/start", {"start_cash": 5, "password": f"guess {number}"}, idempotency_key=str(number))
        for number in range(11)
    ]
    assert [guess.status_code for guess in guesses] == [400] * FREE + [429] * (11 - FREE)
    right = carla.post("/shifts/start", {"start_cash": 5, "password": PASSWORD}, idempotency_key="right")
    assert (right.status_code, "Retry-After" in right.headers) == (429, True)
    assert not IdempotentAnswer.objects.exists()


def test_a_kept_answer_is_given_to_nobody_without_the_password(cast: Cast) -> None:
    carla = caller(cast.carla)
    start = {"start_cash": 5, "password": PASSWORD}
    assert carla.post("/shifts/start", start, idempotency_key="k").status_code == 201
    assert carla.post("/shifts/start", {**start, "password": "wrong"}, idempotency_key="k").status_code == 400
    cast.carla.set_password("another")
    cast.carla.save()
    assert carla.post("/shifts/start", start, idempotency_key="k").status_code == 400


def test_a_kept_answer_is_given_to_nobody_who_left(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    carla.post("/shifts/cash-transaction", DROP, idempotency_key="k")
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    assert carla.post("/shifts/cash-transaction", DROP, idempotency_key="k").status_code == 401


@pytest.mark.urls("tests.web.failing_urls")
def test_a_fault_of_ours_undoes_what_was_done_and_is_not_kept(cast: Cast) -> None:
    carla = caller(cast.carla)
    carla.client.raise_request_exception = False
    for _ in range(2):
        answer = carla.post("/cash/fail/after_a_write", {}, idempotency_key="k")
        assert answer.status_code == 500
        assert "Idempotent-Replayed" not in answer.headers
    assert not IdempotentAnswer.objects.exists()
    assert not Place.objects.filter(number=777).exists()


def test_signing_in_is_never_kept(cast: Cast) -> None:
    answers = [
        Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}, idempotency_key="k") for _ in range(2)
    ]
    assert exact(answers[0])["access_token"] != exact(answers[1])["access_token"]
    signed_in = caller(cast.carla)
    answers = [
        signed_in.post("/auth/login", {"username": "carla", "password": PASSWORD}, idempotency_key="k")
        for _ in range(2)
    ]
    assert exact(answers[0])["access_token"] != exact(answers[1])["access_token"]
    assert not IdempotentAnswer.objects.exists()


# --- at the same moment --------------------------------------------------------------------------------------------------------


@pytest.fixture
def committed_cast(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """The cast, in a database that threads see too."""
    with database_for_threads(tmp_path):
        yield make_cast()


def open_with_key(secret: str) -> Any:
    return Caller(secret).post("/cash/open", {"start_amount": 5}, idempotency_key="k")


def test_eight_at_once_open_one_drawer(committed_cast: Cast) -> None:
    secret = caller(committed_cast.carla).secret
    answers = at_once([lambda: open_with_key(secret)] * 8)
    done = [answer for answer in answers if answer.status_code == 200]
    assert CashSession.objects.count() == 1
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in done) == 1
    still_running = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in still_running} <= {409}
    if connection.vendor == "sqlite":
        assert still_running == []


def test_on_sqlite_the_second_waits_for_the_first(committed_cast: Cast) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has its own story below")
    secret = caller(committed_cast.carla).secret
    open_with_key(caller(committed_cast.bruno).secret)
    with transaction.atomic():  # a writer at work: both requests wait for it, and then one for the other
        Movement.objects.exists()
        running = [begun(lambda: open_with_key(secret)) for _ in range(2)]
    answers = [future.result(timeout=30) for future in running]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert sorted("Idempotent-Replayed" in answer.headers for answer in answers) == [False, True]


def test_on_postgresql_the_second_is_told_that_the_first_still_runs(committed_cast: Cast) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has its own story above")
    cast = committed_cast
    _token, secret = issue_token(user=cast.carla, at=timezone.now(), lifetime=timedelta(hours=1))
    Caller(secret).get("/shifts/active")
    with transaction.atomic():
        list(Place.objects.select_for_update().filter(store=cast.store))
        first = begun(lambda: open_with_key(secret))
        deadline = timezone.now() + timedelta(seconds=30)
        while not _somebody_waits():
            assert timezone.now() < deadline, "the first request never came to the register's lock"
        second = begun(lambda: open_with_key(secret)).result(timeout=30)
        assert (second.status_code, "still running" in exact(second)["detail"]) == (409, True)
        other = begun(lambda: Caller(secret).get("/cash/status", idempotency_key="k")).result(timeout=30)
        assert other.status_code == 404
    assert first.result(timeout=30).status_code == 200
    third = open_with_key(secret)
    assert (third.status_code, third.content) == (200, first.result().content)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
