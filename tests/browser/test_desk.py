"""A cashier's day in the browser: by keyboard, on a phone, without scripts, on paper, on every screen, and accessible."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, Movement
from tests.browser.patience import wait_until_begun
from tests.browser.screen import PHONE, Screen
from tests.cashdesk.desk import open_drawer, pay
from tests.factories import PASSWORD, UserFactory
from tests.screens.desk import open_of
from tests.stories import Cast

pytestmark = pytest.mark.browser


def sign_in(screen: Screen, username: str) -> Page:
    """Opens the desk as a person who is signed in. The day by keyboard begins with the sign-in page."""
    screen.sign_in(username)
    return screen.visit("/desk")


def press(page: Page, *keys: str) -> None:
    """Presses keys: the name of a key presses it, any other text is typed."""
    wait_until_begun(page)
    for key in keys:
        if key in ("Tab", "Enter", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "NumpadEnter", "Space"):
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def reach(page: Page, words: str) -> None:
    """Presses Tab until the focused element has this text and is visible."""
    wait_until_begun(page)
    for _key in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.textContent || document.activeElement.id).trim()") == words:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"{words} is not reached")


def enter_total(page: Page, typed: str, *, field: str = "#amount") -> None:
    """Types one amount for all notes and coins, and unfolds its field if it is folded."""
    amount = page.locator(field)
    if amount.evaluate("one => one.closest('details')?.open === false"):
        page.locator("details", has=amount).locator("summary").click()
    amount.fill(typed)


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_whole_day_by_keyboard_on_a_phone(screen: Screen, cast: Cast) -> None:
    page = screen.visit("/")
    page.wait_for_url("**/sign-in")
    reach(page, "name")
    press(page, "carla", "Tab", PASSWORD, "Enter")
    page.wait_for_url("**/desk")
    reach(page, "Open a drawer")
    press(page, "Enter")
    page.wait_for_url("**/desk/open")
    reach(page, "pieces-2000")
    press(page, "5", "ArrowDown", "1", "Enter", "3", "ArrowUp", "ArrowDown")
    expect(page.locator("#pieces-500")).to_be_focused()
    expect(page.locator("[data-total-figure]")).to_have_text("€125.00")
    expect(page.locator("[data-total-said]")).to_have_text("Counted so far: €125.00")
    reach(page, "Review count")
    press(page, "Enter")
    expect(page.locator(".sum")).to_contain_text("€125.00")
    reach(page, "Open drawer")
    press(page, "Enter")
    page.wait_for_url("**/desk?notice=opened")
    session = open_of(cast.carla)
    assert session.start_amount == 125_00

    reach(page, "Pay out")
    press(page, "Enter")
    page.wait_for_url("**/desk/pay-out")
    reach(page, "amount")
    press(page, "7.35", "Tab", "window cleaner", "Enter")
    expect(page.get_by_text("Paid out: €7.35 (window cleaner)")).to_be_visible()
    pay(session, 12_50)

    reach(page, "Count and close")
    press(page, "Enter")
    page.wait_for_url("**/desk/count")
    reach(page, "pieces-5000")
    press(page, "2", "Enter", "1", "Enter", "1")
    reach(page, "Review count")
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Review count")
    assert screen.overhang == 0
    expect(page.get_by_text("€130.00")).to_be_visible()
    reach(page, "Correct count")
    press(page, "Enter")
    expect(page.locator("#pieces-5000")).to_have_value("2")
    expect(page.locator("[data-total-figure]")).to_have_text("€130.00")
    reach(page, "pieces-10")
    press(page, "1")
    reach(page, "Review count")
    press(page, "Enter")
    expect(page.locator(".sum")).to_contain_text("€130.10")
    reach(page, "Close drawer")
    press(page, "Enter")
    page.wait_for_url(f"**/desk/sessions/{session.uuid}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Short by €0.05")
    expect(page.get_by_text("−€0.05")).to_be_visible()
    assert screen.overhang == 0
    reach(page, "Go to the desk")
    press(page, "Enter")
    page.wait_for_url("**/desk")
    reach(page, "CarlaAccount menu")
    press(page, "Enter")
    reach(page, "Sign out")
    press(page, "Enter")
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_the_steppers_count(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    for _click in range(3):
        page.get_by_role("button", name="One more: €20", exact=True).click()
    page.get_by_role("button", name="One fewer: €20", exact=True).click()
    page.get_by_role("button", name="One fewer: €10", exact=True).click()
    expect(page.locator("#pieces-2000")).to_have_value("2")
    expect(page.locator("#pieces-1000")).to_have_value("")
    expect(page.locator("[data-total-figure]")).to_have_text("€40.00")
    page.locator("#pieces-5").fill("oops")
    enter_total(page, "12.5")
    expect(page.locator("[data-total-figure]")).to_have_text("€40.00")
    for size in page.locator(".step, #pieces-2000, .go .button:visible").all():
        box = size.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, box


def test_a_second_click_books_once(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/drop")
    page.get_by_label("Amount").fill("5")
    page.get_by_role("button", name="Drop into the safe").dblclick()
    page.wait_for_url("**/desk?booked=*")
    page.reload()
    assert Movement.objects.filter(kind="DROP").count() == 1
    assert cast.book(PlaceKind.VAULT) == 5_00


def test_a_day_without_a_script(chromium: Browser, live_server: Any, cast: Cast) -> None:
    context = chromium.new_context(java_script_enabled=False, base_url=live_server.url, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/desk")
    page.get_by_label("Username").fill("carla@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Open a drawer").click()
    expect(page.get_by_role("button", name="One more: €20", exact=True)).to_be_hidden()
    expect(page.get_by_text("Counted so far").first).to_be_hidden()
    page.get_by_label("2", exact=True).check()
    enter_total(page, "100")
    page.get_by_role("button", name="Save for later").click()
    expect(page.get_by_text("You started a count")).to_be_visible()
    page.get_by_role("link", name="Continue count").click()
    expect(page.locator("#amount")).to_be_visible()
    expect(page.locator("#amount")).to_have_value("100")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_text("€100.00")).to_be_visible()
    page.get_by_role("button", name="Open drawer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your drawer is open")
    assert open_of(cast.carla).register.number == 2
    page.get_by_role("link", name="Pay in").click()
    page.get_by_label("Amount").fill("3")
    page.get_by_label("Reason").fill("change")
    page.get_by_role("button", name="Pay in").click()
    page.get_by_role("link", name="Count and close").click()
    page.get_by_label("€100 note", exact=True).fill("1")
    page.get_by_label("€2 coin", exact=True).fill("1")
    page.get_by_role("button", name="Review count").click()
    expect(page.get_by_text("€102.00")).to_be_visible()
    page.get_by_role("button", name="Close drawer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Short by €1.00")
    expect(page.get_by_role("button", name="Print slip")).to_be_hidden()
    assert CashSession.objects.get().difference == -1_00
    context.close()


def test_one_hands_over_while_the_other_tries_too_early(
    screen: Screen, chromium: Browser, live_server: Any, cast: Cast
) -> None:
    cast.store.witness_minor = 100_00
    cast.store.save()
    left = open_drawer(cast.carla, 150_00, station=1)
    pay(left, 93_21)
    cast.bruno.register = left.register
    cast.bruno.save()
    hers = sign_in(screen, "carla")
    his_screen = Screen(chromium, origin=live_server.url, **PHONE)
    his_screen.sign_in("bruno")
    his = his_screen.visit("/desk/open")
    hers.get_by_role("link", name="Hand over drawer").click()
    enter_total(hers, "241.17")
    hers.get_by_role("button", name="Review count").click()
    hers.get_by_label("Their username").fill("erika")
    hers.get_by_label("Their password").fill("wrong")
    screen.expected_status = 400
    hers.get_by_role("button", name="Hand over drawer").click()
    expect(hers.get_by_role("alert")).to_be_visible()

    enter_total(his, "99.99")
    his.get_by_role("button", name="Review count").click()
    his_screen.expected_status = 409
    his.get_by_role("button", name="Open drawer").click()
    expect(his.get_by_role("alert")).to_contain_text("Carla has had register 1 open since")

    hers.get_by_label("Their password").fill(PASSWORD)
    hers.get_by_role("button", name="Hand over drawer").click()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Handed over")
    assert "241.17" not in hers.content()
    hers.get_by_role("button", name="Sign out for the next cashier").click()
    expect(hers.get_by_text("You are signed out.")).to_be_visible()

    his.get_by_role("link", name="Back").click()
    expect(his.get_by_text("Carla handed over")).to_be_visible()
    his.get_by_role("link", name="Take over register 1").click()
    assert his_screen.overhang == 0
    enter_total(his, "")
    his.get_by_label("€2 coin", exact=True).fill("45")
    his.get_by_role("button", name="Review count").click()
    expect(his.locator(".sum")).to_contain_text("€90.00")
    his.get_by_role("button", name="Take over drawer").click()
    expect(his.get_by_text("You took over the drawer.")).to_be_visible()
    taken = open_of(cast.bruno)
    assert (taken.start_amount, taken.opening_difference) == (90_00, -151_17)
    his_screen.close()
    assert his_screen.complaints == []


def walk(screen: Screen, cast: Cast, look: Callable[[str], None]) -> None:
    """Visits every page and its error states, and checks each."""
    cast.store.places.filter(kind="REGISTER", number=1).update(settling="COUNTING")
    UserFactory(store=cast.store, username="dora", register=cast.place(PlaceKind.REGISTER, 1))
    page = screen.visit("/sign-in")
    look("sign in")
    page.get_by_label("Username").fill("dora")
    page.get_by_label("Password").fill("wrong")
    screen.expected_status = 400
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    look("sign in again")
    sign_in(screen, "dora")
    look("no register")
    page.locator("summary", has_text="Account menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    sign_in(screen, "carla")
    look("nothing open")
    screen.visit("/desk/open")
    page.locator("#pieces-2000").fill("x")
    look("open")
    screen.expected_status = 400
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("alert").wait_for()
    look("open again")
    page.locator("#pieces-2000").fill("5")
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("button", name="Open drawer").wait_for()
    look("review of a float")
    cast.carla.refresh_from_db()
    session = open_drawer(cast.carla, 100_00, station=2)
    screen.visit("/desk")
    look("desk")
    for path in ("pay-in", "pay-out", "drop"):
        screen.visit(f"/desk/{path}")
        look(path)
        screen.expected_status = 400
        page.get_by_role("button").last.click()
        page.get_by_role("alert").wait_for()
        look(f"{path} again")
    screen.visit("/desk/count")
    look("count")
    page.locator("#pieces-2000").fill("5")
    expect(page.locator("[data-said]")).to_have_text("Draft saved")
    cast.store.witness_minor = 1
    cast.store.save()
    screen.visit("/desk/hand-over")
    look("hand over, gone on with")
    page.get_by_role("link", name="Start over").click()
    page.get_by_role("button", name="Discard draft").wait_for()
    look("begin anew")
    screen.visit("/desk/hand-over")
    page.get_by_role("button", name="Review count").click()
    page.get_by_text("A second person confirms this count").wait_for()
    look("review with a witness")
    screen.expected_status = 400
    page.get_by_role("button", name="Hand over drawer").click()
    page.get_by_role("alert").wait_for()
    look("review with a witness again")
    cast.store.witness_minor = None
    cast.store.save()
    screen.visit("/desk/count")
    page.get_by_role("button", name="Review count").click()
    page.get_by_text("Review count").wait_for()
    look("review")
    page.get_by_role("button", name="Close drawer").click()
    page.wait_for_url(f"**/desk/sessions/{session.uuid}")
    look("result")


def test_every_page_fits_every_screen_and_nothing_bars_the_way(screen: Screen, cast: Cast) -> None:
    def is_fit(name: str) -> None:
        assert screen.too_wide() == [], name
        assert screen.barriers() == [], name

    walk(screen, cast, is_fit)


@pytest.mark.parametrize("screen", [{"colours": "dark"}], ids=["dark"], indirect=True)
def test_the_slip_is_one_page_of_80_mm(screen: Screen, cast: Cast, tmp_path: Path) -> None:
    open_drawer(cast.carla, 0)
    screen.sign_in("carla")
    page = screen.visit("/desk/count")
    enter_total(page, "1")
    page.get_by_role("button", name="Review count").click()
    page.get_by_role("button", name="Close drawer").click()
    page.wait_for_url("**/desk/sessions/*")
    printed = page.pdf(prefer_css_page_size=True).decode("latin-1")
    boxes = [float(part.split("]")[0].split()[2]) for part in printed.split("/MediaBox [")[1:]]
    assert [round(box) for box in boxes] == [227]
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print slip").click()
    assert page.title() == "printed"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
    for furniture in (".till-bar", ".unprinted"):
        expect(page.locator(furniture), furniture).to_be_hidden()
    expect(page.get_by_text("Signature")).to_be_visible()
