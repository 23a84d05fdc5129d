"""The plan of a day: its money adds up, every run has the same plan, and some counts have a difference."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.real_retail.plan import (
    BATCH_AT_MOST,
    DIFFERENCE_AT_MOST_CENTS,
    FLOATS_CENTS,
    NOTE_DROPPED_CENTS,
    NOTE_TENDERED_CENTS,
    Batch,
    DayPlan,
    Drop,
    Payment,
    method_of,
    plan_day,
)
from tests.real_retail.source import Basket, StoreDay, days_by_store, read_baskets

EXTRACT = Path(__file__).parent / "extract" / "store-367-2017-06.csv"
MONTH = days_by_store(read_baskets(EXTRACT), stores=None, days=None)["367"]
MORNING = datetime(2017, 6, 1, 9, 0)


def sold(*totals_cents: int, method: str = "CASH") -> StoreDay:
    """Returns a day of baskets, a minute apart. Their ids make the plan choose ``method``."""
    numbered = (Basket(str(number), "1", MORNING, 0) for number in range(1_000))
    paid_so = (basket for basket in numbered if method_of(basket) == method)
    baskets = tuple(
        Basket(basket.basket_id, "1", MORNING + timedelta(minutes=minute), total)
        for minute, (total, basket) in enumerate(zip(totals_cents, paid_so, strict=False))
    )
    return StoreDay("1", MORNING.date(), baskets)


def payments_of(plan: DayPlan) -> list[Payment]:
    return [payment for step in plan.steps if isinstance(step, Batch) for payment in step.payments]


def drops_of(plan: DayPlan) -> list[Drop]:
    return [step for step in plan.steps if isinstance(step, Drop)]


def test_a_day_told_in_numbers() -> None:
    plan = plan_day(sold(60_00, 45_50, 12_34))

    assert [type(step) for step in plan.steps] == [Batch, Drop, Batch]
    assert [payment.tendered_cents for payment in payments_of(plan)] == [60_00, 50_00, 15_00]
    assert [payment.change_cents for payment in payments_of(plan)] == [0, 4_50, 2_66]
    assert [drop.cents for drop in drops_of(plan)] == [100_00]
    assert plan.cash_cents == 117_84
    assert plan.expected_cents == plan.float_cents + 17_84


def test_cards_are_told_without_change_and_never_dropped() -> None:
    plan = plan_day(sold(150_00, 99_99, method="CARD"))

    assert {payment.change_cents for payment in payments_of(plan)} == {0}
    assert drops_of(plan) == []
    assert (plan.cash_cents, plan.card_cents) == (0, 249_99)
    assert plan.expected_cents == plan.float_cents


def test_a_basket_of_nothing_is_reported_too() -> None:
    (payment,) = payments_of(plan_day(sold(0)))

    assert (payment.amount_cents, payment.tendered_cents, payment.change_cents) == (0, 0, 0)


@pytest.mark.parametrize("trade", MONTH, ids=lambda trade: str(trade.day))
def test_each_day_of_the_extract_adds_up(trade: StoreDay) -> None:
    plan = plan_day(trade)
    payments = payments_of(plan)
    cash = [payment for payment in payments if payment.method == "CASH"]

    assert [payment.basket_id for payment in payments] == [basket.basket_id for basket in trade.baskets]
    assert sum(payment.amount_cents for payment in payments) == plan.cash_cents + plan.card_cents
    assert all(0 <= payment.change_cents < NOTE_TENDERED_CENTS for payment in cash)
    assert all(payment.tendered_cents % NOTE_TENDERED_CENTS == 0 for payment in cash)
    assert all(drop.cents % NOTE_DROPPED_CENTS == 0 and drop.cents > 0 for drop in drops_of(plan))
    assert all(0 < len(step.payments) <= BATCH_AT_MOST for step in plan.steps if isinstance(step, Batch))
    assert plan.expected_cents >= plan.float_cents
    assert plan.declared_cents - plan.expected_cents == plan.difference_cents


def test_a_drop_never_exceeds_the_cash_that_came_in_before_it() -> None:
    for trade in MONTH:
        in_drawer = 0
        for step in plan_day(trade).steps:
            if isinstance(step, Batch):
                in_drawer += sum(payment.amount_cents for payment in step.payments if payment.method == "CASH")
            else:
                in_drawer -= step.cents
            assert in_drawer >= 0


def test_counts_are_right_short_and_over() -> None:
    days = [plan_day(StoreDay("1", date(2017, 1, 1) + timedelta(number), ())) for number in range(365)]
    differences = [plan.difference_cents for plan in days]

    assert 0.4 < differences.count(0) / len(days) < 0.6
    assert min(differences) < 0 < max(differences)
    assert all(abs(difference) <= DIFFERENCE_AT_MOST_CENTS < min(FLOATS_CENTS) for difference in differences)


def test_six_baskets_in_ten_are_paid_in_cash() -> None:
    methods = [method_of(Basket(str(number), "1", MORNING, 1)) for number in range(5_000)]

    assert 0.57 < methods.count("CASH") / len(methods) < 0.63


def test_the_extract_has_everything_that_a_short_run_must_prove() -> None:
    plans = [plan_day(trade) for trade in MONTH[:5]]
    differences = [plan.difference_cents for plan in plans]

    assert any(drops_of(plan) for plan in plans)
    assert any(step.repeated for plan in plans for step in plan.steps if isinstance(step, Batch))
    assert min(differences) < 0 < max(differences)
    assert 0 in differences


def test_plans_are_the_same_on_every_machine() -> None:
    """The figures are fixed. If the draws changed, a continued run would contradict its earlier bookings."""
    plan = plan_day(MONTH[0])

    assert (plan.day, plan.float_cents, plan.cash_cents, plan.card_cents) == (date(2017, 6, 1), 150_00, 409_08, 142_50)
    assert (plan.dropped_cents, plan.difference_cents, plan.declared_cents) == (380_00, 1_35, 180_43)
