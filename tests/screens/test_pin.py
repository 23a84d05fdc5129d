"""Signing in with a PIN: on a trusted till, for the desk, and for nothing else."""

import re
from copy import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from cashdesk.domain.people.pin import PER_DEVICE, set_pin
from cashdesk.enums import PasswordSignIn
from cashdesk.models import AuditEntry, BrowserSession, CashSession, TrustedTill, User
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

PIN, WRONG = "8305", "9174"
FOR_A_PIN: Final = {
    # for everybody
    "home", "about", "sign-in", "sign-in-pin", "sign-out", "language", "livez", "readyz",
    "password-forgotten", "password-code", "one-time-link", "provider", "provider-back", "signed-out-there",
    "manifest", "service-worker", "offline",
    # the way to everything else
    "confirm",
    # the desk
    "desk", "desk-open", "desk-cancel-opening", "desk-pay-in", "desk-pay-out", "desk-drop", "desk-no-sale",
    "desk-take-back", "desk-count", "desk-hand-over", "desk-result", "draft", "draft-go-on", "draft-anew",
    "desk-register", "settlement-open", "settlement-page", "settlement-start", "settlement-count",
}  # fmt: skip
"""The names of all pages that answer a person who signed in with a PIN."""
PUBLIC_API: Final = {
    "schema",
    "docs",
    "problems",
    "problem",
    "auth-login",
    "auth-token",
    "auth-refresh",
    "payments-midtrans-notification",
}
"""The calls that answer everybody: they read no session, and the gateway signs its own."""


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """A shop that uses PINs. Carla and Erika have one."""
    cast.store.pin_sign_in = True
    cast.store.save()
    for person in (cast.carla, cast.erika):
        person.refresh_from_db()
        set_pin(user=person, pin=PIN, at=timezone.now())
    return cast


def till(cast: Cast) -> Browser:
    """Returns the browser of a till on which Bruno signed in with his password this morning, and signed out."""
    browser = Browser()
    browser.fill("/sign-in", {"name": "bruno", "password": PASSWORD})
    browser.follow()
    browser.send("/sign-out")
    browser.follow()
    return browser


def by_pin(browser: Browser, person: User, pin: str = PIN, **more: str) -> Browser:
    """Chooses a name on the sign-in page and enters a PIN."""
    browser.fill("/sign-in", {"person": str(person.uuid), "pin": pin, **more})
    browser.send("/sign-in/pin", {"person": str(person.uuid), "pin": pin, **more})
    return browser


# --- The sign-in page ---------------------------------------------------------------------------------------------------------


def test_a_trusted_till_asks_who_you_are_and_a_pin_opens_the_desk(cast: Cast) -> None:
    browser = till(cast)
    assert "Who are you?" in browser.text
    assert "Carla" in browser.text
    assert "Erika" in browser.text
    assert "Bruno" not in browser.text
    browser.send("/sign-in/pin", {"person": str(cast.carla.uuid), "pin": PIN})
    assert browser.page.headers["Location"] == "/desk"
    assert browser.get("/desk").status_code == 200
    row = BrowserSession.objects.get(user=cast.carla)
    assert row.is_desk_only
    assert AuditEntry.objects.get(action="person.signed_in", user=cast.carla).detail == {"by": "pin"}


def test_no_other_browser_shows_who_works_here(cast: Cast) -> None:
    till(cast)
    stranger = Browser()
    stranger.get("/sign-in")
    assert "Who are you?" not in stranger.text
    assert "Carla" not in stranger.text
    by_pin(stranger, cast.carla)
    assert stranger.page.headers["Location"] == "/sign-in"
    assert stranger.get("/desk").status_code == 302
    forged = Browser()
    forged.client.cookies["device"] = "till:forged"
    forged.get("/sign-in")
    assert "Carla" not in forged.text


def test_a_store_without_pins_shows_no_names(cast: Cast) -> None:
    browser = till(cast)
    type(cast.store).objects.filter(pk=cast.store.pk).update(pin_sign_in=False)
    browser.get("/sign-in")
    assert "Carla" not in browser.text
    assert by_pin(browser, cast.carla).page.headers["Location"] == "/sign-in"


def test_the_trust_ends_with_the_day(cast: Cast) -> None:
    browser = till(cast)
    TrustedTill.objects.update(trusted_until=timezone.now() - timedelta(seconds=1))
    browser.get("/sign-in")
    assert "Who are you?" not in browser.text
    assert by_pin(browser, cast.carla).page.headers["Location"] == "/sign-in"
    # A PIN does not renew the trust, a password does.
    browser.fill("/sign-in", {"name": "carla", "password": PASSWORD})
    browser.follow()
    browser.send("/sign-out")
    browser.follow()
    assert "Who are you?" in browser.text


