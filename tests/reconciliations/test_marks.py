"""The close of a day and a reconciliation include exactly the movements with ids up to their mark.

This holds even while another connection books money at no register, because PostgreSQL draws ids before the commit.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.recording import record_payment, record_payments
from cashdesk.enums import PaymentStatus
from cashdesk.models import Movement
from reconciliations import queries
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from tests.cashdesk.desk import NOON, close_drawer, minutes, open_drawer, pay, report_of
from tests.stories import Cast, make_cast

SECONDS_MAX = 20
DAY = date(2026, 3, 10)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
]


def await_blocked_or(done: Event) -> None:
    """Waits until a connection of this database waits for a lock, or until `done` is set."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline and not done.is_set():
        with connection.cursor() as cursor:
            # Every role can read pg_locks. Only a few roles can see the statements that other sessions wait for.
            cursor.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    assert done.is_set()


@contextmanager
def beside(act: Callable[[], Any]) -> Iterator[tuple[Event, list[Any]]]:
    """Runs an action on its own connection. Yields an event for its end, and a list with its result."""
    done, made = Event(), list[Any]()

    def run() -> None:
        try:
            made.append(act())
        finally:
            done.set()
            connection.close()

    thread = Thread(target=run)
    thread.start()
    try:
        yield done, made
    finally:
        thread.join()


def without_register(cast: Cast) -> None:
    """Records a sale of Erika, who works at no register."""
    record_payment(report=report_of(700), by=Principal(user=cast.erika), at=NOON)


def without_register_in_a_batch(cast: Cast) -> None:
    reports = [report_of(100, station=1), report_of(700), report_of(100, station=2)]
    record_payments(reports=reports, by=Principal(user=cast.erika), at=NOON)


def approved(cast: Cast) -> None:
    """Approves a pending sale of Erika."""
    decide_payment(external_id="waits", status=PaymentStatus.APPROVED, by=Principal(user=cast.erika), at=NOON)


def reversed_late(cast: Cast) -> None:
    """Reverses a sale that came late."""
    movement = Movement.objects.select_related("store", "source", "destination").get(payment__external_id="late")
    reverse(movement=movement, by=Principal(user=cast.erika), at=NOON, reason="wrong")


@pytest.fixture
def shop() -> Cast:
    """A shop with an open drawer at register 1, a late sale at register 2, and a pending sale at no register."""
    cast = make_cast()
    open_drawer(cast.carla, 1000, station=1)
    session = open_drawer(cast.bruno, 1000, station=2)
    close_drawer(session, 1000)
    pay(session, 300, id="late")
    waits = report_of(700, id="waits", status=PaymentStatus.PENDING)
    record_payment(report=waits, by=Principal(user=cast.erika), at=NOON)
    return cast


ACTS = pytest.mark.parametrize(
    "act", [without_register, without_register_in_a_batch, approved, reversed_late], ids=lambda act: act.__name__
)


def meanwhile(cast: Cast, act: Callable[[Cast], None], counting: Callable[[], Any]) -> tuple[list[str], Any]:
    """Runs `act` in a transaction, and `counting` on another connection. Commits `act` when `counting` is blocked or
    done.

    In between, a sale at a register gets a higher id. Returns the order in which both ended, and the result of
    `counting`.
    """
    order = []
    drawn, may_commit = Event(), Event()

    def slowly() -> None:
        with transaction.atomic():
            act(cast)
            drawn.set()
            assert may_commit.wait(SECONDS_MAX)
            order.append("booked")

    def count() -> Any:
        made = counting()
        order.append("counted")
        return made

    with beside(slowly) as (failed, _nothing):
        while not drawn.wait(0.01):
            assert not failed.is_set()
        record_payment(report=report_of(50, station=1), by=Principal(user=cast.carla), at=NOON)
        with beside(count) as (done, made):
            await_blocked_or(done)
            may_commit.set()
    return order, made[0]


@ACTS
def test_a_day_is_closed_after_what_has_a_lower_id(shop: Cast, act: Callable[[Cast], None]) -> None:
    order, closed = meanwhile(shop, act, lambda: close_business_day(store=shop.store, on=DAY, by=SYSTEM, at=NOON))
    assert order == ["booked", "counted"]
    assert closed.day.last_movement == Movement.objects.latest("pk").pk
    assert not queries.late_for_closed_days(store=shop.store).exists()


@ACTS
@pytest.mark.parametrize("is_of_operator", [False, True])
def test_a_reconciliation_saw_what_has_a_lower_id(
    shop: Cast, act: Callable[[Cast], None], is_of_operator: bool
) -> None:
    by, operator = Principal(user=shop.erika), shop.erika if is_of_operator else None
    declared = Declaration(store=shop.store, currency="EUR", declared=0, operator=operator)
    order, made = meanwhile(shop, act, lambda: record_reconciliation(declaration=declared, by=by, at=NOON))
    assert order == ["booked", "counted"]
    row = queries.reconciliations(by=by, store=shop.store).get(pk=made.pk)
    now = expected_cash(store=shop.store, business_date=DAY, operator=operator).of("EUR").system_cash
    assert row.system_amount + row.late_amount == now


def test_a_reconciliation_saw_the_drawer_that_was_being_taken_over(shop: Cast) -> None:
    """Taking over a drawer moves no money, so ids of movements do not show the order. Neither do the clocks."""
    by = Principal(user=shop.erika)
    close_drawer(open_drawer(shop.erika, 1000, station=2), 1000, hands_over=True)
    declared = Declaration(store=shop.store, currency="EUR", declared=0, operator=shop.bruno)

    def take_over(cast: Cast) -> None:
        open_drawer(cast.bruno, 990, station=2, at=minutes(1))

    order, made = meanwhile(shop, take_over, lambda: record_reconciliation(declaration=declared, by=by, at=NOON))
    assert order == ["booked", "counted"]
    row = queries.reconciliations(by=by, store=shop.store).get(pk=made.pk)
    now = expected_cash(store=shop.store, business_date=DAY, operator=shop.bruno).of("EUR").system_cash
    assert (row.system_amount, row.late_amount) == (now, 0)
