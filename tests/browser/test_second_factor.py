"""Adding a second factor and signing in with it, in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from cashdesk.models import BrowserSession, User
from cashdesk.web.browser_sessions import SessionStore
from tests.browser.forms import Walk
from tests.browser.screen import PHONE, Screen
from tests.browser.test_forms import SECOND_FACTOR
from tests.factories import PASSWORD
from tests.second_factor import adds_app, code_for, fresh_code, time_passes
from tests.stories import Cast

NEW = "/account/second-factor/new"


def shown_key(screen: Screen) -> str:
    """The key that the page shows, as the app would get it: here the session's, from which it is calculated."""
    kept = [SessionStore().decode(row.session_data) for row in BrowserSession.objects.all()]
    (key,) = (data["new_second_factor"] for data in kept if "new_second_factor" in data)
    return str(key)


def enters(screen: Screen, name: str = "erika") -> None:
    screen.visit("/sign-in")
    screen.page.locator("#name").fill(name)
    screen.page.locator("#password").fill(PASSWORD)
    screen.page.keyboard.press("Enter")


@pytest.mark.browser
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"], indirect=True)
def test_a_manager_adds_an_app_saves_the_codes_and_signs_in_with_both(
    screen: Screen, cast: Cast, tmp_path: Path
) -> None:
    page = screen.page
    enters(screen)
    page.wait_for_url("**/today")
    screen.visit("/account/second-factor")
    page.get_by_role("link", name="Add second factor").click()
    expect(page.locator(".qr svg")).to_be_visible()
    assert page.locator(".key").inner_text().replace(" ", "") in (
        page.locator("a[href^=otpauth]").get_attribute("href") or ""
    )
    page.locator("#code").fill(code_for(shown_key(screen)))
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Add second factor").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    shown = page.locator(".codes li").all_inner_texts()
    expect(page.get_by_role("button", name="Print codes")).to_be_visible()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download codes").click()
    assert begun.value.suggested_filename == "cashdesk-recovery-codes.txt"
    begun.value.save_as(tmp_path / "codes.txt")
    saved = (tmp_path / "codes.txt").read_text()
    assert [code for code in shown if code not in saved] == []
    page.get_by_role("link", name="I have saved the codes").click()
    page.wait_for_url("**/account/second-factor")
    screen.context.clear_cookies(name="sessionid")

    # Two fields and a code: the keyboard alone, and no click.
    enters(screen)
    page.wait_for_url("**/sign-in/code")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(fresh_code(cast.erika))
    page.keyboard.press("Enter")
    page.wait_for_url("**/today")
    screen.context.clear_cookies(name="sessionid")

    enters(screen)
    page.get_by_text("Use a recovery code").click()
    page.locator("#recovery").fill(shown[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/today")


@pytest.mark.browser
def test_the_pages_have_no_barriers_and_fit_every_screen_in_the_longest_language(
    screen: Screen, cast: Cast, settings: object
) -> None:
    User.objects.filter(pk__in=[cast.erika.pk, cast.anna.pk]).update(language="de")
    page, walk = screen.page, Walk(screen)

    def examine() -> None:
        walk.look()
        assert screen.barriers() == []

    adds_app(cast.erika)
    enters(screen)
    page.wait_for_url("**/sign-in/code")
    page.locator("summary").click()
    examine()
    screen.expected_status = 400
    page.locator("#code").press("Enter")
    page.locator("#refusal").wait_for()
    examine()
    page.locator("#code").fill(fresh_code(cast.erika))
    page.locator("#code").press("Enter")
    page.wait_for_url("**/today")
    time_passes(cast.erika)
    screen.visit("/account/second-factor")
    examine()
    for act in ("recovery-codes", "remove"):
        screen.visit(f"/account/second-factor/{act}")
        walk.press(status=400)
        page.locator("#refusal").wait_for()
        examine()
    screen.expected_status = 200
    page.locator("#password").fill(PASSWORD)
    page.locator("#code").fill(fresh_code(cast.erika))
    page.locator("#code").press("Enter")
    page.wait_for_url("**/account/second-factor?removed=1")
    examine()
    screen.visit(NEW)
    walk.press(status=400)
    page.locator("#refusal").wait_for()
    examine()
    screen.expected_status = 200
    page.locator("#password").fill(PASSWORD)
    page.locator("#code").fill(code_for(shown_key(screen)))
    page.locator("#code").press("Enter")
    page.locator(".codes").wait_for()
    examine()
    settings.SECOND_FACTOR_REQUIRED = "managers"  # type: ignore[attr-defined]
    screen.context.clear_cookies()
    enters(screen, "anna")
    page.wait_for_url("**/sign-in/second-factor")
    examine()
    assert walk.seen == SECOND_FACTOR
