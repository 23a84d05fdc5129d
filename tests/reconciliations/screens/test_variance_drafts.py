"""What a person typed about a variance is kept: signed out, decided by others meanwhile, or left for another variance."""

import pytest

from cashdesk.enums import VarianceState
from cashdesk.models import Draft, Movement, Variance
from tests.factories import PASSWORD
from tests.reconciliations.floor import at_noon
from tests.reconciliations.queue import explain, short_drawer
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast

NOTE = "a ten for a five"


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance, where it is noon."""
    return at_noon(cast)


@pytest.fixture
def erika(cast: Cast) -> Browser:
    """Erika's browser."""
    return Browser(cast.erika)


def comes_back(browser: Browser, path: str, typed: dict[str, str]) -> None:
    """Sends a form without any cookie, signs in again, and sees the form."""
    browser.client.cookies.clear()
    assert browser.send(path, typed).status_code == 403
    assert "You were signed out. Nothing was saved yet, but nothing is lost." in browser.text
    browser.send("/sign-in", {"name": "erika", "password": PASSWORD})
    browser.follow()
    assert "We restored your draft from" in browser.text


def test_a_note_that_was_sent_signed_out_is_there_after_signing_in(shop: Shop, erika: Browser) -> None:
    short = short_drawer(shop)
    path = f"/variances/{short.uuid}"
    erika.get(f"{path}?sort=newest")
    comes_back(erika, path, {"act": "EXPLAIN", "reason": "WRONG_CHANGE_GIVEN", "notes": NOTE})
    assert Variance.objects.get().state == VarianceState.OPEN
    assert erika.value("notes") == NOTE
    assert '<option value="WRONG_CHANGE_GIVEN" selected>' in erika.page.content.decode()
    assert erika.hidden()["list"] == "sort=newest", "beside the same list"
    erika.send(path, {"act": "EXPLAIN", "reason": "WRONG_CHANGE_GIVEN", "notes": NOTE})
    assert erika.page.status_code == 303
    assert not Draft.objects.exists()


def test_a_note_is_kept_for_each_variance_and_for_its_writer_alone(cast: Cast, shop: Shop, erika: Browser) -> None:
    first, second = short_drawer(shop), short_drawer(shop)
    erika.get(f"/variances/{first.uuid}")
    typed = {**erika.hidden(), "reason": "", "notes": NOTE, "device": "office", "seen": "0"}
    assert erika.client.post("/desk/draft", typed).status_code == 204
    erika.get(f"/variances/{second.uuid}")
    assert erika.value("notes") == ""
    erika.get(f"/variances/{first.uuid}")
    assert erika.value("notes") == NOTE
    anna = Browser(cast.anna)
    anna.get(f"/variances/{first.uuid}")
    assert anna.value("notes") == ""


def test_a_note_that_came_too_late_can_be_copied(cast: Cast, shop: Shop, erika: Browser) -> None:
    short = explain(shop, short_drawer(shop))
    path = f"/variances/{short.uuid}"
    erika.get(path)
    anna = Browser(cast.anna)
    anna.get(path)
    anna.send(path, {"act": "APPROVE"})
    assert erika.send(path, {"act": "REJECT", "notes": NOTE}).status_code == 409
    assert "Your note. It was not saved." in erika.text
    assert f"readonly>{NOTE}</textarea>" in erika.page.content.decode()
    erika.get(path)
    assert f"readonly>{NOTE}</textarea>" in erika.page.content.decode(), "after a reload too"
    erika.get(f"/desk/draft/anew?draft={erika.page.context['draft'].token}")
    erika.send("/desk/draft/anew")
    erika.follow()
    assert NOTE not in erika.text


def test_a_repayment_that_was_sent_signed_out_is_there_after_signing_in(shop: Shop, erika: Browser) -> None:
    path = f"/variances/{short_drawer(shop).uuid}/repay"
    erika.get(path)
    movements = Movement.objects.count()
    comes_back(erika, path, {"amount": "1,5", "station": "0"})
    assert erika.value("amount") == "1,5"
    assert Movement.objects.count() == movements
