"""A day of each public original's front end replays without a mismatch."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from tests.contracts.front_end import Cookie, FrontEnd
from tests.contracts.replay import Mismatch, page
from tests.contracts.test_pages import PASSWORD_OF_THE_PAGE
from tests.stories import Cast, make_cast

DAYS = sorted((Path(__file__).parent / "days").glob("*.json"))


@pytest.mark.django_db
@pytest.mark.parametrize("path", DAYS, ids=[path.stem for path in DAYS])
def test_the_day_replays(path: Path, settings: LazySettings) -> None:
    day = page(path)
    cast = make_cast(**day["store"])
    for person in (cast.carla, cast.erika):
        person.set_password(PASSWORD_OF_THE_PAGE)
        person.save(update_fields=["password"])
    settings.CORS_ALLOWED_ORIGINS = [day["front_end"]["origin"]]
    front_end = FrontEnd(cast=cast, **day["front_end"])
    for step in day["steps"]:
        front_end.play(step)  # raises Mismatch
    assert len(day["steps"]) > 10


def test_both_public_front_ends_have_a_day() -> None:
    assert {path.stem for path in DAYS} == {"cash_sessions", "shifts"}


@pytest.fixture
def front_end(cast: Cast) -> FrontEnd:
    return FrontEnd(cast=cast, origin="http://localhost:3000", credentials=True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": "1"}),
        ({"a": {"b": 1}}, {"a": {}}),
        ([{"a": 1}], [{"a": 1}, {"a": 1}]),
        ([{"a": 1}], {}),
        ("<number>", True),
        ("<number>", "1"),
        ("<money>", None),
        ("<money>", "NaN"),
        ("<money>", "ten"),
        ("<money>", True),
        ("<bool>", 1),
        ("<string>", None),
    ],
)
def test_the_browser_sees_what_a_front_end_cannot_read(front_end: FrontEnd, wanted: Any, found: Any) -> None:
    with pytest.raises(Mismatch):
        front_end.compare(wanted, found, where="answer")


def test_what_nobody_reads_is_no_fault(front_end: FrontEnd) -> None:
    front_end.compare([{"a": "<money>", "b": "<string>"}], [{"a": "12.50", "b": "", "c": None}], where="answer")


def test_an_answer_that_the_page_may_not_read_is_a_fault(front_end: FrontEnd) -> None:
    with pytest.raises(Mismatch, match="may not read"):
        front_end.play({"method": "GET", "path": "/api/v1/auth/me", "status": 401})


def test_the_browser_sends_a_cookie_to_its_path_until_its_end(front_end: FrontEnd) -> None:
    jar = {"a": Cookie(value="1", path="/", ends_in=2), "b": Cookie(value="2", path="/api/v1/auth/refresh", ends_in=5)}
    assert front_end._cookies_for("/api/v1/auth/refresh?x=1", jar) == "a=1; b=2"
    assert front_end._cookies_for("/api/v1/auth/refreshed", jar) == "a=1"
    front_end.hours = 2
    assert front_end._cookies_for("/api/v1/auth/refresh/", jar) == "b=2"
    assert front_end._cookies_for("/api/v1/auth/me", jar) == ""
