"""The life of a browser session: some hours, and less without use."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.db.models import F, QuerySet
from django.utils import timezone

from cashdesk.models import BrowserSession, SignInAttempt
from cashdesk.web.browser_sessions import SIGNED_IN_AT
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

HOURS, MINUTES = timedelta(hours=12), timedelta(minutes=60)


def signed_in() -> Browser:
    """Carla's browser."""
    browser = Browser()
    browser.fill("/sign-in", {"name": "carla", "password": PASSWORD})
    return browser


def passes(time: timedelta) -> None:
    """Moves the expiry of the session rows back. `age` moves the time of the sign-in back."""
    BrowserSession.objects.update(expire_date=F("expire_date") - time, last_seen_at=F("last_seen_at") - time)


def age(browser: Browser, time: timedelta) -> None:
    """Lets the browser have signed in so long ago."""
    session = browser.client.session
    session[SIGNED_IN_AT] -= int(time.total_seconds())
    session.save()


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/desk").status_code == 200)


def expiry() -> timedelta:
    """Returns how long the session would last without another request."""
    return BrowserSession.objects.get().expire_date - timezone.now()


def test_the_cookie_lasts_as_long_as_a_token(cast: Cast) -> None:
    cookie = signed_in().client.cookies["sessionid"]
    assert HOURS.total_seconds() - 5 <= cookie["max-age"] <= HOURS.total_seconds()


def test_an_idle_browser_is_signed_out(cast: Cast) -> None:
    carla = signed_in()
    assert MINUTES - timedelta(seconds=5) <= expiry() <= MINUTES
    passes(MINUTES)
    assert not is_signed_in(carla)


def test_a_request_puts_the_idle_end_off_once_a_minute(cast: Cast) -> None:
    carla = signed_in()
    passes(timedelta(minutes=59))
    assert is_signed_in(carla)
    assert expiry() > timedelta(minutes=59)
    with counted_queries() as queries:
        carla.get("/desk")
    assert not [query for query in queries if query["sql"].startswith("UPDATE")]


def test_the_hours_end_however_busy_a_browser_is(cast: Cast) -> None:
    carla = signed_in()
    age(carla, HOURS - timedelta(minutes=5))
    assert is_signed_in(carla)
    assert expiry() <= timedelta(minutes=5)
    age(carla, timedelta(minutes=5))
    assert not is_signed_in(carla)


def test_signing_in_again_begins_the_hours_anew(cast: Cast) -> None:
    carla = signed_in()
    age(carla, HOURS - timedelta(minutes=5))
    carla.client.post("/sign-in", {"name": "carla", "password": PASSWORD})
    assert expiry() > timedelta(minutes=59)


def test_the_settings_decide(cast: Cast, settings: Any) -> None:
    settings.ACCESS_TOKEN_HOURS, settings.SESSION_IDLE_MINUTES = 2, 10
    carla = signed_in()
    assert carla.client.cookies["sessionid"]["max-age"] <= 2 * 3600
    assert expiry() <= timedelta(minutes=10)


def test_a_read_does_not_fail_where_nothing_can_be_written(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    carla = signed_in()
    passes(timedelta(minutes=30))

    def refused(*_args: Any, **_values: Any) -> int:
        raise DatabaseError("read only")

    monkeypatch.setattr(QuerySet, "update", refused)
    assert is_signed_in(carla)


def test_a_count_typed_into_an_idle_page_is_there_after_signing_in_again(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    carla = signed_in()
    carla.get("/desk/count")
    passes(MINUTES)
    assert carla.send("/desk/count", {"pieces-2000": "007", "amount": ""}).status_code == 403
    carla.send("/sign-in", {"name": "carla", "password": PASSWORD})
    carla.follow()
    assert carla.value("pieces-2000") == "007"


def test_tidy_removes_what_has_ended_and_nothing_else(cast: Cast) -> None:
    ended, running = signed_in(), Browser(cast.bruno)
    BrowserSession.objects.filter(pk=ended.client.session.digest).update(expire_date=timezone.now())
    for minutes_ago in (1, 24 * 60):
        at = timezone.now() - timedelta(minutes=minutes_ago)
        SignInAttempt.objects.create(identifier_digest="x", address="a", at=at)
    out = StringIO()
    call_command("tidy", stdout=out)
    assert "1 sign-in attempts, 0 refresh tokens, 1 browser sessions" in out.getvalue()
    assert is_signed_in(running)
    assert SignInAttempt.objects.count() == 1
