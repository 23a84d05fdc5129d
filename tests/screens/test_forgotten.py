"""Forgotten passwords: a link by mail, a code of a manager, and nothing that tells who exists."""

import re
import time
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.one_time_link import HANDED_OVER, IssuedLink, issue_link
from cashdesk.domain.people.sign_in_throttle import LINKS_PER_ADDRESS, LINKS_PER_NAME
from cashdesk.enums import LinkPurpose
from cashdesk.models import AuditEntry, OneTimeLink, SignInAttempt, User
from cashdesk.screens import forgotten
from cashdesk.web import mail
from tests.factories import PASSWORD, UserFactory
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

GOOD = "nine-lives-of-a-cat"
TYPED = {"new_password1": GOOD, "new_password2": GOOD}


@pytest.fixture(autouse=True)
def _at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAIL_IS_SET_UP = True
    monkeypatch.setattr(forgotten, "ANSWER_TIME_MIN", timedelta(0))


def asked(name: str, *, address: str = "203.0.113.9") -> Browser:
    browser = Browser()
    browser.client = Client(REMOTE_ADDR=address)
    browser.fill("/password/forgotten", {"name": name})
    return browser


def mails() -> list[Any]:
    """Returns the mails that were sent, after those that wait."""
    idle = Barrier(3, timeout=30)
    for _thread in range(2):
        mail._senders.submit(idle.wait)
    idle.wait()
    return list(outbox.outbox)


def link_in(letter: Any) -> str:
    found = re.search(r"http://testserver(/link/\S+)", letter.body)
    assert found, letter.body
    return found[1]


def made(person: User, *, by: Principal = SYSTEM, purpose: LinkPurpose = LinkPurpose.PASSWORD) -> IssuedLink:
    return issue_link(person=person, purpose=purpose, by=by, at=timezone.now(), lifetime=HANDED_OVER, with_code=True)


def has_password(person: User, password: str = GOOD) -> bool:
    return User.objects.get(pk=person.pk).check_password(password)


def test_a_link_comes_by_mail_and_sets_a_password(cast: Cast) -> None:
    cast.carla.language = "de"
    cast.carla.save()
    elsewhere = Browser(cast.carla)
    browser = asked("CARLA")
    browser.follow()
    assert "a link is on its way" in browser.text
    (letter,) = mails()
    assert letter.to == ["carla@example.com"]
    assert letter.subject == "Neues Passwort für Cashdesk"
    path = link_in(letter)
    browser.get(path)
    assert "Carla, your username is carla." in browser.text
    browser.send(path, TYPED)
    browser.follow()
    assert "Your password is set. Sign in with it." in browser.text
    assert has_password(cast.carla)
    assert elsewhere.get("/desk").status_code == 302
    browser.send("/sign-in", {"name": "carla", "password": GOOD})
    assert browser.page.headers["Location"] == "/desk"
    browser.get(path)
    assert browser.page.status_code == 404
    assert "schon verwendet" in browser.text
    entry = AuditEntry.objects.get(action="person.link_made")
    assert (entry.user, entry.store, entry.detail["purpose"]) == (None, cast.store, "password")


def test_the_answer_is_the_same_whether_the_person_exists_or_not(cast: Cast) -> None:
    UserFactory(store=cast.store, account=cast.store.account, username="nomail", email="")
    User.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    answers, times = [], []
    for number, name in enumerate(("carla", "nobody", "nomail", "bruno", "x\0y", "x" * 3000)):
        began = time.monotonic()
        browser = asked(name, address=f"203.0.113.{number}")
        times.append(time.monotonic() - began)
        answers.append((browser.page.status_code, browser.page.headers["Location"], browser.page.content))
    assert answers == [(303, "/password/forgotten?sent", b"")] * 6
    assert [letter.to for letter in mails()] == [["carla@example.com"]]


def test_every_answer_takes_some_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgotten, "ANSWER_TIME_MIN", timedelta(milliseconds=700))
    for name in ("carla", "nobody"):
        began = time.monotonic()
        asked(name)
        assert time.monotonic() - began >= 0.7


