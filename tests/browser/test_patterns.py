"""The pages of patterns in a browser: they fit every screen, have no barriers, and lead to the drawers."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from reconciliations.domain.pattern_review import latest_month
from reconciliations.models import PatternSetting
from tests.browser.forms import Walk
from tests.browser.screen import Screen
from tests.browser.test_forms import PATTERNS
from tests.reconciliations.patterns.month_world import Weeks
from tests.stories import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def weeks(cast: Cast) -> Weeks:
    """Two weeks in which Dora is short, in an account that shows people. German has the longest words."""
    cast.store.language = "de"
    cast.store.save()
    weeks = Weeks(cast=cast)
    weeks.month(latest_month(store=cast.store, at=timezone.now()), {"dora": {0: -5_00, 1: 1}}, days=14)
    weeks.close(cast.carla, timezone.now().date() - timedelta(days=2), station=2)
    PatternSetting.objects.create(account=cast.store.account, shows_people=True, agreed="alle")
    return weeks


def paths_of(weeks: Weeks) -> list[str]:
    store = f"/patterns/{weeks.store.uuid}"
    return ["/patterns", f"{store}/people", f"{store}/people/{weeks.people['dora'].uuid}", f"{store}/registers/1"]


def test_the_pages_show_nothing_raw_have_no_barriers_and_fit_every_screen(screen: Screen, weeks: Weeks) -> None:
    walk = Walk(screen)
    screen.enter(weeks.cast.erika)
    for path in paths_of(weeks):
        walk.visit(path)
        screen.page.set_viewport_size(screen.size)
        for details in screen.page.locator("main details > summary").all():
            details.click()
        assert screen.barriers() == []
        assert screen.too_wide() == []
    screen.enter(weeks.people["dora"])
    walk.visit("/patterns/me")
    screen.enter(weeks.cast.anna)
    walk.visit("/settings/patterns")
    assert walk.seen == PATTERNS


def test_a_mark_leads_to_the_drawer_without_scripts(screen: Screen, weeks: Weeks) -> None:
    screen.enter(weeks.cast.erika)
    page = screen.visit("/today")
    page.get_by_role("link", name="Muster").first.click()
    page.get_by_role("link", name="Kasse 1").first.click()
    page.get_by_text("Diese Abschlüsse als Tabelle zeigen").click()
    page.locator(".strip tbody a").first.click()
    expect(page.locator("h1")).to_be_visible()
    assert "/desk/sessions/" in page.url