def test_a_pin_does_not_renew_the_trust(cast: Cast) -> None:
    browser = till(cast)
    until = TrustedTill.objects.get().trusted_until
    by_pin(browser, cast.carla)
    assert TrustedTill.objects.get().trusted_until == until


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"pin": WRONG}, "The PIN is wrong."),
        ({"pin": ""}, "Enter your PIN."),
        ({"person": ""}, "Choose your name."),
        ({"person": "x"}, "Choose your name."),
        ({"person": str(uuid4())}, "Choose your name."),
    ],
)
def test_what_is_wrong_is_said_and_the_name_stays_chosen(cast: Cast, sent: dict[str, str], words: str) -> None:
    browser = till(cast)
    browser.send("/sign-in/pin", {"person": str(cast.carla.uuid), "pin": PIN, **sent})
    assert browser.page.status_code == 400
    assert words in browser.text
    page = browser.page.content.decode()
    assert PIN not in page
    if "person" not in sent:
        assert re.search(rf'value="{cast.carla.uuid}" required checked', page)


def test_too_many_wrong_pins_lead_to_the_password(cast: Cast) -> None:
    browser = till(cast)
    for _try in range(PER_DEVICE):
        assert "The PIN is wrong." in by_pin(browser, cast.carla, WRONG).text
    by_pin(browser, cast.carla)
    assert "Too many wrong PINs. Sign in with your password." in browser.text
    assert browser.value("name") == "carla"
    browser.send("/sign-in", {"name": "carla", "password": PASSWORD})
    assert browser.page.headers["Location"] == "/desk"
    browser.get("/desk")
    browser.send("/sign-out")
    assert by_pin(browser, cast.carla).page.headers["Location"] == "/desk"


def test_the_page_reads_the_same_however_many_people_have_a_pin(cast: Cast) -> None:
    browser = till(cast)
    with counted_queries() as of_strangers:
        Browser().get("/sign-in")
    with counted_queries() as few:
        browser.get("/sign-in")
    User.objects.filter(pk=cast.bruno.pk).update(pin="md5$x")
    with counted_queries() as many:
        browser.get("/sign-in")
    # Two more: the till, and its people.
    assert len(few) == len(many) == len(of_strangers) + 2


def test_a_form_of_another_site_signs_nobody_in(cast: Cast) -> None:
    browser = till(cast)
    browser.client.handler.enforce_csrf_checks = True
    answer = browser.client.post("/sign-in/pin", {"person": str(cast.carla.uuid), "pin": PIN})
    assert answer.status_code == 403
    assert b"This page was open too long." in answer.content
    assert "_auth_user_id" not in browser.client.session


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_nobody_is_led_to_another_site(cast: Cast, elsewhere: str) -> None:
    browser = by_pin(till(cast), cast.carla, next=elsewhere)
    assert browser.page.headers["Location"] == "/desk"
    erika = by_pin(till(cast), cast.erika)
    erika.fill("/confirm", {"password": PASSWORD, "next": elsewhere})
    assert erika.page.headers["Location"] == "/today"


def test_the_session_gets_a_new_key(cast: Cast) -> None:
    browser = till(cast)
    browser.client.cookies["sessionid"] = "a-key-that-somebody-else-knows-1234"
    by_pin(browser, cast.carla)
    key = browser.client.cookies["sessionid"].value
    assert key != "a-key-that-somebody-else-knows-1234"
    browser.fill("/confirm", {"password": PASSWORD})
    assert browser.client.cookies["sessionid"].value != key
    old = Client()
    old.cookies["sessionid"] = key
    assert old.get("/desk").status_code == 302


# --- What a PIN opens ---------------------------------------------------------------------------------------------------------


