"""A form that is sent twice is done once: by a second click, a reload, an old key, or at the same moment."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.signing import TimestampSigner, b62_encode
from django.http import HttpResponse
from django.test import Client

from cashdesk.models import CashSession, IdempotentAnswer, Movement
from cashdesk.web.idempotency import KEPT_FOR
from tests.cashdesk.desk import open_drawer
from tests.screens.desk import Browser, open_of
from tests.stories import Cast, make_cast
from tests.web.side_by_side import at_once, database_for_threads

FORMS = [
    ("/desk/pay-in", {"amount": "5", "reason": "change"}),
    ("/desk/pay-out", {"amount": "5", "reason": "bill"}),
    ("/desk/drop", {"amount": "5"}),
]


class Earlier(TimestampSigner):
    """Signs as the product did some time ago."""

    def __init__(self, ago: timedelta) -> None:
        super().__init__(salt="cashdesk.form")
        self.ago = ago

    def timestamp(self) -> str:
        return b62_encode(int(time.time() - self.ago.total_seconds()))


def booked() -> int:
    return Movement.objects.exclude(kind="FLOAT").count()


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_a_movement_sent_twice_is_booked_once(cast: Cast, path: str, typed: dict[str, str]) -> None:
    open_drawer(cast.carla, 100_00)
    carla = Browser(cast.carla)
    carla.get(path)
    form = {**carla.hidden(), **typed}
    first, again = (carla.client.post(path, {**form, "csrfmiddlewaretoken": str(turn)}) for turn in range(2))
    assert first.status_code == again.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    assert booked() == 1
    carla.fill(path, typed)
    assert booked() == 2


def test_an_opening_sent_twice_leads_to_the_desk(cast: Cast) -> None:
    carla = Browser(cast.carla)
    carla.get("/desk/open")
    form = {**carla.hidden(), "amount": "5", "station": "", "step": "open"}
    answers = [carla.client.post("/desk/open", form) for _turn in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {"/desk?notice=opened"}
    assert CashSession.objects.count() == 1


def test_a_close_sent_twice_leads_to_the_result_both_times(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.fill("/desk/count", {"amount": "5", "step": "review"})
    form = {**carla.hidden(), "step": "close"}
    answers = [carla.client.post("/desk/count", form) for _turn in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {f"/desk/sessions/{session.uuid}"}
    other = carla.client.post("/desk/count", {**form, "amount": "6"})
    assert other.headers["Location"] == f"/desk/sessions/{session.uuid}?notice=closed-meanwhile"
    assert CashSession.objects.get().declared_amount == 5_00


def test_a_form_that_says_something_else_under_the_same_key_is_not_done(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.get("/desk/pay-in")
    form = {**carla.hidden(), "amount": "5", "reason": "change"}
    carla.client.post("/desk/pay-in", form)
    carla.page = carla.client.post("/desk/pay-in", {**form, "amount": "6"})
    assert carla.page.status_code == 422
    assert "This page was already sent and saved. Your later changes were not saved" in carla.text
    assert carla.value("amount") == "6"
    assert booked() == 1
    carla.send("/desk/pay-in", {"amount": "6", "reason": "change"})
    assert booked() == 2


def test_a_form_that_was_refused_goes_again_under_its_key(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.get("/desk/pay-in")
    form = carla.hidden()
    assert carla.client.post("/desk/pay-in", {**form, "amount": "x"}).status_code == 400
    assert carla.client.post("/desk/pay-in", {**form, "amount": "5", "reason": "x"}).status_code == 303
    assert booked() == 1


@pytest.mark.parametrize(("spare", "status"), [(timedelta(minutes=1), 303), (timedelta(minutes=-1), 422)])
def test_a_key_is_taken_for_as_long_as_its_answer_is_kept(cast: Cast, spare: timedelta, status: int) -> None:
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.get("/desk/pay-in")
    old = Earlier(KEPT_FOR - spare).sign("0" * 32)
    carla.send("/desk/pay-in", {"once": old, "amount": "5", "reason": "x"})
    assert carla.page.status_code == status
    assert booked() == (status == 303)


@pytest.mark.parametrize("once", ["", "x", "a:b:c", "\0", "0" * 10_000])
def test_a_key_that_is_none_does_nothing(cast: Cast, once: str) -> None:
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    for path, typed in [*FORMS, ("/desk/count", {"amount": "5", "step": "close"})]:
        carla.get(path)
        carla.send(path, {**typed, "once": once})
        assert carla.page.status_code == 422, path
        assert "This page is out of date. Check it" in carla.text
    assert booked() == 0
    assert open_of(cast.carla)
    assert not IdempotentAnswer.objects.exists()


def test_a_key_belongs_to_who_sends_it(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    open_drawer(cast.bruno, 0)
    carla, bruno = Browser(cast.carla), Browser(cast.bruno)
    carla.get("/desk/drop")
    once = carla.hidden()["once"]
    bruno.get("/desk/drop")
    locations = {
        browser.send("/desk/drop", {"amount": "5", "once": once}).headers["Location"] for browser in (carla, bruno)
    }
    assert len(locations) == 2
    assert booked() == 2


# --- at the same moment --------------------------------------------------------------------------------------------------------


@pytest.fixture
def committed_cast(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """The cast, in a database that threads see too."""
    with database_for_threads(tmp_path):
        yield make_cast()


def sent(cookie: str, path: str, form: dict[str, str]) -> HttpResponse:
    client = Client()
    client.cookies["sessionid"] = cookie
    return client.post(path, form)


def test_four_at_once_are_all_answered_and_book_one(committed_cast: Cast) -> None:
    open_drawer(committed_cast.carla, 100_00)
    carla = Browser(committed_cast.carla)
    cookie = carla.client.cookies["sessionid"].value
    for path, typed in FORMS:
        before = booked()
        carla.get(path)
        form = {**carla.hidden(), **typed}
        answers = at_once([lambda path=path, form=form: sent(cookie, path, form)] * 4)  # type: ignore[misc]
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["Location"] for answer in answers}) == 1
        assert booked() == before + 1


def test_two_closes_at_once_both_lead_to_the_result(committed_cast: Cast) -> None:
    session = open_drawer(committed_cast.carla, 0)
    carla = Browser(committed_cast.carla)
    cookie = carla.client.cookies["sessionid"].value
    forms = []
    for _device in range(2):
        carla.fill("/desk/count", {"amount": "5", "step": "review"})
        forms.append({**carla.hidden(), "step": "close"})
    answers = at_once([lambda form=form: sent(cookie, "/desk/count", form) for form in forms])  # type: ignore[misc]
    result = f"/desk/sessions/{session.uuid}"
    assert sorted(a.headers["Location"] for a in answers) == [result, f"{result}?notice=closed-meanwhile"]
    assert CashSession.objects.get().declared_amount == 5_00
