"""The board of a chain: who sees it, what it says of each store, its order, and what it costs."""

import re
from datetime import timedelta
from typing import Final

import pytest
from django.utils import timezone

from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import AuditEntry, Place, Store
from cashdesk.web.live_part import PART_HEADER
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.screens import board
from tests.factories import StoreFactory
from tests.reconciliations.floor import ago, at_noon
from tests.reconciliations.queue import pack, short_drawer
from tests.reconciliations.screens.test_today import day_of, tomorrow, yesterday
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.settlements.ordering import ordered
from tests.stories import Cast, counted_queries

STATEMENTS: Final = 9
"""Two find the person. Two read the zones and the stores, two the open drawers, one the places with limits of cash, two the
menu and the badge of the bars.
"""
OF_LIMITS: Final = 3


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return at_noon(cast)


def board_of(cast: Cast, query: str = "") -> Browser:
    anna = Browser(cast.anna)
    anna.get(f"/board{query}")
    return anna


def rows(browser: Browser) -> dict[str, list[str]]:
    """Returns the cells of each store by its number, in the order of the page."""
    table = re.search(r"<tbody>(.*?)</tbody>", browser.page.content.decode(), re.DOTALL)
    found = {}
    for row in re.findall(r"<tr.*?</tr>", table[1] if table else "", re.DOTALL):
        name, *cells = (
            re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        )
        found[name.split()[-1]] = cells
    return found


def test_a_store_without_anything_is_on_time(cast: Cast, shop: Shop) -> None:
    anna = board_of(cast)
    assert rows(anna) == {"1337": ["On time", "–", "0", "0", "0", "0", "–", "–", "€0.00", "0", "€0.00"]}
    assert f'href="/today?store={cast.store.uuid}"' in anna.page.content.decode()


def test_each_column_tells_what_today_tells(cast: Cast, shop: Shop) -> None:
    yesterday(shop)
    close_business_day(store=cast.store, on=day_of(shop, -1), by=shop.by(), at=shop.tick())
    short_drawer(shop, by=5_00, cashier=cast.bruno)
    pack(shop, 25_00)
    ordered(cast, 75_00)
    shop.sign_on(cast.carla, 100_00)
    tomorrow(shop)
    anna = board_of(cast)
    late = rows(anna)["1337"]
    assert late[0] == "Late by 1 day"
    assert late[2:6] == ["1", "1", "0", "1"]
    assert late[8:] == ["−€5.00", "1", "€25.00"]
    for said in ("Late stores 1 of 1 store", "Overdue drawers 1 of 1 open", "Variances waiting 1", "€25.00 1 bag"):
        assert said in anna.text, said


