"""The pages of API keys, authorizations and business days in a browser: without complaints, on a phone, accessible."""

import pytest
from playwright.sync_api import expect

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.access_token import authenticate
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import Scope
from cashdesk.models import AccessToken, BusinessDay, User
from reconciliations.models import Authorization
from tests.admin.back_office import OF_RECONCILIATIONS, list_of, new, page_of
from tests.browser.screen import PHONE, Screen
from tests.cashdesk.desk import NOON, open_drawer
from tests.reconciliations.admin.declared import CLOSE, ISSUE, Declared, declare_a_day
from tests.stories import Cast

pytestmark = pytest.mark.browser

NEW_KEY = "/admin/cashdesk/accesstoken/issue/"


@pytest.fixture
def declared(cast: Cast) -> Declared:
    """A day of the shop."""
    return declare_a_day(cast.store, cast.carla, cast.erika, cast.anna)


@pytest.fixture
def key(cast: Cast) -> AccessToken:
    """A key of the store."""
    made, _secret = issue_api_key(
        name="till 3", scopes=tuple(Scope), by=SYSTEM, at=NOON, account=cast.store.account, store=cast.store
    )
    return made


def paths_of(declared: Declared, key: AccessToken) -> tuple[str, ...]:
    """Returns the addresses of the pages and of the action pages."""
    rows = (declared.first, declared.second, declared.used, declared.day, key)
    acts = (ISSUE, CLOSE, NEW_KEY, page_of(key, "rotate"), page_of(key, "revoke"))
    return (*(list_of(model) for model in (*OF_RECONCILIATIONS, AccessToken)), *map(page_of, rows), *acts)


def test_every_page_opens_without_a_complaint_or_a_barrier_and_fits_every_screen(
    screen: Screen, declared: Declared, key: AccessToken
) -> None:
    screen.sign_in("anna")
    for path in (*paths_of(declared, key), new(User)):
        screen.visit(path)
        assert screen.too_wide() == [], path
        assert screen.barriers() == [], path
    page = screen.visit(page_of(key, "rotate"))
    page.get_by_role("button", name="Rotate API key").click()
    page.get_by_text("Copy it now.").wait_for()
    assert screen.barriers() == []


@pytest.mark.parametrize("screen", [PHONE, {}], ids=["phone", "desktop"], indirect=True)
def test_an_admin_makes_a_key_and_copies_its_secret(screen: Screen, cast: Cast) -> None:
    screen.sign_in("anna")
    page = screen.visit(list_of(AccessToken))
    page.get_by_role("link", name="Issue an API key").click()
    page.get_by_label("Name").fill("till 3")
    page.get_by_label("payments:write").check()
    page.get_by_role("combobox", name="Store").click()
    page.get_by_role("option", name="1337 Berlin").click()
    page.get_by_label("Station").fill("2")
    page.get_by_role("button", name="Issue an API key").click()
    secret = page.locator(".secret code").first.text_content() or ""
    assert screen.overhang == 0
    found = authenticate(secret=secret, at=NOON)
    assert found is not None
    assert found.token is not None
    assert found.token.register == cast.store.places.get(kind="REGISTER", number=2)


def test_a_manager_permits_and_closes_the_day(screen: Screen, cast: Cast) -> None:
    open_drawer(cast.carla, 10_000)
    screen.sign_in("erika")
    page = screen.visit(list_of(Authorization))
    page.get_by_role("link", name="Issue an authorization").click()
    page.get_by_label("Purpose").fill("a shortage")
    page.get_by_role("button", name="Issue an authorization").click()
    expect(page.locator(".secret code").first).to_be_visible()
    expect(page.locator(".secret code").first).to_have_text(str(Authorization.objects.get().uuid))
    page = screen.visit(list_of(BusinessDay))
    page.get_by_role("link", name="Close a business day").click()
    page.get_by_role("button", name="Close a business day").click()
    page.get_by_text("of Carla at Register 1").wait_for()
    assert not BusinessDay.objects.exists()
    page.get_by_label("Reason").fill("Carla went home ill")
    page.get_by_role("button", name="Close a business day").click()
    page.get_by_text("The business day 10 Mar 2026 of 1337 Berlin is closed.").wait_for()
    assert BusinessDay.objects.get().closed_by == cast.erika
