"""The back office in the languages with the longest words: no page is too wide, and no word stands out of its box."""

from typing import Any, Final

import pytest
from django.urls import reverse

from cashdesk.models import CashSession, PaymentMethod, Store, User
from settlements.models import Settlement
from tests.admin.back_office import list_of, new, page_of
from tests.admin.test_words import make_world
from tests.browser.screen import Screen
from tests.stories import Cast

pytestmark = pytest.mark.browser

CUT_WORDS: Final = """() => [...document.querySelectorAll("main :is(a, button, input[type=submit], th, label, summary, h1, h2)")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1
    && getComputedStyle(one).display !== "inline")
  .map((one) => one.outerHTML.slice(0, 120))"""
"""Words that need more room than their box has."""


def paths_of(cast: Cast) -> dict[str, str]:
    """Returns the path of each kind of page."""
    closed = Settlement.objects.filter(store=cast.store, state="CLOSED").earliest("pk")
    counting = Settlement.objects.filter(store=cast.store, state="COUNTING").latest("pk")
    left = CashSession.objects.filter(store__number="2001").latest("pk")
    return {
        "index": "/admin/",
        "sessions": list_of(CashSession),
        "methods": list_of(PaymentMethod),
        "session": page_of(left),
        "settlement": page_of(closed),
        "store": page_of(Store.objects.get(number="2002")),
        "new-person": new(User),
        "recount": page_of(counting, "recount"),
        "count-afterwards": page_of(left, "count-afterwards"),
        "issue-key": reverse("admin:cashdesk_accesstoken_issue"),
    }


@pytest.mark.parametrize("language", ["de", "id"])
def test_the_back_office_has_room_for_the_words_of_each_language(
    screen: Screen, live_server: Any, language: str
) -> None:
    cast = make_world()
    User.objects.filter(pk=cast.anna.pk).update(language=language)
    screen.enter(User.objects.get(pk=cast.anna.pk))
    faults: dict[str, Any] = {}
    for name, path in paths_of(cast).items():
        page = screen.visit(path)
        for width in (1366, 390):
            page.set_viewport_size({"width": width, "height": 800})
            faults[f"{name} {width}"] = page.evaluate(CUT_WORDS)
        page.set_viewport_size(screen.size)
        faults[name] = [*screen.too_wide(), *screen.barriers()]
    assert {name: found for name, found in faults.items() if found} == {}
