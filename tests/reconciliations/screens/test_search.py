"""The search: what each role finds, and by which words."""

import re
from typing import Final

import pytest
from django.test import Client

from cashdesk.enums import MovementKind, Role
from cashdesk.models import Store, User
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.floor import ago, at_noon
from tests.reconciliations.queue import credit, only, pack
from tests.screens.desk import Browser
from tests.settlements.desk import CARD, Shop
from tests.stories import Cast, counted_queries


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance, where it is noon."""
    return at_noon(cast)


def found(user: User, text: str, **query: str) -> dict[str, list[tuple[str, str]]]:
    """Returns the titles and paths of what a person finds, by the heading of its group."""
    browser = Browser(user)
    browser.page = browser.client.get("/search", {"q": text, **query})
    assert browser.page.status_code == 200
    page = browser.page.content.decode()
    groups = re.findall(r'<h2 id="group-\d+">(.*?)</h2>(.*?)</section>', page, re.DOTALL)
    return {
        title: [
            (re.sub(r"<[^>]+>", "", hit[1]), hit[0])
            for hit in re.findall(r'<li>\s*<a href="([^"]+)">(.*?)</a>', rows, re.DOTALL)
        ]
        for title, rows in groups
    }


def titles(user: User, text: str, **query: str) -> dict[str, list[str]]:
    return {title: [hit for hit, _path in rows] for title, rows in found(user, text, **query).items()}


# --- The page -----------------------------------------------------------------------------------------------------------------


def test_people_sign_in_and_the_page_keeps_its_question(cast: Cast) -> None:
    assert Client().get("/search?q=1").headers["Location"] == "/sign-in?next=/search%3Fq%3D1"
    erika = Browser(cast.erika)
    erika.get("/search?q=Mia+%3Cb%3E")
    assert erika.value("q") == "Mia &lt;b&gt;"
    assert "<b>" not in erika.page.content.decode()
    assert "no-store" in erika.page.headers["Cache-Control"]
    assert erika.client.post("/search").status_code == 405


def test_without_a_question_it_says_what_can_be_searched(cast: Cast) -> None:
    for user, said in ((cast.erika, "The whole number on the bag."), (cast.carla, "when they are counted")):
        browser = Browser(user)
        for path in ("/search", "/search?q=", "/search?q=+%00+"):
            browser.get(path)
            assert said in browser.text
            assert "Nothing was found" not in browser.text
        browser.get("/search?q=nothing+like+this")
        assert "Nothing was found for “nothing like this”." in browser.text
        assert said in browser.text


@pytest.mark.parametrize(
    "text", ["%", "_", "\x00", "'", "9" * 400, "-", "Z", "Z 99999999999999999999", "1e5", "½", "0", "٣"]
)
def test_any_text_is_answered(cast: Cast, text: str) -> None:
    for user in (cast.erika, cast.carla, cast.anna):
        assert found(user, text) == {}, text


# --- What each word finds -------------------------------------------------------------------------------------------------------


def test_a_register_by_its_number(cast: Cast, shop: Shop) -> None:
    shop.sign_on(cast.carla, 100_00, station=2)
    path = f"/today?store={cast.store.uuid}#register-2"
    for text in ("2", "register 2", "Kasse 2", "#2", "drawer #2", "002"):
        assert found(cast.erika, text)["Registers"] == [("Register 2", path)], text
    erika = Browser(cast.erika)
    erika.get("/search?q=2")
    assert "Open: Carla" in erika.text
    for text in ("Z 2", "session 2", "A2", "bag 2"):
        assert "Registers" not in found(cast.erika, text), text
    assert found(cast.erika, "7") == {}


def test_a_person_by_name_sign_in_name_or_code(cast: Cast) -> None:
    cast.carla.operator_code = "K-07"
    cast.carla.save()
    path = f"/admin/cashdesk/user/{cast.carla.pk}/change/"
    for text in ("Carla", "arl", "CARLA", "carla@example.com", "11.111.111-1", "K-07"):
        assert found(cast.erika, text)["People"] == [("Carla", path)], text
    assert titles(cast.erika, "Mustermann") == {"People": ["Erika Mustermann"]}
    assert Browser(cast.erika).get(path).status_code == 200
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    erika = Browser(cast.erika)
    erika.get("/search?q=carla")
    assert "Inactive" in erika.text


def test_a_payment_by_its_id(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    payment = shop.pay(12_50, id="R-2026/0001")
    path = f"/admin/cashdesk/payment/{payment.pk}/change/"
    assert found(cast.erika, "R-2026/0001") == {"Payments": [("Payment R-2026/0001", path)]}
    assert Browser(cast.erika).get(path).status_code == 200
    assert found(cast.erika, "R-2026/000") == {}
    shop.sign_off(session, 112_50)
    erika = Browser(cast.erika)
    erika.get("/search?q=R-2026/0001")
    assert "€12.50 CASH · Sale, approved · Register 1" in erika.text


def test_a_payment_by_the_number_of_its_receipt(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    payment = shop.pay(12_50, id="till-1", order="64002")
    shop.pay(7_00, id="64002-b", order="")
    path = f"/admin/cashdesk/payment/{payment.pk}/change/"
    for text in ("64002", "receipt 64002", "#64002"):
        assert found(cast.erika, text) == {"Payments": [("Payment till-1", path)]}, text
    assert found(cast.carla, "64002") == {}, "nobody has counted the drawer"
    shop.sign_off(session, 119_50)
    assert titles(cast.carla, "64002") == {"Payments": ["Payment till-1"]}
    assert found(cast.erika, "6400") == {}


def test_a_session_by_its_number_or_id(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    shop.sale(5_55)
    hit = (f"Cash session {session.pk} at register 1", f"/desk/sessions/{session.uuid}")
    for text in (
        f"{session.pk}",
        f"session {session.pk}",
        f"Sitzung {session.pk}",
        f"Shift #{session.pk}",
        f"{session.uuid}",
    ):
        assert found(cast.erika, text)["Cash sessions"] == [hit], text
    for text in (f"Z {session.pk}", f"register {session.pk}", f"A{session.pk}"):
        assert "Cash sessions" not in found(cast.erika, text), text
    erika = Browser(cast.erika)
    erika.get(f"/search?q={session.uuid}")
    assert "Carla · Open" in erika.text
    assert erika.get(hit[1]).status_code == 200
    assert "105.55" not in erika.text
    shop.sign_off(session, 105_00)
    erika.get(f"/search?q=session+{session.pk}")
    assert "Short by €0.55" in erika.text
    assert found(cast.bruno, f"{session.uuid}") == found(cast.bruno, f"session {session.pk}") == {}
    elsewhere = UserFactory(store=StoreFactory(account=cast.store.account), role=Role.MANAGER)
    assert found(elsewhere, f"{session.uuid}") == {}


def test_a_bag_by_its_number(cast: Cast, shop: Shop) -> None:
    bag = pack(shop, 25_00)
    path = f"/vault/deposits/{bag.uuid}?store={cast.store.uuid}"
    for _state in ("packed", "credited"):
        assert found(cast.erika, bag.bag_number) == {"Bags for the bank": [(f"Bag {bag.bag_number}", path)]}
        if bag.state != "CREDITED":
            bag = credit(shop, bag, 25_00)
    assert Browser(cast.erika).get(path).status_code == 200


def test_a_z_report_by_its_number(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    shop.sign_off(session, 100_00)
    path = f"/reports/registers/{cast.store.uuid}/1/z/1"
    for text in ("1", "Z 1", "z1", "Z-1"):
        assert found(cast.erika, text)["Z reports"] == [("Z report 1", path)], text
    assert Browser(cast.erika).get(path).status_code == 200
    assert found(cast.carla, "Z 1") == {
        "Your drawers": [(f"Cash session {session.pk} at register 1", f"/desk/sessions/{session.uuid}")]
    }


def test_an_amount_finds_everything_of_that_amount_after_the_count(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    payment = shop.pay(12_50)
    dropped = shop.move(MovementKind.DROP, 40_00)
    shop.sign_off(session, 70_00)
    short = only(session=session)
    result = f"/desk/sessions/{session.uuid}"
    for text in ("70", "70.00", "70,00", "72.50", "2.50", "-2.50", "−€2.50"):
        assert (f"Cash session {session.pk} at register 1", result) in found(cast.erika, text)[
            "Counted drawers with this amount"
        ], text
    assert found(cast.erika, "2.50")["Variances of this amount"] == [
        ("Register 1 was short by €2.50", f"/variances/{short.uuid}")
    ]
    assert found(cast.erika, "12.50") == {
        "Payments of this amount": [(f"Payment {payment.external_id}", f"/admin/cashdesk/payment/{payment.pk}/change/")]
    }
    assert found(cast.erika, "40")["Movements of this amount"] == [
        ("Drop: €40.00", f"/admin/cashdesk/movement/{dropped.pk}/change/")
    ]
    assert found(cast.carla, "12.50") == {"Payments of this amount": [(f"Payment {payment.external_id}", result)]}
    assert found(cast.carla, "40")["Movements of this amount"] == [("Drop: €40.00", result)]
    assert found(cast.carla, "70.00") == {
        "Counted drawers with this amount": [(f"Cash session {session.pk} at register 1", result)]
    }


def test_an_amount_is_typed_as_the_place_writes_it(cast: Cast, shop: Shop) -> None:
    Store.objects.filter(pk=cast.store.pk).update(language="de")
    session = shop.sign_on(cast.carla, 1_250_00)
    shop.sign_off(session, 1_250_00)
    erika = Browser(cast.erika)
    for text, is_found in (("1.250", True), ("1.250,00", True), ("1250", True), ("1,250", False)):
        erika.page = erika.client.get("/search", {"q": text})
        assert ("1.250,00 €" in erika.text) == is_found, text


@pytest.mark.parametrize(
    ("text", "is_found"), [("Rp 500", True), ("rp500", True), ("IDR 500", True), ("−Rp 500", True), ("Z 500", False)]
)
def test_an_amount_is_found_as_the_page_wrote_it(cast: Cast, shop: Shop, text: str, is_found: bool) -> None:
    Store.objects.filter(pk=cast.store.pk).update(language="id", currency="IDR")
    User.objects.filter(pk=cast.erika.pk).update(language="en")
    cast.store.refresh_from_db()
    session = shop.sign_on(cast.carla, 500_00)
    shop.sign_off(session, 500_00)
    assert ("Counted drawers with this amount" in found(cast.erika, text)) == is_found


def test_a_settlement_by_its_amounts(cast: Cast, shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(100_00)
    cash, card = shop.pay(20_00), shop.pay(33_00, CARD)
    dropped = shop.move(MovementKind.DROP, 11_00)
    assert found(cast.erika, "33.00") == found(cast.erika, "20.00") == found(cast.erika, "11.00") == {}
    shop.close(settlement, 108_00)
    title = f"/settlements/{settlement.uuid}"
    for text in ("108.00", "109.00", "1.00"):
        assert found(cast.erika, text)["Settlements with this amount"] == [("Settlement: Register 1", title)], text
    assert titles(cast.erika, "20.00") == {"Payments of this amount": [f"Payment {cash.external_id}"]}
    assert titles(cast.erika, "33.00")["Payments of this amount"] == [f"Payment {card.external_id}"]
    assert found(cast.erika, "11.00")["Movements of this amount"] == [
        ("Drop: €11.00", f"/admin/cashdesk/movement/{dropped.pk}/change/")
    ]


def test_the_search_of_an_amount_ends_after_a_month(cast: Cast, shop: Shop) -> None:
    shop.at = ago(days=40)
    session = shop.sign_on(cast.carla, 70_00)
    shop.pay(12_50)
    shop.sign_off(session, 82_00)
    for text in ("82.00", "12.50", "0.50"):
        assert found(cast.erika, text) == {}, text
    erika = Browser(cast.erika)
    erika.get("/search?q=82.00")
    assert "of the last 31 days" in erika.text


def test_a_long_list_is_cut_off_and_says_so(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 0)
    for _number in range(12):
        shop.pay(5_00)
    shop.sign_off(session, 60_00)
    erika = Browser(cast.erika)
    erika.get("/search?q=5.00")
    assert erika.page.content.decode().count("/admin/cashdesk/payment/") == 10
    assert "More than 10 were found. These are the first 10." in erika.text


# --- Who finds what ---------------------------------------------------------------------------------------------------------------


def test_each_role_finds_what_it_may_see(cast: Cast, shop: Shop) -> None:
    other = StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    leon = UserFactory(username="leon", name="Leon Sommer", store=other, role=Role.MANAGER)
    kim = UserFactory(username="kim", name="Kim Sommer", store=cast.store)
    eva = UserFactory(username="eva", name="Eva Sommer", store=cast.otto.store)
    root = User.objects.create_superuser(username="root", email="root@example.com", name="Root", password="x" * 20)
    assert titles(cast.erika, "Sommer") == {"People": ["Kim Sommer"]}
    assert titles(leon, "Sommer") == {"People": ["Leon Sommer"]}
    assert titles(cast.anna, "Sommer") == {"People": ["Kim Sommer", "Leon Sommer"]}
    assert titles(root, "Sommer") == {"People": ["Eva Sommer", "Kim Sommer", "Leon Sommer"]}
    assert titles(kim, "Sommer") == titles(cast.carla, "Erika") == {}
    session = shop.sign_on(cast.carla, 100_00)
    shop.pay(12_50, id="R-1")
    shop.sign_off(session, 112_00)
    bag = pack(shop, 25_00)
    everything = ("R-1", bag.bag_number, "12.50", "112.00", "Z 1", "register 1")
    for user in (cast.bruno, cast.otto, leon, eva):
        for text in everything:
            assert set(titles(user, text)) <= ({"Registers"} if user != cast.bruno else set()), (
                user,
                text,
            )
    for user in (cast.erika, cast.anna, root):
        for text in everything:
            assert titles(user, text, **({} if user == cast.erika else {"store": str(cast.store.uuid)})), (user, text)
    mine = [text for text in everything if titles(cast.carla, text)]
    assert mine == ["R-1", "12.50", "112.00", "Z 1", "register 1"], "not the bag"
    assert Browser(cast.erika).get(f"/search?q=1&store={other.uuid}").status_code == 404
    assert Browser(cast.carla).get("/search?q=1&store=1402").status_code == 404


def test_an_admin_names_the_store_for_numbers_and_amounts(cast: Cast, shop: Shop) -> None:
    StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    session = shop.sign_on(cast.carla, 100_00)
    shop.pay(12_50, id="R-1")
    shop.sign_off(session, 112_50)
    anna = Browser(cast.anna)
    anna.get("/search?q=12.50")
    assert "Nothing was found" in anna.text
    assert "Choose a store to search registers, Z reports and amounts." in anna.text
    anna.get("/search?q=R-1")
    assert "1337 Berlin · 12.50 EUR CASH" in anna.text
    anna.get(f"/search?q=12.50&store={cast.store.uuid}")
    assert "Payment R-1" in anna.text
    anna.get("/search?q=12.50")
    assert "Payment R-1" in anna.text, "the store is remembered"
    anna.get("/search?q=12.50&store=all")
    assert "Nothing was found" in anna.text


# --- What it costs ----------------------------------------------------------------------------------------------------------------

STATEMENTS: Final = {"1": 18, "Carla": 7, "5.00": 16}
"""By what was typed, with the count of waiting variances: a number may be a register, a session, a Z, a bag, a payment or its receipt, an operator code and an amount."""


@pytest.mark.parametrize("days", [1, 6])
def test_a_search_costs_the_same_whatever_the_history(cast: Cast, shop: Shop, days: int) -> None:
    for back in range(days, 0, -1):
        shop.at = ago(days=back)
        session = shop.sign_on(cast.carla, 100_00)
        for _number in range(3):
            shop.pay(5_00)
        shop.move(MovementKind.PAID_OUT, 5_00)
        shop.sign_off(session, 105_00)
    erika = Browser(cast.erika)
    erika.get("/search")
    cost = {}
    for text in STATEMENTS:
        with counted_queries() as queries:
            erika.get(f"/search?q={text}")
        assert "Nothing was found" not in erika.text
        cost[text] = len(queries)
    assert cost == STATEMENTS
