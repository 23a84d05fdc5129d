"""A request with very many errors gets a bounded answer and causes bounded work."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.api.steps import opened, payment
from tests.stories import Caller, Cast, caller, exact

ANSWER_BYTES_MAX = 48 * 1024


def names(count: int) -> dict[str, Any]:
    return {f"n{number}": 1 for number in range(count)}


@pytest.mark.django_db
def test_half_a_million_names_before_signing_in_are_not_even_read() -> None:
    refused = Caller().post("/auth/login", json.dumps(names(500_000)))
    assert refused.status_code == 413
    assert exact(refused)["detail"] == "The body is larger than 64 KB. Send less at a time."
    assert len(refused.content) < 1000


@pytest.mark.django_db
@pytest.mark.parametrize("count", [20, 21, 5_000])
def test_twenty_unknown_names_are_named_and_the_rest_counted(count: int) -> None:
    refused = Caller().post("/auth/login", names(count))
    errors = exact(refused)["data"]["errors"]
    assert refused.status_code == 400
    assert [name for name in errors if name != "body"] == [f"n{number}" for number in range(20)]
    assert errors.get("body") == (f"has {count - 20} more names that are not known here." if count > 20 else None)
    assert len(refused.content) < ANSWER_BYTES_MAX


@pytest.mark.django_db
def test_a_name_of_60_kb_is_not_echoed() -> None:
    refused = Caller().post("/auth/login", {"x" * 60_000: 1})
    assert (refused.status_code, len(refused.content) < 2000) == (400, True)


def test_a_value_of_60_kb_is_not_echoed(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    refused = carla.post("/payments", {**payment("a"), "status": "y" * 60_000})
    assert (refused.status_code, len(refused.content) < 4000) == (400, True)
    assert b"status" in refused.content


def test_fields_that_are_wrong_in_their_thousands_are_named_twenty_at_most(cast: Cast) -> None:
    refused = caller(cast.carla).post("/cash/close", {"final_cash_declared": 1, "count": [{"pieces": "x"}] * 2_000})
    assert refused.status_code == 400
    assert len(refused.content) < ANSWER_BYTES_MAX


def test_a_batch_of_nonsense_is_answered_in_little(cast: Cast) -> None:
    carla = caller(cast.carla)
    answer = carla.post("/payments/batch", [names(100)] * 2_000)
    results = exact(answer)["results"]
    assert (answer.status_code, len(results)) == (200, 2_000)
    assert {result["status_code"] for result in results} == {400}
    assert len(results[0]["problem"]["errors"]) == 21
    assert "errors" not in results[-1]["problem"]
    assert "send it alone" in results[-1]["problem"]["detail"].lower()
    assert len(answer.content) < 2 * 1024 * 1024


def test_each_of_fifty_refused_payments_of_a_batch_says_why(cast: Cast) -> None:
    carla = caller(cast.carla)
    wrong = [{**payment(f"p{number}"), "amount": "much"} for number in range(50)]
    results = exact(carla.post("/payments/batch", wrong))["results"]
    assert {result["problem"]["errors"][0]["pointer"] for result in results} == {"/amount"}


def test_a_batch_with_unknown_names_beside_it_names_twenty(cast: Cast) -> None:
    refused = caller(cast.carla).post("/payments/batch", {"payments": [payment("a")], **names(100_000)})
    assert (refused.status_code, len(exact(refused)["errors"])) == (400, 21)
    assert len(refused.content) < ANSWER_BYTES_MAX


def test_only_a_batch_may_be_large(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert carla.post("/payments", {**payment("a"), "channel": "x" * 70_000}).status_code == 413
    assert carla.post("/payments/batch", "[" + " " * 70_000 + "]").status_code == 400
    assert Caller().post("/payments/batch", "[" + " " * 70_000 + "]").status_code == 401


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_the_body_of_a_browser_session_is_bounded_and_read_once(cast: Cast, content_type: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.carla)
    browser.cookies["csrftoken"] = "a" * 32
    asked = {"content_type": content_type, "headers": {"x-csrftoken": "a" * 32}}
    assert browser.post("/api/v1/cash/open", b"[" + b" " * 70_000, **asked).status_code == 413
    sent = browser.post("/api/v1/cash/open", b'{"start_amount": 1}', **asked)
    assert sent.status_code == (200 if content_type == "application/json" else 415)


def test_unknown_parameters_are_named_twenty_at_most(cast: Cast) -> None:
    query = "&".join(f"{'q' * 300}{number}=1" for number in range(900))
    refused = caller(cast.carla).get(f"/cash/sessions?{query}")
    assert (refused.status_code, len(refused.content) < ANSWER_BYTES_MAX) == (400, True)
    assert b"880 more" in refused.content


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["[" * 30_000, '{"a":' * 10_000, '{"a":1,' * 2 + '"a":1' + "}" * 2])
def test_deep_and_repeated_names_are_refused_in_a_sentence(body: str) -> None:
    refused = Caller().post("/auth/login", body)
    assert (refused.status_code, len(refused.content) < 1000) == (400, True)
