"""The sign-in and sign-out pages: accepted names, number of attempts, and redirects."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import Scope
from cashdesk.models import AccessToken, AuditEntry, SignInAttempt, User
from cashdesk.web.shell import first_path_of
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.stories import Caller, Cast
from tests.web.waiting import time_passes


def entered(name: str, password: str = PASSWORD, **others: str) -> Browser:
    browser = Browser()
    browser.fill("/sign-in", {"name": name, "password": password, **others})
    return browser


@pytest.mark.parametrize("name", ["carla", "CARLA", " carla ", "Carla@Example.com", "11.111.111-1"])
def test_each_of_the_three_names_opens_the_desk(cast: Cast, name: str) -> None:
    carla = entered(name)
    assert (carla.page.status_code, carla.page.headers["Location"]) == (302, "/desk")
    carla.follow()
    assert "Carla" in carla.text
    assert AuditEntry.objects.filter(action="person.signed_in", user=cast.carla, store=cast.store).count() == 1


def test_after_the_sign_in_cashiers_see_the_desk_and_others_their_first_page(cast: Cast) -> None:
    assert entered("carla").page.headers["Location"] == "/desk"
    for name, user in (("erika", cast.erika), ("anna", cast.anna)):
        assert entered(name).page.headers["Location"] == first_path_of(user) != "/desk"
    visitor = Browser()
    visitor.get("/about")
    assert "Count every drawer." in visitor.text
    assert 'href="/sign-in"' in visitor.page.content.decode()


def test_what_was_typed_stays_but_for_the_password(cast: Cast) -> None:
    browser = entered('car"la', "wrong-secret", next="/desk/count")
    assert browser.page.status_code == 400
    assert "The name or the password is wrong." in browser.text
    assert browser.value("name") == "car&quot;la"
    assert browser.value("next") == "/desk/count"
    assert "wrong-secret" not in browser.page.content.decode()
    for typed in ({"name": "carla", "password": ""}, {"name": "", "password": PASSWORD}):
        browser.fill("/sign-in", typed)
        assert browser.page.status_code == 400
        assert "Enter your name and your password." in browser.text
        assert browser.value("name") == typed["name"]
    assert SignInAttempt.objects.count() == 1


@pytest.mark.parametrize("name", ["nobody", "car\0la", "x" * 5000])
def test_a_name_that_nobody_has_is_told_like_a_wrong_password(cast: Cast, name: str) -> None:
    assert "The name or the password is wrong." in entered(name).text


def test_too_many_tries_say_how_long_to_wait_and_count_with_those_of_the_api(cast: Cast) -> None:
    for _try in range(2):
        assert entered("carla", "wrong").page.status_code == 400
    Caller().post("/auth/login", {"email": "carla@example.com", "password": "wrong"})
    refused = entered("11.111.111-1")
    assert refused.page.status_code == 429
    assert refused.value("name") == "11.111.111-1"
    assert 0 < int(refused.page.headers["Retry-After"]) <= 5
    assert re.search("Too many wrong tries with a name and password. Wait [1-5] seconds?, then", refused.text)
    for _try in range(8):
        time_passes(timedelta(seconds=320))
        entered("carla", "wrong")
    assert re.search("Wait [1-5][0-9] minutes, then try again.", entered("carla").text)
    assert "_auth_user_id" not in refused.client.session


@pytest.mark.parametrize("path", ["/desk/count?x=1", "/reports/registers"])
def test_who_was_sent_to_sign_in_comes_back(cast: Cast, path: str) -> None:
    browser = Browser()
    browser.get(path)
    assert browser.page.headers["Location"].startswith("/sign-in?next=/")
    browser.follow()
    browser.send("/sign-in", {"name": "erika", "password": PASSWORD})
    assert browser.page.headers["Location"] == path


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "\n//evil.example"],
)
def test_nobody_is_led_to_another_site(cast: Cast, elsewhere: str) -> None:
    browser = entered("carla", next=elsewhere)
    assert browser.page.headers["Location"] == "/desk"
    assert browser.client.get("/sign-in", {"next": elsewhere}).headers["Location"] == "/desk"


def test_signing_out_ends_the_session(cast: Cast) -> None:
    carla = Browser(cast.carla)
    assert carla.get("/sign-out").status_code == 405
    carla.send("/sign-out")
    carla.follow()
    assert "You are signed out." in carla.text
    assert carla.get("/desk").headers["Location"] == "/sign-in?next=/desk"


def test_signing_out_ends_the_token_that_the_api_left_in_the_browser_but_no_key_of_a_program(cast: Cast) -> None:
    tokens = [issue_token(user=cast.carla, at=timezone.now(), lifetime=timedelta(hours=1)), _key_of(cast), (None, "x")]
    for token, secret in tokens:
        carla = Browser(cast.carla)
        carla.client.cookies["access_token"] = secret
        carla.send("/sign-out")
        assert carla.client.cookies["access_token"].value == ""
        if token is not None:
            token.refresh_from_db()
            assert (token.revoked_at is not None) == (token.user is not None)


def _key_of(cast: Cast) -> tuple[AccessToken, str]:
    return issue_api_key(
        name="till",
        scopes=(Scope.SESSIONS_READ,),
        by=Principal(user=cast.anna),
        at=timezone.now(),
        account=cast.store.account,
    )


def test_somebody_who_left_does_not_come_in(cast: Cast) -> None:
    carla = Browser(cast.carla)
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    assert carla.get("/desk").headers["Location"] == "/sign-in?next=/desk"
    assert "The name or the password is wrong." in entered("carla").text


def test_a_form_without_its_token_does_nothing(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.carla)
    for path in ("/sign-out", "/desk/open", "/desk/drop", "/desk/count"):
        refused = client.post(path, {"name": "carla", "password": PASSWORD, "amount": "1"})
        assert refused.status_code == 403, path
        assert b"Reload the page and try again" in refused.content
    assert client.post("/sign-in", {"name": "bruno", "password": PASSWORD}).headers["Location"] == "/sign-in"
    assert client.session["_auth_user_id"] == str(cast.carla.pk)


def test_a_sign_in_page_that_was_open_too_long_is_shown_again_with_the_name(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    refused = client.post("/sign-in", {"name": "carla", "password": PASSWORD, "next": "/desk/count"})
    assert refused.status_code == 403
    words = refused.content.decode()
    assert "This page was open too long." in words
    assert 'name="name" value="carla"' in words
    assert 'name="next" value="/desk/count"' in words
    assert PASSWORD not in words
    assert "_auth_user_id" not in client.session
