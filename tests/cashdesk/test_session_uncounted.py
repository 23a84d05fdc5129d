"""Sessions that were closed without a count: the next opening difference, and the count afterwards."""

import pytest

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.ledger.seal import faults_of
from cashdesk.enums import CountMoment, PlaceKind, SessionStatus
from cashdesk.errors import Conflict
from cashdesk.models import AuditEntry, CashSession, Seal
from tests.cashdesk.desk import (
    NOON,
    books,
    close_drawer,
    count_later,
    force_close,
    kinds,
    minutes,
    open_drawer,
    refund,
    sell,
)
from tests.stories import Cast

# --- Closing without a count -------------------------------------------------------------------------------------------------


def test_a_forced_close_books_nothing_and_leaves_the_cash_in_the_book(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    sell(session, 2500)
    before = books(cast.store)
    session = force_close(session)
    assert books(cast.store) == before
    assert (session.status, session.expected_amount, session.declared_amount) == ("CLOSED_SYSTEM", 12500, 0)
    assert (session.difference, session.is_counted, session.seal is not None) == (-12500, False, True)
    assert not session.counts.filter(moment=CountMoment.CLOSING).exists()
    assert AuditEntry.objects.get(action="session.forced_closed").detail == {"reason": "went home"}


def test_forcing_at_opening_closes_the_old_one_and_opens_the_same_drawer(cast: Cast) -> None:
    old = open_drawer(cast.carla, 10000, station=2)
    new = open_drawer(cast.carla, 10000, at=minutes(60), force_close_previous=True)
    old.refresh_from_db()
    assert (old.status, old.declared_amount, old.closed_at) == (SessionStatus.CLOSED_SYSTEM, 0, minutes(60))
    assert (new.register, new.status, new.pk != old.pk) == (old.register, SessionStatus.OPEN, True)


def test_forcing_at_opening_may_go_to_another_register(cast: Cast) -> None:
    old = open_drawer(cast.carla, 10000, station=1)
    new = open_drawer(cast.carla, 5000, station=2, force_close_previous=True)
    old.refresh_from_db()
    assert (old.status, new.register.number, new.opening_difference) == (SessionStatus.CLOSED_SYSTEM, 2, 0)
    assert books(cast.store) == {"Safe": -15000, "Register 1": 10000, "Register 2": 5000}


@pytest.mark.parametrize(("start", "difference"), [(12500, 0), (12000, -500), (13000, 500), (0, -12500)])
def test_the_next_opening_shows_what_a_forced_close_left(cast: Cast, start: int, difference: int) -> None:
    session = open_drawer(cast.carla, 10000, station=1)
    sell(session, 2500)
    force_close(session)
    following = open_drawer(cast.bruno, start, station=1)
    assert (following.start_amount, following.opening_difference) == (start, difference)
    expected = {"Safe": -10000, "Customers": -2500, "Register 1": start, "Over/short": -difference}
    assert books(cast.store) == {place: amount for place, amount in expected.items() if amount}
    assert kinds().count("FLOAT") == 1
    assert close_drawer(following, start).difference == 0
    assert cast.book(PlaceKind.REGISTER, 1) == 0


def test_a_drawer_that_was_left_in_the_red_is_opened_too(cast: Cast) -> None:
    session = open_drawer(cast.carla, 1000, station=1)
    refund(session, 2500)
    force_close(session)
    following = open_drawer(cast.bruno, 0, station=1)
    assert following.opening_difference == 1500
    assert cast.book(PlaceKind.REGISTER, 1) == 0
    assert close_drawer(following, 0).difference == 0


def test_the_opening_difference_belongs_to_neither_cashier(cast: Cast) -> None:
    force_close(open_drawer(cast.carla, 10000, station=1))
    following = close_drawer(open_drawer(cast.bruno, 9000, station=1), 9000)
    assert (following.opening_difference, following.difference) == (-1000, 0)


# --- Counting afterwards -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("found", "over_short"), [(12500, 0), (12000, 500), (13000, -500), (0, 12500)])
def test_counting_afterwards_empties_the_drawer_and_leaves_the_session(cast: Cast, found: int, over_short: int) -> None:
    session = open_drawer(cast.carla, 10000, station=1)
    sell(session, 2500)
    sealed = CashSession.objects.values().get(pk=force_close(session).pk)
    count_later(session, found)
    assert CashSession.objects.values().get(pk=session.pk) == sealed
    expected = {"Safe": found - 10000, "Customers": -2500, "Over/short": over_short}
    assert books(cast.store) == {place: amount for place, amount in expected.items() if amount}
    assert [seal.number for seal in Seal.objects.order_by("number")] == [1, 2]
    assert faults_of(session.register) == []
    assert open_drawer(cast.bruno, 5000, station=1).opening_difference == 0


def test_a_drawer_is_counted_afterwards_once(cast: Cast) -> None:
    session = force_close(open_drawer(cast.carla, 10000))
    count_later(session, 10000)
    with pytest.raises(Conflict) as refused:
        count_later(session, 10000)
    assert refused.value.code == "already_counted"


def test_a_drawer_that_was_opened_since_is_not_counted_afterwards(cast: Cast) -> None:
    session = force_close(open_drawer(cast.carla, 10000, station=1))
    open_drawer(cast.bruno, 10000, station=1)
    before = books(cast.store)
    with pytest.raises(Conflict):
        count_later(session, 9000)
    assert books(cast.store) == before


def test_a_sale_of_a_forced_close_that_came_late_is_not_counted_twice(cast: Cast) -> None:
    session = force_close(open_drawer(cast.carla, 10000, station=1))
    sell(session, 500)  # it was in the drawer, and is booked over/short
    count_later(session, 10500)
    assert books(cast.store) == {"Safe": 500, "Customers": -500}


def test_a_mistake_of_a_forced_close_is_reversed_late(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000, station=1)
    sale = sell(session, 500)
    force_close(session)
    assert reverse(movement=sale, by=SYSTEM, at=NOON, reason="wrong").is_late
    count_later(session, 10000)
    assert books(cast.store) == {}
