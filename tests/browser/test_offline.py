"""Without a connection: kept forms, what was typed, one sending, and nothing of one person for the next (decision 0045)."""

import re
from typing import Final

import pytest
from playwright.sync_api import Dialog, Page, expect

from cashdesk.models import BrowserSession, CashSession, Movement
from tests.browser.patience import wait_until_begun
from tests.browser.screen import Screen
from tests.browser.test_desk import sign_in
from tests.browser.test_draft import forgive, is_saved
from tests.cashdesk.desk import open_drawer
from tests.stories import Cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("screen", [{"has_worker": True}], ids=["worker"], indirect=True),
]

OFFLINE: Final = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
KEPT: Final = """async () => {
  const paths = [];
  for (const name of await caches.keys()) {
    if (!name.startsWith("pages-")) continue;
    for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname);
  }
  return paths.sort();
}"""


def keeps(page: Page, *paths: str) -> None:
    """Waits until the worker keeps exactly these pages."""
    for _turn in range(200):
        found = page.evaluate(KEPT)
        if found == sorted(paths):
            return
        page.wait_for_timeout(20)
    assert found == sorted(paths)


def begin(screen: Screen, name: str = "carla") -> Page:
    """Signs in, and waits until the worker answers for the pages."""
    page = sign_in(screen, name)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # a page that was under way when the worker began does not ask it
    return page


def visit_kept(screen: Screen, *paths: str) -> Page:
    """Opens pages, and waits until the worker keeps them."""
    for path in paths:
        screen.visit(path)
    keeps(screen.page, *paths)
    return screen.page


def go(page: Page, path: str) -> None:
    """Opens a page without a connection."""
    page.goto(path)
    wait_until_begun(page)


def test_a_count_goes_on_over_reloads_without_a_connection_and_is_closed_once(screen: Screen, cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    begin(screen)
    page = visit_kept(screen, "/desk/count")
    page.on("dialog", Dialog.accept)
    page.locator("#pieces-2000").fill("2")
    is_saved(page)
    screen.context.set_offline(True)
    page.locator("#pieces-500").fill("1")
    expect(page.locator("[data-said]")).to_have_text("Draft not saved yet. There is no connection.")
    for _twice in range(2):
        page.reload()
        expect(page.get_by_text(re.compile(r"This page is from \d\d:\d\d\."))).to_be_visible()
        expect(page.locator("#pieces-2000")).to_have_value("2")
        expect(page.locator("#pieces-500")).to_have_value("1")
        expect(page.locator("[data-total-figure]")).to_have_text("€45.00")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_text("Nothing is lost. We send it again when the connection is back.")).to_be_visible()
    page.reload()
    expect(page.locator("#pieces-500")).to_have_value("1")
    screen.context.set_offline(False)
    expect(page.get_by_text("The connection is back.")).to_be_visible()
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("button", name="Close drawer").click()
    page.wait_for_url(f"**/desk/sessions/{session.uuid}")
    assert CashSession.objects.get().declared_amount == 45_00
    keeps(page)
    forgive(screen, *OFFLINE)


