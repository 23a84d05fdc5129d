"""The life of a cash session: what each verb does to every place, and which transitions there are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cashdesk.domain.access import issue_token
from cashdesk.domain.count import CountedCash, Pieces
from cashdesk.domain.ledger import reverse
from cashdesk.domain.principal import SYSTEM, Principal
from cashdesk.domain.seal import faults_of
from cashdesk.domain.session import (
    close_session,
    count_afterwards,
    current_session,
    force_close_session,
    open_session,
    open_session_of,
    store_of,
)
from cashdesk.enums import CASH, FLOW, CountMoment, MovementKind, PlaceKind, SessionStatus
from cashdesk.errors import Conflict, InvalidInput, NothingOpen, SessionAlreadyOpen
from cashdesk.models import AuditEntry, CashSession, Count, Movement, Place, Seal, Shift, User
from cashdesk.money import AMOUNT_MAX
from tests.cashdesk.desk import NOON, books, close_drawer, counted, minutes, move, open_drawer, pay, refund, sell
from tests.factories import StoreFactory
from tests.stories import Cast, counted_queries


def force_close(session: CashSession, *, reason: str = "went home") -> CashSession:
    """Closes a session without a count, as its manager does."""
    return force_close_session(session=session, by=SYSTEM, at=NOON, reason=reason)


def count_later(session: CashSession, amount: int) -> CashSession:
    """Counts the drawer of a forced close."""
    return count_afterwards(session=session, counted=counted(amount, session.currency), by=SYSTEM, at=minutes(90))


def kinds() -> list[str]:
    """Returns the kinds of the movements so far, in their order."""
    return list(Movement.objects.order_by("pk").values_list("kind", flat=True))


# --- Opening -------------------------------------------------------------------------------------------------------------


def test_opening_takes_the_float_out_of_the_vault(cast: Cast) -> None:
    session = open_drawer(cast.carla, 15000)
    assert books(cast.store) == {"Vault": -15000, "Register 1": 15000}
    assert (session.status, session.start_amount, session.opening_difference) == ("OPEN", 15000, 0)
    assert (session.opened_at, session.opened_by, session.business_date) == (NOON, cast.carla, NOON.date())
    assert (session.store, session.register.number, session.currency) == (cast.store, 1, "EUR")
    movement = Movement.objects.get()
    assert (movement.kind, movement.session, movement.recorded_by) == (MovementKind.FLOAT, session, cast.carla)


def test_an_open_session_holds_no_figure_that_could_leak(cast: Cast) -> None:
    session = open_drawer(cast.carla, 15000)
    sell(session, 500)
    session.refresh_from_db()
    figures = (session.expected_amount, session.declared_amount, session.difference, session.seal, session.closed_at)
    assert figures == (None,) * 5
    assert (session.is_open, session.is_counted) == (True, False)


def test_opening_with_nothing_moves_nothing(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    assert kinds() == []
    assert Count.objects.get().moment == CountMoment.OPENING


def test_the_counted_pieces_are_kept(cast: Cast) -> None:
    pieces = (Pieces(denomination=5000, pieces=2), Pieces(denomination=50, pieces=3), Pieces(denomination=1, pieces=0))
    open_session(
        user=cast.carla,
        counted=CountedCash(currency="EUR", amount=10150, pieces=pieces),
        by=Principal(user=cast.carla),
        at=NOON,
    )
    amount = Count.objects.get().amounts.get()
    assert (amount.amount, amount.currency, amount.method) == (10150, "EUR", CASH)
    assert list(amount.pieces.values_list("denomination", "pieces")) == [(5000, 2), (50, 3)]


@pytest.mark.parametrize("at_another_register", [False, True])
def test_a_cashier_has_one_open_session(cast: Cast, at_another_register: bool) -> None:
    running = open_drawer(cast.carla, 10000, station=1)
    with pytest.raises(SessionAlreadyOpen, match=str(running.pk)):
        open_drawer(cast.carla, 5000, at=minutes(1), station=2 if at_another_register else 1)
    assert (CashSession.objects.count(), kinds()) == (1, ["FLOAT"])


@pytest.mark.parametrize("force", [False, True])
def test_a_register_has_one_open_session_and_nobody_forces_out_a_colleague(cast: Cast, force: bool) -> None:
    open_drawer(cast.carla, 10000, station=1)
    with pytest.raises(SessionAlreadyOpen):
        open_drawer(cast.bruno, 5000, station=1, force_close_previous=force)
    assert CashSession.objects.get().is_open


def test_forcing_with_nothing_open_opens_as_usual(cast: Cast) -> None:
    assert open_drawer(cast.carla, 10000, force_close_previous=True).is_open
    assert CashSession.objects.count() == 1


def test_two_cashiers_work_at_two_registers(cast: Cast) -> None:
    carla, bruno = open_drawer(cast.carla, 10000), open_drawer(cast.bruno, 20000)
    assert (carla.register.number, bruno.register.number) == (1, 2)
    assert books(cast.store) == {"Vault": -30000, "Register 1": 10000, "Register 2": 20000}


def test_a_manager_opens_for_a_cashier_and_both_names_are_kept(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000, by=cast.erika)
    assert (session.user, session.opened_by) == (cast.carla, cast.erika)


def test_an_admin_without_a_store_says_where(cast: Cast) -> None:
    by = Principal(user=cast.anna)
    with pytest.raises(InvalidInput):
        store_of(user=cast.anna, by=by)
    token, _secret = issue_token(user=cast.anna, at=NOON, lifetime=timedelta(hours=1), store=cast.store)
    bound = Principal(user=cast.anna, token=token)
    assert open_session(user=cast.anna, counted=counted(100), by=bound, at=NOON).store == cast.store


def test_a_drawer_forced_closed_in_one_store_is_not_opened_in_another(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account)

    def opened_in(store: Any) -> CashSession:
        token, _secret = issue_token(user=cast.anna, at=NOON, lifetime=timedelta(hours=1), store=store)
        by = Principal(user=cast.anna, token=token)
        return open_session(user=cast.anna, counted=counted(100), by=by, at=NOON, force_close_previous=True)

    first_session, second_session = opened_in(cast.store), opened_in(second)
    assert (second_session.store, second_session.register.store) == (second, second)
    first_session.refresh_from_db()
    assert first_session.status == SessionStatus.CLOSED_SYSTEM
    assert books(cast.store) == {"Vault": -100, "Register 1": 100}
    assert books(second) == {"Vault": -100, "Register 1": 100}


# --- Closing ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("counted_amount", "over_short"), [(13500, 0), (13400, 100), (13700, -200), (0, 13500)])
def test_closing_books_the_difference_and_empties_the_drawer(cast: Cast, counted_amount: int, over_short: int) -> None:
    session = open_drawer(cast.carla, 10000)
    sell(session, 5000)
    refund(session, 1000)
    move(session, MovementKind.PAID_IN, 700)
    move(session, MovementKind.PAID_OUT, 200)
    move(session, MovementKind.DROP, 2000)
    move(session, MovementKind.LOAN, 1000)
    session = close_drawer(session, counted_amount, at=minutes(60))
    expected = {
        "Vault": -10000 + 2000 - 1000 + counted_amount,
        "Customers": -4000,
        "Outside": -500,
        "Over/short": over_short,
    }
    assert books(cast.store) == {place: amount for place, amount in expected.items() if amount}
    assert sum(books(cast.store).values()) == 0
    assert (session.status, session.expected_amount, session.declared_amount) == ("CLOSED", 13500, counted_amount)
    assert session.difference == counted_amount - 13500 == -over_short
    assert (session.closed_at, session.closed_by, session.is_counted) == (minutes(60), cast.carla, True)


def test_what_the_close_returns_is_what_was_kept(cast: Cast) -> None:
    closed = close_drawer(open_drawer(cast.carla, 10000), 9990)
    kept = CashSession.objects.get()
    for field in CashSession._meta.concrete_fields:
        assert getattr(closed, field.attname) == getattr(kept, field.attname), field.name


def test_closing_an_empty_drawer_moves_nothing(cast: Cast) -> None:
    session = close_drawer(open_drawer(cast.carla, 0), 0)
    assert (kinds(), session.expected_amount, session.declared_amount, session.difference) == ([], 0, 0, 0)
    assert (session.seal is not None, session.seal and session.seal.movement_count) == (True, 0)


def test_more_went_out_than_was_there(cast: Cast) -> None:
    session = open_drawer(cast.carla, 1000)
    refund(session, 2500)
    session = close_drawer(session, 0)
    assert (session.expected_amount, session.declared_amount, session.difference) == (-1500, 0, 1500)
    assert books(cast.store) == {"Vault": -1000, "Customers": 2500, "Over/short": -1500}


def test_a_shortage_larger_than_any_single_amount_can_still_be_closed(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    sell(session, AMOUNT_MAX)
    sell(session, AMOUNT_MAX)
    session = close_drawer(session, 0)
    assert session.difference == -2 * AMOUNT_MAX
    assert cast.book(PlaceKind.REGISTER, 1) == 0


def test_cards_and_foreign_cash_are_not_in_the_expected_cash(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    pay(session, 9900, method="CARD")
    pay(session, 5000, currency="USD")
    pay(session, 700)
    assert close_drawer(session, 10700).difference == 0
    assert books(cast.store, method="CARD") == {"Register 1": 9900, "Customers": -9900}


def test_pending_and_rejected_payments_are_not_in_the_expected_cash(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    pay(session, 5000, status="PENDING")
    pay(session, 6000, status="REJECTED")
    assert close_drawer(session, 10000).difference == 0


def test_what_came_in_is_what_was_tendered_minus_the_change(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    pay(session, 1998, tendered=5000, change=3000)  # rounded to the next five cents at the till
    assert close_drawer(session, 12000).difference == 0


def test_the_register_of_a_closed_session_is_free_again(cast: Cast) -> None:
    close_drawer(open_drawer(cast.carla, 10000, station=1), 10000)
    session = open_drawer(cast.bruno, 5000, station=1)
    assert (session.register.number, session.opening_difference) == (1, 0)
    assert books(cast.store) == {"Vault": -5000, "Register 1": 5000}


def test_each_close_seals_its_register_with_the_next_z(cast: Cast) -> None:
    sessions = [close_drawer(open_drawer(cast.carla, 100 * day, station=1), 100 * day) for day in range(1, 4)]
    assert [session.seal.number for session in sessions if session.seal] == [1, 2, 3]
    assert {seal.place.number for seal in Seal.objects.all()} == {1}


def test_opening_and_closing_take_the_same_statements_whatever_the_history(cast: Cast) -> None:
    taken = []
    for day in range(4):
        by = Principal(user=User.objects.select_related("store", "register").get(pk=cast.carla.pk))
        assert by.user is not None
        with counted_queries() as opening:
            session = open_session(user=by.user, counted=counted(1000), by=by, at=NOON, station=1)
        for _ in range(day * 3):
            sell(session, 100)
        with counted_queries() as closing:
            close_session(session=session, counted=counted(1000 + day * 300), by=by, at=NOON)
        taken.append((len(opening), len(closing)))
    assert len(set(taken[1:])) == 1, taken
    assert max(taken[-1]) <= 25, taken


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
    assert books(cast.store) == {"Vault": -15000, "Register 1": 10000, "Register 2": 5000}


@pytest.mark.parametrize(("start", "difference"), [(12500, 0), (12000, -500), (13000, 500), (0, -12500)])
def test_the_next_opening_shows_what_a_forced_close_left(cast: Cast, start: int, difference: int) -> None:
    session = open_drawer(cast.carla, 10000, station=1)
    sell(session, 2500)
    force_close(session)
    following = open_drawer(cast.bruno, start, station=1)
    assert (following.start_amount, following.opening_difference) == (start, difference)
    expected = {"Vault": -10000, "Customers": -2500, "Register 1": start, "Over/short": -difference}
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
    expected = {"Vault": found - 10000, "Customers": -2500, "Over/short": over_short}
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
    assert books(cast.store) == {"Vault": 500, "Customers": -500}


def test_a_mistake_of_a_forced_close_is_reversed_late(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000, station=1)
    sale = sell(session, 500)
    force_close(session)
    assert reverse(movement=sale, by=SYSTEM, at=NOON, reason="wrong").is_late
    count_later(session, 10000)
    assert books(cast.store) == {}


# --- Transitions, from FLOW ---------------------------------------------------------------------------------------------------------


def in_state(cast: Cast, status: str) -> CashSession:
    """Returns a session of Carla in this state."""
    session = open_drawer(cast.carla, 10000, station=1)
    if status == SessionStatus.CLOSED:
        return close_drawer(session, 10000)
    return force_close(session) if status == SessionStatus.CLOSED_SYSTEM else session


VERBS: dict[str, Callable[[CashSession], CashSession]] = {
    SessionStatus.CLOSED: lambda session: close_drawer(session, 10000),
    SessionStatus.CLOSED_SYSTEM: force_close,
}
"""The verb that leads into each state; nothing leads back to OPEN."""


def test_there_is_a_verb_for_every_state_that_may_follow() -> None:
    assert set(VERBS) == {after for following in FLOW["session"].values() for after in following}
    assert SessionStatus.OPEN not in VERBS


@pytest.mark.parametrize("after", VERBS)
@pytest.mark.parametrize("before", SessionStatus)
def test_every_allowed_transition_happens_and_every_other_changes_nothing(cast: Cast, before: str, after: str) -> None:
    session = in_state(cast, before)
    if after in FLOW["session"][before]:
        assert VERBS[after](session).status == after
        return
    rows = (CashSession.objects.values().get(), books(cast.store), Seal.objects.count(), AuditEntry.objects.count())
    with pytest.raises((NothingOpen, Conflict)):
        VERBS[after](session)
    now = (CashSession.objects.values().get(), books(cast.store), Seal.objects.count(), AuditEntry.objects.count())
    assert now == rows


@pytest.mark.parametrize("status", [SessionStatus.OPEN, SessionStatus.CLOSED])
def test_only_a_forced_close_is_counted_afterwards(cast: Cast, status: str) -> None:
    session = in_state(cast, status)
    with pytest.raises(Conflict):
        count_later(session, 10000)
    assert not Count.objects.filter(moment=CountMoment.AFTERWARDS).exists()


@pytest.mark.parametrize("status", [SessionStatus.CLOSED, SessionStatus.CLOSED_SYSTEM])
def test_a_stale_copy_of_a_closed_session_closes_nothing(cast: Cast, status: str) -> None:
    in_state(cast, status)
    stale = CashSession.objects.get()
    stale.status = SessionStatus.OPEN
    with pytest.raises(NothingOpen):
        close_drawer(stale, 1)
    with pytest.raises(Conflict):
        force_close(stale)


@pytest.mark.parametrize("status", [SessionStatus.CLOSED, SessionStatus.CLOSED_SYSTEM])
def test_no_cash_moves_by_hand_in_a_closed_session(cast: Cast, status: str) -> None:
    session = in_state(cast, status)
    before = books(cast.store)
    for kind in (MovementKind.PAID_IN, MovementKind.PAID_OUT, MovementKind.DROP, MovementKind.LOAN):
        with pytest.raises(NothingOpen):
            move(session, kind, 100)
    assert books(cast.store) == before


# --- Looking ---------------------------------------------------------------------------------------------------------------------


def test_the_open_session_of_a_person_is_found(cast: Cast) -> None:
    assert open_session_of(cast.carla) is None
    with pytest.raises(NothingOpen):
        current_session(user=cast.carla)
    session = open_drawer(cast.carla, 0)
    open_drawer(cast.bruno, 0)
    assert open_session_of(cast.carla) == session == current_session(user=cast.carla)


def test_every_transition_moves_its_place_on(cast: Cast) -> None:
    def transitions() -> int:
        return Place.objects.get(store=cast.store, kind=PlaceKind.REGISTER, number=1).transitions

    seen = [transitions()]
    session = open_drawer(cast.carla, 10000, station=1)
    seen.append(transitions())
    sell(session, 100)
    assert transitions() == seen[-1]
    force_close(session)
    seen.append(transitions())
    count_later(session, 10100)
    seen.append(transitions())
    assert seen == sorted(set(seen))
    assert len(seen) == 4


def test_a_shift_is_the_same_row_in_other_words(cast: Cast) -> None:
    session = close_drawer(open_drawer(cast.carla, 10000), 9900)
    shift = Shift.of(session)
    words = (shift.start_cash, shift.expected_cash_end, shift.actual_cash_end, shift.cash_difference, shift.state)
    assert words == (10000, 10000, 9900, -100, "closed")
    assert (shift.pk, Shift.objects.get().pk) == (session.pk, session.pk)
    assert Shift.of(open_drawer(cast.carla, 0)).state == "open"


def test_the_audit_trail_tells_the_life_of_a_session(cast: Cast) -> None:
    session = close_drawer(open_drawer(cast.carla, 10000, by=cast.erika), 9900)
    told = [(entry.action, entry.user, entry.detail) for entry in AuditEntry.objects.order_by("pk")]
    assert told == [
        ("session.opened", cast.erika, {"start_amount": 10000}),
        ("session.closed", cast.carla, {"declared": 9900, "expected": 10000, "difference": -100}),
    ]
    assert {entry.subject for entry in AuditEntry.objects.all()} == {f"session:{session.pk}"}
