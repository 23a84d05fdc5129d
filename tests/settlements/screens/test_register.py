"""The pages of a register under settlement: open, count in parts, compare in at most three attempts, and close."""

import re

import pytest

from cashdesk.enums import PlaceKind, Settling
from cashdesk.models import AuditEntry, PaymentMethod
from settlements.models import Settlement
from tests.cashdesk.desk import open_drawer
from tests.factories import StoreFactory, UserFactory
from tests.screens.desk import Browser
from tests.settlements.desk import CARD, EUR, USD, Shop, figures
from tests.settlements.screens.settling import attempt, counts_card_slips, now, opening_path, path_of
from tests.stories import Cast, counted_queries

LATER = {"eur-cash-amount": "199.50", "eur-card-amount": "77"}


@pytest.fixture
def carla(cast: Cast) -> Browser:
    """Carla, whose register is number 1."""
    cast.carla.register = cast.place(PlaceKind.REGISTER, 1)
    cast.carla.save()
    return Browser(cast.carla)


@pytest.fixture
def settlement(shop: Shop, carla: Browser) -> Settlement:
    """Register 1 at the end of a day, while it is counted. 200.00 in cash and a card slip of 77.00 are expected."""
    counts_card_slips(shop)
    shop.vault()
    found = shop.open(150_00, by=shop.cast.carla)
    shop.sale(50_00)
    shop.sale(77_00, CARD)
    shop.count(found)
    return now(found)


# --- A day ----------------------------------------------------------------------------------------------------------------


def test_a_day_from_the_opening_to_the_result(shop: Shop, carla: Browser) -> None:
    counts_card_slips(shop)
    shop.vault()
    carla.get("/desk/register")
    assert carla.page.headers["Location"] == opening_path(shop)
    carla.fill(opening_path(shop), {"eur-cash-pieces-2000": "5", "new-currency": "usd"})
    assert carla.value("eur-cash-pieces-2000") == "5"
    carla.send(opening_path(shop), {"step": "open", "eur-cash-pieces-2000": "5", "usd-cash-amount": "20"})
    (opened,) = Settlement.objects.filter(type="CASHREGISTER")
    assert {(line.currency, line.amount) for line in opened.initial_amounts.all()} == {("EUR", 100_00), ("USD", 20_00)}
    carla.follow()
    assert "The register is open." in carla.text
    assert "Opened with €100.00 20.00 USD" in carla.text
    assert carla.get("/desk/register").headers["Location"] == path_of(opened)
    shop.sale(12_50)
    shop.sale(30_00, CARD)

    carla.get(path_of(opened, "/start"))
    assert "Sales at this register stop at once." in carla.text
    carla.send(path_of(opened, "/start"))
    assert now(opened).state == "COUNTING"
    carla.follow()
    assert "This is attempt 1 of 3." in carla.text
    carla.send(carla.page.request["PATH_INFO"], {"eur-cash-pieces-2000": "5", "usd-cash-amount": "0", "step": "review"})
    assert "You did not count these: EUR card slips They count as 0." in carla.text
    assert "USD cash 0.00 USD" in carla.text
    assert "Attempt 1 of 3. If all amounts are equal, the register is closed." in carla.text
    carla.send(path_of(opened, "/count"), {"step": "preview"})
    assert carla.page.headers["Location"] == path_of(opened, "/count?attempt=1")
    carla.follow()
    assert "These amounts are not equal: EUR cash, USD cash, EUR card slips. 2 attempts are left." in carla.text
    assert (carla.value("eur-cash-pieces-2000"), carla.value("usd-cash-amount")) == ("5", "0.00")
    assert "Attempts left 2 of 3" in _seen(carla, path_of(opened)).text
    attempt(carla, opened, {"eur-cash-pieces-2000": "5", "eur-cash-pieces-50": "25", "usd-cash-amount": "20"})
    carla.follow()
    assert "These amounts are not equal: EUR card slips. 1 attempt is left." in carla.text
    assert "It closes the register with your count, equal or not." in carla.text
    carla.send(path_of(opened, "/count"), {"step": "review", "eur-cash-pieces-2000": "6", "eur-card-amount": "30"})
    assert "This is the last of 3 attempts. It closes the register with these amounts, equal or not." in carla.text
    assert "Close the register with this count" not in carla.text
    carla.send(path_of(opened, "/count"), {"step": "preview"})
    assert carla.page.headers["Location"] == path_of(opened)
    carla.follow()
    assert "Closed with a difference The last of 3 attempts closed it" in carla.text
    assert "EUR cash Counted €120.00 Expected €112.50 Difference: over +€7.50" in carla.text
    assert "EUR card slips Counted €30.00 Expected €30.00 Difference: none" in carla.text
    assert now(opened).closing == "ATTEMPTS_USED"
    assert shop.register().settling == Settling.NONE


