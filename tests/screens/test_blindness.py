"""Law 5 on the pages: two worlds that differ only in their sales show equal pages until the count is sealed.

The pages must be equal to the byte, and no page may contain the expected amount of the drawer.
"""

import re
from collections.abc import Callable

import pytest
from django.urls import URLPattern, resolve

from cashdesk import page_urls
from cashdesk.domain.ledger.expected import moved
from cashdesk.enums import CASH
from cashdesk.pair import Pair
from settlements import desk_urls
from tests.api.blind import all_of, notations
from tests.cashdesk.desk import open_drawer, pay
from tests.screens.desk import Browser, open_of
from tests.stories import Cast

SALES = {"carla": 639_41, "bruno": 3_38}
ONE_TIME = [(r"Register (<strong>)?\d", "Register"), (r"(\d{1,2} [A-Z][a-z]{2} \d{4}, )?\b\d\d:\d\d\b", "<time>"),
            (r'<dd class="big">\d+</dd>', "<register>"), (r'datetime="[^"]+"', "<time>"), (r"Session</dt><dd>\d+", "<session>")]  # fmt: skip


@pytest.fixture
def worlds(cast: Cast) -> dict[str, Browser]:
    """Carla and Bruno at two drawers with the same float. Tills reported the sales."""
    browsers = {}
    for name, amount in SALES.items():
        user = getattr(cast, name)
        session = open_drawer(user, 100_00)
        pay(session, amount - 1_00)
        pay(session, 1_00)
        browsers[name] = Browser(user)
    return browsers


def seen(browser: Browser) -> str:
    """Returns the whole answer with its headers, without one-time keys, names and times."""
    text = all_of(browser.page)
    for pattern, word in ONE_TIME:
        text = re.sub(pattern, word, text)
    return text


STEPS: list[Callable[[Browser], object]] = [
    *[lambda b, path=path: b.get(path) for path in ("/", "/desk", "/desk?notice=opened", "/desk/open", "/desk/cancel-opening", "/desk/pay-in", "/desk/pay-out",
                                                   "/desk/drop", "/desk/no-sale", "/desk/count", "/desk/hand-over", "/desk?expected=1", "/desk/count?step=close")],
    *[lambda b, path=path, typed=typed: b.fill(path, typed) for path in ("/desk/pay-in", "/desk/pay-out", "/desk/drop")
      for typed in ({}, {"amount": "x"}, {"amount": "200", "reason": "more than Bruno has"}, {"amount": "1900", "reason": "more than both"})],
    lambda b: b.follow(),
    *[lambda b, typed=typed: b.fill("/desk/no-sale", typed) for typed in ({}, {"words": "to look into it"})],
    *[lambda b, typed=typed: b.fill("/desk/count", typed) for typed in ({}, {"amount": "x"}, {"amount": "103.38"}, {"amount": "739.41"}, {"amount": "0"},
                                                                        {"pieces-2000": "5", "step": "back"}, {"pieces-2000": "5", "amount": "1"})],
    lambda b: b.send("/desk/count", {"once": "", "step": "close"}),
    lambda b: b.fill("/desk/hand-over", {"amount": "103.38"}),
    lambda b: b.send("/desk/hand-over", {"once": "", "step": "close"}),
    lambda b: b.get(f"/desk/sessions/{open_of_browser(b)}"),
    lambda b: b.get(f"/desk/sessions/{open_of_browser(b)}/count"),
    lambda b: b.send(f"/desk/sessions/{open_of_browser(b)}/note", {"once": "", "note": "too early"}),
]  # fmt: skip


LEADS_ON = {"draft", "draft-go-on", "draft-anew"}
"""Pages of a draft: they show what was typed."""
ABOUT_ONE_MOVEMENT = {"desk-take-back"}
"""Shows a movement that the cashier made by hand."""


def pages_of_a_drawer() -> set[str]:
    """Returns the names of the pages below /desk."""
    patterns: list[URLPattern] = [*page_urls.urlpatterns, *desk_urls.urlpatterns]
    return {str(one.name) for one in patterns if str(one.pattern).partition("/")[0] == "desk"}


def open_of_browser(browser: Browser) -> str:
    browser.get("/desk/count")
    return browser.hidden()["session"]


def test_until_the_count_is_sealed_both_worlds_look_the_same(cast: Cast, worlds: dict[str, Browser]) -> None:
    visited = set()
    for number, step in enumerate(STEPS):
        pages = []
        for name, browser in worlds.items():
            session = open_of(getattr(cast, name))
            step(browser)
            visited.add(resolve(browser.page.request["PATH_INFO"]).url_name)
            expected = moved(place=session.register, after=0)[Pair(cast.store.currency, CASH)]
            pages.append(seen(browser))
            for amount in {expected, expected - 100_00, SALES[name]}:
                for notation in notations(amount):
                    if len(notation) > 3 and notation not in ("739.41", "103.38"):
                        assert not re.search(rf"(?<!\d){re.escape(notation)}(?!\d)", pages[-1]), (number, notation)
        assert pages[0] == pages[1], number
        assert pages[0].startswith(("200", "302", "303", "400", "409", "422")), pages[0]
    assert pages_of_a_drawer() - LEADS_ON - ABOUT_ONE_MOVEMENT - visited == set(), "add steps for these pages"


def test_the_comparison_would_tell(cast: Cast, worlds: dict[str, Browser]) -> None:
    pages = []
    for browser in worlds.values():
        browser.count({"amount": "100"})
        browser.follow()
        pages.append(seen(browser))
    assert pages[0] != pages[1]
    assert "739.41" in pages[0]
    assert "103.38" in pages[1]
