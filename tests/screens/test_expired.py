"""An expired sign-in, and a page that was open too long: nothing is booked, and all input is restored."""

import json
from typing import Any

import pytest
from django.test import Client

from cashdesk.models import CashSession, Draft, Movement, User
from cashdesk.web.drafts import DraftKey
from cashdesk.web.shell import first_path_of
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.screens.test_draft import FORMS, at_form, shown
from tests.stories import Cast

COUNT = {"pieces-2000": "007", "amount": ""}


def run_out(browser: Browser) -> None:
    """Ends the browser's session, as it ends by itself after some time."""
    browser.client.session.flush()
    browser.client.cookies.pop("sessionid", None)


def comes_back(browser: Browser, name: str, password: str = PASSWORD) -> Any:
    """Signs in on the page that is shown."""
    return browser.send("/sign-in", {"name": name, "password": password})


def nothing_was_done() -> bool:
    return not Movement.objects.exists() and not CashSession.objects.exclude(status="OPEN").exists()


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_every_digit_of_every_form_is_there_after_signing_in_again(
    cast: Cast, path: str, typed: dict[str, str]
) -> None:
    carla = at_form(cast, path)
    sessions = CashSession.objects.count()
    run_out(carla)
    assert carla.send(path, {**typed, "step": "review", "password": "secret"}).status_code == 403
    assert "You were signed out." in carla.text
    assert "no-store" in carla.page.headers["Cache-Control"]
    assert json.loads(carla.hidden()["draft-input"]) == typed
    assert "español" not in carla.text
    comes_back(carla, "carla", "wrong")
    assert carla.page.status_code == 400
    assert json.loads(carla.hidden()["draft-input"]) == typed
    assert "secret" not in carla.page.content.decode()
    comes_back(carla, "carla")
    assert carla.page.headers["Location"] == path
    carla.follow()
    assert {name: shown(carla, name) for name in typed} == typed
    assert nothing_was_done()
    assert CashSession.objects.count() == sessions


def test_a_close_that_was_confirmed_signed_out_is_confirmed_once_more(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    carla.send("/desk/count", {**COUNT, "step": "review"})
    run_out(carla)
    carla.send("/desk/count", {"step": "close"})
    comes_back(carla, "carla")
    carla.follow()
    assert carla.value("pieces-2000") == "007"
    assert nothing_was_done()
    carla.count(COUNT)
    assert CashSession.objects.get().declared_amount == 140_00


@pytest.mark.parametrize("name", ["bruno", "erika"])
def test_whoever_else_signs_in_gets_their_own_pages_and_no_digit(cast: Cast, name: str) -> None:
    for path, typed in FORMS[:2]:
        carla = at_form(cast, path)
        run_out(carla)
        carla.send(path, typed)
        comes_back(carla, name)
        assert carla.page.headers["Location"] == first_path_of(getattr(cast, name))
        assert not Draft.objects.exists()
        carla.get("/desk/open")
        assert carla.value("pieces-2000") == ""


def test_too_many_tries_keep_what_was_typed(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    run_out(carla)
    carla.send("/desk/count", COUNT)
    for _try in range(11):
        comes_back(carla, "carla", "wrong")
    assert carla.page.status_code == 429
    assert json.loads(carla.hidden()["draft-input"]) == COUNT


def test_what_nobody_signed_is_not_carried(cast: Cast) -> None:
    visitor = Browser()
    for token in ("", "x", "a:b", "\0"):
        sent = visitor.send("/desk/count", {"draft": token, "amount": "5"})
        assert (sent.status_code, sent.headers["Location"]) == (302, "/sign-in?next=/desk/count")
    token = DraftKey(user_id=cast.carla.pk, subject="close:1", page="/desk/count").token
    for text in ("", "x", "[1]", "[" * 100_000, '{"amount": {"a": 1}, "note": "\\ud800"}'):
        visitor.get("/sign-in")
        visitor.send("/sign-in", {"name": "carla", "password": PASSWORD, "draft": token, "draft-input": text})
        assert visitor.page.headers["Location"] == "/desk/count"
        visitor = Browser()
    assert Draft.objects.get().fields == {"amount": "{'a': 1}"}


# --- a page that was open too long ------------------------------------------------------------------------------------------


def with_checks(browser: Browser, user: User) -> Browser:
    """The same page in a browser with another CSRF token, because somebody signed in again in another tab."""
    browser.client = Client(enforce_csrf_checks=True)
    browser.client.force_login(user)
    return browser


def with_token(browser: Browser) -> dict[str, str]:
    return {"csrfmiddlewaretoken": browser.page.context["csrf_token"]}


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_every_digit_of_every_form_is_there_after_a_page_was_open_too_long(
    cast: Cast, path: str, typed: dict[str, str]
) -> None:
    carla = with_checks(at_form(cast, path), cast.carla)
    assert carla.send(path, {**typed, "step": "close"}).status_code == 403
    assert "This page was open too long Nothing was saved yet, but nothing is lost." in carla.text
    assert nothing_was_done()
    carla.send("/desk/draft/go-on", with_token(carla))
    assert carla.page.headers["Location"] == path
    carla.follow()
    assert {name: shown(carla, name) for name in typed} == typed


def test_signed_out_and_open_too_long_at_once(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    carla.client = Client(enforce_csrf_checks=True)
    assert carla.send("/desk/count", COUNT).status_code == 403
    assert "You were signed out." in carla.text
    # The page that asks gets old too, and is asked again with everything on it.
    stale = carla.send("/sign-in", {"name": "carla", "password": PASSWORD, "csrfmiddlewaretoken": "x"})
    assert stale.status_code == 403
    assert json.loads(carla.hidden()["draft-input"]) == COUNT
    carla.send("/sign-in", {"name": "carla", "password": PASSWORD, **with_token(carla)})
    carla.follow()
    assert carla.value("pieces-2000") == "007"


def test_another_persons_page_and_another_sites_form_show_nothing(cast: Cast) -> None:
    carla = with_checks(at_form(cast, "/desk/count"), cast.bruno)
    carla.send("/desk/count", {**COUNT, "note": "4711"})
    assert carla.page.status_code == 403
    assert "This form belongs to somebody else. You are now signed in as Bruno." in carla.text
    assert "4711" not in carla.page.content.decode()
    for path in ("/desk/count", "/desk/draft", "/desk/draft/go-on", "/sign-out", "/admin/login/"):
        refused = carla.client.post(path, {"amount": "4711"})
        assert refused.status_code == 403
        assert b"Reload the page and try again" in refused.content
        assert b"4711" not in refused.content


def test_a_save_of_an_old_page_is_told_in_few_words_and_the_api_keeps_its_dialect(cast: Cast) -> None:
    carla = with_checks(at_form(cast, "/desk/count"), cast.carla)
    form = {**carla.hidden(), "amount": "5"}
    refused = carla.client.post("/desk/draft", form, headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()) == (403, {"message": "This page was open too long."})
    api = carla.client.post("/api/v1/cash/open", form, headers={"accept": "application/json"})
    assert api.status_code == 403
    assert "message" not in api.json() or "open too long" not in api.content.decode()
    assert not Draft.objects.exists()
