"""A usual float that is one amount: the opening page offers it, and a much larger float needs a second look."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cashdesk.models import CashSession, Store
from tests.admin.back_office import page_of, sits_down
from tests.screens.desk import Browser
from tests.stories import Cast


@pytest.fixture
def carla(cast: Cast) -> Browser:
    """Carla's browser. The usual float of the store is 200.00."""
    cast.store.float_minor = 200_00
    cast.store.save()
    return Browser(cast.carla)


def test_the_amount_is_filled_in_when_asked_for(carla: Browser) -> None:
    carla.get("/desk/open")
    assert "The usual float: €200.00 . Count the drawer first." in carla.text
    assert carla.value("amount") == ""
    carla.send("/desk/open", {"usual": "1"})
    assert "We filled in the usual float. Count the drawer and correct the amount." in carla.text
    assert carla.value("amount") == "200.00"
    assert not CashSession.objects.exists()


@pytest.mark.parametrize("typed", [{"amount": "150"}, {"pieces-5000": "3"}])
def test_a_count_that_was_typed_is_not_replaced(carla: Browser, typed: dict[str, str]) -> None:
    carla.fill("/desk/open", {**typed, "usual": "1"})
    assert {name: carla.value(name) for name in typed} == typed
    assert "pieces-5000" not in typed or carla.value("amount") == ""


def test_a_much_larger_float_needs_a_second_look(carla: Browser) -> None:
    carla.fill("/desk/open", {"amount": "600.01"})
    assert "This is more than three times the usual float of €200.00." in carla.text
    assert not CashSession.objects.exists()


def test_pieces_win_over_the_amount(cast: Cast, carla: Browser) -> None:
    cast.store.float_template = {"2000": 2}
    cast.store.save()
    assert cast.store.usual_float_minor == 40_00
    carla.fill("/desk/open", {"usual": "1"})
    assert (carla.value("amount"), carla.value("pieces-2000")) == ("", "2")


def test_an_admin_sets_the_amount(cast: Cast) -> None:
    anna = sits_down(cast.anna)
    told = {
        "number": "1337", "name": "Berlin Mitte", "currency": "EUR", "time_zone": "Europe/Berlin", "cut_off_hour": "4",
        "tolerance_minor": "2", "tolerance_basis_points": "0", "is_active": "on",
    }  # fmt: skip
    assert anna.post(page_of(cast.store), {**told, "float_minor": "150.50"}).status_code == 302
    assert Store.objects.get(pk=cast.store.pk).float_minor == 150_50
    assert anna.post(page_of(cast.store), told).status_code == 302
    assert Store.objects.get(pk=cast.store.pk).float_minor == 0


def test_the_amount_is_never_negative(cast: Cast) -> None:
    cast.store.float_minor = -1
    with pytest.raises(ValidationError):
        cast.store.full_clean()
    with pytest.raises(IntegrityError, match="store_float_not_negative"), transaction.atomic():
        cast.store.save()