def _seen(browser: Browser, path: str) -> Browser:
    other = Browser()
    other.client = browser.client
    other.get(path)
    return other


def test_all_equal_closes_it_at_once_and_the_manager_finds_the_z(
    shop: Shop, carla: Browser, settlement: Settlement
) -> None:
    attempt(carla, settlement, {"eur-cash-amount": "200", "eur-card-amount": "77"})
    carla.follow()
    assert "Closed and balanced" in carla.text
    assert now(settlement).closing == "MATCHED"
    assert "Z report" not in carla.text
    erika = Browser(shop.cast.erika)
    erika.get(path_of(settlement))
    z = f"/reports/registers/{shop.cast.store.uuid}/1/z/1"
    result = erika.page.content.decode()
    for path in (z, f"{z}?paper=slip"):
        assert f'href="{path}"' in result
        assert erika.get(path).status_code == 200


def test_it_is_closed_with_what_was_counted_without_comparing(carla: Browser, settlement: Settlement) -> None:
    attempt(carla, settlement, {"eur-cash-amount": "0"}, step="close")
    closed = now(settlement)
    assert closed.closing == "DECLARED"
    assert figures(closed) == {EUR: (200_00, 0, -200_00), CARD: (77_00, 0, -77_00)}
    assert "EUR cash Counted €0.00" in _seen(carla, path_of(settlement)).text


# --- Once -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "previews"), [("preview", 1), ("close", 0)])
def test_a_form_sent_twice_is_one_attempt_and_is_told_the_same(
    carla: Browser, settlement: Settlement, step: str, previews: int
) -> None:
    path = path_of(settlement, "/count")
    carla.fill(path, LATER)
    form = {**carla.hidden(), "step": step}
    answers = [carla.client.post(path, {**form, "csrfmiddlewaretoken": str(turn)}) for turn in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    first, again = (carla.get(answer.headers["Location"]).content for answer in answers)
    strip = re.compile(rb'name="(once|csrfmiddlewaretoken)" value="[^"]*"')
    assert strip.sub(b"", first) == strip.sub(b"", again)
    assert now(settlement).preview_count == previews
    assert settlement.counts.exclude(attempt=0).count() == 1


def test_of_two_devices_the_second_learns_that_it_would_be_one_more_attempt(
    carla: Browser, settlement: Settlement
) -> None:
    path = path_of(settlement, "/count")
    tablet = Browser()
    tablet.client = carla.client
    for device in (carla, tablet):
        device.fill(path, LATER)
    carla.send(path, {"step": "preview"})
    tablet.send(path, {"step": "preview"})
    assert tablet.page.status_code == 409
    assert "Another count was compared in the meantime. This would be attempt 2." in tablet.text
    assert tablet.value("eur-cash-amount") == "199.50"
    assert now(settlement).preview_count == 1
    tablet.send(path, {"step": "preview"})
    assert tablet.page.headers["Location"] == f"{path}?attempt=2"
    tablet.follow()
    attempt(carla, settlement, LATER, step="close")
    tablet.send(path, {**LATER, "step": "review"})
    assert tablet.page.headers["Location"] == path_of(settlement, "?notice=closed-meanwhile")
    tablet.follow()
    assert "It was closed in the meantime, perhaps on another device." in tablet.text


def test_opened_and_started_twice_it_is_done_once(shop: Shop, carla: Browser) -> None:
    shop.vault()
    carla.get(opening_path(shop))
    stale = {**carla.hidden(), "eur-cash-amount": "9"}
    carla.send(opening_path(shop), {"step": "open", "eur-cash-amount": "50"})
    first = carla.page.headers["Location"]
    carla.client.post(opening_path(shop), stale)
    (opened,) = Settlement.objects.filter(type="CASHREGISTER")
    again = carla.client.post(opening_path(shop), {"step": "open", **stale, "once": "x"})
    assert again.status_code == 422
    assert first == path_of(opened, "?notice=opened")
    other = carla.get(opening_path(shop))
    assert other.headers["Location"] == path_of(opened, "?notice=already-open")
    path = path_of(opened, "/start")
    forms = []
    for _device in range(2):
        carla.get(path)
        forms.append(carla.hidden())
    leads = [carla.client.post(path, form).headers["Location"] for form in (*forms, forms[0])]
    count = path_of(opened, "/count")
    assert leads == [count, path_of(opened, "?notice=counting-already"), count]
    assert AuditEntry.objects.filter(action="settlement.counting").count() == 1


# --- Refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Nothing is counted yet. Enter the pieces or an amount. If there is no cash, enter 0."),
        ({"eur-cash-pieces-2000": "x", "eur-card-amount": "5"}, "€20: Enter a whole number of pieces"),
        ({"eur-cash-amount": "5", "eur-card-amount": "5,5,5"}, "Enter an amount such as 1,250.50."),
        ({"eur-cash-amount": "5", "new-currency": "EURO"}, "Enter a currency as three letters"),
        (
            {"eur-cash-amount": "7", "new-currency": "usd", "new-method": "PEBBLES"},
            "Choose a payment method from the list",
        ),
    ],
)
def test_what_is_not_understood_is_named_and_every_digit_stays(
    carla: Browser, settlement: Settlement, typed: dict[str, str], words: str
) -> None:
    carla.fill(path_of(settlement, "/count"), typed)
    assert carla.page.status_code == 400
    assert words in carla.text
    for name, text in typed.items():
        if name != "new-method":
            assert carla.value(name) == text
    assert now(settlement).preview_count == 0


