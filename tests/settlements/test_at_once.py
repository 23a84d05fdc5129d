"""Several people at one drawer in the same moment: each act is done in one period."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction

from cashdesk.models import AuditEntry
from settlements.domain.store_movement import note_no_sale
from tests.settlements.desk import Shop
from tests.stories import make_cast
from tests.web.side_by_side import begun, database_for_threads, outcome_of, waits_for_a_lock


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path) -> Iterator[Shop]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield Shop(make_cast())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_who_opens_a_drawer_that_is_being_closed_waits_and_is_refused(shop: Shop) -> None:
    """The page names its session; a till names none, and the drawer may be in the next one's hands by then."""
    session = shop.sign_on(shop.cast.carla, 200_00)
    note = partial(
        note_no_sale, store=shop.cast.store, station=1, by=shop.by(shop.cast.carla), at=shop.at, reason="change"
    )
    with transaction.atomic():
        shop.sign_off(session, 200_00)
        pending = begun(partial(outcome_of, partial(note, session=session)))
        waits_for_a_lock(pending)
    assert pending.result(30) == "NothingOpen"
    with transaction.atomic():
        shop.sign_on(shop.cast.bruno, 200_00)
        pending = begun(partial(outcome_of, note))
        waits_for_a_lock(pending)
    assert pending.result(30) == "Forbidden"
    assert not AuditEntry.objects.filter(action="register.no_sale").exists()
