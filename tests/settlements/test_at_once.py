"""Several people act on one drawer or one change order at once: each action is done once, and in one period."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction

from cashdesk.models import AuditEntry, Movement
from settlements.domain.change_order import cancel_change, receive_change
from settlements.domain.no_sale import note_no_sale
from settlements.domain.proof import faults_of_store
from settlements.models import ChangeOrder
from tests.settlements.desk import Shop
from tests.settlements.ordering import ordered, told
from tests.stories import make_cast
from tests.web.side_by_side import at_once, begun, database_for_threads, outcome_of, waits_for_a_lock

ROUNDS = 4


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path) -> Iterator[Shop]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield Shop(make_cast())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_who_opens_a_drawer_that_is_being_closed_waits_and_is_refused(shop: Shop) -> None:
    """The page names its session, a till names none. The next cashier may already have the drawer."""
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


def test_an_order_that_several_receive_and_cancel_at_once_ends_once(shop: Shop) -> None:
    act = {"by": shop.by(), "at": shop.at}
    came = 0
    for _round in range(ROUNDS):
        order = ordered(shop.cast, at=shop.at)
        # Each counts another amount, so that what is booked tells who was first.
        counted = (66_00, 60_00, 70_00)
        acts = [partial(receive_change, order=order, received=told(amount), **act) for amount in counted]
        acts.append(partial(cancel_change, order=order, reason="enough", **act))
        outcomes = at_once([partial(outcome_of, one) for one in acts])
        assert sorted(outcomes) == ["Conflict"] * 3 + ["done"]
        ended = ChangeOrder.objects.select_related("movement").get(pk=order.pk)
        received = (*counted, None)[outcomes.index("done")]
        assert (ended.state, ended.received) == ("ARRIVED" if received else "CANCELLED", received)
        assert (ended.movement.amount if ended.movement else None) == received
        assert AuditEntry.objects.filter(subject=f"change_order:{order.pk}").count() == 2
        came += received or 0
    assert Movement.objects.count() == ChangeOrder.objects.filter(state="ARRIVED").count()
    assert shop.book() == came
    assert list(faults_of_store(shop.cast.store)) == []
