"""The page of the API description: it uses only our own files, and its calls are really sent."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator

from cashdesk.models import CashSession
from tests.browser.screen import PHONE, Screen
from tests.stories import Cast, caller

pytestmark = pytest.mark.browser

DOCS = "/api/v1/docs"


def operation(screen: Screen, method: str, path: str) -> Locator:
    """Opens a call and prepares it to be tried."""
    block = screen.page.locator(".opblock", has=screen.page.locator(f'[data-path="{path}"]')).filter(
        has=screen.page.locator(".opblock-summary-method", has_text=method)
    )
    block.locator(".opblock-summary").click()
    block.get_by_role("button", name="Try it out").click()
    return block


def answer_of(block: Locator) -> tuple[int, Any]:
    """Sends the call and returns the status and body that the page shows."""
    block.get_by_role("button", name="Execute").click()
    answered = block.locator(".live-responses-table .response")
    answered.wait_for()
    status = answered.locator(".response-col_status").inner_text()
    return int(status.split()[0]), json.loads(answered.locator(".response-col_description pre").first.inner_text())


def test_every_call_is_listed(screen: Screen, cast: Cast) -> None:
    page = screen.visit(DOCS)
    page.locator(".opblock").first.wait_for()
    paths = set(page.locator("[data-path]").evaluate_all("found => found.map(one => one.dataset.path)"))
    assert {"/api/v1/cash/open", "/api/v1/shifts/start", "/api/v1/payments", "/api/v1/auth/login"} <= paths


def test_a_person_who_is_signed_in_tries_a_call(screen: Screen, cast: Cast) -> None:
    screen.sign_in("erika")
    screen.visit(DOCS)
    status, body = answer_of(operation(screen, "GET", "/api/v1/auth/me"))
    assert status == 200
    assert "erika" in json.dumps(body)


def test_a_call_that_writes_is_let_through_with_the_pages_own_token(screen: Screen, cast: Cast) -> None:
    screen.sign_in("erika")
    screen.visit(DOCS)
    block = operation(screen, "POST", "/api/v1/cash/open")
    block.locator("textarea").first.fill('{"start_amount": 150.50}')
    status, body = answer_of(block)
    assert (status, body["start_amount"], body["final_cash_system"]) == (200, 150.5, None)
    assert CashSession.objects.get(user=cast.erika).start_amount == 15_050


def test_a_visitor_is_told_to_sign_in_and_may_give_a_token(screen: Screen, cast: Cast) -> None:
    screen.visit(DOCS)
    screen.expected_status = 401
    block = operation(screen, "GET", "/api/v1/auth/me")
    status, _body = answer_of(block)
    assert status == 401
    screen.page.get_by_role("button", name="Authorize", exact=True).first.click()
    dialog = screen.page.locator(".auth-container", has_text="http, Bearer")
    dialog.locator("input").fill(caller(cast.carla).secret)
    dialog.get_by_role("button", name="Apply credentials").click()
    dialog.get_by_role("button", name="Close").click()
    block.get_by_role("button", name="Clear").click()
    status, body = answer_of(block)
    assert (status, "carla" in json.dumps(body)) == (200, True)


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"], indirect=True)
def test_a_phone_needs_no_sideways_scrolling(screen: Screen, cast: Cast) -> None:
    page = screen.visit(DOCS)
    page.locator(".opblock").first.wait_for()
    assert screen.overhang == 0


def test_it_is_dark_for_readers_whose_device_is(screen: Screen, cast: Cast) -> None:
    screen.page.emulate_media(color_scheme="dark")
    page = screen.visit(DOCS)
    page.locator(".opblock").first.wait_for()
    background = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert background == "rgb(18, 23, 24)"
    page.emulate_media(color_scheme="light")
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(248, 246, 241)"
