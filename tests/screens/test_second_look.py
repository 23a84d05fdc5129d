"""The second look on the pages: an unusual amount is shown again, then corrected or booked once."""

import pytest

from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, Draft, Movement
from settlements.models import Settlement
from tests.cashdesk.desk import move, open_drawer
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast, caller

ASKS = "Is this amount right?"
AT_THE_DRAWER = [
    ("/desk/pay-out", {"amount": "75000", "reason": "glass", "note": "front"}, "Paid out of the drawer of register 1"),
    ("/desk/pay-in", {"amount": "75000", "reason": "change", "note": ""}, "Paid into the drawer of register 1"),
    ("/desk/drop", {"amount": "75000", "note": ""}, "From register 1 into the safe"),
    ("/vault/loan", {"amount": "75000", "station": "1", "note": ""}, "From the safe into register 1"),
    ("/vault/fetch", {"amount": "75000", "station": "1", "note": ""}, "From register 1 into the safe"),
    ("/vault/change", {"pieces-50000": "150", "note": ""}, "From the bank into the safe"),
    ("/vault/pay-in", {"amount": "75000", "reason": "OTHER_INCOME", "note": ""}, "Paid into the safe"),
    ("/vault/pay-out", {"amount": "75000", "reason": "SUPPLIER", "note": ""}, "Paid out of the safe"),
    ("/vault/deposits/new", {"amount": "75000", "bag_number": "B-1"}, "From the safe into a bag for the bank"),
]


def booked() -> list[int]:
    return list(Movement.objects.exclude(kind="FLOAT").order_by("pk").values_list("amount", flat=True))


@pytest.fixture
def erika(cast: Cast) -> Browser:
    """The manager, with 199.00 in register 1."""
    open_drawer(cast.erika, 199_00, station=1)
    return Browser(cast.erika)


@pytest.mark.parametrize(("path", "typed", "deed"), AT_THE_DRAWER)
def test_an_amount_out_of_line_is_corrected_with_every_field_kept(
    cast: Cast, erika: Browser, path: str, typed: dict[str, str], deed: str
) -> None:
    assert erika.fill(path, typed).status_code == 200
    assert ASKS in erika.text
    assert f"{deed} €75,000.00" in erika.text
    assert "Nothing is booked yet." in erika.text
    assert booked() == []
    assert Draft.objects.get().fields.items() >= {name: text for name, text in typed.items() if text}.items()
    erika.send(path, {"correct": "1"})
    assert ASKS not in erika.text
    for name in typed.keys() - {"reason", "station"}:
        assert erika.value(name) == typed[name]
    field = "pieces-50000" if "pieces-50000" in typed else "amount"
    assert erika.send(path, {**typed, field: "1"}).status_code == 303, erika.text
    assert booked() == [500_00 if field != "amount" else 1_00]
    assert not Draft.objects.exists()


@pytest.mark.parametrize(("path", "typed", "deed"), AT_THE_DRAWER)
def test_an_amount_out_of_line_is_booked_once(
    cast: Cast, erika: Browser, path: str, typed: dict[str, str], deed: str
) -> None:
    erika.fill(path, typed)
    form = {**erika.hidden(), "looked": "7500000 EUR"}
    first, again = (erika.client.post(path, form) for _turn in range(2))
    assert (first.status_code, again.status_code) == (303, 303), first.content
    assert first.headers["Location"] == again.headers["Location"]
    assert booked() == [75_000_00]
    assert not Draft.objects.exists()


def test_another_amount_than_the_one_looked_at_is_asked_about(cast: Cast, erika: Browser) -> None:
    erika.fill("/desk/drop", {"amount": "75000"})
    erika.send("/desk/drop", {"amount": "76000", "looked": "7500000 EUR"})
    assert "€76,000.00" in erika.text
    assert booked() == []


