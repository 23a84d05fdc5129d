"""A till whose clock is wrong: money on time belongs to the day of the running period, in every view."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.recording import record_payments
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import Booked, PaymentStatus, PaymentType, PlaceKind
from cashdesk.models import Movement, Payment
from reconciliations.domain.business_day_close import days_to_close
from reconciliations.domain.expected_cash import expected_cash
from tests.cashdesk.desk import NOON, close_drawer, minutes, open_drawer, pay, report_of
from tests.settlements.desk import Shop
from tests.stories import Cast, make_cast

TODAY = date(2026, 3, 10)
FELL_BACK = datetime(2023, 3, 1, 10, 0, tzinfo=UTC)


def of_day(cast: Cast, on: date) -> int:
    """Returns the expected cash of a store's business day."""
    return expected_cash(store=cast.store, business_date=on).of("EUR").system_cash


def dates(payment: Payment) -> tuple[date, date, bool]:
    """Returns the business dates of a payment and of its movement, and whether the payment's time was adjusted."""
    payment.refresh_from_db()
    return payment.business_date, Movement.objects.get(payment=payment).business_date, payment.clock_adjusted


def test_a_clock_that_fell_back_opens_no_old_day_and_all_views_agree(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 30_00)
    adjusted = pay(session, 20_00, paid_at=FELL_BACK)
    refund = pay(session, 5_00, paid_at=FELL_BACK, type=PaymentType.REFUND)
    assert dates(adjusted) == dates(refund) == (TODAY, TODAY, True)
    assert adjusted.paid_at == FELL_BACK
    assert book_of(session.register).amount(currency="EUR", method="CASH") == 145_00
    assert (of_day(cast, TODAY), of_day(cast, FELL_BACK.date())) == (145_00, 0)
    assert days_to_close(store=cast.store, at=NOON + timedelta(days=1)) == [TODAY]


@pytest.mark.parametrize(
    ("paid_at", "day", "is_adjusted"),
    [
        (minutes(0), TODAY, False),
        (minutes(-1), TODAY, False),
        (minutes(-24 * 60), TODAY, True),
        (minutes(30), TODAY, False),
        (minutes(23 * 60), TODAY, True),
    ],
)
def test_the_day_is_that_of_the_session_only_where_the_clock_tells_another(
    cast: Cast, paid_at: datetime, day: date, is_adjusted: bool
) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    assert dates(pay(session, 100, paid_at=paid_at, at=minutes(10))) == (day, day, is_adjusted)


@pytest.mark.django_db
def test_one_second_before_an_opening_at_the_cut_off() -> None:
    cast = make_cast(cut_off_hour=4)
    opening = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)  # 04:00 in Berlin
    session = open_drawer(cast.carla, 0, station=1, at=opening)
    second = timedelta(seconds=1)
    assert business_date(store=cast.store, at=opening - second) == TODAY - timedelta(days=1)
    at = opening + timedelta(minutes=5)
    assert dates(pay(session, 100, paid_at=opening - second, at=at)) == (TODAY, TODAY, True)
    assert dates(pay(session, 100, paid_at=opening, at=at)) == (TODAY, TODAY, False)


def test_a_session_over_the_cut_off_keeps_the_days_of_its_sales(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    next_day = NOON + timedelta(days=1)
    evening = pay(session, 100, paid_at=minutes(60), at=next_day)
    assert dates(evening) == (TODAY, TODAY, False)
    assert dates(pay(session, 100, at=next_day))[0] == TODAY + timedelta(days=1)
    assert dates(pay(session, 100, paid_at=FELL_BACK, at=next_day)) == (TODAY, TODAY, True)


@pytest.mark.parametrize("is_closed_before", [False, True])
def test_a_pending_payment_keeps_the_day_of_its_report(cast: Cast, is_closed_before: bool) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    fell_back = pay(session, 100, id="back", paid_at=FELL_BACK, status=PaymentStatus.PENDING)
    ahead = pay(session, 100, id="ahead", paid_at=minutes(23 * 60), status=PaymentStatus.PENDING)
    if is_closed_before:
        close_drawer(session, 0)
    for waiting in (fell_back, ahead):
        decide_payment(
            external_id=waiting.external_id, status=PaymentStatus.APPROVED, by=Principal(user=cast.carla),
            at=NOON + timedelta(days=2),
        )  # fmt: skip
        assert dates(waiting) == (TODAY, TODAY, True)
        assert waiting.booked == (Booked.LATE if is_closed_before else Booked.ON_TIME)


def test_what_is_late_keeps_the_day_that_the_till_tells(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    close_drawer(session, 0)
    late = pay(session, 100, paid_at=FELL_BACK, at=minutes(5))
    assert (late.booked, *dates(late)) == (Booked.LATE, FELL_BACK.date(), FELL_BACK.date(), False)


def test_each_of_a_batch_is_looked_at_by_itself(cast: Cast) -> None:
    open_drawer(cast.carla, 0, station=1)
    reports = [report_of(100, station=1, paid_at=told) for told in (None, FELL_BACK, minutes(2))]
    outcomes = record_payments(reports=reports, by=Principal(user=cast.erika), at=minutes(5))
    assert [dates(outcome.payment)[2] for outcome in outcomes if outcome.payment] == [False, True, False]
    assert of_day(cast, TODAY) == 300


def test_a_settlement_without_a_session_is_a_period_too(cast: Cast) -> None:
    shop = Shop(cast)
    shop.vault()
    shop.open(100_00)
    assert dates(shop.pay(500, paid_at=FELL_BACK)) == (TODAY, TODAY, True)
    assert dates(shop.pay(500, paid_at=shop.at)) == (TODAY, TODAY, False)
    session = shop.sign_on(cast.carla, 110_00)
    shop.at += timedelta(days=1)
    # A session within it is the period, whose day is the one before by now.
    assert dates(shop.pay(500, paid_at=FELL_BACK)) == (session.business_date, session.business_date, True)
    assert of_day(cast, FELL_BACK.date()) == 0


def test_nothing_is_adjusted_any_more_once_a_settlement_is_closed(cast: Cast) -> None:
    shop = Shop(cast)
    shop.vault()
    shop.close(shop.open(100_00), 100_00)
    assert cast.place(PlaceKind.REGISTER, 1).settling_since is None
    assert dates(shop.pay(500, paid_at=FELL_BACK)) == (FELL_BACK.date(), FELL_BACK.date(), False)
