"""The part of Today that a script asks for again and again: who gets it, when it is sent again, and what a look costs."""

from datetime import timedelta
from typing import Final

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind
from cashdesk.models import AuditEntry, BrowserSession, Store
from cashdesk.web.browser_sessions import LOOK_HEADER
from cashdesk.web.live_part import PART_HEADER, etag_of
from tests.reconciliations.floor import at_noon
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries

STATEMENTS: Final = 4
"""A look that finds nothing new: the session, the person, the store, and the marks."""


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return at_noon(cast)


def part_of(store: Store) -> str:
    return f"/today/{store.uuid}/now"


def test_the_part_is_what_the_page_shows(cast: Cast, shop: Shop) -> None:
    shop.sign_on(cast.carla, 200_00)
    erika = Browser(cast.erika)
    erika.get("/today")
    page = erika.page.content.decode()
    part = erika.get(part_of(cast.store))
    assert part.headers[PART_HEADER] == "1"
    assert "no-store" in part.headers["Cache-Control"]
    assert "<html" not in part.content.decode()
    assert part.content.decode().strip() in page
    assert f'hx-get="{part_of(cast.store)}"' in page


def test_a_look_without_news_has_no_body_and_costs_four_statements(cast: Cast, shop: Shop) -> None:
    shop.sign_on(cast.carla, 200_00)
    erika = Browser(cast.erika)
    known = erika.get(part_of(cast.store)).headers["ETag"]
    shop.sale(5_00)
    with counted_queries() as queries:
        again = erika.client.get(part_of(cast.store), headers={"If-None-Match": known})
    if again.status_code == 200:  # the minute changed between the two looks
        known = again.headers["ETag"]
        with counted_queries() as queries:
            again = erika.client.get(part_of(cast.store), headers={"If-None-Match": known})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == known
    assert len(queries) == STATEMENTS


def test_what_happens_is_sent_at_the_next_look(cast: Cast, shop: Shop) -> None:
    erika = Browser(cast.erika)
    known = erika.get(part_of(cast.store)).headers["ETag"]
    session = shop.sign_on(cast.carla, 200_00)
    seen = [known]
    for act in (
        lambda: shop.move(MovementKind.DROP, 20_00),
        lambda: shop.sign_off(session, 170_00),
    ):
        answer = erika.client.get(part_of(cast.store), headers={"If-None-Match": seen[-1]})
        assert answer.status_code == 200
        seen.append(answer.headers["ETag"])
        act()
    answer = erika.client.get(part_of(cast.store), headers={"If-None-Match": seen[-1]})
    assert answer.status_code == 200
    assert "Short by" in answer.content.decode()


def test_the_etag_is_of_one_person_language_and_minute(cast: Cast) -> None:
    now = timezone.now().replace(second=10)
    by, other = Principal(user=cast.erika), Principal(user=cast.anna)
    known = etag_of(1, 2, by=by, at=now)
    assert known == etag_of(1, 2, by=by, at=now + timedelta(seconds=20))
    assert len({known, etag_of(1, 3, by=by, at=now), etag_of(1, 2, by=other, at=now), etag_of(1, 2, by=by, at=now + timedelta(minutes=1))}) == 4  # fmt: skip


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(cast: Cast, shop: Shop) -> None:
    erika = Browser(cast.erika)
    long_ago = timezone.now() - timedelta(minutes=30)
    BrowserSession.objects.update(last_seen_at=long_ago)
    erika.client.get(part_of(cast.store), headers={LOOK_HEADER: "1"})
    assert BrowserSession.objects.get().last_seen_at == long_ago
    erika.get("/today")
    assert BrowserSession.objects.get().last_seen_at > long_ago


def test_a_look_is_no_look_at_expected_amounts(cast: Cast, shop: Shop) -> None:
    shop.sign_on(cast.carla, 200_00)
    shop.sale(5_55)
    erika = Browser(cast.erika)
    answer = erika.get(part_of(cast.store))
    assert "205.55" not in answer.content.decode()
    assert not AuditEntry.objects.filter(action="expected.seen").exists()
