"""`POST /auth/refresh` and its cookie, as clients of the shifts API use them."""

from datetime import datetime, timedelta
from http.cookies import Morsel
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from cashdesk.models import AccessToken, AuditEntry
from tests.api.steps import told
from tests.factories import PASSWORD
from tests.stories import Caller, Cast, exact

REFRESH = "/api/v1/auth/refresh"
PAIR = ("access_token", "refresh_token")


def signed_in(**headers: str) -> Caller:
    """A browser in which Carla signed in."""
    browser = Caller()
    assert browser.post("/auth/login", {"username": "carla", "password": PASSWORD}, **headers).status_code == 200
    return browser


def refreshed(browser: Caller, **headers: str) -> HttpResponse:
    """Sends what the original's client sends: a POST without a body and without a media type."""
    return browser.client.generic("POST", REFRESH, b"", content_type="", headers=headers)


def cookie(browser: Caller, name: str) -> "Morsel[str]":
    return browser.client.cookies[name]


def pair_of(browser: Caller) -> list[str]:
    return [cookie(browser, name).value for name in PAIR]


def hours_pass(hours: int) -> None:
    """Makes every token this much older."""
    time = timedelta(hours=hours)
    times = ("created_at", "expires_at", "renewable_until")
    AccessToken.objects.update(**{name: F(name) - time for name in times})


def test_a_sign_in_sets_both_cookies(cast: Cast) -> None:
    access, refresh = (cookie(signed_in(), name) for name in PAIR)
    assert (access["path"], refresh["path"]) == ("/", REFRESH)
    assert (access["max-age"], refresh["max-age"]) == (24 * 3600, 24 * 3600)
    for sent in (access, refresh):
        assert (sent["httponly"], sent["samesite"], sent["secure"]) == (True, "Lax", "")


def test_a_form_sign_in_sets_both_cookies_too(cast: Cast) -> None:
    form = urlencode({"username": "carla", "password": PASSWORD})
    answer = Client().post("/api/v1/auth/token", form, content_type="application/x-www-form-urlencoded")
    assert set(PAIR) <= set(answer.cookies)
    assert answer.cookies["refresh_token"].value not in answer.content.decode()


def test_the_cookies_are_secure_off_localhost_and_for_other_sites(cast: Cast, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["cashdesk.example"]
    assert cookie(signed_in(host="cashdesk.example"), "refresh_token")["secure"]
    settings.ALLOWED_HOSTS, settings.ACCESS_TOKEN_SAMESITE = ["testserver"], "None"
    browser = signed_in()
    refreshed(browser)
    for name in PAIR:
        assert (cookie(browser, name)["samesite"], cookie(browser, name)["secure"]) == ("None", True)


def test_a_refresh_answers_as_a_sign_in_with_new_tokens(cast: Cast) -> None:
    browser = signed_in()
    before = pair_of(browser)
    answer = refreshed(browser)
    assert answer.status_code == 200
    after = pair_of(browser)
    assert not set(before) & set(after)
    told_now = exact(answer)
    assert (told_now["message"], told_now["access_token"]) == ("Success", after[0])
    assert told_now["data"]["profile"]["id"] == str(cast.carla.uuid)
    assert datetime.fromisoformat(told_now["data"]["expired"]) > timezone.now() + timedelta(hours=11)
    assert after[1] not in answer.content.decode()
    assert cookie(browser, "refresh_token")["path"] == REFRESH
    assert Caller(before[0]).get("/auth/me").status_code == 401
    assert browser.get("/auth/me").status_code == 200
    assert refreshed(browser).status_code == 200


def test_a_refresh_that_is_sent_twice_gets_the_same_tokens(cast: Cast) -> None:
    browser, twin = signed_in(), Caller()
    for name in PAIR:
        twin.client.cookies[name] = cookie(browser, name).value
    refreshed(browser)
    assert browser.get("/auth/me").status_code == 200
    again = refreshed(twin)
    assert again.status_code == 200
    assert pair_of(twin) == pair_of(browser)
    assert exact(again)["access_token"] == pair_of(browser)[0]


def test_an_old_refresh_token_beside_the_new_access_token_is_a_reuse(cast: Cast) -> None:
    browser = signed_in()
    old = pair_of(browser)[1]
    refreshed(browser)
    browser.client.cookies["refresh_token"] = old
    assert refreshed(browser).status_code == 401
    assert browser.get("/auth/me").status_code == 401


def test_a_client_goes_on_after_its_token_expired(cast: Cast) -> None:
    browser = signed_in()
    hours_pass(13)
    assert browser.get("/shifts/active").status_code == 401
    assert refreshed(browser).status_code == 200
    assert browser.get("/shifts/active").status_code == 200
    assert cookie(browser, "refresh_token")["max-age"] <= 11 * 3600


def test_a_sign_in_ends_a_day_later(cast: Cast) -> None:
    browser = signed_in()
    hours_pass(13)
    refreshed(browser)
    hours_pass(12)
    assert refreshed(browser).status_code == 401


def test_an_old_refresh_token_ends_both_clients_and_is_in_the_trail(cast: Cast) -> None:
    browser, thief = signed_in(), Caller()
    thief.client.cookies["refresh_token"] = pair_of(browser)[1]
    refreshed(browser)
    assert browser.get("/auth/me").status_code == 200
    assert refreshed(thief).status_code == 401
    assert browser.get("/auth/me").status_code == 401
    assert refreshed(browser).status_code == 401
    assert AuditEntry.objects.get(action="token.reused").user == cast.carla


def test_every_refusal_reads_the_same(cast: Cast) -> None:
    browser = signed_in()
    ended = pair_of(browser)[1]
    browser.post("/auth/logout")
    answers = []
    for secret in ("", "cr_unknown", ended, pair_of(signed_in())[0]):
        stranger = Caller()
        if secret:
            stranger.client.cookies["refresh_token"] = secret
        answers.append(refreshed(stranger))
    assert {answer.status_code for answer in answers} == {401}
    assert len({str(told(answer)) for answer in answers}) == 1
    body = exact(answers[0])
    assert body["message"] == body["detail"] == "Your sign-in has ended. Sign in again."
    assert body["error"] == "not_signed_in"
    assert "refresh_token" not in answers[0].cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer ct_long-gone"},
        {"authorization": "Basic Y2FybGE6eA=="},
        {"x-api-key": "ck_long-gone"},
        {"x-tenant-id": "999"},
        {"accept": "application/json, text/plain, */*"},
    ],
)
def test_other_credentials_do_not_matter(cast: Cast, headers: dict[str, str]) -> None:
    assert refreshed(signed_in(), **headers).status_code == 200


