"""Signing in by the API with a second factor."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from cashdesk.domain.people.second_factor import recovery_codes_left
from cashdesk.models import AuditEntry
from tests.factories import PASSWORD
from tests.second_factor import adds_app, fresh_code, wrong_code
from tests.stories import Caller, Cast, caller, exact, key_caller


def signs_in(name: str = "erika", password: str = PASSWORD, **others: Any) -> Any:
    return Caller().post("/auth/login", {"username": name, "password": password, **others})


def test_people_without_a_second_factor_sign_in_as_published(cast: Cast) -> None:
    adds_app(cast.anna)
    for others in ({}, {"otp": ""}, {"otp": "123456"}):
        assert signs_in("carla", **others).status_code == 200
        assert signs_in("erika", **others).status_code == 200


def test_a_right_password_without_a_code_asks_for_otp(cast: Cast) -> None:
    adds_app(cast.erika)
    refused = signs_in()
    assert refused.status_code == 401
    assert exact(refused) == {
        "message": "otp: Send the code of your authenticator app too.",
        "error": "otp_required",
        "data": {"errors": {"otp": "Send the code of your authenticator app too."}},
        "detail": "otp: Send the code of your authenticator app too.",
    }
    assert not refused.cookies
    assert not AuditEntry.objects.filter(action="person.signed_in").exists()


def test_a_wrong_password_never_tells_that_there_is_a_second_factor(cast: Cast) -> None:
    adds_app(cast.erika)
    known, unknown = signs_in(password="wrong", otp="123456"), signs_in("nobody", password="wrong")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_password_and_code_sign_in_and_the_code_works_once(cast: Cast) -> None:
    adds_app(cast.erika)
    code = fresh_code(cast.erika)
    signed_in = signs_in(otp=code)
    assert signed_in.status_code == 200
    assert Caller(exact(signed_in)["access_token"]).get("/auth/me").status_code == 200
    again = signs_in(otp=code)
    assert (again.status_code, exact(again)["error"]) == (401, "otp_wrong")


def test_a_recovery_code_signs_in_too(cast: Cast) -> None:
    codes = adds_app(cast.erika)
    assert signs_in(otp=codes[0]).status_code == 200
    assert recovery_codes_left(cast.erika) == 9


def test_after_a_wrong_code_the_next_has_to_wait(cast: Cast) -> None:
    adds_app(cast.erika)
    assert exact(signs_in(otp=wrong_code(cast.erika)))["error"] == "otp_wrong"
    waits = signs_in(otp=fresh_code(cast.erika))
    assert (waits.status_code, waits.headers["Retry-After"]) == (429, "1")


def test_the_form_of_oauth2_takes_the_code_too(cast: Cast) -> None:
    adds_app(cast.erika)

    def sends(**others: str) -> Any:
        form = urlencode({"username": "erika", "password": PASSWORD, **others})
        return Client().post("/api/v1/auth/token", form, content_type="application/x-www-form-urlencoded")

    assert sends().json()["error"] == "otp_required"
    assert sends(otp=fresh_code(cast.erika)).status_code == 200


def test_a_key_needs_no_code(cast: Cast) -> None:
    adds_app(cast.anna)
    assert key_caller(cast.store).get("/auth/me").status_code == 200


@pytest.mark.parametrize(("required", "refused"), [("off", ""), ("managers", "erika anna"), ("admins", "anna")])
def test_who_must_have_one_adds_it_before_the_api_signs_them_in(
    cast: Cast, settings: Any, required: str, refused: str
) -> None:
    before = {name: caller(getattr(cast, name)) for name in ("carla", "erika", "anna")}
    settings.SECOND_FACTOR_REQUIRED = required
    for name in ("carla", "erika", "anna"):
        answer = signs_in(name, otp="123456")
        is_refused = name in refused.split()
        assert answer.status_code == (403 if is_refused else 200), name
        if is_refused:
            assert exact(answer)["error"] == "second_factor_required"
        # A token from before the setting was turned on.
        assert before[name].get("/auth/me").status_code == (401 if is_refused else 200), name
