"""The refusals of the desk, their words, and that the input stays."""

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import PlaceKind, Role, Settling
from cashdesk.models import AuditEntry, CashSession, Movement, Place, User
from tests.cashdesk.desk import NOON, close_drawer, open_drawer
from tests.factories import StoreFactory, UserFactory
from tests.screens.desk import Browser, open_of, text_of
from tests.stories import Cast


def give_register(cast: Cast, user: User, number: int = 1) -> None:
    user.register = cast.place(PlaceKind.REGISTER, number)
    user.save()


@pytest.mark.parametrize("path", ["/desk/open", "/desk/count"])
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Enter the pieces or an amount. If there is no cash, enter 0."),
        ({"amount": "12,50,1"}, "Enter an amount such as 1,250.50."),
        ({"amount": "1.234"}, "EUR has at most 2 decimals. Enter an amount such as 1,250.50."),
        ({"amount": "-5"}, "Enter 0 or more."),
        ({"amount": "1" * 16}, "Enter at most 15 digits."),
        ({"pieces-2000": "1.5"}, "€20: Enter a whole number of pieces, such as 12."),
        ({"pieces-2000": "two", "amount": "x"}, "€20: Enter a whole number of pieces, such as 12."),
        ({"pieces-2000": "10000001"}, "€20: Enter at most 10000000 pieces."),
        ({"pieces-2000": "2", "amount": "41"}, "The pieces add up to €40.00, but the amount is €41.00."),
        ({"pieces-50000": "x\0<b>"}, "€500: Enter a whole number of pieces, such as 12."),
    ],
)  # fmt: skip
def test_a_count_that_is_not_understood_names_the_field_and_keeps_what_was_typed(
    cast: Cast, path: str, typed: dict[str, str], words: str
) -> None:
    if path == "/desk/count":
        open_drawer(cast.carla, 10_00)
    before = CashSession.objects.count()
    carla = Browser(cast.carla)
    carla.fill(path, typed)
    assert carla.page.status_code == 400
    assert "Nothing was saved." in carla.text
    assert words in carla.text
    for name, text in typed.items():
        assert carla.value(name).replace("&lt;", "<").replace("&gt;", ">") == text
    assert CashSession.objects.filter(status="OPEN").count() == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount": "", "reason": "x"}, "Enter an amount. Reason"),
        ({"amount": " ", "reason": "x"}, "Enter an amount. Reason"),
        ({"amount": "-5", "reason": "x"}, "Enter an amount above 0."),
        ({"amount": "0", "reason": "x"}, "Enter an amount above 0."),
        ({"amount": "7,5,1", "reason": "x"}, "Enter an amount such as 1,250.50."),
        ({"amount": "7", "reason": " "}, "Enter a reason."),
        ({"amount": "7", "reason": "r" * 51}, "Enter at most 50 characters."),
        ({"amount": "7", "reason": "r", "note": "n" * 501}, "Enter at most 500 characters."),
    ],
)
@pytest.mark.parametrize("path", ["/desk/pay-in", "/desk/pay-out"])
def test_a_movement_that_is_not_understood_names_the_field(
    cast: Cast, path: str, typed: dict[str, str], words: str
) -> None:
    open_drawer(cast.carla, 10_00)
    carla = Browser(cast.carla)
    carla.fill(path, typed)
    assert carla.page.status_code == 400
    assert words in carla.text
    for name, text in typed.items():
        assert carla.value(name) == text
    assert not Movement.objects.exclude(kind="FLOAT").exists()
    carla.send(path, {"amount": "7.00", "reason": "now\0 it\u00a0is\tso\u202e"})
    assert Movement.objects.get(kind__startswith="PAID").reason == "now it is so"


def test_more_than_is_in_the_drawer_is_taken_without_a_word(cast: Cast) -> None:
    open_drawer(cast.carla, 10_00)
    assert Browser(cast.carla).fill("/desk/drop", {"amount": "99999", "looked": "9999900 EUR"}).status_code == 303


def test_who_has_no_store_is_told(cast: Cast) -> None:
    anna = Browser(cast.anna)
    anna.get("/desk")
    assert "You have no store yet" in anna.text
    assert "Open a drawer" not in anna.text
    assert anna.get("/desk/open").headers["Location"] == "/desk"
    assert anna.send("/desk/open", {"step": "open", "amount": "1"}).headers["Location"] == "/desk"


