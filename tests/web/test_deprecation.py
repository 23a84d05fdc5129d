"""Deprecation and Sunset: a call or a field that will be retired says so in its answers, long enough before."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from cashdesk.web.deprecation import NOTICE, Deprecated
from tests.docs.pages import CONTRACTS
from tests.web.test_permissions import routes

pytestmark = pytest.mark.urls("tests.web.deprecated_urls")

LINK = '</api/v1/docs>; rel="deprecation"; type="text/html"'
DAY = date(2027, 1, 1)


def get(path: str) -> Any:
    return Client().get(f"/api/v1{path}")


def headers(answer: Any) -> dict[str, str]:
    """Returns the headers of the announcement."""
    return {name: answer.headers[name] for name in ("Deprecation", "Sunset", "Link") if name in answer.headers}


def test_a_deprecated_call_says_since_when_until_when_and_where_to_read_on() -> None:
    assert headers(get("/old")) == {
        "Deprecation": "@1798761600",
        "Sunset": "Mon, 03 Jan 2028 00:00:00 GMT",
        "Link": f'<https://cash.example/next>; rel="next", {LINK}',
    }


def test_its_refusals_say_so_too() -> None:
    answer = get("/old?colour=red")
    assert answer.status_code == 400
    assert headers(answer)["Deprecation"] == "@1798761600"
    assert headers(answer)["Link"] == LINK


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", {}),
        ("?store=1", {}),
        ("?shop=1", {"Deprecation": "@1801440000", "Link": LINK}),
        ("?till=1", {"Deprecation": "@1803859200", "Sunset": "Mon, 01 May 2028 00:00:00 GMT", "Link": LINK}),
        ("?till=1&shop=1", {"Deprecation": "@1801440000", "Sunset": "Mon, 01 May 2028 00:00:00 GMT", "Link": LINK}),
    ],
)
def test_a_deprecated_parameter_is_told_to_who_sends_it(query: str, told: dict[str, str]) -> None:
    assert headers(get(f"/mixed{query}")) == told


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"shop": 1}', {"Deprecation": "@1801440000", "Link": LINK}),
        ('{"store": 1}', {}),
        ('["shop"]', {}),
        ("{", {}),
        ("", {}),
    ],
)
def test_a_deprecated_field_is_told_to_who_sends_it(body: str, told: dict[str, str]) -> None:
    answer = Client().post("/api/v1/sent", body, content_type="application/json")
    assert headers(answer) == told
    assert answer.status_code in (200, 400)


def test_a_body_of_another_type_is_still_415() -> None:
    answer = Client().post("/api/v1/sent", "shop=1", content_type="text/plain")
    assert (answer.status_code, headers(answer)) == (415, {})


def test_everything_else_announces_nothing() -> None:
    assert headers(get("/young")) == {}


@pytest.mark.parametrize("days", [0, 30, 183, NOTICE.days - 1])
def test_a_notice_that_is_too_short_does_not_start(days: int) -> None:
    with pytest.raises(ValueError, match="at least 365 days"):
        Deprecated(since=DAY, ends=DAY + timedelta(days=days), instead="Use another one.")


def test_a_year_is_enough() -> None:
    assert Deprecated(since=DAY, ends=DAY + NOTICE, instead="Use another one.").ends == date(2028, 1, 1)


def declared() -> Iterator[tuple[str, str]]:
    """Yields (action, announcement) of each action of a published view that will be retired in whole or in part."""
    for _method, _path, (view, action) in routes():
        if action in getattr(view, "deprecated", {}) or action in getattr(view, "deprecated_fields", {}):
            yield action, view.__name__


def test_nothing_published_is_deprecated_today() -> None:
    """If this list changes, the CHANGELOG must announce the change."""
    assert sorted(declared()) == []


def test_the_policy_stands_in_the_contracts() -> None:
    told = CONTRACTS.read_text()
    assert "**Versions, and how something is retired.**" in told
    assert f"{NOTICE.days} days" in told
