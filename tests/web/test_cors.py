"""Pages of other origins: with CORS off they get nothing, with it on they can read every answer of the API and its errors."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpResponse
from django.test import Client

from cashdesk.origin_checks import check_origins
from tests.api.steps import opened
from tests.factories import PASSWORD
from tests.stories import Caller, Cast, caller

TILL = "https://till.example"
OF_CORS = "access-control-"
EXPOSED = {
    "Link",
    "Retry-After",
    "X-Request-ID",
    "Idempotent-Replayed",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Deprecation",
    "Sunset",
}
SENT = (
    "authorization", "content-type", "x-api-key", "idempotency-key", "x-idempotency-key", "x-tenant-id", "x-request-id",
    "if-none-match",
)  # fmt: skip


@pytest.fixture
def till(settings: Any) -> str:
    """The one allowed origin."""
    settings.CORS_ALLOWED_ORIGINS = [TILL]
    return TILL


def preflight(path: str, *, origin: str = TILL, method: str = "POST", headers: str = "content-type") -> HttpResponse:
    asked = {"access-control-request-method": method, "access-control-request-headers": headers}
    return Client().options(path, headers={"origin": origin, **asked})


def cors_headers(answer: HttpResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith(OF_CORS)}


def is_readable(answer: HttpResponse) -> bool:
    """Whether a page of the till's origin can read the answer to a request with credentials."""
    shown = cors_headers(answer)
    return (
        shown.get("access-control-allow-origin") == TILL
        and shown.get("access-control-allow-credentials") == "true"
        and set(shown["access-control-expose-headers"].split(", ")) == EXPOSED
        and "origin" in answer.headers["Vary"].lower()
    )


# --- off ------------------------------------------------------------------------------------------------------------------


def test_it_is_off_until_somebody_names_an_origin(cast: Cast, settings: Any) -> None:
    assert settings.CORS_ALLOWED_ORIGINS == []
    answers = [
        preflight("/api/v1/cash/open"),
        caller(cast.carla).get("/cash/sessions", origin=TILL),
        Caller().get("/cash/sessions", origin=TILL),
    ]
    assert [answer.status_code for answer in answers] == [401, 200, 401]
    for answer in answers:
        assert cors_headers(answer) == {}
        assert "origin" not in answer.headers["Vary"].lower()


# --- preflights -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/auth/login",
        "/api/v1/cash/open",
        "/api/v1/cash/open/",
        "/api/v1/settlements///",
        "/api/v1/cash-management/expected?storeId=x&colour=red",
        "/api/v1/nothing",
        "/api/v1/schema",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_a_preflight_needs_no_sign_in_and_no_database(till: str, path: str, method: str) -> None:
    answer = preflight(path, method=method, headers=",".join(SENT))
    assert (answer.status_code, answer.content) == (200, b"")
    assert is_readable(answer)
    shown = cors_headers(answer)
    assert method in shown["access-control-allow-methods"].split(", ")
    assert set(SENT) <= set(shown["access-control-allow-headers"].split(", "))
    assert answer.headers["X-Request-ID"]


def test_a_preflight_is_not_sent_to_https(till: str, settings: Any) -> None:
    """Browsers do not follow a redirect of a preflight request."""
    settings.SECURE_SSL_REDIRECT = True
    assert preflight("/api/v1/cash/open").status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://till.example",
        "https://till.example:8443",
        "https://till.example.evil.example",
        "https://sub.till.example",
        "https://TILL.example.evil",
        "null",
        "file://",
        "https://[",
        "",
    ],
)
def test_another_origin_is_not_let_in(cast: Cast, till: str, origin: str) -> None:
    for answer in (preflight("/api/v1/cash/open", origin=origin), caller(cast.carla).get("/auth/me", origin=origin)):
        assert cors_headers(answer) == {}
        assert "origin" in answer.headers["Vary"].lower()  # no cache shows it to the origin that is let in


@pytest.mark.parametrize("path", ["/", "/sign-in", "/desk", "/admin/login/", "/livez", "/apiary"])
def test_pages_are_for_no_other_origin(cast: Cast, till: str, path: str) -> None:
    assert cors_headers(preflight(path)) == {}
    assert cors_headers(Client().get(path, headers={"origin": TILL})) == {}


def test_other_methods_than_a_preflight_are_as_before(cast: Cast, till: str) -> None:
    answer = Client().options("/api/v1/cash/open", headers={"origin": TILL})
    assert answer.status_code == 401
    assert is_readable(answer)


# --- answers and errors -------------------------------------------------------------------------------------------------


def test_every_answer_can_be_read(cast: Cast, till: str) -> None:
    carla = caller(cast.carla)
    opened(carla)
    for status, answer in (
        (200, carla.get("/cash/status", origin=TILL)),
        (200, carla.get("/cash/status/", origin=TILL)),
        (200, carla.get("/cash/sessions?limit=1", origin=TILL)),
        (400, carla.get("/cash/status?colour=red", origin=TILL)),
        (400, carla.post("/cash/close", "{", origin=TILL)),
        (401, Caller().get("/cash/status", origin=TILL)),
        (401, Caller().post("/auth/login", {"username": "carla", "password": "x"}, origin=TILL)),
        (403, carla.get("/reports/shift-summary?start_date=2026-01-01&end_date=2026-01-02", origin=TILL)),
        (404, carla.get("/nothing", origin=TILL)),
        (405, carla.send("PUT", "/cash/open", {}, origin=TILL)),
        (409, carla.post("/cash/open", {"start_amount": 1}, origin=TILL)),
    ):
        assert answer.status_code == status, answer.content
        assert is_readable(answer), status


