"""Handovers: one cashier counts out, the next counts in, and the gap belongs to custody under both names."""

from collections.abc import Callable
from typing import Any

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.handover import handover_before, handovers_waiting
from cashdesk.enums import MovementKind, PlaceKind, Settling, VarianceKind
from cashdesk.errors import Conflict, NothingOpen, SessionAlreadyOpen
from cashdesk.models import AuditEntry, CashSession, Place, Variance
from cashdesk.queries import sessions
from tests.cashdesk.desk import (
    books,
    close_drawer,
    count_later,
    counted,
    force_close,
    kinds,
    minutes,
    move,
    open_drawer,
    refusal_of,
    sell,
)
from tests.stories import Cast, counted_queries


def hand_over(session: CashSession, amount: int, *, minute: int = 2) -> CashSession:
    """Counts a drawer out and leaves it for the next cashier."""
    by = Principal(user=session.user)
    return close_session(session=session, counted=counted(amount), by=by, at=minutes(minute), hands_over=True)


@pytest.fixture
def left(cast: Cast) -> CashSession:
    """A session of Carla that handed over 245.00, with 250.00 expected."""
    session = open_drawer(cast.carla, 150_00, station=1)
    sell(session, 100_00)
    return hand_over(session, 245_00)


def test_what_was_counted_out_stays_in_the_drawer(cast: Cast, left: CashSession) -> None:
    assert (left.status, left.is_handed_over) == ("CLOSED", True)
    assert (left.expected_amount, left.declared_amount, left.difference) == (250_00, 245_00, -5_00)
    assert kinds() == ["FLOAT", "SALE", "OVER_SHORT"]
    assert books(cast.store) == {
        "Safe": -150_00, "Register 1": 245_00, "Over/short": 5_00, "Customers": -100_00,
    }  # fmt: skip
    assert handovers_waiting(store=cast.store) == [left]
    assert list(faults_of_store(cast.store)) == []
    assert AuditEntry.objects.get(subject=f"session:{left.pk}", action="session.handed_over").user == cast.carla


@pytest.mark.parametrize(("found", "gap"), [(245_00, 0), (235_00, -10_00), (245_01, 1), (0, -245_00)])
def test_who_counts_in_takes_what_they_found_and_the_gap_has_two_names(
    cast: Cast, left: CashSession, found: int, gap: int
) -> None:
    taken = open_drawer(cast.bruno, found, station=1, at=minutes(9))
    assert (taken.start_amount, taken.opening_difference) == (found, gap)
    assert kinds().count("FLOAT") == 1
    assert cast.book(PlaceKind.REGISTER, 1) == found
    assert cast.book(PlaceKind.OVER_SHORT) == 5_00 - gap
    assert AuditEntry.objects.get(action="session.counted_in").detail == {
        "from_session": left.pk, "handed_over_by": "Carla", "handed_over_at": minutes(2).isoformat(),
        "counted_in_by": "Bruno", "difference": gap,
    }  # fmt: skip
    custody = Variance.objects.filter(kind=VarianceKind.OPENING)
    assert [(v.difference, v.person, v.counted_by, v.session) for v in custody] == (
        [(gap, None, cast.bruno, taken)] if gap else []
    )
    assert handover_before(taken) == left
    assert handovers_waiting(store=cast.store) == []
    assert close_drawer(taken, found).difference == 0
    assert list(faults_of_store(cast.store)) == []


def test_a_drawer_is_handed_on_and_on(cast: Cast, left: CashSession) -> None:
    second = hand_over(open_drawer(cast.bruno, 245_00, station=1), 245_00, minute=20)
    third = open_drawer(cast.carla, 245_00, station=1, at=minutes(30))
    assert [handover_before(session) for session in (left, second, third)] == [None, left, second]
    close_drawer(third, 245_00)
    assert cast.book(PlaceKind.VAULT) == 95_00
    assert list(faults_of_store(cast.store)) == []


def test_an_empty_drawer_waits_for_nobody(cast: Cast) -> None:
    empty = hand_over(open_drawer(cast.carla, 0, station=1), 0)
    assert handovers_waiting(store=cast.store) == []
    following = open_drawer(cast.bruno, 50_00, station=1)
    assert (following.opening_difference, handover_before(following)) == (0, None)
    assert kinds() == ["FLOAT"]
    assert empty.is_handed_over


