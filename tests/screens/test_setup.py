"""The page that sets up the first store: its link, its three steps, and that nothing typed is lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.setup.setup_link import WORKS_FOR, issue_setup_link
from cashdesk.enums import Language
from cashdesk.models import Account, BrowserSession, CashSession, Movement, SetupLink, Store, User
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

pytestmark = pytest.mark.django_db

PASSWORD = "nine-lives-of-a-cat"
STORE = {"store": "Berlin Mitte", "country": "DE", "save": "store"}
PEOPLE = {"owner": "Erika Mustermann", "owner_sign_in": "erika", "owner_password": PASSWORD, "save": "people"}
CASHIER = {"cashier": "Carla Brandt", "cashier_sign_in": "carla", "cashier_password": "first-drawer-of-all"}
DRAWER = {"save": "drawer"}
NAMES = (
    "store", "number", "company", "owner", "owner_sign_in", "cashier", "cashier_sign_in", "registers", "float", "safe",
    "tolerance",
)  # fmt: skip


class Setup(Browser):
    """A browser that sends all fields of the setup, as its one form does."""

    def __init__(self, *, accepted: str = "en") -> None:
        super().__init__()
        self.client = Client(headers={"Accept-Language": accepted})

    def typed(self) -> dict[str, str]:
        """What the fields of the page hold, passwords aside."""
        page = self.page.content.decode()
        chosen = re.findall(r'<select id="(\w+)".*?</select>', page, flags=re.DOTALL)
        selects = {}
        for name in chosen:
            part = page.partition(f'<select id="{name}"')[2].partition("</select>")[0]
            found = re.search(r'<option value="([^"]*)"[^>]* selected', part)
            selects[name] = found[1] if found else ""
        return {name: self.value(name) for name in NAMES} | selects

    def press(self, typed: dict[str, Any] | None = None) -> Any:
        """Sends the form as it is shown, with these changes."""
        return self.send("/setup", {**self.typed(), **(typed or {})})

    @property
    def step(self) -> str:
        """The title of the open step."""
        page = self.page.content.decode()
        assert page.count(" open>") == 1
        found = re.search(r"<strong>([^<]*)</strong>", page.partition(" open>")[2])
        assert found is not None
        return found[1]


def begun(accepted: str = "en") -> Setup:
    """A browser that opened the link of the server."""
    browser = Setup(accepted=accepted)
    browser.get(f"/setup?token={issue_setup_link(at=timezone.now())}")
    browser.follow()
    return browser


# --- The link --------------------------------------------------------------------------------------------------------------


def test_without_the_link_the_page_says_where_to_find_it() -> None:
    visitor = Setup()
    assert visitor.get("/setup").status_code == 200
    assert "When the server starts, it prints a link." in visitor.text
    assert "python manage.py setup_link" in visitor.text
    assert 'id="store"' not in visitor.page.content.decode()
    assert visitor.page.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")


@pytest.mark.parametrize("token", ["", "wrong", "cs_" + "x" * 43, "\0", "x" * 5000])
def test_a_wrong_link_opens_nothing(token: str) -> None:
    issue_setup_link(at=timezone.now())
    visitor = Setup()
    for answer in (visitor.client.get("/setup", {"token": token}), visitor.client.post("/setup", {"link": token})):
        visitor.page = answer
        assert answer.status_code == 403
        assert "This link is wrong or has expired. Get a new one on the server." in visitor.text
    assert visitor.client.post("/setup", {**STORE, **PEOPLE, **DRAWER}).status_code == 403
    assert not Account.objects.exists()


def test_the_link_leaves_the_address() -> None:
    browser = Setup()
    secret = issue_setup_link(at=timezone.now())
    answer = browser.get(f"/setup?token={secret}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup")
    browser.follow()
    assert browser.step == "Your store"
    assert secret not in browser.page.content.decode()


def test_a_link_may_be_pasted() -> None:
    browser = Setup()
    secret = issue_setup_link(at=timezone.now())
    for pasted in (f" http://127.0.0.1:8000/setup?token={secret} ", secret):
        assert browser.fill("/setup", {"link": pasted}).status_code == 303


def test_an_expired_link_loses_nothing_but_passwords() -> None:
    browser = begun()
    browser.press(STORE)
    SetupLink.objects.all().delete()  # as the next link of the server does with those that expired
    browser.press({**PEOPLE, "owner": 'Erika "M"'})
    assert browser.page.status_code == 403
    assert "Your link has expired. Nothing was saved." in browser.text
    assert PASSWORD not in browser.page.content.decode()
    browser.send("/setup", {"speak": "de"})
    browser.send("/setup", {"speak": "en"})
    browser.send("/setup", {"link": issue_setup_link(at=timezone.now())})
    assert browser.page.status_code == 200
    assert browser.step == "Your people"
    assert (browser.typed()["store"], browser.value("owner")) == ("Berlin Mitte", "Erika &quot;M&quot;")


def test_a_lost_browser_session_loses_nothing_but_passwords() -> None:
    browser = begun()
    browser.press(STORE)
    browser.press(PEOPLE)
    BrowserSession.objects.all().delete()
    browser.press({**DRAWER, "registers": "3"})
    assert browser.page.status_code == 403
    browser.send("/setup", {"link": issue_setup_link(at=timezone.now())})
    browser.press(DRAWER)
    assert (browser.page.status_code, browser.step) == (400, "Your people")
    assert "Enter a password." in browser.text
    browser.press({"owner_password": PASSWORD, "save": "people"})
    assert browser.value("registers") == "3"
    assert browser.press(DRAWER).status_code == 302


# --- The steps -------------------------------------------------------------------------------------------------------------


def test_three_steps_lead_to_the_first_drawer() -> None:
    browser = begun()
    assert browser.press(STORE).status_code == 200
    assert browser.step == "Your people"
    assert "1 Berlin Mitte · Germany · EUR · Berlin" in browser.text
    assert browser.press({**PEOPLE, **CASHIER}).status_code == 200
    assert browser.step == "Your first drawer"
    assert "Erika Mustermann · Carla Brandt" in browser.text
    assert (browser.value("float"), browser.value("tolerance"), browser.value("safe")) == ("200,00", "2,00", "0")
    answer = browser.press({**DRAWER, "safe": "1.000", "registers": "2"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/open?notice=set-up")
    assert Account.objects.get().name == "Berlin Mitte"
    assert Movement.objects.get().amount == 1_400_00
    browser.follow()
    assert "Your store is ready. Open the first drawer now." in browser.text
    assert "The usual float: 200,00 €" in browser.text
    assert "Erika Mustermann" in browser.text
    for name, password in (("carla", CASHIER["cashier_password"]), ("erika", PASSWORD)):
        assert Client().post("/sign-in", {"name": name, "password": password}).status_code == 302


def test_the_owner_opens_counts_and_closes_the_first_drawer() -> None:
    browser = begun()
    for typed in (STORE, PEOPLE, DRAWER):
        browser.press(typed)
    browser.follow()
    browser.send("/desk/open", {"amount": "200"})
    while browser.page.status_code == 200:  # a page may ask to look at the count again
        browser.send("/desk/open", {"step": "open"})
    session = CashSession.objects.get()
    assert (session.user.username, session.start_amount) == ("erika", 200_00)
    browser.count({"amount": "199,50"})
    session.refresh_from_db()
    assert (session.status, session.difference) == ("CLOSED", -50)


def test_every_button_sends_everything_and_loses_nothing() -> None:
    browser = begun()
    later = {"owner": "Erika", "float": "150", "registers": "x", "safe": "12", "cashier": "Carla"}
    browser.press({**STORE, **later})
    assert (browser.page.status_code, browser.step) == (200, "Your people")
    assert {name: browser.value(name) for name in later} == later
    assert "Enter a whole number" not in browser.text
    browser.press({"save": "drawer"})
    assert (browser.page.status_code, browser.step) == (400, "Your people")
    browser.press({"owner_sign_in": "erika", "owner_password": PASSWORD, "cashier": "", "save": "people"})
    assert browser.step == "Your first drawer"
    browser.press({"store": "", "save": "drawer"})
    assert (browser.page.status_code, browser.step) == (400, "Your store")
    browser.press({"store": "Berlin", "save": "store"})
    assert (browser.page.status_code, browser.step) == (200, "Your first drawer")
    browser.press(DRAWER)
    assert (browser.page.status_code, browser.step) == (400, "Your first drawer")
    assert "Enter a whole number from 1 to 50." in browser.text
    assert browser.press({"registers": "1", "save": "drawer"}).status_code == 302
    assert Store.objects.get().float_minor == 150_00


def test_the_enter_key_saves_the_open_step() -> None:
    browser = begun()
    for typed, step in ((STORE, "Your people"), (PEOPLE, "Your first drawer")):
        browser.press({name: text for name, text in typed.items() if name != "save"})
        assert browser.step == step
    assert browser.press().status_code == 302


def test_passwords_are_kept_and_never_shown() -> None:
    browser = begun()
    browser.press(STORE)
    browser.press({**PEOPLE, "owner": "", "cashier_password": "second-cat-in-the-bag"})
    assert browser.page.status_code == 400
    assert "Leave it empty to keep the password that you typed." in browser.text
    browser.press({"owner": "Erika", "cashier": "Carla", "cashier_sign_in": "carla", "save": "people"})
    assert browser.step == "Your first drawer"
    for secret in (PASSWORD, "second-cat"):
        assert secret not in browser.page.content.decode()
        assert secret not in str(dict(browser.client.session))
    browser.press({"owner_password": "another-good-one", "save": "people"})
    assert browser.press(DRAWER).status_code == 302
    assert "setup" not in browser.client.session
    assert User.objects.get(username="erika").check_password("another-good-one")
    assert User.objects.get(username="carla").check_password("second-cat-in-the-bag")


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"store": " "}, "store", "Enter the name of your store."),
        ({"store": "x" * 201}, "store", "Enter at most 200 characters."),
        ({"number": ""}, "number", "Enter a number for your store, such as 1."),
        ({"country": "XX"}, "country", "Choose a country."),
        ({"currency": "DEM"}, "currency", "Choose a currency."),
        ({"zone": "Mars/Base"}, "zone", "Choose a time zone."),
        ({"language": "fr"}, "language", "Choose a language."),
        ({"owner": ""}, "owner", "Enter your name."),
        ({"owner_sign_in": ""}, "owner_sign_in", "Enter a name to sign in with."),
        ({"owner_sign_in": "erika@example"}, "owner_sign_in", "Enter a full address, such as erika@example.com."),
        ({"owner_sign_in": "x" * 151}, "owner_sign_in", "Enter at most 150 characters."),
        ({"owner_password": "short"}, "owner_password", "too short"),
        ({"owner_password": "12345678901"}, "owner_password", "entirely numeric"),
        ({"owner_password": "erika123"}, "owner_password", "too similar to the username"),
        ({"cashier": "Carla"}, "cashier_sign_in", "Enter a name to sign in with."),
        ({**CASHIER, "cashier": ""}, "cashier", "Enter the cashier&#x27;s name."),
        ({**CASHIER, "cashier_sign_in": "ERIKA"}, "cashier_sign_in", "You sign in with this name yourself."),
        ({**CASHIER, "cashier_password": "carla123"}, "cashier_password", "too similar"),
        ({"registers": "0"}, "registers", "Enter a whole number from 1 to 50."),
        ({"registers": "51"}, "registers", "Enter a whole number from 1 to 50."),
        ({"float": "-1"}, "float", "Enter 0 or more."),
        ({"float": ""}, "float", "Enter an amount"),
        ({"float": "1,234"}, "float", "EUR has at most 2 decimals."),
        ({"safe": "lots"}, "safe", "Enter an amount such as 1.250,50."),
        ({"tolerance": "2,005"}, "tolerance", "EUR has at most 2 decimals."),
        ({"cut_off": "24"}, "cut_off", "Enter a whole number from 0 to 23."),
    ],
)  # fmt: skip
def test_a_fault_is_said_at_its_field(typed: dict[str, str], field: str, words: str) -> None:
    browser = begun()
    browser.press(STORE)
    browser.press({**PEOPLE, **DRAWER, **typed})
    assert browser.page.status_code == 400
    page = browser.page.content.decode()
    assert "Nothing was saved. Correct the marked fields and try again." in browser.text
    told = re.search(rf'<p class="error" id="{field}-error">(.*?)</p>', page)
    assert told is not None, browser.text
    assert words in told[1]
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', page)
    assert not Account.objects.exists()
    for name, text in typed.items():
        assert name not in NAMES or f'value="{text.strip()}"' in page


def test_a_name_that_somebody_has_is_said_at_its_field() -> None:
    User.objects.create_superuser(username="root", email="root@example.com", name="Root")
    browser = begun()
    browser.press(STORE)
    browser.press({**PEOPLE, "owner_sign_in": "Root@example.com"})
    browser.press(DRAWER)
    assert (browser.page.status_code, browser.step) == (400, "Your people")
    assert "Somebody else already signs in with this name. Enter another one." in browser.text
    browser.press({"owner_sign_in": "erika", "save": "people"})
    assert browser.press(DRAWER).status_code == 302


# --- The country -----------------------------------------------------------------------------------------------------------


def test_the_country_fills_in_without_scripts() -> None:
    browser = begun("de-CH,de;q=0.9")
    assert {name: browser.typed()[name] for name in ("country", "currency", "zone", "language")} == {
        "country": "CH", "currency": "CHF", "zone": "Europe/Zurich", "language": "de"
    }  # fmt: skip
    browser.press({**STORE, "country": "JP"})
    assert browser.page.status_code == 200
    chosen = browser.typed()
    assert (chosen["currency"], chosen["zone"], chosen["language"]) == ("JPY", "Asia/Tokyo", "en")
    assert (chosen["float"], chosen["tolerance"]) == ("20,000", "200")


def test_what_the_person_chose_stays_when_the_country_changes() -> None:
    browser = begun("en-DE")
    browser.press({**STORE, "country": "CH", "currency": "USD", "language": "en"})
    chosen = browser.typed()
    assert (chosen["currency"], chosen["zone"], chosen["language"]) == ("USD", "Europe/Zurich", "en")
    assert chosen["float"] == "200.00"
    browser.press({"float": "99", "currency": "JPY", "save": "store"})
    assert (browser.value("float"), browser.value("tolerance")) == ("99", "200")


def test_a_country_with_several_clocks_asks_for_the_time_zone() -> None:
    browser = begun("pt-BR")
    browser.press({**STORE, "country": "BR"})
    assert browser.page.status_code == 400
    assert "Escolha um fuso horário." in browser.text
    browser.press({"zone": "America/Sao_Paulo", "save": "store"})
    assert browser.page.status_code == 200
    assert browser.value("float") == "200,00"


# --- The language ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", Language.values)
def test_the_language_changes_and_nothing_typed_is_lost(language: str) -> None:
    browser = begun()
    browser.press({"store": "Laden", "number": "7", "owner_password": PASSWORD, "speak": language})
    assert browser.page.status_code == 200
    assert f'<html lang="{language}"' in browser.page.content.decode()
    assert browser.page.headers["Content-Language"] == language
    assert browser.client.cookies["language"].value == language
    assert (browser.value("store"), browser.value("number")) == ("Laden", "7")
    assert 'class="error"' not in browser.page.content.decode()
    browser.press({**STORE, "zone": "Europe/Berlin", "currency": "EUR"})
    browser.press({**PEOPLE, "owner_password": ""})
    assert browser.press(DRAWER).status_code == 302
    erika = User.objects.get(username="erika")
    assert (erika.language, Store.objects.get().language) == ("" if language == "de" else language, "de")
    browser.follow()
    assert f'<html lang="{language}"' in browser.page.content.decode()


# --- Afterwards ------------------------------------------------------------------------------------------------------------


def test_once_an_account_exists_the_page_is_gone(cast: Cast) -> None:
    for path in ("/setup", "/setup?token=cs_any"):
        answer = Client().get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    browser = Browser()
    for typed in (STORE, {"link": "cs_any"}, {}):
        browser.page = browser.client.post("/setup", typed)
        assert browser.page.status_code == 409
        assert "This installation is already set up" in browser.text
    assert Account.objects.count() == 2


def test_of_two_who_finish_one_is_told(django_user_model: Any) -> None:
    first, second = begun(), begun()
    for browser in (first, second):
        browser.press(STORE)
        browser.press(PEOPLE)
    sent = {**second.hidden(), **second.typed(), **DRAWER}
    assert first.press(DRAWER).status_code == 302
    second.page = second.client.post("/setup", sent)
    assert second.page.status_code == 409
    assert "sign in with the name and password that you chose" in second.text
    assert Store.objects.count() == 1


def test_the_sign_in_page_of_an_empty_installation_says_how_to_begin() -> None:
    visitor = Browser()
    visitor.get("/sign-in")
    assert "This installation is empty. Start here:" in visitor.text
    assert 'href="/setup"' in visitor.page.content.decode()


def test_the_sign_in_page_says_nothing_of_it_later(cast: Cast) -> None:
    visitor = Browser()
    visitor.get("/sign-in")
    assert "empty" not in visitor.text
    assert "/setup" not in visitor.page.content.decode()


def test_a_link_that_is_nearly_over_still_works() -> None:
    browser = Setup()
    secret = issue_setup_link(at=timezone.now() - WORKS_FOR + timedelta(minutes=1))
    assert browser.get(f"/setup?token={secret}").status_code == 303


def test_the_pages_need_few_statements() -> None:
    browser = begun()
    with counted_queries() as shown:
        browser.get("/setup")
    with counted_queries() as saved:
        browser.press(STORE)
    assert (len(shown), len(saved)) == (3, 3)
    with counted_queries() as signing_in:
        Client().get("/sign-in")
    assert len(signing_in) == 1