def test_another_currency_stays_a_part_through_every_step(carla: Browser, settlement: Settlement) -> None:
    path = path_of(settlement, "/count")
    carla.fill(path, {"eur-cash-amount": "200", "new-currency": "usd", "new-method": "CASH"})
    assert 'id="part-usd-cash" aria-labelledby="title-part-usd-cash" data-count data-newest' in " ".join(
        carla.page.content.decode().split()
    )
    carla.send(path, {"eur-cash-amount": "200", "eur-card-amount": "77", "usd-cash-pieces-500": "1"})
    assert "USD cash 5.00 USD" in carla.text
    carla.send(path, {"step": "back"})
    assert (carla.value("eur-cash-amount"), carla.value("usd-cash-pieces-500")) == ("200", "1")
    carla.send(path, {"eur-cash-amount": "200", "eur-card-amount": "77", "usd-cash-pieces-500": "1"})
    carla.send(path, {"step": "preview"})
    carla.follow()
    assert "These amounts are not equal: USD cash." in carla.text
    assert carla.value("usd-cash-pieces-500") == "1"
    carla.send(path, {"usd-cash-pieces-500": "", "usd-cash-amount": "0", **LATER, "step": "review"})
    carla.send(path, {"step": "close"})
    assert figures(now(settlement))[USD] == (0, 0, 0)


def test_the_usual_float_is_taken_over_and_looked_at_before_it_opens(shop: Shop, carla: Browser) -> None:
    shop.cast.store.float_template = {"1000": 5}
    shop.cast.store.save()
    shop.vault()
    carla.get(opening_path(shop))
    assert "The usual float: €50.00" in carla.text
    carla.send(opening_path(shop), {"eur-cash-usual": "1"})
    assert carla.value("eur-cash-pieces-1000") == "5"
    assert not Settlement.objects.filter(type="CASHREGISTER").exists()
    carla.send(opening_path(shop), {"step": "open", "eur-cash-pieces-1000": "5"})
    assert Settlement.objects.get(type="CASHREGISTER").initial_amounts.get().amount == 50_00


def test_rolls_count_and_the_rest_is_said_to_be_none(carla: Browser, settlement: Settlement) -> None:
    path = path_of(settlement, "/count")
    carla.fill(path, {"eur-cash-packs-200": "2", "eur-card-fuller": "1", "step": "review"})
    assert "You did not count these: EUR card slips" in carla.text
    assert "EUR cash €100.00 These lines are empty. They count as 0:" in carla.text
    carla.send(path, {"eur-cash-none": "1"})
    assert "These lines are empty" not in carla.text
    carla.send(path, {"step": "back"})
    assert (carla.value("eur-cash-packs-200"), carla.value("eur-cash-pieces-5")) == ("2", "0")


def test_what_an_attempt_was_told_is_told_to_nobody_else(shop: Shop, carla: Browser, settlement: Settlement) -> None:
    attempt(carla, settlement, LATER)
    erika = Browser(shop.cast.erika)
    erika.get(path_of(settlement, "/count?attempt=1"))
    assert "not equal" not in erika.text
    assert erika.value("eur-cash-amount") == ""
    assert "This is attempt 2 of 3." in erika.text
    for number in ("0", "2", "x", "9" * 20):
        assert "not equal" not in _seen(carla, path_of(settlement, f"/count?attempt={number}")).text