def routes(resolver: URLResolver, path: str = "", spaces: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Returns (name, an example of the path) of every route of the product."""
    found = []
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            inner = (*spaces, one.namespace) if one.namespace else spaces
            found += routes(one, path + str(one.pattern), inner)
        elif isinstance(one, URLPattern):
            name = ":".join((*spaces, one.name or str(one.pattern)))
            found.append((name, _example(path + str(one.pattern))))
    return found


def _example(pattern: str) -> str:
    """Fills in the parameters of a path."""
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "1", pattern)
    path = re.sub(r"<uuid:\w+>", str(uuid4()), path)
    path = re.sub(r"<(?:\w+:)?\w+>", "1", path)
    return "/" + re.sub(r"[\^$\\?]|\|.*", "", path).replace("\\Z", "")


ROUTES: Final = sorted(dict(routes(get_resolver())).items())


def test_the_routes_are_found() -> None:
    names = {name for name, _path in ROUTES}
    assert len(names) > 150
    assert {"desk", "vault", "admin:index", "admin:cashdesk_user_changelist", "today", "account"} <= names


@pytest.mark.usefixtures("answers_are_made_up")
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["carla", "erika"])
def test_no_page_but_those_of_the_desk_answers_a_person_who_came_with_a_pin(cast: Cast, who: str, method: str) -> None:
    browser = by_pin(till(cast), getattr(cast, who))
    cookies = browser.client.cookies
    answered = set()
    for name, path in ROUTES:
        if path.startswith("/api/") or name in ("sign-out",):
            continue
        client = Client(raise_request_exception=False)
        client.cookies = copy(cookies)
        answer: Any = getattr(client, method)(path)
        if answer.headers.get("Location", "").startswith("/confirm?next="):
            assert answer.status_code == 303, name
        else:
            answered.add(name)
    assert answered == (FOR_A_PIN & dict(ROUTES).keys()) - {"sign-out"}


@pytest.mark.usefixtures("answers_are_made_up")
@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
@pytest.mark.parametrize("who", ["carla", "erika"])
def test_no_call_of_the_api_answers_a_person_who_came_with_a_pin(cast: Cast, who: str, method: str) -> None:
    browser = by_pin(till(cast), getattr(cast, who))
    client = browser.client
    client.raise_request_exception = False
    wrong = {}
    for name, path in ROUTES:
        if path.startswith("/api/") and name not in PUBLIC_API:
            answer = (
                getattr(client, method)(path, content_type="application/json") if method != "get" else client.get(path)
            )
            if answer.status_code != 403:
                wrong[name] = (path, answer.status_code)
    assert wrong == {}


def test_the_api_says_why(cast: Cast) -> None:
    browser = by_pin(till(cast), cast.carla)
    answer = browser.client.get("/api/v1/cash/status")
    assert answer.status_code == 403
    assert "You signed in with a PIN" in answer.content.decode()
    # A token of their own still works beside it, and signing in with the password too.
    answer = browser.client.post(
        "/api/v1/auth/login", {"username": "carla", "password": PASSWORD}, content_type="application/json"
    )
    assert answer.status_code == 200


def test_a_manager_who_came_with_a_pin_has_the_rights_of_a_cashier_at_the_desk(cast: Cast) -> None:
    erika = by_pin(till(cast), cast.erika)
    erika.get("/desk")
    words = erika.page.content.decode()
    assert 'href="/vault' not in words
    assert 'href="/reports' not in words
    assert f"/desk/sessions/{open_drawer(cast.carla, 100).uuid}" not in words
    session = CashSession.objects.get(user=cast.carla)
    assert erika.get(f"/desk/sessions/{session.uuid}").status_code == 404


def test_a_drawer_is_opened_counted_and_closed_with_a_pin(cast: Cast) -> None:
    carla = by_pin(till(cast), cast.carla)
    carla.fill("/desk/open", {"amount": "0", "step": "review"})
    if carla.page.status_code == 200:
        carla.send("/desk/open", {"step": "open"})
    session = CashSession.objects.get(user=cast.carla)
    carla.count({"amount": "0"})
    session.refresh_from_db()
    assert not session.is_open


# --- The way on with the password ---------------------------------------------------------------------------------------------


def test_a_manager_confirms_with_the_password_and_goes_on(cast: Cast) -> None:
    erika = by_pin(till(cast), cast.erika)
    erika.get("/vault?x=1")
    assert erika.page.headers["Location"] == "/confirm?next=%2Fvault%3Fx%3D1"
    erika.follow()
    assert "You signed in with a PIN, Erika Mustermann." in erika.text
    erika.send("/confirm", {"password": "wrong"})
    assert erika.page.status_code == 400
    assert "This is not your password." in erika.text
    assert erika.value("next") == "/vault?x=1"
    erika.send("/confirm", {})
    assert "Enter your password." in erika.text
    erika.send("/confirm", {"password": PASSWORD})
    assert erika.page.headers["Location"] == "/vault?x=1"
    assert erika.get("/vault").status_code in (200, 302)
    assert erika.get("/account").status_code == 200
    assert [row.is_desk_only for row in BrowserSession.objects.filter(user=cast.erika)] == [False]
    assert AuditEntry.objects.filter(action="person.signed_in", user=cast.erika).count() == 2


def test_a_password_does_not_help_where_passwords_are_switched_off(cast: Cast, settings: Any) -> None:
    erika = by_pin(till(cast), cast.erika)
    settings.PROVIDER = replace(settings.PROVIDER, passwords=PasswordSignIn.SUPERUSERS)
    erika.fill("/confirm?next=/vault", {"password": PASSWORD})
    assert erika.page.status_code == 403
    assert "Passwords are switched off here." in erika.text
    assert erika.get("/vault").headers["Location"].startswith("/confirm")


def test_wrong_passwords_on_the_page_count(cast: Cast) -> None:
    erika = by_pin(till(cast), cast.erika)
    for _try in range(3):
        erika.fill("/confirm", {"password": "wrong"})
    erika.fill("/confirm", {"password": PASSWORD})
    assert erika.page.status_code == 429
    assert erika.get("/vault").headers["Location"].startswith("/confirm")


def test_a_cashier_confirms_and_still_has_no_more_rights(cast: Cast) -> None:
    carla = by_pin(till(cast), cast.carla)
    carla.fill("/confirm?next=/vault", {"password": PASSWORD})
    carla.follow()
    assert carla.page.status_code == 403


def test_who_needs_no_confirmation_goes_on(cast: Cast) -> None:
    erika = Browser(cast.erika)
    assert erika.get("/confirm?next=/vault").headers["Location"] == "/vault"
    assert erika.get("/confirm").headers["Location"] == "/today"
    assert Browser().get("/confirm").headers["Location"] == "/sign-in?next=/confirm"


def test_a_pin_witnesses_no_count(cast: Cast) -> None:
    cast.store.witness_minor = 100
    cast.store.save()
    open_drawer(cast.carla, 0)
    carla = by_pin(till(cast), cast.carla)
    carla.fill("/desk/count", {"amount": "50", "step": "review"})
    carla.send("/desk/count", {"step": "close", "witness_name": "erika", "witness_password": PIN})
    assert CashSession.objects.get(user=cast.carla).is_open
    assert "The name or the password is wrong." in carla.text


# --- Changing person ----------------------------------------------------------------------------------------------------------


def test_a_change_of_person_keeps_the_count_of_each(cast: Cast) -> None:
    open_drawer(cast.carla, 100_00, station=1)
    open_drawer(User.objects.get(pk=cast.erika.pk), 50_00, station=2)
    browser = by_pin(till(cast), cast.carla)
    browser.get("/desk/count")
    browser.leave({"pieces-2000": "3"})
    browser.send("/sign-out")
    by_pin(browser, cast.erika)
    browser.get("/desk/count")
    assert browser.value("pieces-2000") == ""
    browser.leave({"pieces-2000": "1"})
    browser.send("/sign-out")
    by_pin(browser, cast.carla)
    browser.get("/desk/count")
    assert browser.value("pieces-2000") == "3"
    assert CashSession.objects.filter(status="OPEN").count() == 2


def test_a_form_that_was_sent_while_signed_out_is_there_after_the_pin(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    browser = by_pin(till(cast), cast.carla)
    browser.get("/desk/count")
    BrowserSession.objects.all().delete()
    browser.send("/desk/count", {"pieces-2000": "7", "amount": ""})
    assert browser.page.status_code == 403
    assert "Who are you?" in browser.text
    browser.send("/sign-in/pin", {"person": str(cast.carla.uuid), "pin": PIN})
    browser.follow()
    assert browser.value("pieces-2000") == "7"


# --- Choosing a PIN -----------------------------------------------------------------------------------------------------------


def test_a_pin_is_chosen_changed_and_removed_on_the_account_page(cast: Cast) -> None:
    bruno = Browser(cast.bruno)
    bruno.get("/account")
    assert "Set PIN" in bruno.text
    bruno.fill("/account/pin", {"password": PASSWORD, "pin": "71940", "pin_again": "71940"})
    bruno.follow()
    assert "Your PIN is set." in bruno.text
    assert by_pin(till(cast), cast.bruno, "71940").page.headers["Location"] == "/desk"
    bruno.get("/account/pin")
    bruno.send("/account/pin", {"act": "remove"})
    bruno.follow()
    assert "Your PIN is removed." in bruno.text
    assert User.objects.get(pk=cast.bruno.pk).pin == ""


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": ""}, "Enter your password."),
        ({"password": "wrong"}, "This is not your password."),
        ({"pin": "1234", "pin_again": "1234"}, "easy to guess"),
        ({"pin": "12", "pin_again": "12"}, "Enter 4 to 8 digits."),
        ({"pin_again": "71941"}, "The two PINs do not match."),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(cast: Cast, typed: dict[str, str], words: str) -> None:
    bruno = Browser(cast.bruno)
    bruno.fill("/account/pin", {"password": PASSWORD, "pin": "71940", "pin_again": "71940", **typed})
    assert bruno.page.status_code == 400
    assert words in bruno.text
    assert not User.objects.get(pk=cast.bruno.pk).pin


def test_nobody_chooses_a_pin_where_the_store_uses_none(cast: Cast) -> None:
    for person in (cast.anna, cast.otto):
        browser = Browser(person)
        browser.get("/account")
        assert "PIN" not in browser.text
        assert browser.get("/account/pin").headers["Location"] == "/account"
        browser.client.post("/account/pin", {"password": PASSWORD, "pin": "71940", "pin_again": "71940"})
        assert not User.objects.get(pk=person.pk).pin
