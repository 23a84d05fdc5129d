"""The security headers of every page and every answer."""

import pytest
from django.test import Client

from tests.stories import Caller, Cast, caller

PAGES = [
    "/",
    "/admin/login/",
    "/sign-in",
    "/desk",
    "/api/v1/docs",
    "/api/v1/schema",
    "/nothing",
    "/livez",
    "/api/v1/cash/status",
]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_every_answer_says_what_it_may_load_and_who_may_frame_it(path: str) -> None:
    headers = Client().get(path).headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";") if part.strip()
    )
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/about", "/admin/login/", "/sign-in", "/api/v1/docs", "/api/v1/problems", "/api/v1/problems/busy"]
)
def test_no_page_has_anything_inline_or_from_another_host(path: str) -> None:
    import re

    page = Client().get(path, headers={"accept": "text/html"}).content.decode()
    assert "<html" in page
    assert re.findall(r"<style\b", page) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", page) == []
    assert re.findall(r"\son\w+=", page) == []
    assert re.findall(r"\sstyle=", page) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//[^\"]*", page) == []


def test_figures_are_in_no_cache(cast: Cast) -> None:
    carla = caller(cast.carla)
    answers = [
        carla.get("/cash/sessions"),
        carla.get("/cash/status"),
        carla.post("/cash/open", {"start_amount": 1}),
        Caller().get("/cash/status"),
        carla.get("/nothing"),
    ]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert {"Authorization", "Cookie"} <= {name.strip() for name in answer.headers["Vary"].split(",")}


def test_no_answer_tells_what_it_runs_on(cast: Cast) -> None:
    answer = caller(cast.carla).get("/cash/status")
    assert {"server", "x-powered-by", "access-control-allow-origin"} & {
        name.lower() for name in answer.headers
    } == set()
