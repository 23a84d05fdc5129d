"""The life of a cash session: the effect of each action on every place, and the possible transitions."""

from datetime import timedelta
from typing import Any

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.current import current_session, open_session_of
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.store.workplace import store_to_open_in
from cashdesk.enums import CASH, CountMoment, MovementKind, PlaceKind, SessionStatus
from cashdesk.errors import InvalidInput, NothingOpen, SessionAlreadyOpen
from cashdesk.models import AuditEntry, CashSession, Count, Movement, Place, Seal, Shift, User
from cashdesk.money import AMOUNT_MAX
from tests.cashdesk.desk import (
    NOON,
    books,
    close_drawer,
    count_later,
    counted,
    force_close,
    kinds,
    minutes,
    move,
    open_drawer,
    pay,
    refund,
    sell,
)
from tests.factories import StoreFactory
from tests.stories import Cast, counted_queries

# --- Opening -------------------------------------------------------------------------------------------------------------


def test_opening_takes_the_float_out_of_the_vault(cast: Cast) -> None:
    session = open_drawer(cast.carla, 15000)
    assert books(cast.store) == {"Safe": -15000, "Register 1": 15000}
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
        counted=CountedAmount(currency="EUR", amount=10150, pieces=pieces),
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
    assert books(cast.store) == {"Safe": -30000, "Register 1": 10000, "Register 2": 20000}


def test_a_manager_opens_for_a_cashier_and_both_names_are_kept(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000, by=cast.erika)
    assert (session.user, session.opened_by) == (cast.carla, cast.erika)


def test_an_admin_without_a_store_says_where(cast: Cast) -> None:
    by = Principal(user=cast.anna)
    assert store_to_open_in(user=cast.anna, by=by) == cast.store, "the account has no other store"
    StoreFactory(account=cast.store.account)
    with pytest.raises(InvalidInput):
        store_to_open_in(user=cast.anna, by=by)
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
    assert books(cast.store) == {"Safe": -100, "Register 1": 100}
    assert books(second) == {"Safe": -100, "Register 1": 100}


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
        "Safe": -10000 + 2000 - 1000 + counted_amount,
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
    assert books(cast.store) == {"Safe": -1000, "Customers": 2500, "Over/short": -1500}


@pytest.mark.usefixtures("any_amount")
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
    assert books(cast.store, method="CARD") == {"Clearing": 9900, "Customers": -9900}


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
    assert books(cast.store) == {"Safe": -5000, "Register 1": 5000}


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
