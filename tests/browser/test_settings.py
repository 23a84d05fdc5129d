"""The settings in a browser: every page at every size, an invitation from end to end, and two people at one form."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from cashdesk import setting_urls
from cashdesk.models import Store, User
from settlements import setting_urls as reason_urls
from tests.browser.forms import Walk
from tests.browser.screen import Screen
from tests.screens.settings.addresses import FOR_ADMINS, FOR_MANAGERS, path_of, rows_in
from tests.stories import Cast

GOOD = "nine-lives-of-a-cat"


@pytest.mark.browser
def test_pages_show_nothing_raw_bars_cover_nothing_and_nothing_bars_the_way(screen: Screen, cast: Cast) -> None:
    cast.store.language = "de"
    cast.store.save()
    rows, walk = rows_in(cast.store, cast.carla), Walk(screen)
    screen.enter(cast.anna)
    for name in (*FOR_MANAGERS, *FOR_ADMINS):
        walk.visit(path_of(name, rows))
        screen.page.set_viewport_size(screen.size)
        assert screen.barriers() == [], name
    walk.visit(path_of("settings-store-group", rows))
    screen.page.locator("#tolerance_minor").fill("x")
    walk.press(status=400)
    expect(screen.page.locator("#refusal")).to_be_visible()
    walk.look()
    names = {str(one.name) for one in (*setting_urls.urlpatterns, *reason_urls.urlpatterns)}
    assert walk.seen == names - {"settings-reasons"}, "which leads to the reasons of the store"


@pytest.mark.browser
def test_a_refused_form_has_no_barriers(screen: Screen, cast: Cast) -> None:
    rows = rows_in(cast.store, cast.carla)
    screen.enter(cast.anna)
    screen.visit(path_of("settings-person-change", rows))
    screen.page.locator("#username").fill("erika")
    send(screen, status=400)
    assert screen.barriers() == []


@pytest.mark.browser
def test_a_cashier_is_invited_by_a_link_and_signs_in_with_it(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.erika)
    page = screen.visit("/settings")
    clicks = click(page, "main a:has-text('People')")
    clicks += click(page, "a:has-text('Invite person')")
    page.locator("#name").fill("Dora Winter")
    clicks += click(page, "main form .button.first")
    link = page.locator("#link")
    expect(link).to_contain_text("/link/cl_")
    path = urlsplit(link.inner_text()).path
    assert clicks == 3, "three clicks from the settings to the link"
    screen.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link.inner_text()

    screen.context.clear_cookies()
    screen.visit(path)
    expect(page.locator("main")).to_contain_text("Welcome, Dora Winter.")
    page.locator("#new_password1").fill(GOOD)
    page.locator("#new_password2").fill(GOOD)
    assert click(page, "main form .button.first") == 1, "one click from the link to the desk"
    page.wait_for_url("**/desk")
    dora = User.objects.get(name="Dora Winter")
    assert (dora.store, dora.role, dora.check_password(GOOD)) == (cast.store, "cashier", True)
    screen.visit(path, status=404)


@pytest.mark.browser
def test_what_somebody_else_saved_is_told_and_nothing_typed_is_lost(screen: Screen, cast: Cast) -> None:
    rows = rows_in(cast.store, cast.carla)
    screen.enter(cast.anna)
    page = screen.visit(path_of("settings-store-group", rows))
    Store.objects.filter(pk=cast.store.pk).update(tolerance_minor=9_00)
    page.locator("#tolerance_basis_points").fill("1.5")
    send(screen, status=409)
    expect(page.locator("#refusal")).to_contain_text("is now: €9.00")
    expect(page.locator("#tolerance_minor")).to_have_value("9.00")
    expect(page.locator("#tolerance_basis_points")).to_have_value("1.5")
    send(screen)
    page.wait_for_url("**?done=saved*")
    store = Store.objects.get(pk=cast.store.pk)
    assert (store.tolerance_minor, store.tolerance_basis_points) == (9_00, 150)


@pytest.mark.browser
def test_the_secret_of_a_key_can_be_copied(screen: Screen, cast: Cast) -> None:
    screen.enter(cast.anna)
    page = screen.visit("/settings/api-keys/new")
    page.locator("#name").fill("Till software")
    page.locator("#scope-payments-write").check()
    send(screen)
    secret = page.locator("#secret")
    expect(secret).to_contain_text("ck_")
    screen.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy secret").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret.inner_text()


def click(page: Page, selector: str) -> int:
    """Clicks, and returns 1 so that the test can count."""
    page.locator(selector).last.click()
    page.wait_for_load_state()
    return 1


def send(screen: Screen, *, status: int = 200) -> None:
    """Presses the main button of the form."""
    screen.expected_status = status
    screen.page.locator("main form .button.first").last.click()
