"""Sign-in, tokens, cookies, keys and browser sessions."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.access_token import authenticate, issue_token, revoke
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import PlaceKind, Role, Scope
from cashdesk.models import AccessToken, Account, User
from tests.api.steps import bound_key, opened, told
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.stories import Caller, Cast, caller, exact, key_caller


@pytest.mark.parametrize(
    "name",
    [
        {"username": "carla"},
        {"username": "CARLA"},
        {"username": " carla "},
        {"email": "carla@example.com"},
        {"email": "Carla@EXAMPLE.com"},
        {"rut": "11.111.111-1"},
    ],
)
def test_any_of_the_three_names_signs_in(cast: Cast, name: dict[str, str]) -> None:
    signed_in = Caller().post("/auth/login", {**name, "password": PASSWORD})
    assert signed_in.status_code == 200
    assert exact(signed_in)["user"]["id"] == cast.carla.pk
    assert opened(Caller(exact(signed_in)["access_token"]))["user_id"] == cast.carla.pk


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": PASSWORD}, "username"),
        ({"username": "carla"}, "password"),
        ({"username": "carla", "rut": "11.111.111-1", "password": PASSWORD}, "username"),
        ({"username": "", "password": PASSWORD}, "username"),
        ({"username": "carla", "password": ""}, "password"),
        ({"username": ["carla"], "password": PASSWORD}, "username"),
        ({"username": "carla\x00", "password": PASSWORD}, "username"),
        ({"username": "carla", "password": PASSWORD, "pin": "1"}, "pin"),
        ({"username": "carla", "password": PASSWORD, "station": 77}, "station"),
        ({"username": "carla", "password": PASSWORD, "station": 2**63}, "station"),
        ({"username": "carla", "password": PASSWORD, "store": "0000"}, "store"),
        ([], "body"),
    ],
)
def test_a_sign_in_that_cannot_be_read_names_the_field(cast: Cast, body: Any, field: str) -> None:
    refused = Caller().post("/auth/login", body)
    assert refused.status_code == 400
    assert field in exact(refused)["data"]["errors"]
    assert "access_token" not in refused.cookies


def test_a_sign_in_for_a_store_or_register_of_others_says_what_to_choose(cast: Cast) -> None:
    cast.bruno.register = cast.place(PlaceKind.REGISTER, 2)
    cast.bruno.save()
    for place, errors in (
        ({"store": "0000"}, {"store": "Choose a store that you work in."}),
        ({"station": 2}, {"station": "Register 2 is assigned to somebody else. Choose another register."}),
    ):
        refused = Caller().post("/auth/login", {"username": "carla", "password": PASSWORD, **place})
        assert exact(refused)["data"]["errors"] == errors


def test_a_name_that_nobody_has_is_answered_as_a_wrong_password(cast: Cast) -> None:
    wrong = Caller().post("/auth/login", {"username": "carla", "password": "wrong"})
    unknown = Caller().post("/auth/login", {"username": "nobody", "password": "wrong"})
    assert wrong.status_code == 401
    assert told(wrong) == told(unknown)


def test_somebody_who_left_is_answered_as_a_wrong_password(cast: Cast) -> None:
    wrong = Caller().post("/auth/login", {"username": "bruno", "password": "wrong"})
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    left = Caller().post("/auth/login", {"username": "carla", "password": PASSWORD})
    assert told(wrong) == told(left)


def test_nobody_of_an_account_that_ended_signs_in(cast: Cast) -> None:
    Account.objects.filter(pk=cast.store.account_id).update(is_active=False)
    assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 401


def test_a_person_without_a_password_cannot_sign_in(cast: Cast) -> None:
    UserFactory(store=cast.store, username="nina", password=None)
    for guess in ("", "!", "None", " "):
        assert Caller().post("/auth/login", {"username": "nina", "password": guess}).status_code in (400, 401)


# --- the cookie ----------------------------------------------------------------------------------------------------------


def signed_in_browser(**headers: str) -> Caller:
    browser = Caller()
    assert browser.post("/auth/login", {"username": "carla", "password": PASSWORD}, **headers).status_code == 200
    return browser


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(cast: Cast) -> None:
    cookie = signed_in_browser().client.cookies["access_token"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["secure"]


def test_the_cookie_is_secure_off_localhost(cast: Cast, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["cashdesk.example"]
    assert signed_in_browser(host="cashdesk.example").client.cookies["access_token"]["secure"]


def test_for_pages_of_other_sites_the_cookie_is_secure_always(cast: Cast, settings: Any) -> None:
    settings.ACCESS_TOKEN_SAMESITE = "None"
    browser = signed_in_browser()
    cookie = browser.client.cookies["access_token"]
    assert (cookie["samesite"], cookie["secure"]) == ("None", True)
    left = browser.post("/auth/logout", authorization=f"Bearer {cookie.value}").cookies["access_token"]
    assert (left["samesite"], left["secure"], left["max-age"]) == ("None", True, 0)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://testserver", 200),
        ("https://evil.example", 403),
        ("http://testserver.evil.example", 403),
        ("https://testserver", 403),
        ("http://testserver:8080", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_a_cookie_from_another_sites_page_is_refused(cast: Cast, origin: str | None, status: int) -> None:
    browser = signed_in_browser()
    headers = {} if origin is None else {"origin": origin}
    assert browser.post("/cash/open", {"start_amount": 1}, **headers).status_code == status
    assert browser.get("/cash/status", **headers).status_code == (200 if status == 200 else 404)


@pytest.mark.parametrize("name", ["CSRF_TRUSTED_ORIGINS", "CORS_ALLOWED_ORIGINS"])
def test_a_trusted_origin_may_send_the_cookie(cast: Cast, settings: Any, name: str) -> None:
    setattr(settings, name, ["https://till.example"])
    assert signed_in_browser().post("/cash/open", {"start_amount": 1}, origin="https://till.example").status_code == 200


def test_a_bearer_token_may_come_from_any_page(cast: Cast) -> None:
    assert caller(cast.carla).post("/cash/open", {"start_amount": 1}, origin="https://till.example").status_code == 200


def test_nobody_is_signed_in_by_another_sites_form(cast: Cast) -> None:
    refused = Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}, origin="https://evil.example")
    assert refused.status_code == 403
    assert "access_token" not in refused.cookies


def test_another_sites_page_cannot_sign_somebody_out(cast: Cast) -> None:
    browser = signed_in_browser()
    assert browser.post("/auth/logout", origin="https://evil.example").status_code == 403
    assert browser.get("/auth/me").status_code == 200


def test_signing_out_ends_the_token_at_once_and_takes_the_cookie_away(cast: Cast) -> None:
    browser = signed_in_browser()
    secret = browser.client.cookies["access_token"].value
    left = browser.post("/auth/logout")
    assert left.status_code == 200
    assert left.cookies["access_token"].value == ""
    assert Caller(secret).get("/auth/me").status_code == 401


def test_an_old_cookie_does_not_keep_anyone_from_signing_in_again(cast: Cast) -> None:
    browser = Caller()
    browser.client.cookies["access_token"] = "ct_long-gone"
    assert browser.get("/auth/me").status_code == 401
    assert browser.post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Basic Y2FybGE6eA=="},
        {"authorization": "Bearer"},
        {"authorization": "Bearer null"},
        {"authorization": "Bearer undefined"},
        {"authorization": "Bearer ct_long-gone"},
        {"x_api_key": "ct_long-gone"},
        {"cookie": "access_token=ct_long-gone"},
    ],
)
def test_a_credential_that_no_longer_counts_keeps_nobody_from_signing_in(cast: Cast, headers: dict[str, str]) -> None:
    assert Caller().get("/auth/me", **headers).status_code == 401
    right, wrong = ({"username": "carla", "password": password} for password in (PASSWORD, "wrong"))
    form = {"content_type": "application/x-www-form-urlencoded"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    for path in ("/auth/login", "/auth/login/"):
        assert Caller().post(path, right, **headers).status_code == 200
    assert Client().post("/api/v1/auth/token", urlencode(right), **form, headers=named).status_code == 200
    assert Caller().post("/auth/login", wrong, **headers).status_code == 401
    assert Client().post("/api/v1/auth/token", urlencode(wrong), **form, headers=named).status_code == 401
    assert Caller().post("/auth/login", right, **headers, origin="https://evil.example").status_code == 403


def test_an_expired_token_keeps_nobody_from_signing_in(cast: Cast) -> None:
    expired = caller(cast.carla, lifetime=timedelta(seconds=-1))
    assert expired.get("/auth/me").status_code == 401
    assert expired.post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 200


def test_a_browser_session_without_its_csrf_token_keeps_nobody_from_signing_in(cast: Cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.erika)
    sent = {"data": {"username": "carla", "password": PASSWORD}, "content_type": "application/json"}
    assert browser.post("/api/v1/auth/login", **sent, headers={"origin": "https://evil.example"}).status_code == 403
    signed_in = browser.post("/api/v1/auth/login", **sent)
    assert signed_in.status_code == 200
    assert exact(signed_in)["user"]["id"] == cast.carla.pk


# --- tokens and keys -----------------------------------------------------------------------------------------------------


def test_a_secret_is_kept_as_its_digest_alone(cast: Cast) -> None:
    secret = exact(Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}))["access_token"]
    _key, key_secret = issue_api_key(
        name="till", scopes=[Scope.PAYMENTS_READ], by=SYSTEM, at=timezone.now(), account=cast.store.account
    )
    rows = repr(list(AccessToken.objects.values()))
    assert secret not in rows
    assert key_secret not in rows
    assert {len(token.digest) for token in AccessToken.objects.all()} == {64}


@pytest.mark.parametrize("how", ["expired", "revoked", "left", "account_ended", "mangled"])
def test_a_token_that_no_longer_holds_is_refused(cast: Cast, how: str) -> None:
    at = timezone.now()
    lifetime = timedelta(seconds=-1) if how == "expired" else timedelta(hours=1)
    token, secret = issue_token(user=cast.carla, at=at, lifetime=lifetime)
    if how == "revoked":
        revoke(token=token, by=SYSTEM, at=at)
    elif how == "left":
        User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    elif how == "account_ended":
        Account.objects.filter(pk=cast.store.account_id).update(is_active=False)
    elif how == "mangled":
        secret = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    refused = Caller(secret).get("/cash/status")
    never = Caller("ct_never-issued").get("/cash/status")
    assert refused.status_code == 401
    assert told(refused) == told(never)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends_at_the_very_second(cast: Cast) -> None:
    at = timezone.now()
    _token, secret = issue_token(user=cast.carla, at=at, lifetime=timedelta(hours=12))
    assert authenticate(secret=secret, at=at + timedelta(hours=12, microseconds=-1)) is not None
    assert authenticate(secret=secret, at=at + timedelta(hours=12)) is None


def test_an_api_key_can_be_revoked_at_once(cast: Cast) -> None:
    till = key_caller(cast.store)
    assert till.get("/payment-methods").status_code == 200
    revoke(token=AccessToken.objects.latest("pk"), by=SYSTEM, at=timezone.now())
    assert till.get("/payment-methods").status_code == 401


@pytest.mark.parametrize(
    "header", ["Basic Y2FybGE6eA==", "Bearer", "Bearer ", "Token x", "bearer\tx", "Bearer \u00e9", "x" * 5000]
)
def test_a_header_that_is_no_bearer_token_is_401(cast: Cast, header: str) -> None:
    assert Caller().get("/cash/status", authorization=header).status_code == 401


def test_a_wrong_credential_is_not_made_good_by_another(cast: Cast) -> None:
    browser = signed_in_browser()
    assert browser.get("/auth/me", authorization="Bearer wrong").status_code == 401
    assert browser.get("/auth/me", x_api_key="wrong").status_code == 401


def test_a_token_at_a_station_opens_that_register_and_no_other(cast: Cast) -> None:
    signed_in = Caller().post("/auth/login", {"username": "carla", "password": PASSWORD, "station": 2})
    carla = Caller(exact(signed_in)["access_token"])
    assert carla.post("/cash/open", {"start_amount": 1, "station": 1}).status_code == 403
    opened(carla)
    assert "at register 2" in exact(carla.post("/cash/open", {"start_amount": 1}))["detail"]


def test_an_admin_opens_a_drawer_where_the_token_is_bound(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="1338")
    assert caller(cast.anna).post("/cash/open", {"start_amount": 1}).status_code == 400
    signed_in = Caller().post("/auth/login", {"username": "anna", "password": PASSWORD, "store": str(cast.store.uuid)})
    opened(Caller(exact(signed_in)["access_token"]))


def test_a_token_bound_to_a_store_sees_no_other(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account, number="1338")
    opened(caller(UserFactory(store=second, username="dora")))
    opened(caller(cast.carla))
    assert len(exact(caller(cast.anna).get("/cash/sessions"))) == 2
    assert [row["user_id"] for row in exact(caller(cast.anna, store=cast.store).get("/cash/sessions"))] == [
        cast.carla.pk
    ]
    assert [row["user_id"] for row in exact(bound_key(cast.store).get("/cash/sessions"))] == [cast.carla.pk]
    bound = bound_key(second)
    refused = bound.post(
        "/payments",
        {
            "id": "1",
            "store": "1337",
            "station": 1,
            "method": "CASH",
            "currency": "EUR",
            "amount": 1,
            "status": "APPROVED",
        },
    )
    assert refused.status_code == 400


def test_a_key_at_a_register_reports_for_it_without_naming_it(cast: Cast) -> None:
    opened(caller(cast.carla), station=2)
    till = bound_key(cast.store, register=cast.place(PlaceKind.REGISTER, 2))
    booked = till.post("/payments", {"id": "1", "method": "CASH", "currency": "EUR", "amount": 1, "status": "APPROVED"})
    assert (booked.status_code, exact(booked)["station"], exact(booked)["booked"]) == (201, 2, "on_time")


def test_a_key_is_no_person_and_cannot_sign_out(cast: Cast) -> None:
    till = key_caller(cast.store)
    assert set(exact(till.get("/auth/me"))) == {"message", "key"}
    assert till.get("/auth/validate").status_code == 403
    assert till.post("/auth/logout").status_code == 403
    assert till.get("/payment-methods").status_code == 200


# --- the browser session ---------------------------------------------------------------------------------------------------


def test_a_browser_session_needs_its_csrf_token_to_write(cast: Cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.erika)
    body = {"data": '{"start_amount": 1}', "content_type": "application/json"}
    assert browser.get("/api/v1/cash/status").status_code == 404
    assert browser.post("/api/v1/cash/open", **body).status_code == 403
    browser.cookies["csrftoken"] = "a" * 32
    assert browser.post("/api/v1/cash/open", **body, headers={"x-csrftoken": "a" * 32}).status_code == 200


def test_a_browser_session_ends_with_signing_out_and_with_leaving(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.erika)
    assert browser.get("/api/v1/auth/me").status_code == 200
    assert browser.post("/api/v1/auth/logout").status_code == 200
    assert browser.get("/api/v1/auth/me").status_code == 401
    browser.force_login(cast.erika)
    User.objects.filter(pk=cast.erika.pk).update(is_active=False)
    assert browser.get("/api/v1/auth/me").status_code == 401


def test_a_browser_session_ends_with_the_account(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.erika)
    Account.objects.filter(pk=cast.store.account_id).update(is_active=False)
    assert browser.get("/api/v1/auth/me").status_code == 401


def test_a_new_role_counts_from_the_next_request_on(cast: Cast) -> None:
    erika = caller(cast.erika)
    path = "/reports/shift-summary?start_date=2026-01-01&end_date=2026-01-01"
    assert erika.get(path).status_code == 200
    User.objects.filter(pk=cast.erika.pk).update(role=Role.CASHIER)
    assert erika.get(path).status_code == 403
