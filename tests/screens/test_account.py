"""The page of one's own account: where one is signed in, and how that ends."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.people.access_token import authenticate, issue_tokens
from cashdesk.domain.people.sign_in_throttle import Source
from cashdesk.models import AuditEntry, BrowserSession
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.stories import Caller, Cast, counted_queries

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/17.0 Safari/604"


def signed_in(name: str = "carla", *, agent: str = CHROME, address: str = "203.0.113.9") -> Browser:
    browser = Browser()
    browser.client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    browser.fill("/sign-in", {"name": name, "password": PASSWORD})
    return browser


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/desk").status_code == 200)


@pytest.mark.parametrize("name", ["carla", "erika", "anna"])
def test_everybody_has_an_account_page(cast: Cast, name: str) -> None:
    browser = signed_in(name)
    browser.get("/account")
    assert browser.page.status_code == 200
    assert f"{name}@example.com" in browser.text
    assert "no-store" in browser.page.headers["Cache-Control"]
    assert 'href="/password"' in browser.page.content.decode()


def test_visitors_sign_in_first(cast: Cast) -> None:
    for path in ("/account", "/account/sign-out-everywhere", "/account/end-sign-in"):
        assert Browser().get(path).headers["Location"] == f"/sign-in?next={path}"


def test_the_list_has_each_browser_and_each_program_with_this_browser_first(cast: Cast) -> None:
    signed_in(agent=IPHONE, address="198.51.100.7")
    Caller().client.post(
        "/api/v1/auth/login",
        {"username": "carla", "password": PASSWORD},
        content_type="application/json",
        HTTP_USER_AGENT="till/2.1 (linux)",
        REMOTE_ADDR="192.0.2.4",
    )
    signed_in("bruno", address="192.0.2.77")
    carla = signed_in()
    carla.get("/account")
    rows = [row.device for row in carla.page.context["sign_ins"]]
    assert rows == ["Chrome on Windows", "Safari on iPhone", "till"]
    assert [row.is_here for row in carla.page.context["sign_ins"]] == [True, False, False]
    for words in ("this browser", "203.0.113.9", "198.51.100.7", "192.0.2.4", "Since", "Last used"):
        assert words in carla.text
    assert "192.0.2.77" not in carla.text


def test_the_page_reads_as_much_with_many_sign_ins(cast: Cast) -> None:
    carla = signed_in()
    with counted_queries() as few:
        carla.get("/account")
    for _more in range(5):
        signed_in()
        issue_tokens(user=cast.carla, at=timezone.now(), lifetime=timedelta(hours=1), renewable_for=timedelta(hours=2))
    with counted_queries() as many:
        carla.get("/account")
    assert len(carla.page.context["sign_ins"]) == 11
    assert len(few) == len(many) == 4  # session, person, browsers, tokens


def test_one_sign_in_is_ended_and_no_other(cast: Cast) -> None:
    phone, carla = signed_in(agent=IPHONE), signed_in()
    bruno = signed_in("bruno")
    carla.get("/account")
    (row,) = [row for row in carla.page.context["sign_ins"] if not row.is_here]
    carla.client.post("/account/end-sign-in", {"session": row.value})
    assert [is_signed_in(browser) for browser in (phone, carla, bruno)] == [False, True, True]
    entry = AuditEntry.objects.get(action="person.session_ended")
    assert (entry.user, entry.subject) == (cast.carla, f"user:{cast.carla.pk}")


def test_a_token_of_ones_own_is_ended_with_its_family(cast: Cast) -> None:
    now = timezone.now()
    held = issue_tokens(
        user=cast.carla,
        at=now,
        lifetime=timedelta(hours=1),
        renewable_for=timedelta(hours=2),
        source=Source(address="x"),
    )
    others = issue_tokens(user=cast.bruno, at=now, lifetime=timedelta(hours=1), renewable_for=timedelta(hours=2))
    carla = signed_in()
    carla.client.post("/account/end-sign-in", {"token": str(others.token.pk)})
    assert authenticate(secret=others.secret, at=now) is not None
    answer = carla.client.post("/account/end-sign-in", {"token": str(held.token.pk)})
    assert answer.headers["Location"] == "/account?ended"
    assert authenticate(secret=held.secret, at=now) is None


@pytest.mark.parametrize("sent", [{}, {"session": "x"}, {"token": "1" * 40}, {"token": "²"}, {"token": "0"}])
def test_what_is_no_sign_in_of_ones_own_ends_nothing(cast: Cast, sent: dict[str, str]) -> None:
    bruno, carla = signed_in("bruno"), signed_in()
    if sent == {"session": "x"}:
        sent = {"session": bruno.client.session.digest}  # type: ignore[attr-defined]
    answer = carla.client.post("/account/end-sign-in", sent)
    assert (answer.status_code, answer.headers["Location"][:8]) == (303, "/account")
    assert is_signed_in(bruno)
    assert not AuditEntry.objects.filter(action="person.session_ended").exists()


def test_signing_out_everywhere_ends_all_and_leaves_the_drawer_open(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    held = issue_tokens(
        user=cast.carla, at=timezone.now(), lifetime=timedelta(hours=1), renewable_for=timedelta(hours=2)
    )
    phone, carla, bruno = signed_in(agent=IPHONE), signed_in(), signed_in("bruno")
    carla.get("/account/sign-out-everywhere")
    assert "An open drawer stays open." in carla.text
    assert is_signed_in(phone)
    carla.send("/account/sign-out-everywhere")
    carla.follow()
    assert "You are signed out everywhere." in carla.text
    assert [is_signed_in(browser) for browser in (phone, carla, bruno)] == [False, False, True]
    assert authenticate(secret=held.secret, at=timezone.now()) is None
    assert BrowserSession.objects.filter(user=cast.carla).count() == 0
    session.refresh_from_db()
    assert session.is_open
    entry = AuditEntry.objects.get(action="person.signed_out_everywhere")
    assert (entry.user, entry.store, entry.detail) == (cast.carla, cast.store, {"tokens_ended": 1})


@pytest.mark.parametrize("path", ["/account/end-sign-in", "/account/sign-out-everywhere"])
def test_another_site_ends_nothing(cast: Cast, path: str) -> None:
    carla = Client(enforce_csrf_checks=True)
    carla.force_login(cast.carla)
    assert carla.post(path, {"session": carla.session.digest}).status_code == 403  # type: ignore[attr-defined]
    assert carla.get("/account").status_code == 200


def test_a_new_password_leaves_one_browser_in_the_list(cast: Cast) -> None:
    signed_in(agent=IPHONE)
    carla = signed_in()
    new = "nine-lives-of-a-cat"
    carla.fill("/password", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    carla.get("/account")
    assert [(row.device, row.is_here) for row in carla.page.context["sign_ins"]] == [("Chrome on Windows", True)]


def test_no_key_of_a_session_is_stored_or_shown(cast: Cast) -> None:
    carla = signed_in()
    key = carla.client.cookies["sessionid"].value
    row: Any = BrowserSession.objects.values().get()
    assert key not in str(row)
    assert row["user_id"] == cast.carla.pk
    carla.get("/account")
    assert key not in carla.page.content.decode()
    # The digest in the list opens nothing.
    thief = Client()
    thief.cookies["sessionid"] = row["session_key"]
    assert thief.get("/account").status_code == 302