@pytest.mark.parametrize(
    ("settling", "requires", "words"),
    [
        (Settling.COUNTING, False, "Register 1 is being counted. Close its settlement first."),
        (Settling.COUNTING, True, "Register 1 is being counted"),
        (Settling.NONE, True, "Register 1 has no open settlement. In store 1337 a register needs one."),
    ],
)
def test_a_register_that_settling_holds_is_explained(
    cast: Cast, settling: Settling, requires: bool, words: str
) -> None:
    give_register(cast, cast.carla)
    cast.store.requires_settlement = requires
    cast.store.save()
    Place.objects.filter(pk=cast.carla.register.pk).update(settling=settling)
    carla = Browser(cast.carla)
    carla.get("/desk")
    assert words in carla.text
    assert "Open a drawer" not in carla.text
    carla.fill("/desk/open", {"step": "open", "amount": "12"})
    assert carla.page.status_code == 409
    assert words in carla.text
    assert carla.value("amount") == "12"


def test_a_register_that_somebody_else_has_open_is_explained(cast: Cast) -> None:
    give_register(cast, cast.carla)
    open_drawer(cast.bruno, 0, station=1, by=cast.erika)
    carla = Browser(cast.carla)
    carla.get("/desk")
    assert "Register 1 is already open. Count and close it first." in carla.text
    carla.fill("/desk/open", {"step": "open", "amount": "12"})
    assert carla.page.status_code == 409
    assert "Bruno has had register 1 open since " in carla.text


def test_a_store_with_one_free_register_asks_for_none(cast: Cast) -> None:
    kiosk = StoreFactory(account=cast.store.account, registers=1)
    kim, lou = (UserFactory(store=kiosk, role=Role.CASHIER) for _person in range(2))
    carla = Browser(kim)
    form = carla.get("/desk/open").content.decode()
    assert "Any free register" not in form
    assert '<input type="hidden" name="station" value="1">' in form
    carla.fill("/desk/open", {"step": "open", "amount": "12"})
    assert carla.page.status_code == 303
    # A taken register is no answer: an opening adds another one.
    assert "Any free register" in Browser(lou).get("/desk/open").content.decode()


def test_who_has_no_register_chooses_among_those_that_are_nobodys(cast: Cast) -> None:
    give_register(cast, cast.bruno, 1)
    carla = Browser(cast.carla)
    choices = carla.get("/desk/open").content.decode()
    assert 'name="station" value="2"' in choices
    assert 'name="station" value="1"' not in choices
    for station, status, words in (
        ("1", 403, "Register 1 is assigned to somebody else. Choose another one, or ask your manager."),
        ("9", 400, "Store 1337 has no register 9. Choose another register."),
        ("-1", 400, "Enter 0 or more."),
        ("x", 400, "Enter a number"),
    ):
        carla.fill("/desk/open", {"step": "open", "amount": "1", "station": station})
        assert carla.page.status_code == status
        assert words in carla.text
    carla.send("/desk/open", {"step": "open", "amount": "1", "station": "2"})
    assert open_of(cast.carla).register.number == 2
    busy = Browser(UserFactory(store=cast.store)).get("/desk/open").content.decode()
    assert "Register 2 is already open" in busy
    assert 'value="1"' in Browser(cast.erika).get("/desk/open").content.decode()


def test_the_look_makes_no_register(cast: Cast) -> None:
    open_drawer(cast.bruno, 0)
    open_drawer(cast.erika, 0)
    before = Place.objects.count()
    Browser(cast.carla).get("/desk")
    Browser(cast.carla).get("/desk/open")
    assert Place.objects.count() == before


def test_opened_elsewhere_meanwhile(cast: Cast) -> None:
    carla = Browser(cast.carla)
    carla.get("/desk/open")
    open_drawer(cast.carla, 50_00)
    carla.send("/desk/open", {"step": "open", "amount": "60"})
    assert carla.page.headers["Location"] == "/desk?notice=already-open"
    carla.follow()
    assert "Your drawer is already open. Nothing was changed." in carla.text
    assert "Float €50.00" in carla.text
    assert carla.get("/desk/open").headers["Location"] == "/desk?notice=already-open"


@pytest.mark.parametrize("path", ["/desk/pay-in", "/desk/pay-out", "/desk/drop"])
def test_closed_elsewhere_before_cash_is_moved(cast: Cast, path: str) -> None:
    first = open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.get(path)
    close_drawer(first, 0)
    open_drawer(cast.carla, 0)
    carla.send(path, {"amount": "5", "reason": "x"})
    assert carla.page.headers["Location"] == "/desk?notice=closed-meanwhile"
    carla.follow()
    assert "That drawer is already closed" in carla.text
    assert not Movement.objects.exists()


@pytest.mark.parametrize("step", ["review", "back", "close"])
def test_closed_elsewhere_before_it_is_counted_here(cast: Cast, step: str) -> None:
    first = open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.fill("/desk/count", {"amount": "5"})
    close_drawer(first, 0)
    second = open_drawer(cast.carla, 0)
    carla.send("/desk/count", {"step": step})
    assert carla.page.headers["Location"] == f"/desk/sessions/{first.uuid}?notice=closed-meanwhile"
    carla.follow()
    assert "That drawer is already closed" in carla.text
    assert "The drawer is balanced" in carla.text
    assert open_of(cast.carla) == second


