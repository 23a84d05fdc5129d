"""Access to the pages of the vault: who may open them, for which store, and that no page shows the expected amount."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import Movement
from settlements.domain.deposit import prepare_deposit
from settlements.models import Deposit
from tests.api.blind import notations
from tests.factories import StoreFactory
from tests.screens.desk import Browser
from tests.settlements.ordering import ordered
from tests.settlements.reporting import Day
from tests.stories import Cast

PAGES = (
    "/vault/change", "/vault/loan", "/vault/fetch", "/vault/pay-in", "/vault/pay-out", "/vault/movements", "/vault/deposits",
    "/vault/deposits/new", "/vault/deposits/{}", "/vault/deposits/{}/collect", "/vault/deposits/{}/credit",
    "/vault/orders", "/vault/orders/new", "/vault/orders/{order}", "/vault/orders/{order}/arrive",
    "/vault/orders/{order}/cancel",
)  # fmt: skip


@pytest.fixture
def pages(cast: Cast) -> list[str]:
    """The path of every page, for a prepared bag and a pending order."""
    by = Principal(user=cast.erika)
    deposit = prepare_deposit(
        store=cast.store, amount=300_00, currency="EUR", bag_number="B-1", by=by, at=timezone.now()
    )
    order = ordered(cast)
    return [page.format(deposit.uuid, order=order.uuid) for page in PAGES]


def test_the_pages_are_for_managers(cast: Cast, pages: list[str]) -> None:
    before = Movement.objects.count()
    for path in pages:
        asked = Client().get(path)
        assert (asked.status_code, asked.headers["Location"]) == (302, f"/sign-in?next={path}")
        for answer in (Browser(cast.carla).get(path), Browser(cast.carla).client.post(path, {"amount": "5"})):
            assert answer.status_code == 403, path
        shown = Browser(cast.erika).get(path)
        assert shown.status_code == 200, path
        assert "no-store" in shown.headers["Cache-Control"]
    assert Movement.objects.count() == before


def test_of_anothers_store_there_is_nothing(cast: Cast, pages: list[str]) -> None:
    otto, number = Browser(cast.otto), re.compile(r"<code>[0-9a-f-]+</code>|<input type=.hidden.[^>]+>")
    for path, page in zip(pages, PAGES, strict=True):
        if "{" in page:
            none = "00000000-0000-4000-8000-000000000000"
            asked = (path, page.format(none, order=none))
        else:
            asked = (f"{path}?store={cast.store.uuid}", f"{path}?store=4711")
        theirs, unknown = (otto.get(one) for one in asked)
        assert theirs.status_code == unknown.status_code == 404, path
        assert number.sub("", theirs.content.decode()) == number.sub("", unknown.content.decode())


def test_who_works_in_no_store_chooses_one_and_stays_there(cast: Cast, pages: list[str]) -> None:
    other = StoreFactory(account=cast.store.account, number="2001", name="Potsdam")
    anna = Browser(cast.anna)
    for path in pages:
        anna.get(path)
        assert "Which store? Choose the store whose safe you want to see. 1337 Berlin 2001 Potsdam" in anna.text
        assert anna.get(f"{path}?store={cast.store.uuid}").status_code == 200, path
        # A file names its bag, and nobody goes on from a file.
        links = re.findall(r'href="(/vault/[^".]*)"', anna.page.content.decode())
        assert all("store=" in link or str(cast.store.uuid) in link for link in links), (path, links)
        assert anna.get(f"{path}?store={other.uuid}").status_code == (
            404 if re.search("[0-9a-f]{8}-", path) else 200
        ), path
    anna.fill("/vault/deposits/new?store=2001", {"amount": "5", "bag_number": "P-1"})
    anna.follow()
    assert "2001 Potsdam" in anna.text
    assert Deposit.objects.get(bag_number="P-1").store == other


def test_no_page_tells_what_should_lie_in_the_vault(cast: Cast, pages: list[str]) -> None:
    """All pages except the list of movements are the same before and after money comes into the vault."""
    day, erika = Day(cast, start=timezone.now()), Browser(cast.erika)
    key = re.compile(r'name="(once|csrfmiddlewaretoken)" value="[^"]+"')
    told = [path for path in pages if not path.endswith("/movements")]

    def world() -> dict[str, str]:
        return {path: key.sub("", erika.get(path).content.decode()) for path in told}

    before = world()
    day.open_vault(7391_41)
    day.station = 0
    day.move(MovementKind.PAID_IN, 888_88, reason="OTHER_INCOME")
    assert world() == before
    shown = erika.get("/vault/movements").content.decode()
    assert "€888.88" in shown
    for notation in {*notations(cast.book(PlaceKind.VAULT)), *notations(7391_41)}:
        assert not any(notation in page for page in (shown, *before.values())), notation


def test_a_store_that_no_store_can_be_called_is_none(cast: Cast) -> None:
    for path in ("/vault/change?store=%00", "/settlements/open/%00/1", "/reports/registers/%00", "/vault?store=%00"):
        assert Browser(cast.erika).get(path).status_code in (200, 404)
