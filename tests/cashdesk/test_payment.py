"""Payments: stored once, booked at the right place, and decided once."""

from datetime import date, timedelta
from typing import Any

import pytest

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.payment.payment_report import CLOCK_AHEAD_MAX
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import CASH, Booked, MovementKind, PaymentStatus, PaymentType, PlaceKind
from cashdesk.errors import Conflict, InvalidInput, InvalidMovement
from cashdesk.models import CashSession, Movement, Payment
from cashdesk.money import AMOUNT_MAX
from tests.cashdesk.desk import NOON, books, close_drawer, kept, minutes, open_drawer, report, report_of
from tests.stories import Cast

# --- What is kept ----------------------------------------------------------------------------------------------------------


def test_a_sale_is_kept_as_reported_and_booked_into_the_open_drawer(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    details = {"order": "A-17", "tax": 32, "discount": 5, "channel": "shop", "service": "counter"}
    payment = kept(report(cast, 200, tendered=500, change=300, paid_at=minutes(-3), **details))
    payment.refresh_from_db()
    assert (payment.status, payment.type, payment.method, payment.currency) == ("APPROVED", "SALE", CASH, "EUR")
    assert (payment.amount, payment.tendered, payment.change) == (200, 500, 300)
    assert {name: getattr(payment, name) for name in details} == details
    assert (payment.session, payment.register, payment.operator) == (session, session.register, cast.carla)
    assert (payment.paid_at, payment.reported_at, payment.reported_by) == (minutes(-3), NOON, cast.carla)
    assert payment.booked == Booked.ON_TIME
    movement = payment.movements.get()
    assert (movement.kind, movement.amount, movement.session, movement.is_late) == (
        MovementKind.SALE,
        200,
        session,
        False,
    )
    assert books(cast.store) == {"Safe": -10000, "Register 1": 10200, "Customers": -200}


def test_a_refund_goes_back_to_the_customer(cast: Cast) -> None:
    open_drawer(cast.carla, 10000)
    payment = kept(report(cast, 300, type=PaymentType.REFUND))
    assert payment.movements.get().kind == MovementKind.REFUND
    assert books(cast.store) == {"Safe": -10000, "Register 1": 9700, "Customers": 300}


@pytest.mark.parametrize("spelling", ["CASH", "cash", "Efectivo", "EFECTIVO"])
def test_cash_has_one_name_in_the_ledger(cast: Cast, spelling: str) -> None:
    open_drawer(cast.carla, 0)
    assert kept(report(cast, 100, method=spelling)).method == CASH
    assert cast.book(PlaceKind.REGISTER, 1) == 100


def test_the_change_is_reckoned_where_it_is_left_out(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, 180, tendered=500))
    assert (payment.change, payment.movements.get().amount) == (320, 180)


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.REJECTED])
def test_only_an_approved_payment_moves_money(cast: Cast, status: PaymentStatus) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, 100, status=status))
    assert (payment.status, payment.booked) == (status, Booked.NOT_MOVED)
    assert not Movement.objects.exists()


@pytest.mark.parametrize("fields", [{"amount": 0}, {"amount": 0, "tendered": 0, "change": 0}])
def test_a_payment_of_nothing_is_kept_and_moves_nothing(cast: Cast, fields: dict[str, Any]) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, **fields))
    assert (payment.booked, Movement.objects.exists()) == (Booked.NOT_MOVED, False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tendered": 94}, "tendered"),
        ({"change": 5}, "tendered"),
        ({"tendered": 100, "change": 101}, "change"),
        ({"tendered": 500, "change": 400, "method": "CARD"}, "change"),
        ({"tendered": 500, "method": "CARD"}, "change"),
        ({"type": PaymentType.REFUND, "tendered": 106}, "tendered"),
        ({"type": PaymentType.REFUND, "change": 0}, "tendered"),
        ({"paid_at": NOON + CLOCK_AHEAD_MAX + timedelta(seconds=1)}, "paid_at"),
        ({"paid_at": NOON.replace(year=1999)}, "paid_at"),
        ({"paid_at": NOON.replace(year=1)}, "paid_at"),
    ],
)
def test_what_cannot_be_is_refused_by_field(cast: Cast, fields: dict[str, Any], field: str) -> None:
    open_drawer(cast.carla, 0)
    with pytest.raises(InvalidInput) as refused:
        report(cast, 100, **fields)
    assert set(refused.value.errors) == {field}
    assert not Payment.objects.exists()


def test_where_the_till_rounds_cash_the_drawer_gets_what_was_tendered_minus_the_change(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, 1998, tendered=5000, change=3000))
    assert (payment.amount, payment.movements.get().amount) == (1998, 2000)


@pytest.mark.parametrize(
    ("paid_at", "business_date"),
    [
        (None, date(2026, 3, 10)),
        (minutes(-720), date(2026, 3, 10)),
        (minutes(-1440), date(2026, 3, 10)),
        (minutes(1440), date(2026, 3, 10)),
    ],
)
def test_the_business_date_is_that_of_the_payment_and_never_ahead(
    cast: Cast, paid_at: Any, business_date: date
) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, 100, paid_at=paid_at))
    assert payment.movements.get().business_date == business_date
    assert payment.paid_at == (paid_at or NOON)


