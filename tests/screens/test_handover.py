"""Handovers on the pages: the figures that the next cashier may see, and the result that both see afterwards."""

import re

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import close_session
from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, Draft, Movement
from tests.cashdesk.desk import counted, minutes, open_drawer, sell
from tests.factories import PASSWORD, UserFactory
from tests.screens.desk import Browser, open_of
from tests.screens.test_draft import type_into
from tests.stories import Cast, counted_queries


@pytest.fixture
def carla(cast: Cast) -> Browser:
    """Carla at a drawer with 150.00 and a sale of 93.21."""
    sell(open_drawer(cast.carla, 150_00, station=1), 93_21)
    return Browser(cast.carla)


def hand_over(browser: Browser, amount: str) -> CashSession:
    """Counts out, reviews the count, and hands the drawer over."""
    browser.fill("/desk/hand-over", {"amount": amount})
    assert "Hand over drawer" in browser.text
    browser.send("/desk/hand-over", {"step": "close"})
    assert browser.page.status_code == 303, browser.text
    browser.follow()
    return CashSession.objects.get(is_handed_over=True)


def test_one_counts_out_and_the_other_counts_in(cast: Cast, carla: Browser) -> None:
    carla.get("/desk")
    assert "Hand over drawer" in carla.text
    carla.get("/desk/hand-over")
    assert "Count and hand over" in carla.text
    left = hand_over(carla, "241.17")
    for words in ("Handed over", "The next cashier counts the drawer.", "Sign out for the next cashier"):
        assert words in carla.text
    assert cast.book(PlaceKind.REGISTER, 1) == 241_17
    carla.get("/desk")
    assert "You handed over register 1 on" in carla.text

    bruno = Browser(cast.bruno)
    bruno.get("/desk")
    assert "Carla handed over register 1 on" in bruno.text
    assert "Take over register 1" in bruno.text
    bruno.get("/desk/open?station=1")
    assert "Take over register 1" in bruno.text
    bruno.send("/desk/open", {"step": "open", "station": "1", "amount": "240"})
    bruno.follow()
    assert "You took over the drawer." in bruno.text
    assert "-1.17" not in bruno.text
    taken = open_of(cast.bruno)
    assert (taken.register, taken.start_amount, taken.opening_difference) == (left.register, 240_00, -1_17)
    assert not Movement.objects.filter(kind="RETURN").exists()
    carla.get(f"/desk/sessions/{left.uuid}")
    for words in ("Short by €2.04", "Counted €241.17", "Expected €243.21", "−€2.04"):
        assert words in carla.text


def test_nobody_who_counts_in_sees_what_was_counted_out(cast: Cast, carla: Browser) -> None:
    """The amount is not on their own pages, and not on the page that the previous cashier left on the same screen."""
    left = hand_over(carla, "241.17")
    bruno = Browser(cast.bruno)
    pages = [carla.page, *(bruno.get(path) for path in ("/desk", "/desk/open", "/desk/open?station=1"))]
    pages.append(bruno.send("/desk/open", {"step": "open", "station": "1", "amount": "x"}))
    pages += [Browser(cast.carla).get(path) for path in ("/desk", f"/desk/sessions/{left.uuid}")]
    for page in pages:
        assert page.status_code in (200, 400)
        for figure in ("241.17", "24117", "243.21", "24321", "2.04", "93.21"):
            assert figure not in page.content.decode()
    assert bruno.get(f"/desk/sessions/{left.uuid}").status_code == 404


def test_who_tries_too_early_is_told_who_has_it(cast: Cast, carla: Browser) -> None:
    bruno = Browser(cast.bruno)
    bruno.fill("/desk/open", {"step": "open", "station": "1", "amount": "241.17"})
    assert bruno.page.status_code == 409
    assert "Carla has had register 1 open since" in bruno.text
    assert bruno.value("amount") == "241.17"
    hand_over(carla, "241.17")
    bruno.send("/desk/open", {"step": "open", "station": "1", "amount": "241.17"})
    assert bruno.page.headers["Location"] == "/desk?notice=counted-in"