def test_a_drawer_that_nobody_counted_makes_a_store_late(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    shop.sale(17_17)
    force_close_session(session=session, by=shop.by(), at=shop.tick(), reason="ill")
    anna = board_of(cast)
    assert rows(anna)["1337"][0] == "Drawer not counted"
    assert rows(anna)["1337"][8] == "€0.00", "what nobody counted is no difference"
    assert "17.17" not in anna.text


def test_a_settlement_holds_one_drawer_with_or_without_a_cashier(cast: Cast, shop: Shop) -> None:
    shop.vault()
    shop.open(200_00)
    assert rows(board_of(cast))["1337"][2] == "1"
    shop.sign_on(cast.carla, 200_00)
    assert rows(board_of(cast))["1337"][2] == "1"


def test_late_stores_come_first_and_each_column_sorts(cast: Cast, shop: Shop) -> None:
    for number in ("1100", "1500"):
        StoreFactory(account=cast.store.account, number=number, name="Store")
    yesterday(shop).sign_on(cast.carla, 100_00)
    assert list(rows(board_of(cast))) == ["1337", "1100", "1500"]
    assert list(rows(board_of(cast, "?sort=store"))) == ["1100", "1337", "1500"]
    assert list(rows(board_of(cast, "?sort=-store"))) == ["1500", "1337", "1100"]
    for key, _name, _kind in board.COLUMNS:
        for sort in (key, f"-{key}"):
            anna = board_of(cast, f"?sort={sort}")
            assert len(rows(anna)) == 3, sort
            assert 'aria-sort="' in anna.page.content.decode()
    assert list(rows(board_of(cast, "?sort=nothing"))) == ["1337", "1100", "1500"]


def test_the_list_can_be_narrowed(cast: Cast, shop: Shop) -> None:
    StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    gone = StoreFactory(account=cast.store.account, number="1403", name="Closed")
    Store.objects.filter(pk=gone.pk).update(is_active=False)
    yesterday(shop).sign_on(cast.carla, 100_00)
    assert list(rows(board_of(cast, "?state=late"))) == ["1337"]
    assert list(rows(board_of(cast, "?state=on-time"))) == ["1402"]
    assert list(rows(board_of(cast, "?q=wedd"))) == ["1402"]
    nothing = board_of(cast, "?q=nowhere%00")
    assert "No store found" in nothing.text


def test_a_long_list_has_pages(cast: Cast, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "ROWS", 2)
    for number in range(1500, 1504):
        StoreFactory(account=cast.store.account, number=str(number), name="Store")
    pages = [list(rows(board_of(cast, f"?sort=store&page={page}"))) for page in (1, 2, 3)]
    assert pages == [["1337", "1500"], ["1501", "1502"], ["1503"]]
    assert list(rows(board_of(cast, "?sort=store&page=9"))) == ["1503"]
    assert len(rows(board_of(cast, "?page=all"))) == 5
    assert "Page 1 of 3" in board_of(cast, "?page=x").text


def test_other_accounts_are_not_there(cast: Cast, shop: Shop) -> None:
    assert list(rows(board_of(cast))) == ["1337"]
    otto = Browser(cast.otto)
    assert otto.get("/board").status_code == 403


def test_the_part_is_the_same_for_a_minute(cast: Cast, shop: Shop) -> None:
    anna = board_of(cast)
    part = anna.get("/board/now?sort=store")
    assert part.headers[PART_HEADER] == "1"
    assert part.headers["ETag"] != anna.get("/board/now?sort=-store").headers["ETag"]
    known = anna.get("/board/now?sort=store").headers["ETag"]
    with counted_queries() as statements:
        again = anna.client.get("/board/now?sort=store", headers={"If-None-Match": known})
    if again.status_code == 304:  # else the minute has changed
        assert len(statements) == 2


@pytest.mark.parametrize(("stores", "with_limits"), [(1, False), (30, False), (1, True), (30, True)])
def test_a_look_costs_the_same_whatever_the_number_of_stores(
    cast: Cast, shop: Shop, stores: int, with_limits: bool
) -> None:
    now = timezone.now()
    for number in range(1, stores):
        store = StoreFactory(account=cast.store.account, number=str(2000 + number), name="Store")
        close_business_day(store=store, on=(now - timedelta(days=2)).date(), by=shop.by(cast.anna), at=now)
    if with_limits:
        Place.objects.filter(kind=PlaceKind.VAULT).update(least_minor=1_00)
    anna = Browser(cast.anna)
    with counted_queries() as statements:
        anna.get("/board")
    assert len(rows(anna)) == stores
    assert len(statements) == STATEMENTS + OF_LIMITS * with_limits


# --- Limits of cash -----------------------------------------------------------------------------------------------------


def test_the_board_tells_what_today_tells_of_limits(cast: Cast, shop: Shop) -> None:
    """Register 1 is full, register 2 has a larger limit, and register 3 is closed. The safe holds too little."""
    quiet = StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    Store.objects.filter(pk__in=(cast.store.pk, quiet.pk)).update(pull_minor=300_00)
    Place.objects.filter(pk=cast.place(PlaceKind.REGISTER, 2).pk).update(pull_minor=9_000_00)
    Place.objects.filter(pk=cast.place(PlaceKind.VAULT).pk).update(least_minor=5_000_00, most_minor=90_000_00)
    shop.at = ago(minutes=40)
    shop.sign_on(cast.carla, 200_00)
    shop.sign_on(cast.bruno, 200_00, station=2)
    for station in (1, 2):
        shop.pay(444_44, station=station)
    anna = board_of(cast, "?sort=-limits")
    assert {store: cells[7] for store, cells in rows(anna).items()} == {"1337": "1 drawer fullSafe low", "1402": "–"}
    assert list(rows(board_of(cast, "?sort=limits"))) == ["1402", "1337"]
    for amount in ("444.44", "644.44", "300.00", "5,000.00"):
        assert amount not in anna.text
    anna.get(f"/today?store={cast.store.uuid}")
    assert "Register 1 holds more cash than it should" in anna.text
    assert "Register 2 holds more" not in anna.text
    assert not AuditEntry.objects.filter(action="expected.seen").exists()
    Place.objects.filter(pk=cast.place(PlaceKind.VAULT).pk).update(least_minor=None, most_minor=0)
    shop.move(MovementKind.DROP, 300_00)
    Store.objects.filter(pk=cast.store.pk).update(pull_minor=None)
    assert rows(board_of(cast))["1337"][7] == "–", "an empty safe is not full"


# --- Law 5 ------------------------------------------------------------------------------------------------------------


def test_two_worlds_look_the_same_until_a_drawer_is_counted(cast: Cast, shop: Shop) -> None:
    """The sales differ, and so do the amounts of the drop. The stores have the same board."""
    other = StoreFactory(account=cast.store.account, number="1402", name="Berlin")
    Store.objects.filter(pk=other.pk).update(time_zone=cast.store.time_zone)
    shop.at = ago(minutes=20)
    shop.sign_on(cast.carla, 100_00)
    pages = []
    for sold, dropped in ((639_41, 31_13), (3_38, 8_09)):
        shop.sale(sold)
        shop.move(MovementKind.DROP, dropped)
        anna = board_of(cast)
        pages.append(anna.page.content.decode())
        for amount in (sold, dropped, 100_00 + sold - dropped):
            assert f"{amount // 100}.{amount % 100:02}" not in anna.text
    varying = re.compile(r'data-etag="[^"]+"|name="csrfmiddlewaretoken" value="[^"]+"')
    assert varying.sub("", pages[0]) == varying.sub("", pages[1])
    assert not AuditEntry.objects.filter(action="expected.seen").exists()
