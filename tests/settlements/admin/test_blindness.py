"""Law 5 in the back office: two shops that took different money show the same pages until the close.

A look at an uncounted drawer is noted in the audit trail.
"""

import re
from collections.abc import Callable
from copy import deepcopy

import pytest
from django.test import Client

from cashdesk.models import AuditEntry, Place, User
from settlements.models import Settlement
from tests.admin.back_office import list_of, page_of, sits_down
from tests.factories import AccountFactory, StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.settlements.admin.periods import REGISTERS, Periods, act, counted, settle, told
from tests.stories import Cast

VARYING = (
    (r'name="csrfmiddlewaretoken" value="\w+"', "<csrf>"),
    (r'(name="draft" value="|draft=)[^"]+"', "<draft>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"(settlement|place|seal|count|movement|store|user)/\d+/", r"\1/<id>/"),
    (r"Settlement \d+", "Settlement <id>"),
    (r"\?place(__exact)?=\d+", "?place=<id>"),
    (r"\?store=\d+", "?store=<id>"),
    (r"settlement(:|%3A)\d+", "settlement:<id>"),
    (r"place(:|%3A)\d+", "place:<id>"),
)


def normal(page: str) -> str:
    """Removes the text that differs between any two shops."""
    for pattern, name in VARYING:
        page = re.sub(pattern, name, page)
    return page


@pytest.fixture(scope="module")
def _shops(module_world: ModuleWorld) -> list[tuple[User, Periods]]:
    return module_world.make(twin_shops)


@pytest.fixture
def shops(db: None, _shops: list[tuple[User, Periods]]) -> list[tuple[Client, Periods]]:
    """Two shops with the same name, whose registers took different money."""
    return [(sits_down(manager), periods) for manager, periods in deepcopy(_shops)]


def twin_shops() -> list[tuple[User, Periods]]:
    """Creates the two shops, each with its manager."""
    found = []
    for sold in (2_500, 73_145):
        store = StoreFactory(account=AccountFactory(name="Muster"), number="7", name="Twin", registers=REGISTERS)
        manager = UserFactory(store=store, role="manager", name="Mia", username=f"mia{sold}")
        periods = settle(store, manager, UserFactory(store=store, name="Cem"), sold=sold)
        found.append((manager, periods))
    return found


PAGES: dict[str, Callable[[Periods], str]] = {
    "the list of the open": lambda _periods: f"{list_of(Settlement)}?state__exact=OPEN",
    "the list of the counted": lambda _periods: f"{list_of(Settlement)}?state__exact=COUNTING",
    "the list": lambda _periods: list_of(Settlement),
    "the places": lambda _periods: list_of(Place),
    "the vault": lambda periods: page_of(periods.vault),
    "the counting": lambda periods: page_of(periods.counting),
    "the running": lambda periods: page_of(periods.running),
    "the recount of the vault": lambda periods: page_of(periods.vault, "recount"),
    "the recount of a register": lambda periods: page_of(periods.counting, "recount"),
    "the forced close": lambda periods: page_of(periods.running, "force-close"),
    "the place of the vault": lambda periods: page_of(periods.vault.place),
    "the place of a register": lambda periods: page_of(periods.running.place),
    "before looking at the book": lambda periods: page_of(periods.vault.place, "book"),
}


@pytest.mark.parametrize("name", PAGES)
def test_two_shops_that_took_different_money_show_the_same(shops: list[tuple[Client, Periods]], name: str) -> None:
    first, second = (normal(browser.get(PAGES[name](periods)).content.decode()) for browser, periods in shops)
    assert "Twin" in first or "Mia" in first
    assert first == second


def test_the_closed_show_that_it_was_different_money(shops: list[tuple[Client, Periods]]) -> None:
    first, second = (normal(browser.get(page_of(periods.closed)).content.decode()) for browser, periods in shops)
    assert first != second


def test_the_answer_to_a_preview_is_the_same_however_much_is_missing(shops: list[tuple[Client, Periods]]) -> None:
    for row in ("counting", "vault"):
        fields = counted(("EUR", "CASH", "1.23"), ("EUR", "CARD", "7"), do="preview", reason="a look", after_previews=1)
        answers = [act(browser, getattr(periods, row), "recount", **fields) for browser, periods in shops]
        assert told(answers[0]) == told(answers[1]) == ["Preview 2. Not equal: EUR CASH, EUR CARD."]
        first, second = (normal(answer.content.decode()) for answer in answers)
        assert first == second


def test_the_book_of_a_place_is_shown_to_who_asks_and_is_seen_asking(cast: Cast, periods: Periods) -> None:
    erika = sits_down(cast.erika)
    place = periods.running.place
    seen = AuditEntry.objects.filter(action="expected.seen", subject=f"place:{place.pk}", user=cast.erika)
    asked = erika.get(page_of(place, "book"))
    assert b"The audit trail records that you looked" in asked.content
    assert (b"125.00" in asked.content, seen.count()) == (False, 0)
    assert "€125.00 CASH" in erika.post(page_of(place, "book")).content.decode()
    assert [(entry.store, entry.detail) for entry in seen] == [(cast.store, {})]
    vault = act(erika, periods.vault.place, "book")
    assert vault.context["shown"] == ("€4,423.00 CASH",)