def test_a_form_sent_again_is_answered_although_its_amount_is_unusual_by_now(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    for _turn in range(4):
        move(session, "PAID_OUT", 1_00)  # type: ignore[arg-type]
    carla = Browser(cast.carla)
    carla.get("/desk/pay-out")
    form = {**carla.hidden(), "amount": "500", "reason": "glass"}
    first, again = (carla.client.post("/desk/pay-out", form) for _turn in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    carla.fill("/desk/pay-out", {"amount": "500", "reason": "glass"})
    assert "at least two digits more than usual" in carla.text
    assert booked() == [1_00] * 4 + [500_00]


def test_the_limit_is_the_stores(cast: Cast, erika: Browser) -> None:
    cast.store.register_look_minor = 10_00
    cast.store.save()
    erika.fill("/desk/drop", {"amount": "10.01"})
    assert "check every amount above €10.00" in erika.text
    assert erika.fill("/desk/drop", {"amount": "10"}).status_code == 303


def test_a_float_out_of_line_is_asked_about_in_its_review(cast: Cast) -> None:
    cast.store.float_template = {"2000": 3}
    cast.store.save()
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"amount": "12345678.55", "station": "2"})
    assert ASKS in carla.text
    assert "You counted €12,345,678.55" in carla.text
    assert "more than three times the usual float of €60.00" in carla.text
    carla.send("/desk/open", {"step": "back"})
    assert carla.value("amount") == "12345678.55"
    carla.fill("/desk/open", {"amount": "180", "station": "2"})
    assert ASKS not in carla.text
    assert carla.send("/desk/open", {"step": "open"}).status_code == 303
    assert cast.book(PlaceKind.REGISTER, 2) == 180_00


def test_a_float_out_of_line_is_opened_with_only_after_its_review(cast: Cast) -> None:
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"step": "open", "amount": "90000", "station": "2"})
    assert carla.page.status_code == 200
    assert ASKS in carla.text
    assert not CashSession.objects.exists()
    carla.send("/desk/open", {"step": "open", "amount": "95000"})
    assert "€95,000.00" in carla.text
    assert not CashSession.objects.exists()
    assert carla.send("/desk/open", {"step": "open"}).status_code == 303
    assert CashSession.objects.get().start_amount == 95_000_00
    assert not Draft.objects.exists()


def test_a_float_out_of_line_with_a_second_person_is_looked_at_once(cast: Cast) -> None:
    cast.store.witness_minor, cast.store.float_template = 100_00, {"2000": 3}
    cast.store.save()
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"amount": "900", "station": "1"})
    assert ASKS in carla.text
    assert "A second person confirms this count" in carla.text
    wrong = {"step": "open", "witness_name": "erika", "witness_password": "wrong"}
    assert carla.send("/desk/open", wrong).status_code == 400
    typed = {"step": "open", "witness_name": "erika", "witness_password": PASSWORD}
    assert carla.send("/desk/open", typed).status_code == 303, carla.text
    assert CashSession.objects.get().start_amount == 900_00
    assert PASSWORD not in str(list(Draft.objects.values_list("fields", flat=True)))


def test_the_review_carries_no_password(cast: Cast) -> None:
    carla = Browser(cast.carla)
    typed = {"amount": "9000", "station": "1", "witness_name": "erika", "witness_password": PASSWORD}
    carla.fill("/desk/open", typed)
    assert ASKS in carla.text
    assert PASSWORD not in carla.page.content.decode()


def test_a_registers_and_the_vaults_opening_are_asked_about_in_their_review(cast: Cast) -> None:
    shop = Shop(cast=cast)
    erika = Browser(cast.erika)
    vault, register = (f"/settlements/open/{cast.store.uuid}/{number}" for number in (0, 1))
    erika.fill(vault, {"eur-cash-amount": "2000000", "starts": "yes"})
    assert ASKS in erika.text
    assert "Opens the safe with €2,000,000.00" in erika.text
    assert not Settlement.objects.exists()
    erika.send(vault, {"step": "back"})
    assert erika.value("eur-cash-amount") == "2000000"
    shop.vault()
    erika.fill(register, {"eur-cash-pieces-50000": "100"})
    assert "Opens register 1 with €50,000.00" in erika.text
    assert erika.send(register, {"step": "open"}).status_code == 303
    assert cast.book(PlaceKind.REGISTER, 1) == 50_000_00


def test_a_program_is_not_asked(cast: Cast) -> None:
    till = caller(cast.carla)
    assert till.post("/cash/open", {"start_amount": 900_000}).status_code == 200
    body = {"kind": "DROP", "amount": 900_000_00, "station": 1}
    assert till.post("/movements", body).status_code == 201


def test_the_look_is_said_in_the_language_of_the_store(cast: Cast) -> None:
    cast.store.language = "de"
    cast.store.save()
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.fill("/desk/pay-out", {"amount": "75.000,00", "reason": "Glas"})
    assert "Stimmt dieser Betrag?" in carla.text
    assert "75.000,00 €" in carla.text
