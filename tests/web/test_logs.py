"""Structured logs: one JSON object per line, with the request id, and without secrets."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.api.steps import opened, paid
from tests.factories import PASSWORD
from tests.stories import Caller, Cast, caller, exact, key_caller


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Returns the lines that the server's handler would write to standard error."""
    root = logging.getLogger()
    ours = next(handler for handler in root.handlers if type(handler) is logging.StreamHandler)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(ours.formatter)
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)


def test_each_request_has_a_line_with_its_id(cast: Cast, lines: Callable[[], list[dict[str, Any]]]) -> None:
    carla = caller(cast.carla)
    answers = [carla.get("/cash/status"), carla.post("/cash/open", {"start_amount": 5})]
    finished = [line for line in lines() if line["event"] == "request_finished"]
    assert [line["code"] for line in finished] == [404, 200]
    assert [line["request_id"] for line in finished] == [answer.headers["X-Request-ID"] for answer in answers]
    assert len({line["request_id"] for line in finished}) == 2
    assert [line["request"] for line in finished] == ["GET /api/v1/cash/status", "POST /api/v1/cash/open"]
    assert all(line["timestamp"].endswith("Z") and line["level"] and line["logger"] for line in lines())


@pytest.mark.parametrize("wanted", ["till-7-000123", "x" * 5000, "a\tb", "é", '{"a":1}', "\x1b[31m"])
def test_nobody_chooses_the_id_under_which_they_are_written_down(
    cast: Cast, lines: Callable[[], list[dict[str, Any]]], wanted: str
) -> None:
    answer = caller(cast.carla).post("/cash/open", {"start_amount": 1}, x_request_id=wanted)
    assert answer.status_code == 200
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Request-ID"])
    assert {line["request_id"] for line in lines()} == {answer.headers["X-Request-ID"]}


def test_no_secret_and_no_expected_amount_is_written_down(
    cast: Cast, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    visitor = Caller()
    secret = exact(visitor.post("/auth/login", {"username": "carla", "password": PASSWORD}))["access_token"]
    visitor.post("/auth/login", {"username": "carla", "password": "a-wrong-guess"})
    visitor.post("/auth/login", {"username": "typed-my-passw0rd-here", "password": "x"})
    carla, till = Caller(secret), key_caller(cast.store)
    opened(carla, 100)
    paid(carla, amount=63941)
    carla.post("/shifts/start", {"start_cash": 5, "password": PASSWORD})
    carla.post("/shifts/cash-transaction", {"type": "cash_out", "amount": 1, "category": "drop"}, idempotency_key="k")
    till.get("/payment-methods")
    Caller("ct_wrong-secret-1234567890").get("/cash/status")
    Client().get("/link/cl_a-secret-of-a-link", HTTP_USER_AGENT="cr_a-secret-to-renew")
    text = json.dumps(lines())
    for never in (
        PASSWORD,
        "a-wrong-guess",
        "typed-my-passw0rd-here",
        secret,
        till.secret,
        "ct_wrong-secret-1234567890",
        "a-secret-of-a-link",
        "a-secret-to-renew",
        "739.4",
        "73941",
        "73940",
        "63941",
        "639.41",
    ):
        assert never not in text, never


@pytest.mark.urls("tests.web.failing_urls")
@pytest.mark.django_db
def test_a_fault_of_ours_is_written_down_with_where_it_happened(lines: Callable[[], list[dict[str, Any]]]) -> None:
    by = Caller()
    by.client.raise_request_exception = False
    answer = by.get("/cash/fail/unforeseen")
    told = [line for line in lines() if line["request_id"] == answer.headers["X-Request-ID"]]
    assert any("RuntimeError" in line.get("exception", "") for line in told)
    assert [line["level"] for line in told if "exception" in line] == ["error"] * sum(
        "exception" in line for line in told
    )


@pytest.mark.urls("tests.web.failing_urls")
@pytest.mark.django_db
def test_what_comes_in_cannot_forge_a_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    by = Caller()
    by.client.raise_request_exception = False
    by.get('/cash/fail/any%0A{"event":"forged"}', user_agent='x\n{"event": "forged"}')
    assert "forged" not in {line["event"] for line in lines()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "logged"),
    [
        ("api_key=sesame-open-up", "?***"),
        ("sesame-open-up", "?***"),
        ("sesame-open-up=1", "?***"),
        ("store=sesame open up", "?store=***"),
        ("store=ck_sesame-open-up", "?store=***"),
        ("from=2026-03-01&to=2026-03-02&token=sesame-open-up", "?from=2026-03-01&to=2026-03-02&***"),
        ("store=1337", "?store=1337"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/cash/sessions", "/sign-in", "/nothing/here"])
def test_a_secret_in_a_url_is_masked(
    lines: Callable[[], list[dict[str, Any]]], path: str, query: str, logged: str
) -> None:
    Client().get(f"{path}?{query}", headers={"referer": f"http://testserver/?{query}"})
    text = json.dumps(lines())
    assert "sesame" not in text
    assert {line["request"] for line in lines() if "request" in line} == {f"GET {path}{logged}"}


@pytest.mark.django_db
def test_a_key_in_the_path_or_the_user_agent_is_masked(lines: Callable[[], list[dict[str, Any]]]) -> None:
    Client().get("/api/v1/ck_live-sesame-open", headers={"user-agent": "till/1.0 ct_sesame-open-up"})
    assert "sesame" not in json.dumps(lines())
    assert "till/1.0 ***" in {line.get("user_agent") for line in lines()}


@pytest.mark.urls("tests.web.failing_urls")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/cash/fail/busy", 503),
        ("/api/v1/cash/fail/unforeseen", 500),
        ("/api/v1/cash/fail/conflict", 409),
        ("/api/v1/cash/outside", 500),
        ("/outside", 500),
        ("/outage", 503),
        ("/nothing", 404),
    ],
)
def test_each_request_ends_in_one_line_and_fails_in_one_at_most(
    lines: Callable[[], list[dict[str, Any]]], path: str, code: int
) -> None:
    Client(raise_request_exception=False).get(path)
    events = [line["event"] for line in lines()]
    assert events.count("request_finished") == 1
    assert [line["code"] for line in lines() if line["event"] == "request_finished"] == [code]
    assert events.count("request_failed") == (code >= 500)
    assert any("exception" in line for line in lines()) == (code == 500)