def test_a_broken_mail_server_is_no_error_on_the_page(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.web.test_mail.Broken"
    assert asked("carla").page.status_code == 303
    assert mails() == []


def test_a_person_gets_some_mails_an_hour_and_an_address_asks_for_some(cast: Cast) -> None:
    for number in range(LINKS_PER_NAME + 2):
        assert asked(("carla", "carla@example.com")[number % 2], address=f"203.0.113.{number}").page.status_code == 303
    assert len(mails()) == LINKS_PER_NAME
    for number in range(LINKS_PER_ADDRESS):
        assert asked(f"nobody{number}", address="198.51.100.1").page.status_code == 303
    refused = asked("bruno", address="198.51.100.1")
    assert refused.page.status_code == 429
    assert int(refused.page.headers["Retry-After"]) > 0
    # Nobody is kept from signing in by that.
    browser = Browser()
    browser.client = Client(REMOTE_ADDR="198.51.100.1")
    browser.fill("/sign-in", {"name": "carla", "password": PASSWORD})
    assert browser.page.headers["Location"] == "/desk"
    assert "carla" not in str(list(SignInAttempt.objects.values()))


def test_without_a_mail_server_the_page_leads_to_a_manager(cast: Cast, settings: Any) -> None:
    settings.MAIL_IS_SET_UP = False
    browser = Browser()
    browser.get("/sign-in")
    assert 'href="/password/forgotten"' in browser.page.content.decode()
    browser.get("/password/forgotten")
    assert "Ask your manager for a code." in browser.text
    assert "Send link" not in browser.text
    browser.send("/password/forgotten", {"name": "carla"})
    assert not OneTimeLink.objects.exists()
    assert mails() == []


def test_no_name_is_told(cast: Cast) -> None:
    browser = asked(" ")
    assert browser.page.status_code == 400
    assert "Enter your name." in browser.text


# --- The link ----------------------------------------------------------------------------------------------------------------


def test_opening_a_link_does_not_use_it(cast: Cast) -> None:
    path = f"/link/{made(cast.carla).secret}"
    for _program in range(3):
        page = Client().get(path)
        assert page.status_code == 200
        assert "no-store" in page.headers["Cache-Control"]
        assert page.headers["Referrer-Policy"] == "strict-origin"
    assert Client().head(path).status_code == 200
    assert not has_password(cast.carla)
    browser = Browser()
    browser.fill(path, TYPED)
    assert has_password(cast.carla)


def test_an_invitation_welcomes_a_person_without_a_password(cast: Cast) -> None:
    dora = UserFactory(store=cast.store, account=cast.store.account, username="dora", password=None)
    browser = Browser()
    path = f"/link/{made(dora, purpose=LinkPurpose.INVITATION).secret}"
    browser.get(path)
    assert "Welcome, Dora." in browser.text
    browser.send(path, TYPED)
    assert has_password(dora)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Enter a new password."),
        ({**TYPED, "new_password2": "x"}, "do not match"),
        ({"new_password1": "carla@example", "new_password2": "carla@example"}, "similar"),
        ({"new_password1": "short", "new_password2": "short"}, "short"),
    ],
)
@pytest.mark.parametrize("door", ["link", "code"])
def test_a_password_that_does_not_do_uses_up_nothing(cast: Cast, door: str, typed: dict[str, str], words: str) -> None:
    issued, browser = made(cast.carla), Browser()
    path = f"/link/{issued.secret}" if door == "link" else "/password/code"
    more = {} if door == "link" else {"name": "carla", "code": issued.code}
    browser.fill(path, {**more, **typed})
    assert browser.page.status_code == 400
    assert words in browser.text
    assert "carla@example<" not in browser.page.content.decode()
    browser.send(path, {**more, **TYPED})
    assert browser.page.headers["Location"] == "/sign-in?new-password"
    assert has_password(cast.carla)


@pytest.mark.parametrize("secret", ["x", "cl_unknown", "a" * 500, "%00", "ä"])
def test_an_unknown_link_has_a_page_without_a_form(cast: Cast, secret: str) -> None:
    for answer in (Client().get(f"/link/{secret}"), Client().post(f"/link/{secret}", TYPED)):
        assert answer.status_code == 404
        assert b"Ask for a new link" in answer.content


def test_somebody_who_left_or_whose_account_ended_chooses_nothing(cast: Cast) -> None:
    paths = [f"/link/{made(person).secret}" for person in (cast.carla, cast.otto)]
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    cast.otto.store.account.is_active = False
    cast.otto.store.account.save()
    for path in paths:
        assert Client().get(path).status_code == 404
        assert Client().post(path, TYPED).status_code == 404
    assert not has_password(cast.carla)
    assert not has_password(cast.otto)


def test_a_link_in_the_browser_of_somebody_else_leaves_them_signed_in(cast: Cast) -> None:
    erika = Browser(cast.erika)
    erika.fill(f"/link/{made(cast.carla).secret}", TYPED)
    erika.follow()
    assert erika.page.headers["Location"] == "/today"
    assert erika.get("/desk").status_code == 200
    assert has_password(cast.carla)
    assert not has_password(cast.erika)


def test_forms_need_their_token(cast: Cast) -> None:
    issued, client = made(cast.carla), Client(enforce_csrf_checks=True)
    for path in (f"/link/{issued.secret}", "/password/code", "/password/forgotten"):
        assert client.post(path, {"name": "carla", "code": issued.code, **TYPED}).status_code == 403
    assert not has_password(cast.carla)
    assert mails() == []


