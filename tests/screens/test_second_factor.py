"""The pages of the second factor: adding it, signing in with it, recovery codes, and removing it."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from cashdesk.domain.people.second_factor import recovery_codes_left
from cashdesk.models import AuditEntry, Authenticator, User
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.second_factor import adds_app, code_for, fresh_code, time_passes, wrong_code
from tests.stories import Cast, counted_queries

NEW = "/account/second-factor/new"
CODES = "/account/second-factor/recovery-codes"
REMOVE = "/account/second-factor/remove"


def enters(name: str, password: str = PASSWORD, **others: str) -> Browser:
    browser = Browser()
    browser.fill("/sign-in", {"name": name, "password": password, **others})
    return browser


def verified(user: User) -> Browser:
    """A browser whose person signed in with password and code."""
    browser = enters(user.username)
    browser.follow()
    browser.send("/sign-in/code", {"code": fresh_code(user)})
    assert browser.page.status_code == 302
    time_passes(user)
    return browser


def key_in(browser: Browser) -> str:
    return str(browser.client.session["new_second_factor"])


def test_a_manager_adds_an_app_and_sees_the_codes_once(cast: Cast) -> None:
    erika, elsewhere = Browser(cast.erika), Browser(cast.erika)
    erika.get(NEW)
    page = erika.page.content.decode()
    assert "<svg" in page
    assert "style=" not in page
    key = re.search(r'<p class="key"[^>]*><bdi dir="ltr">([A-Z2-7 ]{39})</bdi>', page)
    assert key
    assert f"secret={key[1].replace(' ', '')}" in page
    assert "issuer=Cashdesk" in page
    erika.get(NEW)  # a reload shows the same key: the app has it already
    assert key[1] in erika.page.content.decode()
    erika.send(NEW, {"password": PASSWORD, "code": code_for(key_in(erika))})
    assert erika.page.status_code == 200
    shown = re.findall(r'<li><bdi dir="ltr">([a-z2-7-]{19})</bdi></li>', erika.page.content.decode())
    assert len(shown) == 10
    file = re.search(r'href="data:text/plain;charset=utf-8,([^"]+)" download=', erika.page.content.decode())
    assert file
    assert all(code in unquote(file[1]) for code in shown)
    assert "no-store" in erika.page.headers["Cache-Control"]
    assert "new_second_factor" not in erika.client.session
    assert erika.get("/account/second-factor").status_code == 200
    assert "You have 10 recovery codes left." in erika.text
    assert shown[0] not in erika.text
    assert elsewhere.get("/desk").headers["Location"] == "/sign-in?next=/desk"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"password": PASSWORD, "code": ""}, "Enter the code that the app shows."),
        ({"password": PASSWORD, "code": "000"}, "This code is wrong. Enter the code that the app shows now."),
        ({"password": "", "code": "right"}, "Enter your password."),
        ({"password": "wrong", "code": "right"}, "This is not your password."),
    ],
)
def test_a_mistake_adds_nothing_and_keeps_the_key(cast: Cast, typed: dict[str, str], told: str) -> None:
    erika = Browser(cast.erika)
    erika.get(NEW)
    key = key_in(erika)
    erika.send(NEW, {**typed, "code": code_for(key) if typed["code"] == "right" else typed["code"]})
    assert erika.page.status_code == 400
    assert told in erika.text
    assert key_in(erika) == key
    assert not Authenticator.objects.exists()


def test_signing_in_asks_for_the_code_and_leads_on(cast: Cast) -> None:
    adds_app(cast.erika)
    erika = enters("erika", next="/reports/registers")
    assert erika.page.headers["Location"] == "/sign-in/code"
    assert not AuditEntry.objects.filter(action="person.signed_in").exists()
    erika.follow()
    assert "Enter your code" in erika.text
    erika.send("/sign-in/code", {"code": fresh_code(cast.erika)})
    assert erika.page.headers["Location"] == "/reports/registers"
    assert erika.follow().headers["Location"].startswith("/reports/registers/")
    entry = AuditEntry.objects.get(action="person.signed_in")
    assert (entry.user, entry.detail) == (cast.erika, {"second_factor": "app"})
    assert erika.get("/sign-in/code").headers["Location"] == "/sign-in"


def test_the_session_has_a_new_key_after_the_password_and_after_the_code(cast: Cast) -> None:
    adds_app(cast.erika)
    browser = Browser()
    keys = []
    for step in (
        lambda: browser.fill("/sign-in", {"name": "erika", "password": PASSWORD}),
        lambda: browser.send("/sign-in/code", {"code": fresh_code(cast.erika)}),
    ):
        step()
        keys.append(browser.client.cookies["sessionid"].value)
    assert len(set(keys)) == 2


def test_a_wrong_code_is_refused_and_the_next_waits(cast: Cast) -> None:
    adds_app(cast.erika)
    erika = enters("erika")
    erika.follow()
    erika.send("/sign-in/code", {"code": ""})
    assert (erika.page.status_code, "Enter the code." in erika.text) == (400, True)
    erika.send("/sign-in/code", {"code": wrong_code(cast.erika)})
    assert erika.page.status_code == 400
    assert "This code is wrong" in erika.text
    erika.send("/sign-in/code", {"code": fresh_code(cast.erika)})
    assert (erika.page.status_code, erika.page.headers["Retry-After"]) == (429, "1")
    assert "Too many wrong codes. Wait 1 second, then try again." in erika.text
    assert erika.get("/desk").status_code == 302


def test_a_used_code_does_not_sign_in_again(cast: Cast) -> None:
    adds_app(cast.erika)
    code = fresh_code(cast.erika)
    for status in (302, 400):
        erika = enters("erika")
        erika.follow()
        erika.send("/sign-in/code", {"code": code})
        assert erika.page.status_code == status


def test_a_recovery_code_signs_in(cast: Cast) -> None:
    codes = adds_app(cast.erika)
    erika = enters("erika")
    erika.follow()
    erika.send("/sign-in/code", {"recovery": codes[4]})
    assert erika.page.status_code == 302
    assert erika.get("/account/second-factor").status_code == 200
    assert "You have 9 recovery codes left." in erika.text


def test_signing_in_again_with_the_password_alone_closes_the_session(cast: Cast) -> None:
    adds_app(cast.erika)
    erika = verified(cast.erika)
    assert erika.get("/desk").status_code == 200
    erika.client.post("/sign-in", {"name": "erika", "password": PASSWORD})
    assert erika.get("/desk").status_code == 302


def test_a_form_that_was_sent_while_signed_out_survives_both_steps(cast: Cast) -> None:
    adds_app(cast.erika)
    erika = verified(cast.erika)
    erika.get("/desk/open")
    hidden = erika.hidden()
    erika.client.post("/sign-out")
    erika.page = erika.client.post("/desk/open", {**hidden, "amount": "150.00"})
    assert "You were signed out." in erika.text
    erika.send("/sign-in", {"name": "erika", "password": PASSWORD})
    assert erika.page.headers["Location"] == "/sign-in/code"
    erika.follow()
    erika.send("/sign-in/code", {"code": fresh_code(cast.erika)})
    assert erika.page.headers["Location"] == "/desk/open"
    erika.follow()
    assert erika.value("amount") == "150.00"


def test_the_back_office_asks_for_the_code_too(cast: Cast) -> None:
    adds_app(cast.erika)
    browser = Client()
    form = {"username": "erika", "password": PASSWORD, "next": "/admin/cashdesk/user/"}
    answer = browser.post("/admin/login/", form)
    assert answer.headers["Location"] == "/sign-in/code"
    assert browser.get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"
    assert browser.get("/admin/login/?next=/admin/").headers["Location"] == "/sign-in/code"
    answer = browser.post("/sign-in/code", {"code": fresh_code(cast.erika)})
    assert answer.headers["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200


def test_who_must_have_one_adds_it_right_after_the_password(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = "managers"
    erika = enters("erika", next="/reports/registers")
    assert erika.page.headers["Location"] == "/sign-in/second-factor"
    assert erika.get("/reports/registers").status_code == 302
    assert erika.get("/sign-in").headers["Location"] == "/sign-in/second-factor"
    erika.get("/sign-in/second-factor")
    assert "Your role needs a second factor." in erika.text
    assert 'name="password"' not in erika.page.content.decode()
    erika.send("/sign-in/second-factor", {"code": code_for(key_in(erika))})
    assert erika.page.status_code == 200
    assert 'href="/reports/registers"' in erika.page.content.decode()
    assert erika.get("/desk").status_code == 200
    assert AuditEntry.objects.filter(action="person.signed_in", user=cast.erika).count() == 1
    erika.get("/account/second-factor")
    assert "Remove second factor" not in erika.text
    assert erika.get(REMOVE).status_code == 303
    carla = enters("carla")
    assert carla.page.headers["Location"] == "/desk"


def test_a_session_from_before_the_setting_stops(cast: Cast, settings: Any) -> None:
    anna, carla = Browser(cast.anna), Browser(cast.carla)
    settings.SECOND_FACTOR_REQUIRED = "admins"
    assert anna.get("/admin/").status_code == 302
    assert anna.get("/sign-in").headers["Location"] == "/sign-in/second-factor"
    assert carla.get("/desk").status_code == 200


def test_new_codes_and_removal_ask_for_password_and_code(cast: Cast) -> None:
    adds_app(cast.erika)
    erika = verified(cast.erika)
    for page in (CODES, REMOVE):
        erika.fill(page, {"password": "wrong", "code": fresh_code(cast.erika)})
        assert (erika.page.status_code, "This is not your password." in erika.text) == (400, True)
        erika.fill(page, {"password": PASSWORD, "code": ""})
        assert erika.page.status_code == 400
        erika.fill(page, {"password": PASSWORD, "code": wrong_code(cast.erika)})
        assert (erika.page.status_code, "This code is wrong" in erika.text) == (400, True)
        Authenticator.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    erika.fill(CODES, {"password": PASSWORD, "code": fresh_code(cast.erika)})
    assert erika.page.status_code == 200
    assert erika.text.count("-") >= 30
    erika.fill(REMOVE, {"password": PASSWORD, "code": fresh_code(cast.erika)})
    assert erika.page.headers["Location"] == "/account/second-factor?removed=1"
    erika.follow()
    assert "Your second factor is removed." in erika.text
    assert enters("erika").page.headers["Location"] == "/today"


def test_an_admin_removes_the_second_factor_of_somebody_who_lost_it(cast: Cast) -> None:
    adds_app(cast.erika)
    erika, anna = verified(cast.erika), Client()
    anna.force_login(cast.anna)
    path = f"/admin/cashdesk/user/{cast.erika.pk}/remove-second-factor/"
    assert b"Make sure that it is really them" in anna.get(path).content
    assert anna.post(path).status_code == 302
    assert erika.get("/desk").status_code == 302
    assert enters("erika").page.headers["Location"] == "/today"
    assert AuditEntry.objects.get(action="person.second_factor_removed").user == cast.anna
    manager = Client()
    manager.force_login(User.objects.get(pk=cast.erika.pk))
    adds_app(cast.anna)
    assert manager.get(f"/admin/cashdesk/user/{cast.anna.pk}/remove-second-factor/").status_code == 403


def test_a_pin_never_counts_as_verified(cast: Cast, settings: Any) -> None:
    adds_app(cast.erika)
    erika = verified(cast.erika)
    session = erika.client.session
    session["desk_only"] = True
    session.save()
    # A PIN opens the desk and waits for no code. The page of the code leads to the password, as every other page does.
    assert erika.get("/sign-in/code").headers["Location"] == "/confirm?next=%2Fsign-in%2Fcode"
    settings.SECOND_FACTOR_REQUIRED = "managers"
    assert erika.get("/desk").status_code == 200
    anna = Browser(cast.anna)
    session = anna.client.session
    session["desk_only"] = True
    session.save()
    assert anna.get("/desk").headers["Location"] == "/sign-in?next=/desk"
    assert anna.get("/sign-in").status_code == 200
    assert anna.get("/sign-in/second-factor").headers["Location"] == "/confirm?next=%2Fsign-in%2Fsecond-factor"
    assert anna.get("/confirm").headers["Location"] == "/sign-in?next=/confirm"
    anna.client.post("/sign-in", {"name": "anna", "password": PASSWORD})
    assert anna.get("/sign-in/second-factor").status_code == 200


def test_the_account_leads_to_the_second_factor(cast: Cast) -> None:
    erika, carla = Browser(cast.erika), Browser(cast.carla)
    erika.get("/account")
    assert "Off: your password alone signs you in." in erika.text
    adds_app(cast.erika)
    erika = verified(cast.erika)
    erika.get("/account")
    assert "On: you sign in with your password and a code" in erika.text
    carla.get("/account")
    assert "Second factor" not in carla.text


def test_cashiers_are_offered_none(cast: Cast) -> None:
    carla = Browser(cast.carla)
    carla.get("/account/second-factor")
    assert "Managers and admins can add one." in carla.text
    assert carla.get(NEW).status_code == 403


def test_the_pages_speak_the_language_of_the_person_who_waits(cast: Cast) -> None:
    adds_app(cast.erika)
    User.objects.filter(pk=cast.erika.pk).update(language="de")
    erika = enters("erika")
    assert erika.follow().headers["Content-Language"] == "de"


def test_a_waiting_session_and_a_verified_one_cost_no_further_query(cast: Cast) -> None:
    adds_app(cast.erika)
    adds_app(cast.anna)
    with_app = verified(cast.erika)
    without_app = Browser(cast.otto)
    counts = []
    for browser in (with_app, without_app):
        browser.get("/account/second-factor")
        with counted_queries() as queries:
            browser.get("/password")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert recovery_codes_left(cast.anna) == 10
