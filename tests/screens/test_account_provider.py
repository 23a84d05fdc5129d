"""People connect their own account at the provider, and disconnect it. `tests/clients` does it with a real provider."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.people.provider_account import Presented, ProviderRefusal
from cashdesk.domain.people.provider_connection import connect_account
from cashdesk.models import AuditEntry, Identity, User
from cashdesk.sign_in_checks import ProviderSettings
from cashdesk.web.browser_sessions import DESK_ONLY
from cashdesk.web.openid_provider import forget_published
from tests import openid_double
from tests.factories import PASSWORD
from tests.openid_double import CLIENT_ID, CLIENT_SECRET, Double
from tests.screens.desk import Browser, text_of
from tests.second_factor import adds_app, fresh_code
from tests.stories import Cast

PAGE = "/account/provider"


@pytest.fixture
def double(settings: Any, db: None) -> Iterator[Double]:
    forget_published()
    with openid_double.running() as running:
        settings.PROVIDER = ProviderSettings(
            issuer=running.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Muster ID"
        )
        yield running


def identity(user: User, double: Double, subject: str = "double-1") -> Identity:
    now = timezone.now()
    return Identity.objects.create(user=user, issuer=double.issuer, subject=subject, created_at=now, last_used_at=now)


def leaves(browser: Browser, **typed: str) -> str:
    """Sends the form, and returns the address at the provider."""
    browser.fill(PAGE, {"password": PASSWORD, **typed})
    assert browser.page.status_code == 200, browser.text
    return str(browser.page.headers["Refresh"].removeprefix("0;url="))


def comes_back(browser: Browser, double: Double, address: str) -> Any:
    browser.page = browser.client.get("/sign-in/provider/back", double.presses(address))
    return browser.page


def test_a_person_connects_their_account_and_signs_in_with_it(cast: Cast, double: Double) -> None:
    carla = Browser(cast.carla)
    carla.get("/account")
    assert "Muster ID Not connected." in carla.text
    assert f'href="{PAGE}"' in carla.page.content.decode()
    address = leaves(carla)
    assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
    assert not Identity.objects.exists()
    assert comes_back(carla, double, address).headers["Location"] == "/account?connected"
    carla.follow()
    assert "Your account is connected. You can now sign in with Muster ID." in carla.text
    assert "Connected since" in carla.text
    found = Identity.objects.get()
    assert (found.user, found.issuer, found.subject) == (cast.carla, double.issuer, "double-1")
    entry = AuditEntry.objects.get(action="person.identity_linked")
    assert (entry.user, entry.detail["how"]) == (cast.carla, "own")
    elsewhere = Client()
    begun = elsewhere.get("/sign-in/provider")
    assert "prompt=" not in begun.headers["Location"]
    arrived = elsewhere.get("/sign-in/provider/back", double.presses(begun.headers["Location"]))
    assert (arrived.headers["Location"], elsewhere.session["_auth_user_id"]) == ("/desk", str(cast.carla.pk))


def test_signing_out_after_connecting_leads_to_the_provider_too(cast: Cast, double: Double) -> None:
    double.published = {"end_session_endpoint": f"{double.issuer}/end"}
    carla = Browser(cast.carla)
    comes_back(carla, double, leaves(carla))
    out = carla.client.post("/sign-out")
    assert out.headers["Refresh"].startswith(f"0;url={double.issuer}/end?")


def test_a_person_disconnects_and_signs_in_with_the_password_again(cast: Cast, double: Double) -> None:
    identity(cast.carla, double)
    identity(cast.bruno, double, "double-2")
    carla = Browser(cast.carla)
    carla.fill(PAGE, {"password": PASSWORD})
    assert carla.page.headers["Location"] == "/account?disconnected"
    carla.follow()
    assert "Your account is disconnected. Sign in with your password." in carla.text
    assert [one.user for one in Identity.objects.all()] == [cast.bruno]
    assert AuditEntry.objects.get(action="person.identity_unlinked").user == cast.carla
    elsewhere = Client()
    begun = elsewhere.get("/sign-in/provider")
    refused = elsewhere.get("/sign-in/provider/back", double.presses(begun.headers["Location"]))
    assert (refused.status_code, "Nobody in Cashdesk has this account yet." in text_of(refused)) == (403, True)
    assert elsewhere.post("/sign-in", {"name": "carla", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(("typed", "words"), [("", "Enter your password."), ("wrong", "This is not your password.")])
def test_without_the_password_nothing_changes(cast: Cast, double: Double, typed: str, words: str) -> None:
    carla = Browser(cast.carla)
    for is_connected in (False, True):
        if is_connected:
            identity(cast.carla, double)
        carla.fill(PAGE, {"password": typed})
        assert carla.page.status_code == 400
        assert words in carla.text
        assert Identity.objects.exists() is is_connected
    assert "provider_sign_in" not in carla.client.session


def test_a_person_with_a_second_factor_is_asked_for_it(cast: Cast, double: Double) -> None:
    adds_app(cast.erika)
    erika = Browser()
    erika.client.post("/sign-in", {"name": "erika", "password": PASSWORD})
    erika.client.post("/sign-in/code", {"code": fresh_code(cast.erika)})
    erika.fill(PAGE, {"password": PASSWORD})
    assert (erika.page.status_code, "Enter the code that the app shows" in erika.text) == (400, True)
    comes_back(erika, double, leaves(erika, code=fresh_code(cast.erika)))
    assert Identity.objects.get().user == cast.erika


def test_an_account_of_somebody_else_is_refused_and_the_person_stays_signed_in(cast: Cast, double: Double) -> None:
    identity(cast.bruno, double)
    carla = Browser(cast.carla)
    assert comes_back(carla, double, leaves(carla)).status_code == 409
    assert "Somebody else in Cashdesk already uses this account of Muster ID." in carla.text
    assert carla.get("/account").status_code == 200
    assert Identity.objects.get().user == cast.bruno


def test_a_second_account_is_refused_and_the_same_one_changes_nothing(cast: Cast, double: Double) -> None:
    carla, at = cast.carla, timezone.now()
    connect_account(user=carla, presented=Presented(issuer=double.issuer, subject="one"), at=at)
    connect_account(user=carla, presented=Presented(issuer=double.issuer, subject="one"), at=at)
    with pytest.raises(ProviderRefusal) as refused:
        connect_account(user=carla, presented=Presented(issuer=double.issuer, subject="two"), at=at)
    assert refused.value.reason == "connected"
    assert Identity.objects.get().subject == "one"


@pytest.mark.parametrize("changed", ["signed out", "somebody else", "by pin"])
def test_only_the_person_who_began_can_finish(cast: Cast, double: Double, changed: str) -> None:
    carla = Browser(cast.carla)
    address = leaves(carla)
    kept = carla.client.session["provider_sign_in"]
    if changed == "by pin":
        session = carla.client.session
        session[DESK_ONLY] = True
        session.save()
        answer = comes_back(carla, double, address)
    else:
        other = Client()
        if changed == "somebody else":
            other.force_login(cast.bruno)
        session = other.session
        session["provider_sign_in"] = kept
        session.save()
        other.cookies["sessionid"] = str(session.session_key)
        answer = other.get("/sign-in/provider/back", double.presses(address))
    assert answer.status_code == 400
    assert not Identity.objects.exists()


def test_an_answer_works_once_and_cancelling_connects_nothing(cast: Cast, double: Double) -> None:
    carla = Browser(cast.carla)
    address = leaves(carla)
    state = double.presses(address)["state"]
    denied = carla.client.get("/sign-in/provider/back", {"state": state, "error": "access_denied"})
    assert (denied.status_code, f'href="{PAGE}"' in denied.content.decode()) == (403, True)
    assert carla.client.get("/sign-in/provider/back", double.presses(address)).status_code == 400
    assert not Identity.objects.exists()


def test_nobody_disconnects_their_only_way_in(cast: Cast, double: Double, settings: Any) -> None:
    identity(cast.carla, double)
    settings.PROVIDER = replace(settings.PROVIDER, passwords="superusers")
    carla = Browser(cast.carla)
    assert "Disconnect" not in carla.get("/account").content.decode()
    assert carla.get(PAGE).headers["Location"] == "/account"
    carla.client.post(PAGE, {"act": "disconnect", "password": PASSWORD})
    assert Identity.objects.exists()


def test_without_a_provider_there_is_no_such_page(cast: Cast) -> None:
    carla = Browser(cast.carla)
    assert carla.get(PAGE).status_code == 404
    assert PAGE not in carla.get("/account").content.decode()