# --- The same again -----------------------------------------------------------------------------------------------------------


def test_the_same_event_again_books_nothing_and_answers_as_before(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    first, again = report(cast, 100, id="r1"), report(cast, 100, id="r1")
    assert (first.is_new, again.is_new) == (True, False)
    assert kept(first).pk == kept(again).pk
    assert Movement.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 101}, {"method": "CARD"}, {"currency": "USD"}, {"status": PaymentStatus.PENDING}, {"order": "B"},
        {"type": PaymentType.REFUND}, {"tendered": 100}, {"paid_at": NOON}, {"tax": 1}, {"discount": 1},
        {"channel": "web"}, {"service": "x"},
    ],
)  # fmt: skip
def test_the_same_id_with_other_figures_is_a_conflict(cast: Cast, other: dict[str, Any]) -> None:
    open_drawer(cast.carla, 0)
    report(cast, 100, id="r1")
    with pytest.raises(Conflict) as refused:
        report(cast, **{"amount": 100, "id": "r1", **other})
    assert refused.value.code == "payment_differs"
    assert (Payment.objects.count(), Movement.objects.count()) == (1, 1)


def test_the_same_event_after_the_close_is_still_the_same(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    first = kept(report(cast, 100, id="r1"))
    close_drawer(session, 100)
    again = report(cast, 100, id="r1")
    assert (again.is_new, kept(again).booked, kept(again).session) == (False, Booked.ON_TIME, session)
    assert kept(again).pk == first.pk


def test_two_stores_may_use_the_same_id(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    open_drawer(cast.otto, 0)
    report(cast, 100, id="r1")
    theirs = record_payment(report=report_of(900, id="r1"), by=Principal(user=cast.otto), at=NOON)
    assert theirs.is_new
    assert cast.book(PlaceKind.REGISTER, 1) == 100


def test_figures_differ_even_where_they_look_alike_joined() -> None:
    alike = [
        report_of(1, id="a", order="b,c"),
        report_of(1, id="a,b", order="c"),
        report_of(1, id="a", order="b", channel="c"),
    ]
    prints = {one.fingerprint for one in alike}
    assert len(prints) == 3
    first, same = report_of(1, id="x"), report_of(1, id="x")
    assert first.fingerprint == same.fingerprint


# --- Late ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forced", [False, True])
def test_a_sale_after_the_close_is_booked_late_and_changes_nothing_sealed(cast: Cast, forced: bool) -> None:
    session = open_drawer(cast.carla, 10000)
    if forced:
        session = force_close_session(session=session, by=SYSTEM, at=NOON, reason="power cut")
    else:
        session = close_drawer(session, 10900)
    sealed = CashSession.objects.values().get()
    register_before = cast.book(PlaceKind.REGISTER, 1)
    payment = kept(report(cast, 900))
    assert (payment.booked, payment.session) == (Booked.LATE, session)
    movement = payment.movements.get()
    assert (movement.source.kind, movement.destination.kind) == (PlaceKind.CUSTOMERS, PlaceKind.OVER_SHORT)
    assert (movement.is_late, movement.session) == (True, session)
    assert CashSession.objects.values().get() == sealed
    assert cast.book(PlaceKind.REGISTER, 1) == register_before


def test_a_late_refund_comes_out_of_over_short(cast: Cast) -> None:
    close_drawer(open_drawer(cast.carla, 10000), 10000)
    movement = kept(report(cast, 900, type=PaymentType.REFUND)).movements.get()
    assert (movement.source.kind, movement.destination.kind) == (PlaceKind.OVER_SHORT, PlaceKind.CUSTOMERS)


def test_a_payment_of_somebody_who_never_opened_is_kept_late_without_a_session(cast: Cast) -> None:
    payment = kept(report(cast, 100))
    assert (payment.booked, payment.session, payment.register) == (Booked.LATE, None, None)
    assert books(cast.store) == {"Customers": -100, "Over/short": 100}


def test_a_payment_for_the_last_session_is_late_though_another_runs_at_the_register(cast: Cast) -> None:
    mornings = close_drawer(open_drawer(cast.carla, 10000, station=1), 10000)
    open_drawer(cast.bruno, 10000, station=1)
    assert kept(report(cast, 500, session=str(mornings.pk))).booked == Booked.LATE
    assert cast.book(PlaceKind.REGISTER, 1) == 10000


# --- Reversals -----------------------------------------------------------------------------------------------------------------------


def test_a_payment_whose_movement_was_reversed_stays_as_reported(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, 100, id="r1"))
    reverse(movement=payment.movements.get(), by=SYSTEM, at=NOON, reason="wrong")
    assert not report(cast, 100, id="r1").is_new
    assert cast.book(PlaceKind.REGISTER, 1) == 0
    assert Movement.objects.filter(payment=payment).count() == 2


@pytest.mark.usefixtures("any_amount")
def test_an_amount_larger_than_any_is_refused_by_the_ledger(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    with pytest.raises((InvalidInput, InvalidMovement)):
        report(cast, AMOUNT_MAX + 1)
    assert not Payment.objects.exists()
    assert kept(report(cast, AMOUNT_MAX)).amount == AMOUNT_MAX