def test_a_managers_count_is_before_the_next_opening_whatever_the_clocks_say(cast: Cast, left: CashSession) -> None:
    count_later(left, 245_00)  # by the clock of another server, later than the opening
    opened = open_drawer(cast.bruno, 100_00, station=1, at=minutes(-1))
    assert handover_before(opened) is None


def test_a_drawer_that_nobody_took_is_counted_by_a_manager(cast: Cast, left: CashSession) -> None:
    sealed = CashSession.objects.values().get(pk=left.pk)
    count_later(left, 244_00)
    assert CashSession.objects.values().get(pk=left.pk) == sealed
    assert cast.book(PlaceKind.REGISTER, 1) == 0
    assert (cast.book(PlaceKind.VAULT), cast.book(PlaceKind.OVER_SHORT)) == (94_00, 6_00)
    assert handovers_waiting(store=cast.store) == []
    missing = Variance.objects.get(kind=VarianceKind.OPENING)
    assert (missing.difference, missing.person, missing.session) == (-1_00, None, left)
    assert list(faults_of_store(cast.store)) == []
    with pytest.raises(Conflict):
        count_later(left, 244_00)
    following = open_drawer(cast.bruno, 50_00, station=1, at=minutes(120))
    assert (following.opening_difference, handover_before(following)) == (0, None)


def test_only_a_counted_close_hands_over_and_once(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10_00, station=1)
    close_drawer(session, 10_00)
    with pytest.raises(NothingOpen):
        hand_over(session, 10_00)
    with pytest.raises(Conflict, match="closed without a count"):
        count_later(session, 10_00)
    assert not CashSession.objects.filter(is_handed_over=True).exists()


def test_while_one_has_the_drawer_the_other_waits(cast: Cast) -> None:
    running = open_drawer(cast.carla, 10_00, station=1)
    with pytest.raises(SessionAlreadyOpen) as refused:
        open_drawer(cast.bruno, 10_00, station=1)
    assert refused.value.facts["running"] == running


def test_a_register_that_is_counted_is_not_handed_over(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10_00, station=1)
    Place.objects.filter(pk=session.register_id).update(settling=Settling.COUNTING)
    with pytest.raises(Conflict, match="is being counted"):
        hand_over(session, 10_00)
    assert CashSession.objects.get().is_open


def test_cash_that_moves_after_the_handover_is_refused(cast: Cast, left: CashSession) -> None:
    with pytest.raises(NothingOpen):
        move(left, MovementKind.DROP, 1_00)
    sell(left, 3_00)
    assert cast.book(PlaceKind.REGISTER, 1) == 245_00


def test_the_figures_wait_until_it_is_counted_in(cast: Cast, left: CashSession) -> None:
    """Otherwise Carla could tell Bruno the amount before he counts. A manager may see it, and the audit trail notes it."""

    def shown_to(who: str) -> tuple[bool, bool]:
        found: Any = sessions(by=Principal(user=getattr(cast, who))).get(pk=left.pk)
        return found.shows_result, found.awaits_count

    assert (shown_to("carla"), shown_to("erika")) == ((False, True), (True, True))
    open_drawer(cast.bruno, 245_00, station=1)
    assert (shown_to("carla"), shown_to("erika")) == ((True, False), (True, False))


BY_THE_BACK_ROAD: list[tuple[Callable[[CashSession], CashSession], str]] = [
    (lambda session: session, "session_handed_over_is_counted"),
    (force_close, "a closed cash session never changes"),
    (lambda session: close_drawer(session, 0), "a closed cash session never changes"),
]


@pytest.mark.parametrize(("closing", "words"), BY_THE_BACK_ROAD, ids=["open", "uncounted", "counted"])
def test_the_database_lets_nobody_say_so_later(
    cast: Cast, closing: Callable[[CashSession], CashSession], words: str
) -> None:
    session = closing(open_drawer(cast.carla, 0))
    update = "UPDATE cashdesk_cashsession SET is_handed_over = %s WHERE id = %s"
    assert words in refusal_of(update, [True, session.pk])


@pytest.mark.usefixtures("left")
def test_the_look_costs_one_statement(cast: Cast) -> None:
    for station in (2, 3):
        cast.store.places.get_or_create(kind=PlaceKind.REGISTER, number=station)
        hand_over(open_drawer(cast.carla, 5_00, station=station), 5_00)
    with counted_queries() as queries:
        waiting = handovers_waiting(store=cast.store)
        assert [(one.register.number, str(one.user)) for one in waiting] == [(1, "Carla"), (2, "Carla"), (3, "Carla")]
    assert len(queries) == 1
