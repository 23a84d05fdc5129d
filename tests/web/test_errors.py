"""Every error has the body of its dialect and reveals nothing out of scope."""

from typing import Any

import pytest
from django.test import Client

from cashdesk.models import Place
from tests.api.steps import opened
from tests.stories import Caller, Cast, caller, exact
from tests.web.failing_urls import DIALECTS, FAULTS, SECRET

pytestmark = [pytest.mark.urls("tests.web.failing_urls"), pytest.mark.django_db]

STATUSES = {
    "unforeseen": 500, "division": 500, "busy": 503, "denied": 403, "gone": 404, "invalid": 400, "not_signed_in": 401, "forbidden": 403,
    "not_found": 404, "nothing_open": 404, "conflict": 409, "already_open": 409, "still_running": 409, "key_reused": 422, "too_many": 429,
    "movement": 400, "any": 400,
}  # fmt: skip
KEYS = {
    "cash": {"detail"},
    "shifts": {"message", "error"},
    "reports": {"message", "error"},
    "orders": {"message", "error"},
    "payment-methods": {"message", "error"},
    "auth": {"message", "error", "detail"},
    "payments": {"type", "title", "status", "detail", "code", "request_id"},
}
FIELD_KEY = {"cash": set(), "payments": {"errors"}}


def quiet() -> Caller:
    by = Caller()
    by.client.raise_request_exception = False
    return by


@pytest.mark.parametrize("prefix", DIALECTS)
@pytest.mark.parametrize("how", FAULTS)
def test_each_fault_has_its_status_and_the_body_of_the_dialect(prefix: str, how: str) -> None:
    answer = quiet().get(f"/{prefix}/fail/{how}")
    assert answer.status_code == STATUSES[how]
    wanted = KEYS[prefix] | (FIELD_KEY.get(prefix, {"data"}) if how == "invalid" else set())
    assert set(exact(answer)) == wanted
    assert answer.headers["Content-Type"] == (
        "application/problem+json" if prefix == "payments" else "application/json"
    )
    assert SECRET.encode() not in answer.content


@pytest.mark.parametrize("prefix", DIALECTS)
def test_the_headers_that_belong_to_a_status(prefix: str) -> None:
    by = quiet()
    assert by.get(f"/{prefix}/fail/too_many").headers["Retry-After"] == "77"
    assert by.get(f"/{prefix}/fail/busy").headers["Retry-After"] == "1"
    assert by.get(f"/{prefix}/fail/not_signed_in").headers["WWW-Authenticate"] == 'Bearer realm="cashdesk"'
    assert "GET" in by.patch(f"/{prefix}/fail/any", {}).headers["Allow"]


@pytest.mark.parametrize("prefix", DIALECTS)
def test_a_fault_of_ours_tells_the_id_under_which_it_was_written_down(prefix: str) -> None:
    answer = quiet().get(f"/{prefix}/fail/unforeseen")
    assert answer.headers["X-Request-ID"] in answer.content.decode()


def test_a_fault_of_ours_reaches_the_error_trackers() -> None:
    with pytest.raises(RuntimeError):
        Caller().get("/cash/fail/unforeseen")


@pytest.mark.parametrize("prefix", DIALECTS)
def test_a_fault_outside_a_view_of_the_api_has_the_dialect_of_the_path(prefix: str) -> None:
    answer = quiet().get(f"/{prefix}/outside")
    assert (answer.status_code, set(exact(answer))) == (500, KEYS[prefix])
    assert SECRET.encode() not in answer.content


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        *((f"/{prefix}/nothing/here", keys) for prefix, keys in KEYS.items() if prefix != "payments"),
        *(
            (f"/{prefix}//", keys)
            for prefix, keys in KEYS.items()
            if prefix not in ("payments", "payment-methods", "orders")
        ),
        ("/nothing", KEYS["payments"]),
        ("/cashbox", KEYS["payments"]),
        ("/shiftsx", KEYS["payments"]),
        ("/authority", KEYS["payments"]),
        ("", KEYS["payments"]),
        ("/%00", KEYS["payments"]),
        ("/cash/%FF", KEYS["cash"]),
        ("/cash/..%2Fauth/me", KEYS["cash"]),
    ],
)
def test_an_unknown_path_is_refused_in_the_words_of_its_neighbours(path: str, keys: set[str]) -> None:
    answer = Caller().get(path)
    assert (answer.status_code, set(exact(answer))) == (404, keys)
    assert answer.headers.get("Cache-Control") == "no-store" or path == ""


@pytest.mark.parametrize("prefix", DIALECTS)
def test_401_and_405_and_415_and_400_have_the_dialect_too(cast: Cast, prefix: str) -> None:
    known = {
        "cash": "/cash/open", "shifts": "/shifts/cash-transaction", "reports": "/reports/shift-summary", "orders": "/orders/1/pay/manual",
        "payment-methods": "/payment-methods", "auth": "/auth/me", "payments": "/payments",
    }[prefix]  # fmt: skip
    if prefix == "orders":
        opened(caller(cast.carla))
    is_get = prefix in ("reports", "payment-methods", "auth")
    carla = caller(cast.carla if prefix != "reports" else cast.erika)
    refused: list[tuple[int, Any]] = [
        (401, Caller().send("GET" if is_get else "POST", known, {})),
        (405, carla.send("PUT", known, {})),
    ]
    if not is_get:
        refused.append(
            (
                415,
                carla.client.post(
                    f"/api/v1{known}",
                    "x",
                    content_type="text/csv",
                    headers={"authorization": f"Bearer {carla.secret}", "idempotency-key": "k"},
                ),
            )
        )
        refused.append((400, carla.post(known, "{", idempotency_key="k")))
    for status, answer in refused:
        assert (answer.status_code, set(exact(answer)) - {"data", "errors"}) == (status, KEYS[prefix])


@pytest.mark.parametrize("prefix", DIALECTS)
def test_an_outage_outside_a_view_of_the_api_is_503_in_the_dialect(prefix: str) -> None:
    answer = quiet().get(f"/{prefix}/outage")
    assert (answer.status_code, set(exact(answer)), answer.headers["Retry-After"]) == (503, KEYS[prefix], "1")
    assert SECRET.encode() not in answer.content


def test_an_outage_of_a_page_is_a_page_that_says_what_to_do() -> None:
    page = Client(raise_request_exception=False).get("/outage")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "1")
    assert "not available right now" in page.content.decode()
    assert "Wait a moment" in page.content.decode()
    assert "Go back and try again" not in page.content.decode()
    german = Client(raise_request_exception=False).get("/outage", headers={"accept-language": "de"})
    assert "gerade nicht erreichbar" in german.content.decode()
    assert SECRET.encode() not in page.content


def test_elsewhere_an_error_is_a_page() -> None:
    browser = Client(raise_request_exception=False)
    for path, status in (("/outside", 500), ("/nothing", 404)):
        page = browser.get(path)
        assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (status, "text/html")
        assert SECRET.encode() not in page.content


def test_a_host_that_is_not_ours_is_400_and_told_nothing() -> None:
    for path in ("/cash/status", "/payments"):
        answer = quiet().get(path, host="evil.example")
        assert answer.status_code == 400
        assert b"ALLOWED_HOSTS" not in answer.content


def test_a_failing_request_leaves_nothing_behind(cast: Cast) -> None:
    carla = caller(cast.carla)
    carla.client.raise_request_exception = False
    assert carla.post("/cash/fail/after_a_write", {}, idempotency_key="k").status_code == 500
    assert not Place.objects.filter(number=777).exists()