def test_an_open_session_is_named_and_closed_first(shop: Shop, carla: Browser) -> None:
    shop.vault()
    opened = shop.open(50_00, by=shop.cast.carla)
    shop.sign_on(shop.cast.carla, 50_00)
    carla.get(path_of(opened, "/start"))
    assert "The drawer of Carla has been open at register 1 since" in carla.text
    assert 'href="/desk/count"' in carla.page.content.decode()
    assert "Start counting" not in carla.text
    carla.get(path_of(opened))
    form = {"once": _once(carla, opening_path(shop, 2))}
    refused = carla.client.post(path_of(opened, "/start"), form)
    assert refused.status_code == 409
    assert now(opened).state == "OPEN"
    session = shop.sign_on(shop.cast.bruno, 0, station=2)
    erika = Browser(shop.cast.erika)
    erika.get(opening_path(shop, 2))
    assert "The drawer of Bruno has been open at register 2 since" in erika.text
    assert f"/cashsession/{session.pk}/" in erika.page.content.decode()


def _once(browser: Browser, path: str) -> str:
    browser.get(path)
    return browser.hidden()["once"]


def test_without_a_vault_no_register_is_opened(shop: Shop, carla: Browser) -> None:
    carla.get(opening_path(shop))
    assert "The safe is not open yet." in carla.text
    once = {"once": _once(Browser(shop.cast.erika), opening_path(shop, 0))}
    refused = carla.client.post(opening_path(shop), {"step": "open", "eur-cash-amount": "12", **once})
    assert refused.status_code == 409
    assert b"A manager must open it before anybody can open a register" in refused.content
    assert b'value="12"' in refused.content


# --- Who may --------------------------------------------------------------------------------------------------------------


def test_a_register_is_its_cashiers_and_the_managers(shop: Shop, carla: Browser, settlement: Settlement) -> None:
    other_store = UserFactory(store=StoreFactory(account=shop.cast.store.account, number="4711"))
    pages = ("", "/count", "/start")
    for who, statuses in {
        shop.cast.bruno: {404},
        other_store: {404},
        shop.cast.otto: {404},
        shop.cast.erika: {200, 303},
        shop.cast.anna: {200, 303},
    }.items():
        browser = Browser(who)
        for act in pages:
            assert browser.get(path_of(settlement, act)).status_code in statuses, (who, act)
        assert browser.client.post(path_of(settlement, "/count"), LATER).status_code in statuses
    assert Browser(shop.cast.bruno).get(opening_path(shop)).status_code == 403
    assert Browser(shop.cast.otto).get(opening_path(shop)).status_code == 404
    assert Browser(other_store).get(opening_path(shop)).status_code == 404
    assert Browser().get(path_of(settlement)).headers["Location"].startswith("/sign-in?next=/settlements/")
    assert Browser(shop.cast.bruno).get("/desk/register").headers["Location"] == opening_path(shop, 2)
    erika = Browser(shop.cast.erika)
    erika.get("/desk/register")
    assert "Register 1 Being counted since" in erika.text
    assert "Register 2 Not open Open register" in erika.text
    open_drawer(shop.cast.bruno, 0, station=2)
    erika.get("/desk/register")
    assert "Register 2 Open since" in erika.text
    assert "Bruno Show register" in erika.text


def test_the_desk_leads_there_where_registers_are_settled(shop: Shop, carla: Browser) -> None:
    assert "settlement" not in str(carla.get("/desk").content)
    assert "Show the safe" in _seen(Browser(shop.cast.erika), "/desk").text
    shop.cast.store.requires_settlement = True
    shop.cast.store.save()
    assert 'href="/desk/register"' in carla.get("/desk").content.decode()
    shop.vault()
    shop.count(shop.open(0))
    assert "Your register is being counted in its settlement." in _seen(carla, "/desk").text
    assert "The vault" not in _seen(carla, "/desk").text


@pytest.mark.parametrize("more", [0, 4])
def test_a_page_costs_the_same_whatever_was_sold_and_offered(
    shop: Shop, carla: Browser, settlement: Settlement, more: int
) -> None:
    for number in range(more):
        PaymentMethod.objects.create(
            account=shop.cast.store.account, code=f"V{number}", name=f"Voucher {number}", is_counted=True
        )
        shop.pay(1_00, ("EUR", f"V{number}"))
    cost = []
    erika = Browser(shop.cast.erika)
    with counted_queries() as queries:
        erika.get(opening_path(shop, 2))
    cost.append(len(queries))
    running = shop.open(0, station=2)
    for _sale in range(more):
        shop.sale(5_00, station=2)
    attempt(carla, settlement, LATER)
    for path in (
        path_of(settlement), path_of(settlement, "/count"), path_of(settlement, "/count?attempt=1"),
        path_of(running), path_of(running, "/start"), "/desk/register", "/vault",
    ):  # fmt: skip
        with counted_queries() as queries:
            (carla if "count" in path else erika).get(path)
        cost.append(len(queries))
    attempt(carla, settlement, {"eur-cash-amount": "1"}, step="close")
    with counted_queries() as queries:
        carla.get(path_of(settlement))
    assert [*cost, len(queries)] == [7, 8, 7, 11, 8, 7, 5, 12, 7]
