"""X and Z reports in a browser: on every screen, in both colours, on A4 and on receipt paper."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cashdesk.domain.store.business_day import business_date
from cashdesk.models import AuditEntry
from reconciliations.domain.business_day_close import close_business_day
from tests.browser.screen import Screen
from tests.factories import PASSWORD
from tests.settlements.reporting import USD, Day, found
from tests.stories import Cast

pytestmark = pytest.mark.browser

REPORTS = "/reports/registers/1337"
PAGES = [
    REPORTS,
    f"{REPORTS}/1/z",
    *(f"{REPORTS}/1/{which}?paper={paper}" for which in ("x", "z/3", "z/1") for paper in ("a4", "slip")),
]


RANGES = [
    "/reports",
    "/reports/mail",
    "/reports/over-short?from=2020-01-01&to=2020-01-31",
    "/reports/operator?preset=this-month",
]


@pytest.fixture
def world(cast: Cast) -> Cast:
    """A closed day at register 1, and a running day. The business day before has a report."""
    day = Day(cast, start=timezone.now() - timedelta(hours=9))
    day.open_vault()
    pieces = {10_000: 3, 2_000: 1, 1_000: 1, 500: 1}
    day.close(day.trade(), found(33_500, pieces=pieces), found(1_500, USD))
    day.trade()
    now = timezone.now()
    before = business_date(store=cast.store, at=now) - timedelta(days=2)
    close_business_day(store=cast.store, on=before, by=day.by(), at=now)
    return cast


def of_days(cast: Cast) -> list[str]:
    """Returns the paths of a store-day report, of its trail, and of the trail of a drawer."""
    day = f"/reports/days/{cast.store.uuid}/1"
    return [day, f"{day}/trail", f"/reports/trail/session/{cast.carla.sessions.earliest('pk').uuid}"]


def test_every_page_fits_every_screen_and_nothing_bars_the_way(screen: Screen, world: Cast) -> None:
    screen.sign_in("erika")
    for path in [*PAGES, *RANGES, *of_days(world)]:
        screen.visit(path)
        assert screen.too_wide() == [], path
        assert screen.barriers() == [], path


def test_a_manager_signs_in_and_finds_every_report(screen: Screen, world: Cast) -> None:
    page = screen.visit("/reports/registers")
    assert "/sign-in" in page.url
    page.get_by_label("Username").fill("erika")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/reports/registers/{world.store.uuid}")
    page.get_by_role("row", name="Register 1").get_by_role("link", name="Z reports").click()
    page.get_by_role("link", name="Z 3", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Z 3")
    cash = page.get_by_role("table", name="EUR CASH")
    expect(cash.get_by_role("row", name="Difference: short −3.00")).to_be_visible()
    page.get_by_role("link", name="80 mm").click()
    page.get_by_role("link", name="Z 2", exact=True).click()
    page.wait_for_url("**/z/2?paper=slip")
    page.get_by_role("link", name="Show X report").click()
    page.wait_for_url("**/x?paper=slip")
    expect(page.get_by_role("heading", level=1)).to_have_text("X report")
    assert page.get_by_role("link", name="80 mm").get_attribute("aria-current") == "true"
    assert AuditEntry.objects.filter(action="x_report.seen", user=world.erika).count() == 1
    page.get_by_role("link", name="Show closed periods (Z)").click()
    page.wait_for_url("**/z?paper=slip")


@pytest.mark.parametrize("screen", [{"colours": "dark"}], ids=["dark"], indirect=True)
@pytest.mark.parametrize(("paper", "width", "pages"), [("a4", 595, None), ("slip", 227, 1)])
def test_paper_is_white_has_its_size_and_carries_the_document_alone(
    screen: Screen, world: Cast, paper: str, width: int, pages: int | None
) -> None:
    screen.sign_in("erika")
    page = screen.visit(f"{REPORTS}/1/z/3?paper={paper}")
    printed = page.pdf(prefer_css_page_size=True).decode("latin-1")
    boxes = [float(part.split("]")[0].split()[2]) for part in printed.split("/MediaBox [")[1:]]
    assert [round(box) for box in boxes] == [width] * (pages or len(boxes))
    assert boxes
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print").click()
    assert page.title() == "printed"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('caption')).color") == "rgb(0, 0, 0)"
    for furniture in (".rail", ".trail", ".tools", "[data-print]"):
        expect(page.locator(furniture).first, furniture).to_be_hidden()
    expect(page.get_by_role("table", name="EUR: Notes and coins")).to_be_visible()


def test_where_nothing_runs_and_what_is_not_ones_own(screen: Screen, world: Cast) -> None:
    screen.sign_in("erika")
    page = screen.visit(f"{REPORTS}/2/x", status=404)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is open here")
    screen.visit("/reports/registers/4711/1/z", status=404)
