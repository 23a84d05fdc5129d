"""Payments: kept once, booked where the money is, decided once."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest

from cashdesk.domain.ledger import reverse
from cashdesk.domain.payment import (
    CLOCK_AHEAD_MAX,
    Outcome,
    PaymentReport,
    decide_payment,
    record_payment,
    record_payments,
)
from cashdesk.domain.principal import SYSTEM, Principal
from cashdesk.domain.session import force_close_session
from cashdesk.enums import CASH, FLOW, Booked, MovementKind, PaymentStatus, PaymentType, PlaceKind
from cashdesk.errors import Conflict, InvalidInput, InvalidMovement, NotFound
from cashdesk.models import CashSession, Movement, Payment
from cashdesk.money import AMOUNT_MAX
from tests.cashdesk.desk import NOON, books, close_drawer, minutes, open_drawer, pay, report_of
from tests.factories import StoreFactory
from tests.stories import Cast, counted_queries


def report(cast: Cast, amount: int, **fields: Any) -> Outcome:
    """Reports a payment as Carla does."""
    return record_payment(report=report_of(amount, **fields), by=Principal(user=cast.carla), at=NOON)


def decide(cast: Cast, payment: Payment, status: PaymentStatus) -> Payment:
    """Decides a payment as Erika does."""
    return decide_payment(external_id=payment.external_id, status=status, by=Principal(user=cast.erika), at=minutes(5))


def kept(outcome: Outcome) -> Payment:
    """Returns the payment of an outcome that was not refused."""
    assert outcome.payment is not None
    return outcome.payment


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
    assert books(cast.store) == {"Vault": -10000, "Register 1": 10200, "Customers": -200}


def test_a_refund_goes_back_to_the_customer(cast: Cast) -> None:
    open_drawer(cast.carla, 10000)
    payment = kept(report(cast, 300, type=PaymentType.REFUND))
    assert payment.movements.get().kind == MovementKind.REFUND
    assert books(cast.store) == {"Vault": -10000, "Register 1": 9700, "Customers": 300}


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
        ({"tendered": 99}, "tendered"),
        ({"change": 5}, "tendered"),
        ({"tendered": 100, "change": 101}, "change"),
        ({"tendered": 500, "change": 400, "method": "CARD"}, "change"),
        ({"tendered": 500, "method": "CARD"}, "change"),
        ({"type": PaymentType.REFUND, "tendered": 100}, "tendered"),
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
        (minutes(-1440), date(2026, 3, 9)),
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


# --- Decisions, from FLOW ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", PaymentStatus)
@pytest.mark.parametrize("before", PaymentStatus)
def test_every_allowed_decision_happens_and_every_other_changes_nothing(cast: Cast, before: str, after: str) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, 100, status=PaymentStatus(before)))
    rows = Payment.objects.values().get(), Movement.objects.count()
    if after in FLOW["payment"][before]:
        decided = decide(cast, payment, PaymentStatus(after))
        decided.refresh_from_db()
        assert (decided.status, decided.decided_at) == (after, minutes(5))
        assert Movement.objects.count() == (1 if after == PaymentStatus.APPROVED else 0)
        return
    if after == before:
        assert decide(cast, payment, PaymentStatus(after)).status == before
    else:
        with pytest.raises(Conflict):
            decide(cast, payment, PaymentStatus(after))
    assert (Payment.objects.values().get(), Movement.objects.count()) == rows


def test_an_approval_is_booked_into_the_drawer_that_is_still_open(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    payment = decide(cast, kept(report(cast, 100, status=PaymentStatus.PENDING)), PaymentStatus.APPROVED)
    assert (payment.booked, payment.movements.get().session) == (Booked.ON_TIME, session)
    assert cast.book(PlaceKind.REGISTER, 1) == 100


def test_an_approval_after_the_close_is_booked_late(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    pending = kept(report(cast, 100, status=PaymentStatus.PENDING))
    close_drawer(session, 0)
    open_drawer(cast.bruno, 0, station=1)
    payment = decide(cast, pending, PaymentStatus.APPROVED)
    assert (payment.booked, payment.session, payment.movements.get().is_late) == (Booked.LATE, session, True)
    assert cast.book(PlaceKind.REGISTER, 1) == 0


def test_the_event_that_was_decided_comes_again_as_it_was_reported(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    first = kept(report(cast, 100, id="r1", status=PaymentStatus.PENDING))
    decide(cast, first, PaymentStatus.APPROVED)
    again = report(cast, 100, id="r1", status=PaymentStatus.PENDING)
    assert (again.is_new, kept(again).status) == (False, PaymentStatus.APPROVED)
    assert Movement.objects.count() == 1


def test_who_decides_what(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    kept(report(cast, 100, id="r1", status=PaymentStatus.PENDING))
    for stranger in (cast.bruno, cast.otto):
        with pytest.raises(NotFound):
            decide_payment(external_id="r1", status=PaymentStatus.APPROVED, by=Principal(user=stranger), at=NOON)
    decided = decide_payment(external_id="r1", status=PaymentStatus.APPROVED, by=Principal(user=cast.carla), at=NOON)
    assert decided.status == PaymentStatus.APPROVED


@pytest.mark.parametrize("unknown", ["r2", "", "\x00", "r1\n", "R1"])
def test_an_unknown_payment_is_not_found(cast: Cast, unknown: str) -> None:
    open_drawer(cast.carla, 0)
    report(cast, 100, id="r1", status=PaymentStatus.PENDING)
    with pytest.raises(NotFound):
        decide_payment(external_id=unknown, status=PaymentStatus.APPROVED, by=Principal(user=cast.erika), at=NOON)


def test_an_id_that_two_stores_use_asks_for_the_store(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account)
    for store in (cast.store, second):
        record_payment(
            report=report_of(100, id="r1", store=store.number, station=1, status=PaymentStatus.PENDING),
            by=Principal(user=cast.anna),
            at=NOON,
        )
    by = Principal(user=cast.anna)
    with pytest.raises(InvalidInput) as refused:
        decide_payment(external_id="r1", status=PaymentStatus.REJECTED, by=by, at=NOON)
    assert set(refused.value.errors) == {"store"}
    decided = decide_payment(external_id="r1", status=PaymentStatus.REJECTED, by=by, at=NOON, store=second.number)
    assert decided.store == second


# --- Many at once ------------------------------------------------------------------------------------------------------------------


def batch(cast: Cast, reports: list[PaymentReport]) -> list[Outcome]:
    """Reports payments as Carla does, many at once."""
    return record_payments(reports=reports, by=Principal(user=cast.carla), at=NOON)


def test_each_of_many_is_answered_by_itself_in_order(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    report(cast, 100, id="known")
    outcomes = batch(
        cast,
        [
            report_of(100, id="known"),
            report_of(200, id="known"),
            report_of(300, id="new"),
            report_of(300, id="new"),
            report_of(100, id="no such place", station=99),
            report_of(100, id="no change", tendered=1),
            report_of(400, id="later", status=PaymentStatus.PENDING),
        ],
    )
    told = [(type(outcome.error).__name__ if outcome.error else outcome.is_new) for outcome in outcomes]
    assert told == [False, "Conflict", True, False, "InvalidInput", "InvalidInput", True]
    assert cast.book(PlaceKind.REGISTER, 1) == 400


def test_a_batch_of_the_same_event_a_thousand_times_books_it_once(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    outcomes = batch(cast, [report_of(100, id="r1")] * 1000)
    assert sum(outcome.is_new for outcome in outcomes) == 1
    assert Movement.objects.count() == 1


def test_a_batch_for_several_registers_and_closed_sessions(cast: Cast) -> None:
    carla, bruno = open_drawer(cast.carla, 0, station=1), open_drawer(cast.bruno, 0, station=2)
    closed = close_drawer(open_drawer(cast.erika, 0), 0)
    reports = [
        report_of(amount, session=str(session.pk))
        for amount, session in zip(itertools.count(1), [carla, bruno, closed, bruno, carla, closed], strict=False)
    ]
    outcomes = record_payments(reports=reports, by=Principal(user=cast.erika), at=NOON)
    assert [kept(outcome).booked for outcome in outcomes] == [
        "on_time",
        "on_time",
        "late",
        "on_time",
        "on_time",
        "late",
    ]
    expected = {"Register 1": 1 + 5, "Register 2": 2 + 4, "Over/short": 3 + 6, "Customers": -21}
    assert books(cast.store) == expected


def test_one_payment_takes_the_same_statements_whatever_the_history(cast: Cast) -> None:
    taken = []
    for day in range(3):
        session = open_drawer(cast.carla, 0, station=1)
        for _ in range(1 + day * 4):
            pay(session, 100)
        with counted_queries() as queries:
            report(cast, 100)
        taken.append(len(queries))
        close_drawer(session, 200 + day * 400)
    assert len(set(taken)) == 1, taken
    assert taken[0] <= 12, taken


def test_a_hundred_payments_take_hardly_more_statements_than_one(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    taken = []
    for size in (1, 100):
        reports = [report_of(100) for _ in range(size)]
        with counted_queries() as queries:
            batch(cast, reports)
        taken.append(len(queries))
    # On SQLite Django cuts the one INSERT of payments at 999 parameters.
    assert taken[1] - taken[0] <= 2


# --- Reversals -----------------------------------------------------------------------------------------------------------------------


def test_a_payment_whose_movement_was_reversed_stays_as_reported(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, 100, id="r1"))
    reverse(movement=payment.movements.get(), by=SYSTEM, at=NOON, reason="wrong")
    assert not report(cast, 100, id="r1").is_new
    assert cast.book(PlaceKind.REGISTER, 1) == 0
    assert Movement.objects.filter(payment=payment).count() == 2


def test_an_amount_larger_than_any_is_refused_by_the_ledger(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    with pytest.raises((InvalidInput, InvalidMovement)):
        report(cast, AMOUNT_MAX + 1)
    assert not Payment.objects.exists()
    assert kept(report(cast, AMOUNT_MAX)).amount == AMOUNT_MAX