def test_a_form_sent_without_a_connection_is_booked_once_also_after_a_reload(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    begin(screen)
    page = visit_kept(screen, "/desk/pay-in")
    page.on("dialog", Dialog.accept)
    screen.context.set_offline(True)
    page.locator("#amount").fill("12.50")
    page.locator("#reason").fill("change")
    page.get_by_role("button", name="Pay in").click()
    expect(page.get_by_text("Nothing is lost. We send it again when the connection is back.")).to_be_visible()
    assert page.evaluate(KEPT) == ["/desk/pay-in"]
    page.reload()
    expect(page.locator("#amount")).to_have_value("12.50")
    expect(page.locator("#reason")).to_have_value("change")
    page.get_by_role("button", name="Pay in").click()
    expect(page.get_by_text("Nothing is lost. We send it again when the connection is back.")).to_be_visible()
    screen.context.set_offline(False)
    page.wait_for_url("**/desk?booked=*")
    assert [one.amount for one in Movement.objects.filter(kind="PAID_IN")] == [12_50]
    keeps(page)
    forgive(screen, *OFFLINE)


def test_a_form_whose_answer_was_lost_is_not_booked_again_after_a_reload(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    begin(screen)
    page = visit_kept(screen, "/desk/pay-in")
    page.on("dialog", Dialog.accept)

    def lose_the_answer(route: object) -> None:
        route.fetch(max_redirects=0)  # type: ignore[attr-defined]
        screen.context.set_offline(True)
        route.abort("connectionreset")  # type: ignore[attr-defined]

    page.route("**/desk/draft", lambda route: route.abort())
    page.route("**/desk/pay-in", lambda route: lose_the_answer(route) if route.request.method == "POST" else None)
    page.locator("#amount").fill("12.50")
    page.locator("#reason").fill("change")
    page.get_by_role("button", name="Pay in").click()
    expect(page.get_by_text("Nothing is lost. We send it again when the connection is back.")).to_be_visible()
    assert Movement.objects.filter(kind="PAID_IN").count() == 1
    page.unroute_all()
    screen.context.set_offline(False)
    page.reload()  # this page is from the server, with another key
    expect(page.locator("#amount")).to_have_value("12.50")
    page.get_by_role("button", name="Pay in").click()
    page.wait_for_url("**/desk?booked=*")
    assert Movement.objects.filter(kind="PAID_IN").count() == 1
    forgive(screen, *OFFLINE, "ERR_CONNECTION_RESET")


def test_any_other_page_says_that_there_is_no_connection_in_the_persons_language(screen: Screen, cast: Cast) -> None:
    cast.carla.language = "de"
    cast.carla.save()
    open_drawer(cast.carla, 0)
    begin(screen)
    page = visit_kept(screen, "/desk/count")
    screen.context.set_offline(True)
    for path in ("/desk", "/today", "/admin/", "/desk/count?notice=x", "/api/v1/cash/status"):
        go(page, path)
        expect(page.get_by_role("heading", level=1)).to_have_text("Keine Verbindung")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        assert page.evaluate("getComputedStyle(document.querySelector('.top')).display") == "flex", "it has no styles"
    assert screen.overhang == 0
    screen.context.set_offline(False)
    go(page, "/desk/pay-in")
    screen.context.set_offline(True)
    go(page, "/desk")
    screen.context.set_offline(False)
    page.get_by_role("link", name="Noch einmal versuchen").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Keine Verbindung")
    forgive(screen, *OFFLINE)


def sign_out(screen: Screen) -> None:
    """Signs out with the button."""
    screen.page.locator(".menu.end > summary").click()
    screen.page.get_by_role("button", name="Sign out").click()


def test_who_signs_out_without_a_connection_is_signed_out_when_it_is_back(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    begin(screen)
    page = visit_kept(screen, "/desk/pay-in")
    screen.context.set_offline(True)
    sign_out(screen)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are still signed in")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    assert BrowserSession.objects.exists()
    screen.context.set_offline(False)
    page.wait_for_url("**/sign-in?signed-out")
    assert not BrowserSession.objects.exists()
    forgive(screen, *OFFLINE)


@pytest.mark.parametrize("way", ["signs out", "signs out offline", "session ends", "draft refused", "next person"])
def test_a_kept_page_is_never_shown_to_the_next_person(screen: Screen, cast: Cast, way: str) -> None:
    open_drawer(cast.carla, 0)
    begin(screen)
    page = visit_kept(screen, "/desk/count", "/desk/pay-in")
    if way == "signs out":
        sign_out(screen)
        page.wait_for_url("**/sign-in?signed-out")
    elif way == "signs out offline":
        screen.context.set_offline(True)
        sign_out(screen)
        expect(page.get_by_role("heading", level=1)).to_have_text("You are still signed in")
    elif way == "session ends":
        BrowserSession.objects.all().delete()
        page.goto("/desk/count")
        page.wait_for_url("**/sign-in?**")
    elif way == "draft refused":
        BrowserSession.objects.all().delete()
        screen.expected_status = 401
        page.locator("#amount").fill("1")
        expect(page.get_by_text("You were signed out.")).to_be_visible()
    else:
        screen.enter(cast.bruno)
        screen.visit("/desk")
    screen.context.set_offline(True)
    page.wait_for_timeout(50)
    for path in ("/desk/count", "/desk/pay-in"):
        go(page, path)
        expect(page.get_by_role("heading", level=1)).to_have_text("No connection")
        expect(page.get_by_text("carla", exact=False)).to_have_count(0)
    forgive(screen, *OFFLINE)


def test_a_kept_page_is_gone_when_the_sign_in_would_have_ended(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    begin(screen)
    page = visit_kept(screen, "/desk/count")
    page.evaluate("""async () => {
      const name = (await caches.keys()).find((one) => one.startsWith("pages-"));
      const pages = await caches.open(name);
      const kept = await pages.match("/desk/count");
      const headers = new Headers(kept.headers);
      headers.set("Kept-At", Date.now() - 1000 * Number(headers.get("Page-Kept")) - 1000);
      await pages.put("/desk/count", new Response(await kept.text(), { headers }));
    }""")
    screen.context.set_offline(True)
    go(page, "/desk/count")
    expect(page.get_by_role("heading", level=1)).to_have_text("No connection")
    assert page.evaluate(KEPT) == []
    forgive(screen, *OFFLINE)