def test_a_cashier_of_another_register_is_told_why_not(cast: Cast, carla: Browser) -> None:
    hand_over(carla, "241.17")
    dora = UserFactory(store=cast.store, register=cast.place(PlaceKind.REGISTER, 2))
    page = Browser(dora)
    page.get("/desk")
    assert "Carla handed over register 1" in page.text
    assert "You work at register 2. Only a cashier of register 1 or a manager can count it." in page.text
    assert "Take over register 1" not in page.text
    assert "Open a drawer" in page.text


def test_any_free_register_is_none_that_waits(cast: Cast, carla: Browser) -> None:
    hand_over(carla, "241.17")
    Browser(cast.bruno).fill("/desk/open", {"step": "open", "station": "", "amount": "50"})
    assert (open_of(cast.bruno).register.number, open_of(cast.bruno).opening_difference) == (2, 0)


def test_handed_over_twice_by_a_second_click_it_is_once(cast: Cast, carla: Browser) -> None:
    carla.fill("/desk/hand-over", {"amount": "241.17"})
    form = carla.hidden()
    first = carla.client.post("/desk/hand-over", {**form, "step": "close"})
    again = carla.client.post("/desk/hand-over", {**form, "step": "close"})
    assert first.headers["Location"] == again.headers["Location"]
    assert cast.book(PlaceKind.REGISTER, 1) == 241_17


def test_going_back_stays_a_handover(cast: Cast, carla: Browser) -> None:
    carla.fill("/desk/hand-over", {"amount": "12"})
    carla.send("/desk/hand-over", {"step": "back"})
    assert "Count and hand over" in carla.text
    assert carla.value("amount") == "12"


def test_what_was_typed_for_another_drawer_is_not_offered_where_one_is_counted_in(cast: Cast, carla: Browser) -> None:
    bruno = Browser(cast.bruno)
    bruno.get("/desk/open")
    type_into(bruno, {"amount": "11", "station": "2"})
    hand_over(carla, "241.17")
    bruno.get("/desk/open?station=1")
    assert "We restored" not in bruno.text
    assert bruno.value("amount") == ""
    type_into(bruno, {"amount": "22"})
    bruno.get("/desk/open?station=1")
    assert "We restored your count from" in bruno.text
    assert bruno.value("amount") == "22"
    bruno.get("/desk")
    links = re.findall(r'href="(/desk/open[^"]*)">Continue count', bruno.page.content.decode())
    assert links == ["/desk/open", "/desk/open?station=1"]
    bruno.get(links[0])
    assert bruno.value("amount") == "11"
    bruno.get(f"/desk/draft/anew?draft={bruno.hidden()['draft']}")
    bruno.send("/desk/draft/anew")
    bruno.get(links[1])
    assert bruno.value("amount") == "22"
    bruno.client.logout()
    bruno.send("/desk/open?station=1", {"amount": "23"})
    bruno.send("/sign-in", {"name": "bruno", "password": PASSWORD})
    assert bruno.page.headers["Location"] == links[1]
    bruno.follow()
    assert bruno.value("amount") == "23"
    bruno.get("/desk/open")
    type_into(bruno, {"amount": "33"})
    bruno.fill(links[1], {"amount": "240", "step": "open"})
    assert open_of(cast.bruno).register.number == 1
    assert not Draft.objects.exists()


@pytest.mark.parametrize("drawers", [1, 2])
def test_the_desk_costs_the_same_however_many_drawers_wait(cast: Cast, drawers: int) -> None:
    for station in range(1, drawers + 1):
        session = open_drawer(UserFactory(store=cast.store), 100_00, station=station)
        by = Principal(user=session.user)
        close_session(session=session, counted=counted(90_00), by=by, at=minutes(5), hands_over=True)
    bruno = Browser(cast.bruno)
    bruno.get("/desk")
    with counted_queries() as queries:
        bruno.get("/desk")
    assert bruno.text.count("Take over register") == drawers
    assert len(queries) == 8
