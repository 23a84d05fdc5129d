"""The back office in a browser: sign-in, every page, and the revocation of a token."""

from typing import Any

import pytest
from playwright.sync_api import expect

from cashdesk.models import AccessToken, CashSession, Movement, PaymentMethod, Seal, Store, User, Vendor
from tests.admin.back_office import EVERYTHING, list_of, new, page_of, trade_a_day
from tests.browser.screen import PHONE, TABLET, Screen
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD
from tests.stories import Cast

pytestmark = pytest.mark.browser


def test_a_wrong_password_keeps_the_name_that_was_typed(screen: Screen, cast: Cast) -> None:
    page = screen.type_sign_in("erika", "wrong")
    expect(page.locator(".errornote")).to_contain_text("Please enter the correct username and password")
    expect(page.get_by_label("Username")).to_have_value("erika")
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{screen.origin}/admin/")
    expect(page.locator(".top")).to_contain_text("Erika Mustermann")


def test_signing_in_and_out_needs_no_mouse(screen: Screen, cast: Cast) -> None:
    page = screen.visit("/admin/login/?next=/admin/")
    page.keyboard.type("erika")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{screen.origin}/admin/")
    page.locator("summary", has_text="Account menu").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    page.get_by_text("You are signed out.").wait_for()
    page = screen.visit("/admin/")
    assert "/admin/login/" in page.url


def test_every_list_and_page_opens_without_a_complaint(screen: Screen, cast: Cast) -> None:
    rows = trade_a_day(cast.store, cast.carla)
    screen.sign_in("anna")
    for model in EVERYTHING:
        page = screen.visit(list_of(model))
        expect(page.locator("#result_list tbody tr").first).to_be_visible()
        screen.visit(page_of(rows[model]))
        screen.visit(page_of(rows[model], "history"))


def test_every_form_opens_without_a_complaint(screen: Screen, cast: Cast) -> None:
    screen.sign_in("anna")
    for model in (User, Store, Vendor, PaymentMethod):
        page = screen.visit(new(model))
        expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()


def test_a_person_is_made_in_the_browser(screen: Screen, cast: Cast) -> None:
    screen.sign_in("anna")
    page = screen.visit(new(User))
    for label, text in (("Username:", "dora"), ("Email:", "dora@example.com"), ("Name:", "Dora")):
        page.get_by_label(label, exact=True).fill(text)
    page.locator(".field-store .select2-selection").click()
    page.get_by_role("option", name="1337 Berlin").click()
    for label in ("Password:", "Password confirmation:"):
        page.get_by_label(label, exact=True).fill("nine-lives-of-a-cat")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/change/")
    dora = User.objects.get(username="dora")
    assert (dora.store, dora.account) == (cast.store, cast.store.account)
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")


def test_a_token_is_revoked_after_a_second_look(screen: Screen, cast: Cast) -> None:
    trade_a_day(cast.store, cast.carla)
    screen.sign_in("anna")
    page = screen.visit(list_of(AccessToken))
    page.get_by_label("Select this object for an action").first.check()
    page.get_by_label("Action:").select_option("revoke_selected")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("These tokens stop working at once").wait_for()
    assert AccessToken.objects.filter(revoked_at__isnull=False).count() == 0
    page.get_by_label("Reason").fill("lost")
    page.get_by_role("button", name="Revoke tokens").click()
    page.get_by_text("Revoked: 1.").wait_for()
    assert AccessToken.objects.filter(revoked_at__isnull=False).count() == 1


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_phone_and_a_tablet_need_no_sideways_scrolling(screen: Screen, cast: Cast) -> None:
    traces = trade_a_day(cast.store, cast.carla)
    running = open_drawer(cast.bruno, 10_000)
    screen.sign_in("erika")
    for path in (
        "/admin/",
        list_of(Movement),
        page_of(traces[Movement]),
        list_of(CashSession),
        page_of(traces[CashSession]),
        page_of(running, "close"),
        list_of(Seal),
    ):
        page = screen.visit(path)
        for size in (PHONE, TABLET):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert screen.overhang == 0, (path, size)
        page.set_viewport_size(screen.size)


def test_paper_carries_the_record_alone(screen: Screen, cast: Cast) -> None:
    traces = trade_a_day(cast.store, cast.carla)
    screen.sign_in("erika")
    page = screen.visit(page_of(traces[CashSession]))
    page.emulate_media(media="print")
    expect(page.get_by_text("−€4.00")).to_be_visible()
    for furniture in (".top", ".rail", ".breadcrumbs", ".submit-row"):
        expect(page.locator(furniture).first, furniture).to_be_hidden()


def test_nothing_bars_the_way_to_the_books(screen: Screen, cast: Cast) -> None:
    traces: Any = trade_a_day(cast.store, cast.carla)
    running = open_drawer(cast.bruno, 10_000)
    screen.sign_in("anna")
    for path in (
        "/admin/",
        list_of(Movement),
        page_of(traces[CashSession]),
        f"{list_of(CashSession)}?store={cast.store.pk}&result=short",
        f"{list_of(CashSession)}?business_date__year=2026&business_date__month=3&business_date__day=10",
        page_of(running, "close"),
        list_of(Seal),
        page_of(cast.carla),
        list_of(AccessToken),
    ):
        screen.visit(path)
        assert screen.barriers() == [], path
