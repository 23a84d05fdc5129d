"""The back office of settlements in a browser: pages without complaints, on a phone, accessible."""

import pytest

from settlements.models import Settlement
from tests.admin.back_office import list_of, page_of
from tests.browser.screen import Screen
from tests.factories import StoreFactory, UserFactory
from tests.settlements.admin.periods import REGISTERS, Periods, settle
from tests.stories import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def periods(cast: Cast) -> Periods:
    """A shop of Anna that trades under settlement."""
    hamburg = StoreFactory(account=cast.store.account, number="1338", registers=REGISTERS)
    return settle(hamburg, UserFactory(store=hamburg, role="manager"), UserFactory(store=hamburg))


def paths_of(periods: Periods) -> tuple[str, ...]:
    """Returns the addresses of the pages, and of the action pages."""
    rows = (*periods.rows.values(), *periods.not_closed.values(), periods.vault.place)
    acts = ((periods.counting, "recount"), (periods.uncounted, "count-afterwards"), (periods.deposit, "credit"))
    lists = tuple(list_of(model) for model in periods.rows)
    return (*lists, *(page_of(row) for row in rows), *(page_of(row, name) for row, name in acts))


def test_every_page_opens_without_a_complaint_fits_every_screen_and_nothing_bars_the_way(
    screen: Screen, periods: Periods
) -> None:
    screen.sign_in("anna")
    examined = {
        page_of(periods.closed),
        page_of(periods.counting, "recount"),
        page_of(periods.uncounted, "count-afterwards"),
        page_of(periods.deposit, "credit"),
    }
    for path in paths_of(periods):
        screen.visit(path)
        assert screen.too_wide() == [], path
        if path in examined:
            assert screen.barriers() == [], path
            examined.remove(path)
    assert not examined


def test_a_register_is_recounted_in_the_browser(screen: Screen, periods: Periods) -> None:
    screen.sign_in("anna")
    page = screen.visit(page_of(periods.counting))
    page.get_by_role("link", name="Recount cash").click()
    page.get_by_label("Amount 1").fill("125.00")
    page.get_by_label("Reason").fill("a second look")
    page.get_by_role("button", name="Recount cash").click()
    page.get_by_text("Preview 2: all amounts are equal. The settlement is closed.").wait_for()
    assert Settlement.objects.get(pk=periods.counting.pk).closing == "MATCHED"
