"""The vault's money and the no-sale page in a real browser: a manager's morning, and a cashier without a sale."""

import pytest
from playwright.sync_api import Page, expect

from cashdesk.enums import PlaceKind
from cashdesk.models import AuditEntry
from settlements.models import ChangeOrder, Deposit
from tests.browser.screen import PHONE, Screen
from tests.browser.test_desk import sign_in
from tests.cashdesk.desk import open_drawer
from tests.stories import Cast

pytestmark = pytest.mark.browser


def is_in_order(screen: Screen) -> None:
    """Asserts that the page fits the screen and is accessible."""
    assert screen.overhang == 0, screen.page.url
    assert screen.barriers() == [], screen.page.url


def widths_on_paper(page: Page) -> list[int]:
    """Returns the width of every printed page, in points."""
    printed = page.pdf(prefer_css_page_size=True).decode("latin-1")
    return [round(float(part.split("]")[0].split()[2])) for part in printed.split("/MediaBox [")[1:]]


@pytest.mark.parametrize("screen", [{"colours": "dark"}], ids=["dark"], indirect=True)
def test_a_managers_morning(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 100_00, station=1)
    screen.sign_in("erika")
    page = screen.visit("/vault")
    page.get_by_role("link", name="Change from the bank").click()
    page.get_by_label("Amount EUR").fill("200")
    page.get_by_label("Reference").fill("order 4711")
    page.get_by_role("button", name="Put it into the safe").click()
    expect(page.locator(".alert.good")).to_contain_text("Put into the safe: €200.00")
    is_in_order(screen)
    page.get_by_role("link", name="Give change to a register").click()
    screen.expected_status = 400
    page.get_by_role("button", name="Give change").click()
    expect(page.get_by_text("Enter an amount.", exact=True)).to_be_visible()
    is_in_order(screen)
    page.get_by_text("Count by notes and coins").click()
    page.get_by_label("€10 note").fill("5")
    expect(page.locator("[data-total-figure]")).to_have_text("€50.00")
    page.get_by_role("button", name="Give change").dblclick()
    expect(page.locator(".alert.good")).to_contain_text("Given to register 1: €50.00")
    assert cast.book(PlaceKind.REGISTER, 1) == 150_00

    screen.visit("/vault/deposits")
    expect(page.get_by_text("No bag has been packed yet.")).to_be_visible()
    page.get_by_role("link", name="Pack a bag").click()
    expect(page.locator("#pieces-50000")).to_be_focused()
    page.keyboard.type("3")
    page.locator("#pieces-5000").fill("7")
    page.locator("#pieces-1").press("Enter")
    expect(page.locator("#bag_number")).to_be_focused()
    page.keyboard.type("B-1")
    expect(page.locator("[data-total-figure]")).to_have_text("€1,850.00")
    is_in_order(screen)
    page.get_by_role("button", name="Pack the bag").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bag B-1")
    is_in_order(screen)
    expect(page.get_by_role("row", name="€500 3 1,500.00")).to_be_visible()
    assert widths_on_paper(page) == [595]
    for paper, width in (("A6", 298), ("A5", 420), ("80 mm", 227)):
        page.get_by_role("link", name=paper).click()
        page.wait_for_url(f"**paper={'slip' if paper == '80 mm' else paper.lower()}*")
        assert widths_on_paper(page) == [width]
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print slip").click()
    assert page.title() == "printed"
    page.emulate_media(media="print")
    expect(page.get_by_text("Picked up by")).to_be_visible()
    expect(page.get_by_role("link", name="Show all bags")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Mark as picked up").click()
    page.get_by_label("Picked up by").fill("Brinks")
    page.get_by_role("button", name="Mark as picked up").click()
    page.get_by_role("link", name="Record bank credit").click()
    page.get_by_label("Credited by the bank").fill("1849.50")
    page.get_by_role("button", name="Record bank credit").click()
    expect(page.get_by_text("−€0.50")).to_be_visible()
    is_in_order(screen)
    assert Deposit.objects.get().state == "CREDITED"
    page.get_by_role("link", name="Show all bags").click()
    expect(page.get_by_role("cell", name="−€0.50 short")).to_be_visible()
    is_in_order(screen)
    screen.visit("/vault/movements")
    expect(page.get_by_role("row")).to_have_count(4)
    is_in_order(screen)


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_change_is_ordered_printed_and_received_on_a_phone(screen: Screen, cast: Cast) -> None:
    screen.sign_in("erika")
    page = screen.visit("/vault")
    page.get_by_role("link", name="Order change").click()
    total = page.locator("[data-total-figure]")
    page.get_by_label("Count rolls and bundles").check()
    page.get_by_label("€1: rolls of 25").fill("2")
    page.get_by_label("Wanted on").fill("2099-11-27")
    is_in_order(screen)
    expect(total).to_have_text("€50.00")
    page.get_by_label("€5 note").fill("4")
    expect(total).to_have_text("€70.00")
    page.get_by_role("button", name="Order change").dblclick()
    expect(page.locator(".alert.good")).to_contain_text("The order is saved.")
    order = ChangeOrder.objects.get()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order.number}")
    is_in_order(screen)
    assert widths_on_paper(page) == [227]
    page.get_by_role("link", name="A4").click()
    page.wait_for_url("**paper=a4")
    assert widths_on_paper(page) == [595]
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print slip").click()
    assert page.title() == "printed"

    screen.visit("/vault/change")
    is_in_order(screen)
    page.get_by_role("link", name=order.number).click()
    page.get_by_role("link", name="Record arrival").click()
    euros = page.get_by_label("€1 coin", exact=True)
    expect(euros).to_have_value("")
    page.get_by_role("button", name="Fill in the order").click()
    expect(euros).to_have_value("50")
    euros.fill("49")
    expect(total).to_have_text("€69.00")
    page.get_by_role("button", name="Put it into the safe").click()
    expect(page.get_by_role("alert")).to_contain_text("That is €1.00 less.")
    is_in_order(screen)
    page.get_by_role("button", name="Book the count").dblclick()
    expect(page.get_by_text("Less than ordered")).to_be_visible()
    assert cast.book(PlaceKind.VAULT) == 69_00
    screen.visit("/vault/orders")
    expect(page.get_by_text("−€1.00 less")).to_be_visible()
    is_in_order(screen)


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_cashier_makes_no_sale_on_a_phone(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    page = sign_in(screen, "carla")
    page.get_by_role("link", name="No sale").click()
    expect(page.get_by_role("button", name="Record no sale")).to_be_visible()
    is_in_order(screen)
    screen.expected_status = 400
    page.get_by_role("button", name="Record no sale").click()
    expect(page.get_by_role("alert")).to_be_focused()
    is_in_order(screen)
    for size in page.locator(".choice, .field input, form > .doors .button:visible").all():
        box = size.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, box
    page.get_by_label("Change for a customer").check()
    page.get_by_role("button", name="Record no sale").dblclick()
    expect(page.locator(".alert.good")).to_contain_text("No sale recorded.")
    assert [entry.detail["reason"] for entry in AuditEntry.objects.filter(action="register.no_sale")] == [
        "Change for a customer"
    ]