@pytest.mark.parametrize("path", ["/desk/pay-in", "/desk/pay-out", "/desk/drop", "/desk/count"])
def test_without_an_open_drawer_there_is_nothing_to_do(cast: Cast, path: str) -> None:
    carla = Browser(cast.carla)
    theirs = open_drawer(cast.bruno, 0)
    assert carla.get(path).headers["Location"] == "/desk?notice=nothing-open"
    for session in ("", "x", str(theirs.uuid), "00000000-0000-0000-0000-000000000000"):
        sent = carla.send(path, {"session": session, "amount": "5", "reason": "x", "step": "close"})
        assert sent.headers["Location"] == "/desk?notice=nothing-open"
    carla.follow()
    assert "You have no open drawer. Nothing was saved." in carla.text
    assert CashSession.objects.get().is_open


def test_the_result_of_another_is_none(cast: Cast) -> None:
    theirs = open_drawer(cast.bruno, 0)
    close_drawer(theirs, 5_00)
    for person, status in ((cast.carla, 404), (cast.otto, 404), (cast.bruno, 200), (cast.erika, 200), (cast.anna, 200)):
        assert Browser(person).get(f"/desk/sessions/{theirs.uuid}").status_code == status, person
    assert Browser(cast.bruno).get("/desk/sessions/00000000-0000-0000-0000-000000000000").status_code == 404


def test_a_drawer_closed_without_a_count_tells_its_cashier_nothing_yet(cast: Cast) -> None:
    session = open_drawer(cast.carla, 123_45)
    carla, erika = Browser(cast.carla), Browser(cast.erika)
    path = f"/desk/sessions/{session.uuid}"
    carla.get(path)
    assert "The drawer is still open" in carla.text
    force_close_session(session=session, by=Principal(user=cast.erika), at=NOON, reason="fire")
    carla.get(path)
    assert "This drawer was closed without a count." in carla.text
    assert "Expected" not in carla.text
    assert "short" not in carla.text
    erika.get(path)
    assert "Expected €123.45" in erika.text
    assert "not counted" in erika.text
    assert [look.user for look in AuditEntry.objects.filter(action="expected.seen")] == [cast.erika]


@pytest.mark.parametrize("path", ["/desk", "/desk/open", "/desk/pay-in", "/desk/count", "/sign-in?next=/x"])
def test_pages_are_in_no_cache_and_have_nothing_inline(cast: Cast, path: str) -> None:
    cast.carla.name = "<script>alert(1)</script>"
    cast.carla.save()
    if path not in ("/desk/open",):
        open_drawer(cast.carla, 0)
    browser = Browser(None if path.startswith("/sign-in") else cast.carla)
    page = browser.get(path)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    html = page.content.decode()
    assert "<script>" not in html
    for inline in (' style="', "<style", " onclick", " onsubmit", 'href="http', 'src="http'):
        assert inline not in html


@pytest.mark.parametrize("path", ["/desk", "/desk/sessions/00000000-0000-0000-0000-000000000000"])
def test_a_page_without_a_form_takes_none(cast: Cast, path: str) -> None:
    assert Browser(cast.carla).send(path).status_code == 405


@pytest.mark.parametrize("booked", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_what_somebody_else_booked_is_not_told(cast: Cast, booked: str) -> None:
    open_drawer(cast.bruno, 0)
    bruno, carla = Browser(cast.bruno), Browser(cast.carla)
    bruno.fill("/desk/pay-in", {"amount": "4.44", "reason": "secret"})
    told = bruno.page.headers["Location"]
    assert "Paid in: €4.44" in text_of(bruno.get(told))
    for path in (told, f"/desk?booked={booked}"):
        carla.get(path)
        assert carla.page.status_code == 200
        assert "Paid in" not in carla.text


def test_a_form_of_another_store_or_currency_opens_no_drawer(cast: Cast) -> None:
    carla = Browser(cast.carla)
    carla.get("/desk/open")
    cast.store.currency = "CLP"
    cast.store.save()
    assert carla.send("/desk/open", {"step": "open", "amount": "100"}).status_code == 409
    assert "This page is out of date. Check it" in carla.text
    assert carla.value("amount") == "100"
    cast.carla.store = StoreFactory(account=cast.store.account, number="1338")
    cast.carla.save()
    assert carla.send("/desk/open", {"step": "open", "amount": "100"}).status_code == 409
    assert not CashSession.objects.exists()
    assert carla.send("/desk/open").status_code == 400
    assert carla.send("/desk/open", {"step": "open", "amount": "100"}).status_code == 303
    carla.follow()
    assert "The drawer is open." in carla.text
    close_drawer(open_of(cast.carla), 0)
    assert "The drawer is open." not in text_of(carla.get("/desk?notice=opened"))
