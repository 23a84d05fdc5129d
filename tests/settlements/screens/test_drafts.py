"""The draft of a settlement count: it returns on another device and after an expired sign-in, until the preview."""

from cashdesk.models import Draft
from settlements.models import Settlement, SettlementCount
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.settlements.screens.settling import attempt, opening_path, path_of

TYPED = {
    "parts": "USD.CASH\r\nCHF.CASH",
    "eur-cash-pieces-2000": "007",
    "usd-cash-amount": "12,50",
    "chf-cash-amount": "x",
}


def begun(shop: Shop) -> Settlement:
    """A register that is being counted."""
    shop.vault()
    found = shop.open(100_00, by=shop.cast.carla)
    shop.count(found)
    return found


def shown(browser: Browser) -> dict[str, str]:
    """Returns the values of the fields."""
    return {name: browser.value(name) for name in TYPED if name != "parts"}


def test_a_count_goes_on_with_the_parts_that_were_added(shop: Shop) -> None:
    settlement = begun(shop)
    carla = Browser(shop.cast.carla)
    carla.fill(path_of(settlement, "/count"), {**TYPED, "step": "review"})
    assert carla.page.status_code == 400
    elsewhere = Browser(shop.cast.carla)
    elsewhere.get(path_of(settlement, "/count"))
    assert "We restored" in elsewhere.text
    assert "Enter an amount" not in elsewhere.text
    assert shown(elsewhere) == {name: text for name, text in TYPED.items() if name != "parts"}
    assert "CHF" not in Browser(shop.cast.erika).get(path_of(settlement, "/count")).content.decode()


def test_without_a_script_a_count_and_an_opening_that_are_left_are_kept(shop: Shop) -> None:
    settlement = begun(shop)
    carla = Browser(shop.cast.carla)
    carla.get(path_of(settlement, "/count"))
    carla.leave(TYPED)
    assert carla.page.headers["Location"] == path_of(settlement)
    carla.get(path_of(settlement, "/count"))
    assert shown(carla) == {name: text for name, text in TYPED.items() if name != "parts"}
    erika = Browser(shop.cast.erika)
    erika.get(opening_path(shop, 2))
    erika.leave({"eur-cash-amount": "7x"})
    assert erika.page.headers["Location"] == "/desk"
    erika.get(opening_path(shop, 2))
    assert erika.value("eur-cash-amount") == "7x"


def test_what_was_compared_is_kept_no_longer_and_a_form_for_one_more_part_is_no_count(shop: Shop) -> None:
    settlement = begun(shop)
    carla = Browser(shop.cast.carla)
    carla.get(path_of(settlement, "/count"))
    carla.send(path_of(settlement, "/count"), {"new-currency": "zzz", "new-method": "CASH"})
    assert not Draft.objects.exists()
    attempt(carla, settlement, {"eur-cash-amount": "1"})
    assert SettlementCount.objects.filter(count__moment="PREVIEW").count() == 1
    assert not Draft.objects.exists()
    carla.follow()
    assert "We restored" not in carla.text
    carla.send(path_of(settlement, "/count"), {"eur-cash-amount": "2", "step": "review"})
    assert Draft.objects.get().fields["eur-cash-amount"] == "2"
    attempt(carla, settlement, {"eur-cash-amount": "2"}, step="close")
    assert not Draft.objects.exists()


def test_a_sign_in_that_ran_out_keeps_every_digit(shop: Shop) -> None:
    settlement = begun(shop)
    carla = Browser(shop.cast.carla)
    carla.get(path_of(settlement, "/count"))
    carla.client.session.flush()
    carla.client.cookies.pop("sessionid", None)
    assert carla.send(path_of(settlement, "/count"), {**TYPED, "step": "preview"}).status_code == 403
    carla.send("/sign-in", {"name": "carla", "password": PASSWORD})
    assert carla.page.headers["Location"] == path_of(settlement, "/count")
    carla.follow()
    assert shown(carla) == {name: text for name, text in TYPED.items() if name != "parts"}
    assert not SettlementCount.objects.filter(count__moment="PREVIEW").exists()


def test_an_opening_goes_on_too_and_is_forgotten_with_it(shop: Shop) -> None:
    shop.vault()
    carla = Browser(shop.cast.carla)
    carla.fill(opening_path(shop), {"step": "open", "eur-cash-pieces-2000": "five"})
    carla.get(opening_path(shop))
    assert "We restored" in carla.text
    assert carla.value("eur-cash-pieces-2000") == "five"
    assert carla.send(opening_path(shop), {"step": "open", "eur-cash-pieces-2000": "5"}).status_code == 303
    assert not Draft.objects.exists()
