"""The expected cash of a running drawer on Today: one press, for managers only, recorded, and no part of the page."""

from typing import Final

import pytest
from django.test import Client

from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import Role
from cashdesk.models import AuditEntry
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.floor import at_noon
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries

STATEMENTS: Final = 13


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """Carla's drawer: a float of 200.00 and a sale of 55.55. So 255.55 is expected."""
    shop = at_noon(cast)
    shop.sign_on(cast.carla, 200_00)
    shop.sale(55_55)
    return shop


def path_of(cast: Cast, number: int = 1) -> str:
    return f"/today/{cast.store.uuid}/registers/{number}/expected"


def looks(cast: Cast) -> list[str]:
    rows = AuditEntry.objects.filter(action="x_report.seen", store=cast.store).order_by("pk")
    return [str(entry.user) for entry in rows]


def test_one_press_tells_the_figure_and_is_recorded(cast: Cast, shop: Shop) -> None:
    erika = Browser(cast.erika)
    page = erika.get("/today").content.decode()
    assert f'hx-post="{path_of(cast)}"' in page
    assert f'href="/reports/registers/{cast.store.uuid}/1/x"' in page, "the way without scripts"
    assert looks(cast) == []
    answer = erika.client.post(path_of(cast))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "255.55" in text.replace("</span>", "").replace('<span class="currency">', "")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "<html" not in text
    assert looks(cast) == [str(cast.erika)]
    entry = AuditEntry.objects.get(action="x_report.seen")
    assert "255" not in str(entry.detail)


def test_a_get_shows_and_records_nothing(cast: Cast, shop: Shop) -> None:
    erika = Browser(cast.erika)
    answer = erika.get(path_of(cast))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/reports/registers/{cast.store.uuid}/1/x")
    assert looks(cast) == []


def test_a_press_changes_neither_the_page_nor_its_etag(cast: Cast, shop: Shop) -> None:
    erika = Browser(cast.erika)
    now = f"/today/{cast.store.uuid}/now"
    before = erika.get(now)
    erika.client.post(path_of(cast))
    after = erika.get(now)
    if before.headers["ETag"] == after.headers["ETag"]:  # else the minute has changed
        assert before.content == after.content
    for page in (before, after, erika.get("/today")):
        assert "255.55" not in page.content.decode()


@pytest.mark.parametrize(("who", "status"), [
    ("carla", 403), ("bruno", 403), ("next_door", 404), ("otto", 404), ("erika", 200), ("anna", 200),
])  # fmt: skip
def test_only_managers_of_the_store_get_it(cast: Cast, shop: Shop, who: str, status: int) -> None:
    next_door = UserFactory(store=StoreFactory(account=cast.store.account), role=Role.MANAGER)
    user = next_door if who == "next_door" else getattr(cast, who)
    answer = Browser(user).client.post(path_of(cast))
    assert answer.status_code == status
    assert looks(cast) == ([str(user)] if status == 200 else [])


def test_a_press_needs_the_key_of_our_forms(cast: Cast, shop: Shop) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.erika)
    assert strict.post(path_of(cast)).status_code == 403
    assert looks(cast) == []


def test_a_drawer_that_is_not_running_has_no_press(cast: Cast, shop: Shop) -> None:
    """Not the closed one and not the one that nobody counted. Its cash is still to be counted blind."""
    erika = Browser(cast.erika)
    force_close_session(session=shop.sessions[0], by=shop.by(), at=shop.tick(), reason="ill")
    closed = shop.sign_on(cast.bruno, 10_00, station=2)
    shop.sign_off(closed, 10_00)
    assert "hx-post" not in erika.get("/today").content.decode()
    for number in (1, 2, 3, 99):
        assert erika.client.post(path_of(cast, number)).status_code == 404, number
    assert looks(cast) == []


def test_a_press_costs_the_same_however_much_was_sold(cast: Cast, shop: Shop) -> None:
    erika = Browser(cast.erika)
    for more in (0, 12):
        for _sale in range(more):
            shop.sale(1_00)
        with counted_queries() as queries:
            assert erika.client.post(path_of(cast)).status_code == 200
        assert len(queries) == STATEMENTS