def test_a_browser_session_of_somebody_else_does_not_matter(cast: Cast) -> None:
    browser = Caller()
    browser.client = Client(enforce_csrf_checks=True)
    browser.client.force_login(cast.erika)
    assert browser.post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 200
    assert exact(refreshed(browser))["user"]["id"] == cast.carla.pk


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver:8080"])
def test_another_sites_page_refreshes_nothing(cast: Cast, origin: str) -> None:
    browser = signed_in()
    before = pair_of(browser)
    assert refreshed(browser, origin=origin).status_code == 403
    assert pair_of(browser) == before
    assert browser.get("/auth/me").status_code == 200


def test_a_page_of_a_named_origin_refreshes(cast: Cast, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://till.example"]
    answer = refreshed(signed_in(), origin="https://till.example")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_only_a_post_refreshes(cast: Cast) -> None:
    browser = signed_in()
    assert browser.client.get(REFRESH).status_code == 405
    assert browser.client.generic("POST", f"{REFRESH}/", b"").status_code == 200


def test_an_idempotency_key_keeps_no_secret(cast: Cast) -> None:
    browser = signed_in()
    first = refreshed(browser, **{"idempotency-key": "k"})
    again = refreshed(browser, **{"idempotency-key": "k"})
    assert [first.status_code, again.status_code] == [200, 200]
    assert "Idempotent-Replayed" not in again.headers
    assert exact(first)["access_token"] != exact(again)["access_token"]


@pytest.mark.parametrize("door", ["api", "page"])
def test_signing_out_takes_both_cookies_and_ends_both_tokens(cast: Cast, door: str) -> None:
    browser = signed_in()
    secret = pair_of(browser)[1]
    if door == "page":
        browser.client.force_login(cast.carla)
    answer: Any = browser.post("/auth/logout") if door == "api" else browser.client.post("/sign-out")
    for name, path in zip(PAIR, ("/", REFRESH), strict=True):
        assert (answer.cookies[name].value, answer.cookies[name]["path"]) == ("", path)
    other = Caller()
    other.client.cookies["refresh_token"] = secret
    assert refreshed(other).status_code == 401


def test_too_many_wrong_tokens_are_429_in_the_common_body(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashdesk.domain.people.sign_in_throttle.PER_ADDRESS", 1)
    stranger = Caller()
    stranger.client.cookies["refresh_token"] = "cr_unknown"
    assert refreshed(stranger).status_code == 401
    refused = refreshed(stranger)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
    assert set(exact(refused)) >= {"message", "detail"}


def test_tidy_forgets_refresh_tokens_that_ended(cast: Cast) -> None:
    signed_in()
    hours_pass(25)
    browser = signed_in()
    out = StringIO()
    call_command("tidy", stdout=out)
    assert "1 refresh tokens" in out.getvalue()
    assert refreshed(browser).status_code == 200