def test_throttling_and_replays_can_be_read(cast: Cast, till: str) -> None:
    carla = caller(cast.carla)
    answers = [carla.post("/cash/open", {"start_amount": 1}, idempotency_key="k", origin=TILL) for _time in range(2)]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    body = {"username": "bruno", "password": "wrong"}
    answers += [Caller().post("/auth/login", body, origin=TILL) for _try in range(4)]
    assert answers[-1].headers["Retry-After"]
    assert [answer.status_code for answer in answers] == [200, 200, 401, 401, 401, 429]
    assert all(is_readable(answer) for answer in answers)


@pytest.mark.parametrize(
    ("path", "content", "headers", "status"),
    [
        ("/cash/open", "x" * 65_537, {}, 413),
        ("/cash/open", "{}", {"content_type": "text/csv"}, 415),
        ("/cash/open", "{}", {"CONTENT_LENGTH": "many"}, 400),
        ("/cash/open", "{}", {"HTTP_TRANSFER_ENCODING": "gzip", "CONTENT_LENGTH": ""}, 411),
        ("/cash/open", "{}", {"HTTP_HOST": "nobody.example"}, 400),
    ],
)
def test_limits_of_bodies_can_be_read(
    cast: Cast, till: str, path: str, content: str, headers: dict[str, Any], status: int
) -> None:
    secret = caller(cast.carla).secret
    sent = {
        "content_type": "application/json",
        "HTTP_AUTHORIZATION": f"Bearer {secret}",
        "HTTP_ORIGIN": TILL,
        **headers,
    }
    answer = Client().generic("POST", f"/api/v1{path}", content, **sent)
    assert answer.status_code == status
    assert is_readable(answer)


@pytest.mark.urls("tests.web.failing_urls")
@pytest.mark.parametrize(
    ("path", "status"),
    [("/cash/fail/unforeseen", 500), ("/cash/outside", 500), ("/cash/outage", 503), ("/payments/fail/busy", 503)],
)
def test_faults_of_ours_can_be_read(till: str, path: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(f"/api/v1{path}", headers={"origin": TILL})
    assert answer.status_code == status
    assert is_readable(answer)


# --- working as a page of another origin ----------------------------------------------------------------------------------


def test_a_page_of_an_allowed_origin_works_with_the_cookie(cast: Cast, till: str) -> None:
    page = Caller()
    signed_in = page.post("/auth/login", {"username": "carla", "password": PASSWORD}, origin=TILL)
    assert signed_in.status_code == 200
    assert page.post("/cash/open", {"start_amount": 1}, origin=TILL).status_code == 200
    assert page.post("/cash/close", {"final_cash_declared": 1}, origin=TILL).status_code == 200
    assert page.post("/cash/open", {"start_amount": 1}, origin="https://evil.example").status_code == 403
    assert page.post("/auth/logout", origin=TILL).status_code == 200


@pytest.mark.parametrize("name", ["CSRF_TRUSTED_ORIGINS", "CORS_ALLOWED_ORIGINS"])
@pytest.mark.parametrize("origin", ["null", "*", "file://"])
def test_an_origin_that_any_page_can_have_is_never_trusted(cast: Cast, settings: Any, name: str, origin: str) -> None:
    setattr(settings, name, [origin])
    page = Caller()
    right = {"username": "carla", "password": PASSWORD}
    assert page.post("/auth/login", right, origin=origin).status_code == 403
    assert page.post("/auth/login", right).status_code == 200
    assert page.post("/cash/open", {"start_amount": 1}, origin=origin).status_code == 403


def test_it_does_not_pass_the_csrf_check_of_the_pages(cast: Cast, till: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.erika)
    headers = {"origin": TILL}
    refused = browser.post("/api/v1/cash/open", {"start_amount": 1}, content_type="application/json", headers=headers)
    assert refused.status_code == 403
    visitor = Client(enforce_csrf_checks=True)
    assert visitor.post("/sign-in", {"name": "carla", "password": PASSWORD}, headers=headers).status_code == 403
    assert "sessionid" not in visitor.cookies


# --- the check of the setting -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["*", "https://*.example", "https://*", "null", "file://"])
def test_a_wildcard_is_refused(settings: Any, origin: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [TILL, origin]
    assert [error.id for error in check_origins()] == ["cashdesk.E030"]
    with pytest.raises(SystemCheckError, match="cookies"):
        call_command("check")


def test_every_origin_at_once_is_refused(settings: Any) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = True
    assert [error.id for error in check_origins()] == ["cashdesk.E031"]


@pytest.mark.parametrize("origin", ["till.example", "https://till.example/", "https://till.example/desk"])
def test_what_is_no_origin_is_refused(settings: Any, origin: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [origin]
    with pytest.raises(SystemCheckError, match="CORS_ALLOWED_ORIGINS"):
        call_command("check")


def test_named_origins_are_fine(till: str) -> None:
    assert check_origins() == []
    call_command("check")
