"""Batches of payments: each gets its own result, with few more statements than one payment."""

import itertools

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import Outcome, record_payments
from cashdesk.enums import PaymentStatus, PlaceKind
from cashdesk.models import Movement

# --- Many at once ------------------------------------------------------------------------------------------------------------------
from tests.cashdesk.desk import NOON, books, close_drawer, kept, open_drawer, pay, report, report_of
from tests.stories import Cast, counted_queries


def batch(cast: Cast, reports: list[PaymentReport]) -> list[Outcome]:
    """Lets Carla report several payments at once."""
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
