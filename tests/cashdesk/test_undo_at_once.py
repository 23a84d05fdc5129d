"""Several people undo the same movement at once: it is reversed once, and the others get an error."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.ledger.undo import take_back
from cashdesk.domain.session.cancel_opening import cancel_opening
from cashdesk.domain.session.closing import close_session
from cashdesk.enums import Booked, MovementKind, PlaceKind
from cashdesk.models import CashSession, Movement, Payment
from settlements.domain.deposit import correct_credit, credit_deposit, prepare_deposit
from settlements.domain.reversal_by_manager import reverse_movement
from tests.cashdesk.desk import NOON, counted, minutes, move, open_drawer, pay
from tests.stories import Cast, make_cast
from tests.web.side_by_side import at_once, database_for_threads, outcome_of

ROUNDS = 4


@pytest.fixture
def cast(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield make_cast()


def test_a_movement_that_three_take_back_at_once_is_reversed_once(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    for _round in range(ROUNDS):
        movement = move(session, MovementKind.DROP, 5_00)
        told = {"movement": movement, "at": minutes(5), "reason": "x"}
        acts = [
            partial(take_back, by=Principal(user=cast.carla), **told),
            partial(take_back, by=Principal(user=cast.carla), **told),
            partial(reverse_movement, by=Principal(user=cast.erika), **told),
        ]
        assert sorted(at_once([partial(outcome_of, act) for act in acts])) == ["Conflict", "Conflict", "done"]
        assert Movement.objects.filter(reverses=movement).count() == 1
    assert cast.book(PlaceKind.REGISTER, 1) == 100_00
    assert list(faults_of_store(cast.store)) == []


def test_an_opening_is_cancelled_or_closed_or_sold_in_and_never_two_of_them(cast: Cast) -> None:
    by = Principal(user=cast.carla)
    for _round in range(ROUNDS):
        session = open_drawer(cast.carla, 100_00, station=1)
        acts = [
            partial(cancel_opening, session=session, by=by, at=minutes(5), reason="x"),
            partial(cancel_opening, session=session, by=Principal(user=cast.erika), at=minutes(5), reason="x"),
            partial(close_session, session=session, counted=counted(100_00), by=by, at=minutes(5)),
            partial(pay, session, 7_00),
        ]
        outcomes = at_once([partial(outcome_of, act) for act in acts])
        assert outcomes[3] == "done"
        assert outcomes[:3].count("done") == 1, outcomes
        ended, payment = CashSession.objects.get(pk=session.pk), Payment.objects.latest("pk")
        assert not ended.is_open
        if ended.is_cancelled:
            assert payment.booked == Booked.LATE
        assert cast.book(PlaceKind.REGISTER, 1) == 0
        assert list(faults_of_store(cast.store)) == []


def test_a_credit_that_two_correct_at_once_is_corrected_once(cast: Cast) -> None:
    erika, anna = Principal(user=cast.erika), Principal(user=cast.anna)
    deposit = prepare_deposit(store=cast.store, amount=300_00, currency="EUR", bag_number="B-1", by=erika, at=NOON)
    credit_deposit(deposit=deposit, amount=30_00, by=erika, at=NOON)
    told = {"deposit": deposit, "by": anna, "at": NOON, "reason": "typo"}
    acts = [partial(outcome_of, partial(correct_credit, amount=amount, **told)) for amount in (300_00, 299_00)]
    assert sorted(at_once(acts)) == ["Forbidden", "done"]
    assert cast.book(PlaceKind.BANK) in (300_00, 299_00)
