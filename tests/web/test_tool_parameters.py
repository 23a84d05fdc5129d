"""Query parameters that tools add to any address are ignored, and others are refused. A missing method is 405 first."""

from typing import Any

import pytest

from cashdesk.web.middleware import without_tool_parameters
from tests.api.steps import bound_key, opened
from tests.stories import Caller, Cast, caller, exact
from tests.web.test_permissions import ROUTES

OF_TOOLS = "_=1541435925364&utm_source=mail&utm_medium=&utm_campaign=a%20b&%5F=2&utm%5fterm"
READS = sorted({path for method, path in ROUTES if method == "GET" and path not in ("docs", "schema")})


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", ""),
        ("_", ""),
        ("_=1", ""),
        ("utm_source=x", ""),
        ("a=1&_=2&b=3", "a=1&b=3"),
        ("%5f=1&b=%FF%", "b=%FF%"),
        ("utm=1", "utm=1"),
        ("__=1", "__=1"),
        ("_x=1", "_x=1"),
        ("x_=_", "x_=_"),
        ("UTM_source=x", "UTM_source=x"),
        ("a=utm_source", "a=utm_source"),
        ("a=1&&b=2", "a=1&&b=2"),
        ("_;utm_x=1", "_;utm_x=1"),
    ],
)
def test_only_what_tools_add_is_removed(query: str, left: str) -> None:
    assert without_tool_parameters(query) == left


@pytest.mark.parametrize("who", ["carla", "anna"])
def test_every_read_answers_as_without_them(cast: Cast, who: str) -> None:
    by = caller(getattr(cast, who), store=cast.store)
    for path in READS:
        plain, with_them = by.get(f"/{path}"), by.get(f"/{path}?{OF_TOOLS}")
        assert with_them.status_code == plain.status_code, path
        assert b"utm_" not in with_them.content
        assert b'"_"' not in with_them.content


@pytest.mark.parametrize("path", ["/cash/open", "/cash/open/", "/shifts/cash-transaction", "/settlements", "/payments"])
def test_others_are_still_refused_beside_them(cast: Cast, path: str) -> None:
    refused = caller(cast.carla).post(f"{path}?{OF_TOOLS}&colour=red", {})
    assert refused.status_code == 400
    assert b"colour" in refused.content
    assert b"utm" not in refused.content


def test_they_do_not_come_back_in_the_link_to_the_next_page(cast: Cast) -> None:
    carla = caller(cast.carla)
    for _time in range(3):
        opened(carla)
        carla.post("/cash/close", {"final_cash_declared": 0})
    first = carla.get(f"/cash/sessions?{OF_TOOLS}&limit=1&status=CLOSED")
    assert len(exact(first)) == 1
    assert "limit=1&status=CLOSED&cursor=" in first.headers["Link"]
    assert "utm" not in first.headers["Link"]


def test_they_do_not_make_another_request_of_a_repeated_one(cast: Cast) -> None:
    carla = caller(cast.carla)
    first = carla.post("/cash/open?_=1", {"start_amount": 1}, idempotency_key="k")
    again = carla.post("/cash/open?_=2&utm_source=x", {"start_amount": 1}, idempotency_key="k")
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("paths", [("/cash/open", "/cash/open/"), ("/cash/open//?_=1", "/cash/open")])
def test_a_trailing_slash_does_not_make_another_request_of_a_repeated_one(cast: Cast, paths: tuple[str, str]) -> None:
    carla = caller(cast.carla)
    first, again = (carla.post(path, {"start_amount": 1}, idempotency_key="k") for path in paths)
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_a_method_that_a_path_lacks_is_405_whatever_the_query(cast: Cast, method: str) -> None:
    people = (caller(cast.carla), bound_key(cast.store))
    for path in sorted({path for _method, path in ROUTES} - {"docs", "schema"}):
        if (method, path) in ROUTES:
            continue
        for by in people:
            refused = by.send(method, f"/{path}?colour=red", "{")
            assert refused.status_code == 405, path
            assert "Allow" in refused.headers
        # Where nobody can sign in, there is nobody to ask for a sign-in.
        takes_no_sign_in = path.startswith("problems") or path == "payments/midtrans-notification"
        anonymous = 405 if takes_no_sign_in else 401
        assert Caller().send(method, f"/{path}?colour=red", "{").status_code == anonymous, path


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/cash/sessions?limit=1"), ("GET", "/cash/open?user_id=1"), ("POST", "/settlements/x?page=1")],
)
def test_the_parameters_of_another_method_do_not_matter(cast: Cast, method: str, path: str) -> None:
    answer: Any = caller(cast.carla).send(method, path, "")
    assert answer.status_code in (404, 405)
