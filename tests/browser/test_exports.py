"""Exports in a browser: the form, the file, the progress, and the errors."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from reconciliations.models import Export
from tests.browser.screen import PHONE, Screen
from tests.cashdesk.desk import open_drawer
from tests.reconciliations.exporting import DAY, downloaded, rows_of, sell_many, sheets_of
from tests.stories import Cast

pytestmark = pytest.mark.browser

PAGE = "/reports/exports/"


@pytest.fixture
def world(cast: Cast) -> Cast:
    """A day with one movement, and one finished export."""
    open_drawer(cast.carla, 100)
    downloaded(cast.erika, "reconciliations")
    return cast


def fill(screen: Screen, table: str, first: str, last: str, file_format: str) -> None:
    page = screen.page
    page.get_by_label("Table").select_option(label=table)
    page.get_by_label("From business date").fill(first)
    page.get_by_label("To included").fill(last)
    page.get_by_label("Format", exact=True).select_option(file_format)


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_manager_takes_a_file_and_hears_how_far_it_is(screen: Screen, world: Cast, file_format: str) -> None:
    sell_many(world.carla.sessions.get(), range(1, 2_500))
    screen.sign_in("erika")
    page = screen.visit("/reports/registers")
    page.get_by_role("link", name="Export tables").click()
    fill(screen, "Movements", DAY, DAY, file_format)
    with page.expect_download() as begun:
        page.get_by_role("button", name="Export").click()
    content = begun.value.path().read_bytes()
    rows = rows_of(content) if file_format == "csv" else sheets_of(content)["Movements"]
    assert len(rows) == 2_500
    assert begun.value.suggested_filename == f"movements-1337-{DAY}-{DAY}.{file_format}"
    expect(page.get_by_text("Done: 2,500 of 2,500 rows", exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_have_text(
        "Done: 2,500 of 2,500 rows. The file is in the downloads of your browser."
    )
    expect(page.get_by_role("progressbar", name="This export")).to_have_attribute("value", "2500")
    expect(page.get_by_label("From business date")).to_have_value(DAY)
    # Again, without a new page in between: the second export has its own number and its own progress.
    with page.expect_download():
        page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("status")).to_have_text(
        "Done: 2,500 of 2,500 rows. The file is in the downloads of your browser."
    )
    assert Export.objects.filter(table="movements", state="DONE").count() == 2


def test_days_without_rows_say_so_and_an_older_refusal_goes(screen: Screen, world: Cast) -> None:
    screen.sign_in("erika")
    wrong = f"table=movements&store={world.store.uuid}&from=2031-01-02&to=2031-01-01&file=csv"
    page = screen.visit(f"{PAGE}file?{wrong}", status=400)
    expect(page.get_by_role("heading", name="Nothing was exported")).to_be_visible()
    fill(screen, "Movements", "2031-01-01", "2031-01-02", "csv")
    with page.expect_download():
        page.get_by_role("button", name="Export table").click()
    expect(page.get_by_text("Done: No rows in these days.", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing was exported")).to_have_count(0)
    expect(page.locator("[aria-invalid]")).to_have_count(0)


def test_the_first_export_appears_in_the_list_when_it_is_done(screen: Screen, cast: Cast) -> None:
    screen.sign_in("erika")
    page = screen.visit(PAGE)
    expect(page.get_by_text("No exports yet.")).to_be_visible()
    with page.expect_download():
        page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("status")).to_contain_text("Done")
    expect(page.get_by_role("region", name="Latest exports").get_by_role("row")).to_have_count(2)
    expect(page.get_by_text("No exports yet.")).to_have_count(0)


def test_an_archive_says_how_far_it_is_and_what_is_wrong_with_it(screen: Screen, world: Cast) -> None:
    screen.sign_in("erika")
    page = screen.visit(PAGE)
    fill(screen, "Movements", DAY, "2026-03-01", "csv")
    screen.expected_status = 400
    page.get_by_role("button", name="all tables").click()
    page.wait_for_url("**/reports/exports/all?**")
    expect(page.get_by_role("alert")).to_contain_text("Choose a date on or after 10 Mar 2026, the start of the range.")
    fill(screen, "Movements", DAY, DAY, "csv")
    with page.expect_download() as begun:
        page.get_by_role("button", name="all tables").click()
    assert begun.value.suggested_filename == f"cashdesk-{DAY}-{DAY}.zip"
    expect(page.get_by_role("status")).to_contain_text("Done: Stores: 1 of 1. Rows: ")
    expect(page.get_by_role("progressbar", name="This export")).to_have_attribute("value", "1")
    expect(page.get_by_role("region", name="Latest exports")).to_contain_text("All tables")


def test_a_range_that_cannot_be_is_said_at_its_field(screen: Screen, world: Cast) -> None:
    screen.sign_in("erika")
    page = screen.visit(PAGE)
    fill(screen, "Reconciliations", DAY, "2026-03-01", "xlsx")
    screen.expected_status = 400
    page.get_by_role("button", name="Export").click()
    page.wait_for_url("**/reports/exports/file?**")
    expect(page.get_by_role("alert")).to_contain_text(
        "To: Choose a date on or after 10 Mar 2026, the start of the range."
    )
    to = page.get_by_label("To included")
    expect(to).to_have_attribute("aria-invalid", "true")
    expect(to).to_have_accessible_description("Choose a date on or after 10 Mar 2026, the start of the range.")
    expect(to).to_have_value("2026-03-01")
    expect(page.get_by_label("Format", exact=True)).to_have_value("xlsx")
    page.get_by_role("link", name="To", exact=True).click()
    expect(to).to_be_focused()
    page.get_by_label("To included").fill(DAY)
    with page.expect_download():
        page.get_by_role("button", name="Export").click()
    expect(page.get_by_text("Done: No rows in these days.", exact=True)).to_be_visible()


def test_the_form_needs_no_mouse(screen: Screen, world: Cast) -> None:
    screen.sign_in("erika")
    page = screen.visit(PAGE)
    page.get_by_label("Table").focus()
    with page.expect_download():
        for _ in range(20):
            if page.evaluate("document.activeElement.tagName") == "BUTTON":
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    this_month = date.today() - timedelta(days=1) <= Export.objects.latest("pk").last_date
    assert this_month


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"], indirect=True)
def test_nothing_bars_the_way_to_a_file_on_any_screen(screen: Screen, world: Cast) -> None:
    screen.sign_in("erika")
    page = screen.visit(PAGE)
    assert screen.too_wide() == []
    with page.expect_download():
        page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("status")).to_contain_text("Done")
    assert screen.barriers() == []
    screen.visit(f"{PAGE}file?from=2026-03-10&to=x&file=pdf&store=4711", status=400)
    assert screen.too_wide() == []
    assert screen.barriers() == []