def test_pages_read_the_same_for_every_link(cast: Cast) -> None:
    path = f"/link/{made(cast.carla).secret}"
    with counted_queries() as queries:
        Client().get(path)
    assert len(queries) == 1
    with counted_queries() as queries:
        Client().get("/link/cl_unknown")
    assert len(queries) == 1


# --- A code ------------------------------------------------------------------------------------------------------------------


def test_a_code_and_a_name_set_a_password(cast: Cast) -> None:
    issued, browser = made(cast.carla, by=Principal(user=cast.erika)), Browser()
    browser.fill("/password/code", {"name": "carla", "code": issued.code.lower(), **TYPED})
    assert browser.page.headers["Location"] == "/sign-in?new-password"
    assert has_password(cast.carla)
    browser.fill("/password/code", {"name": "carla", "code": issued.code, **TYPED})
    assert browser.page.status_code == 400
    assert "The name or the code is wrong" in browser.text


def test_a_wrong_code_keeps_what_was_typed_but_the_passwords_and_is_counted(cast: Cast) -> None:
    issued, browser = made(cast.carla), Browser()
    for _try in range(3):
        browser.fill("/password/code", {"name": "carla", "code": "WRONG", **TYPED})
        assert browser.page.status_code == 400
        assert (browser.value("name"), browser.value("code")) == ("carla", "WRONG")
        assert GOOD not in browser.page.content.decode()
    browser.fill("/password/code", {"name": "carla", "code": issued.code, **TYPED})
    assert browser.page.status_code == 429
    assert not has_password(cast.carla)


def test_each_empty_field_is_named(cast: Cast) -> None:
    browser = Browser()
    browser.fill("/password/code", {})
    for words in ("Enter your name.", "Enter the code.", "Enter a new password."):
        assert words in browser.text


# --- The manager -------------------------------------------------------------------------------------------------------------


def page_for(person: User) -> str:
    return f"/people/{person.uuid}/new-password"


def test_a_manager_hands_over_a_code_and_a_link_that_are_shown_once(cast: Cast) -> None:
    erika = Browser(cast.erika)
    erika.get(page_for(cast.carla))
    assert "New password for Carla" in erika.text
    assert not OneTimeLink.objects.exists()
    erika.send(page_for(cast.carla), {"act": "code"})
    code, address = erika.page.context["code"], erika.page.context["address"]
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", code)
    assert code in erika.text
    assert address in erika.text
    assert "no-store" in erika.page.headers["Cache-Control"]
    erika.get(page_for(cast.carla))
    assert code not in erika.text
    entry = AuditEntry.objects.get(action="person.link_made")
    assert (entry.user, entry.subject) == (cast.erika, f"user:{cast.carla.pk}")
    carla = Browser()
    carla.fill("/password/code", {"name": "carla", "code": code, **TYPED})
    assert has_password(cast.carla)
    assert Client().get(address.removeprefix("http://testserver")).status_code == 404


def test_a_manager_sends_the_link_by_mail_and_hears_whether_that_worked(cast: Cast, settings: Any) -> None:
    erika = Browser(cast.erika)
    erika.fill(page_for(cast.carla), {"act": "mail"})
    assert "A link is on its way to carla@example.com." in erika.text
    (letter,) = mails()
    assert "Erika Mustermann sends you a link" in letter.body
    assert Client().get(link_in(letter)).status_code == 200
    settings.EMAIL_BACKEND = "tests.web.test_mail.Broken"
    erika.fill(page_for(cast.carla), {"act": "mail"})
    assert erika.page.status_code == 400
    assert "The mail could not be sent." in erika.text
    settings.MAIL_IS_SET_UP = False
    erika.get(page_for(cast.carla))
    assert "Send link by mail" not in erika.text


@pytest.mark.parametrize(
    ("by", "whom", "status"),
    [
        ("carla", "bruno", 403),
        ("erika", "carla", 200),
        ("erika", "erika", 403),
        ("erika", "anna", 404),
        ("erika", "otto", 404),
        ("anna", "carla", 200),
        ("anna", "erika", 200),
        ("anna", "anna", 403),
        ("anna", "otto", 404),
    ],
)
def test_who_may_help_whom(cast: Cast, by: str, whom: str, status: int) -> None:
    browser, path = Browser(getattr(cast, by)), page_for(getattr(cast, whom))
    assert browser.get(path).status_code == status
    assert browser.client.post(path, {"act": "code"}).status_code == status
    assert OneTimeLink.objects.count() == (status == 200)


def test_nobody_helps_a_person_who_left(cast: Cast) -> None:
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    erika = Browser(cast.erika)
    erika.fill(page_for(cast.carla), {"act": "code"})
    assert erika.page.status_code == 409
    assert "Carla may not sign in. Activate the person first." in erika.text
    assert not OneTimeLink.objects.exists()
