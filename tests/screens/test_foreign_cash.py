"""The desk counts every currency of a drawer in its own tab: at the close, the handover and the counting-in."""

import pytest

from cashdesk.models import CashSession, ForeignCash, Variance
from tests.cashdesk.desk import close_drawer, open_drawer, pay
from tests.screens.desk import Browser, open_of
from tests.stories import Cast

USD_AMOUNT = "usd-cash-amount"
USD_TWENTIES = "usd-cash-pieces-2000"


@pytest.fixture
def carla(cast: Cast) -> Browser:
    """Carla's drawer: 100.00 euros and 50.00 dollars."""
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 50_00, currency="USD")
    return Browser(cast.carla)


def test_a_drawer_with_one_currency_is_counted_as_ever(cast: Cast) -> None:
    open_drawer(cast.carla, 100_00, station=1)
    page = Browser(cast.carla).get("/desk/count").content.decode()
    assert "data-parts" not in page
    assert "parts.js" not in page


def test_there_is_a_tab_for_each_currency_and_nothing_of_what_should_be_there(carla: Browser) -> None:
    page = carla.get("/desk/count").content.decode()
    assert [page.count(f'href="#part-{part}-cash"') for part in ("eur", "usd")] == [1, 1]
    assert "50.00" not in carla.text
    assert f'name="{USD_AMOUNT}"' in page


def test_what_was_left_out_is_named_and_every_digit_stays(carla: Browser) -> None:
    carla.fill("/desk/count", {"amount": "100", "step": "review"})
    assert carla.page.status_code == 400
    assert "Count the USD too, or enter 0." in carla.text
    assert carla.value("amount") == "100"
    assert CashSession.objects.get().is_open


def test_counted_looked_at_and_closed(carla: Browser) -> None:
    carla.fill("/desk/count", {"amount": "100", USD_TWENTIES: "2", "step": "review"})
    assert carla.page.status_code == 200, carla.text
    assert ("40.00" in carla.text, "EUR cash" in carla.text, "USD cash" in carla.text) == (True, True, True)
    carla.send("/desk/count", {"step": "close"})
    carla.follow()
    assert "Not every currency matches" in carla.text
    assert "−10.00 USD" in carla.text
    row = ForeignCash.objects.get()
    assert (row.counted_amount, row.difference) == (40_00, -10_00)


def test_the_review_goes_back_with_every_digit(carla: Browser) -> None:
    carla.fill("/desk/count", {"amount": "100", USD_AMOUNT: "49.50", "step": "review"})
    carla.send("/desk/count", {"step": "back"})
    assert (carla.value("amount"), carla.value(USD_AMOUNT)) == ("100", "49.50")


def test_a_wrong_amount_is_named_in_its_part(carla: Browser) -> None:
    carla.fill("/desk/count", {"amount": "100", USD_AMOUNT: "4x", "step": "review"})
    assert carla.page.status_code == 400
    assert "USD cash: Amount" in carla.text
    assert carla.value(USD_AMOUNT) == "4x"


def test_a_currency_that_comes_while_one_looks_is_asked_for(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    browser = Browser(cast.carla)
    browser.fill("/desk/count", {"amount": "100", "step": "review"})
    pay(session, 50_00, currency="USD")
    browser.send("/desk/count", {"step": "close"})
    assert browser.page.status_code == 400
    assert "Count the USD too, or enter 0." in browser.text
    assert browser.value("amount") == "100"
    assert open_of(cast.carla)


def test_handed_over_and_counted_in_per_currency(cast: Cast, carla: Browser) -> None:
    carla.fill("/desk/hand-over", {"amount": "100", USD_AMOUNT: "50", "step": "review"})
    carla.send("/desk/hand-over", {"step": "close"})
    carla.get(f"/desk/sessions/{CashSession.objects.get().uuid}")
    assert "Handed over" in carla.text
    assert "not counted yet" not in carla.text
    bruno = Browser(cast.bruno)
    bruno.get("/desk/open?station=1")
    assert "50.00" not in bruno.text
    bruno.send("/desk/open?station=1", {"amount": "100"})
    assert "Count the USD too, or enter 0." in bruno.text
    bruno.send("/desk/open?station=1", {"amount": "100", USD_AMOUNT: "45"})
    assert "USD cash 45.00 USD" in bruno.text
    bruno.send("/desk/open?station=1", {"step": "open"})
    assert bruno.page.status_code == 303, bruno.text
    gap = Variance.objects.get(kind="OPENING")
    assert (gap.currency, gap.difference, gap.person) == ("USD", -5_00, None)
    carla.get(f"/desk/sessions/{CashSession.objects.earliest('pk').uuid}")
    assert "50.00" in carla.text


def test_a_result_with_dollars_that_nobody_counted_says_so_and_no_figure(cast: Cast, carla: Browser) -> None:
    closed = close_drawer(open_of(cast.carla), 100_00)
    carla.get(f"/desk/sessions/{closed.uuid}")
    assert "Not everything is counted yet" in carla.text
    assert "This drawer also held USD. It is not counted yet." in carla.text
    assert "50.00" not in carla.text
