"""The expected cash of business days, case by case: the cash at the beginning, new and reused floats, and custody."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.cancel_opening import cancel_opening
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import MovementKind
from cashdesk.models import CashSession, Movement, Store, User
from reconciliations import queries
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.proof import faults_of_store
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.enums import DayRule
from reconciliations.models import Reconciliation
from settlements.domain.closing import close_settlement
from settlements.domain.counting import start_counting
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementType
from settlements.models import Settlement
from tests.cashdesk.desk import NOON, close_drawer, counted, move, open_drawer, pay, report_of
from tests.reconciliations.desk import vendor_of
from tests.stories import Cast, caller, counted_queries, exact

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)
NEXT_DAY = DAY + timedelta(days=1)
MORNING = NOON + timedelta(days=1)
STATEMENTS_OF_A_STORE = 7
"""The movements, the payments; the first movement, the books' seals, what moved in them since, what was told later; the
walk of what went in and came back."""

STATEMENTS_OF_AN_OPERATOR = 11
"""As for a store, and: the last session before the day, the settlements of before, the openings, a second walk. The books
are asked for only where the operator held any."""


def system(cast: Cast, operator: User | None = None, *, on: date = DAY, currency: str = "EUR") -> int:
    """Returns the expected cash of the day."""
    return expected_cash(store=cast.store, business_date=on, operator=operator).of(currency).system_cash


def recorded(cast: Cast, *, on: date, operator: User | None = None, at: datetime = NOON) -> Reconciliation:
    """Records a reconciliation of a day, for the whole store or for one operator."""
    declaration = Declaration(
        store=cast.store, currency="EUR", declared=0, business_date=on, operator=operator, reason="OTHER"
    )
    return record_reconciliation(declaration=declaration, by=Principal(user=cast.erika), at=at)


def settled(cast: Cast, amount: int, *, at: datetime = NOON, station: int = 1) -> Settlement:
    """Lets Erika open the settlement of a register. Opens the vault's settlement first if necessary."""
    erika = Principal(user=cast.erika)
    if not Settlement.objects.filter(type=SettlementType.VAULT).exists():
        open_settlement(type=SettlementType.VAULT, store=cast.store, initial=[], by=erika, at=at)
    return open_settlement(
        type=SettlementType.CASHREGISTER, store=cast.store, initial=[counted(amount)], by=erika, at=at, station=station
    )


def proved(cast: Cast) -> None:
    """Asserts that the proof accepts every recorded figure, and that the adjusted figure is the current expected cash."""
    assert list(faults_of_store(cast.store)) == []
    for row in queries.reconciliations(by=SYSTEM, store=cast.store):
        told: Any = row
        if row.rule == DayRule.CUSTODY:
            assert row.system_amount + told.late_amount == system(cast, row.operator, on=row.business_date), row.pk


# --- Cash that stays over night ---------------------------------------------------------------------------------------


def test_a_day_begins_with_what_lay_in_the_drawers_over_night(cast: Cast) -> None:
    vendor_of(cast.store)
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 50_00)
    evening = recorded(cast, on=DAY)
    # In the morning, before anything moved.
    assert system(cast, on=NEXT_DAY) == system(cast, cast.carla, on=NEXT_DAY) == 150_00
    early = recorded(cast, on=NEXT_DAY, operator=cast.carla, at=MORNING)
    pay(session, 30_00, at=MORNING)
    assert (evening.system_amount, system(cast)) == (150_00, 150_00)
    assert early.system_amount == 150_00
    assert system(cast, on=NEXT_DAY) == system(cast, cast.carla, on=NEXT_DAY) == 180_00
    assert system(cast, cast.bruno, on=NEXT_DAY) == 0
    path = f"/cash-management/expected?storeId={cast.store.uuid}&businessDayDate={NEXT_DAY}"
    (euros,) = exact(caller(cast.erika).get(path))["currencies"]
    parts = euros["parts"]
    assert (parts["openingFloat"], parts["sales"], parts["systemCash"]) == (150, 30, 180)
    close_drawer(session, 180_00, at=MORNING)
    assert system(cast, on=NEXT_DAY) == 180_00
    assert system(cast, on=NEXT_DAY + timedelta(days=1)) == 0
    proved(cast)


@pytest.mark.parametrize("how", ["handed over", "forced"])
def test_a_drawer_that_waits_over_night_is_the_stores_until_somebody_counts_it_in(cast: Cast, how: str) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 50_00)
    if how == "forced":
        force_close_session(session=session, by=SYSTEM, at=NOON, reason="went home")
    else:
        close_drawer(session, 150_00, hands_over=True)
    assert system(cast, on=NEXT_DAY) == 150_00
    assert system(cast, cast.carla, on=NEXT_DAY) == system(cast, cast.bruno, on=NEXT_DAY) == 0
    taken = open_drawer(cast.bruno, 148_00, at=MORNING, station=1)
    pay(taken, 30_00, at=MORNING)
    # The two that are missing are custody's: the day lacks them, Bruno does not.
    assert (system(cast, on=NEXT_DAY), system(cast, cast.bruno, on=NEXT_DAY)) == (180_00, 178_00)
    recorded(cast, on=NEXT_DAY, operator=cast.bruno, at=MORNING)
    recorded(cast, on=NEXT_DAY, at=MORNING)
    proved(cast)


def test_a_settlement_holds_the_drawer_over_night_for_whom_has_opened_it(cast: Cast) -> None:
    settlement = settled(cast, 200_00)
    pay(open_drawer(cast.carla, 200_00, station=1), 50_00)
    close_drawer(CashSession.objects.get(), 250_00)
    assert system(cast, on=NEXT_DAY) == system(cast, cast.erika, on=NEXT_DAY) == 250_00
    report = report_of(20_00, station=1)
    record_payment(report=report, by=Principal(user=cast.erika), at=MORNING)
    assert system(cast, on=NEXT_DAY) == system(cast, cast.erika, on=NEXT_DAY) == 270_00
    recorded(cast, on=NEXT_DAY, operator=cast.erika, at=MORNING)
    start_counting(settlement=settlement, by=Principal(user=cast.erika), at=MORNING)
    close_settlement(settlement=settlement, counted=[counted(270_00)], by=Principal(user=cast.erika), at=MORNING)
    # Two hundred of it go out again: the same cash.
    settled(cast, 200_00, at=MORNING)
    assert system(cast, on=NEXT_DAY) == system(cast, cast.erika, on=NEXT_DAY) == 270_00
    proved(cast)


def test_a_drawer_handed_over_after_midnight_without_a_movement_was_held_in_the_morning(cast: Cast) -> None:
    idle = open_drawer(cast.carla, 100_00, station=1)
    other = open_drawer(cast.bruno, 10_00, station=2)
    pay(other, 1_00, at=MORNING)
    seen = recorded(cast, on=NEXT_DAY, operator=cast.carla, at=MORNING)
    close_drawer(idle, 100_00, at=MORNING, hands_over=True)
    assert (seen.system_amount, system(cast, cast.carla, on=NEXT_DAY)) == (100_00, 100_00)
    assert system(cast, on=NEXT_DAY) == 111_00
    proved(cast)


def test_what_a_till_tells_the_next_day_is_of_the_evening_and_was_carried_over(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 1_00, at=MORNING)
    recorded(cast, on=NEXT_DAY, at=MORNING)
    recorded(cast, on=NEXT_DAY, operator=cast.carla, at=MORNING)
    pay(session, 7_00, at=MORNING, paid_at=NOON + timedelta(hours=1))
    assert system(cast) == 107_00
    assert system(cast, on=NEXT_DAY) == system(cast, cast.carla, on=NEXT_DAY) == 108_00
    close_drawer(session, 112_00, at=MORNING)
    # Late now, but it lay in the drawer that was counted today.
    pay(session, 4_00, at=MORNING, paid_at=NOON + timedelta(hours=2))
    assert (system(cast), system(cast, on=NEXT_DAY), system(cast, cast.carla, on=NEXT_DAY)) == (111_00, 112_00, 112_00)
    proved(cast)


def test_a_till_whose_clock_fell_back_makes_no_difference_between_session_and_day(cast: Cast) -> None:
    session = open_drawer(cast.carla, 110_00, station=1)
    payment = pay(session, 20_00, paid_at=datetime(2023, 3, 1, 12, tzinfo=NOON.tzinfo))
    assert (payment.booked, payment.business_date) == ("on_time", DAY)
    assert system(cast) == system(cast, cast.carla) == 130_00
    assert system(cast, on=date(2023, 3, 1)) == 0
    assert close_drawer(session, 130_00).difference == 0


def test_a_day_without_any_trade_holds_what_lay_there(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    later = MORNING + timedelta(days=3)
    pay(session, 5_00, at=later)
    for days in range(1, 4):
        assert system(cast, on=DAY + timedelta(days=days)) == 100_00
    assert system(cast, on=later.date()) == 105_00
    assert system(cast, on=DAY - timedelta(days=1)) == 0


def test_the_cut_off_decides_to_which_day_the_night_belongs(cast: Cast) -> None:
    Store.objects.filter(pk=cast.store.pk).update(cut_off_hour=4)
    cast.carla.store.refresh_from_db()  # type: ignore[union-attr]
    cast.store.refresh_from_db()
    session = open_drawer(cast.carla, 100_00, station=1)
    # Berlin: 02:30 is still yesterday; 04:30 is not.
    pay(session, 1_00, at=NOON.replace(day=11, hour=1, minute=30))
    pay(session, 2_00, at=NOON.replace(day=11, hour=3, minute=30))
    assert business_date(store=cast.store, at=NOON.replace(day=11, hour=1, minute=30)) == DAY
    assert (system(cast), system(cast, on=NEXT_DAY)) == (101_00, 103_00)


# --- The same cash again ------------------------------------------------------------------------------------------------


def test_five_openings_with_the_same_cash_are_one_float(cast: Cast) -> None:
    for _opening in range(5):
        close_drawer(open_drawer(cast.carla, 200_00, station=1), 200_00)
    assert system(cast) == system(cast, cast.carla) == 200_00
    # More than was brought back is new.
    open_drawer(cast.carla, 260_00, station=1)
    assert system(cast) == system(cast, cast.carla) == 260_00


def test_a_float_is_taken_from_what_another_drawer_brought_back(cast: Cast) -> None:
    first = open_drawer(cast.carla, 200_00, station=1)
    pay(first, 30_00)
    seen = [recorded(cast, on=DAY, operator=who) for who in (None, cast.carla, cast.bruno)]
    close_drawer(first, 230_00)
    open_drawer(cast.bruno, 250_00, station=2)
    # Of the store twenty are new; of Bruno all of it is.
    assert system(cast) == 250_00
    assert (system(cast, cast.carla), system(cast, cast.bruno)) == (230_00, 250_00)
    assert [row.system_amount for row in seen] == [230_00, 230_00, 0]
    proved(cast)


def test_what_was_dropped_stays_in_the_store_and_is_taken_for_no_float(cast: Cast) -> None:
    session = open_drawer(cast.carla, 200_00, station=1)
    move(session, MovementKind.DROP, 150_00)
    move(session, MovementKind.LOAN, 20_00)
    assert (system(cast), system(cast, cast.carla)) == (220_00, 70_00)


def test_a_loan_that_was_a_mistake_counts_for_nothing(cast: Cast) -> None:
    session = open_drawer(cast.carla, 200_00, station=1)
    loan = move(session, MovementKind.LOAN, 40_00)
    seen = recorded(cast, on=DAY)
    found = Movement.objects.select_related("source", "destination", "session", "store", "payment").get(pk=loan.pk)
    ledger.reverse(movement=found, by=SYSTEM, at=NOON, reason="mistake")
    assert (seen.system_amount, system(cast), system(cast, cast.carla)) == (240_00, 200_00, 200_00)
    later = move(session, MovementKind.LOAN, 40_00)
    found = Movement.objects.select_related("source", "destination", "session", "store", "payment").get(pk=later.pk)
    ledger.reverse(movement=found, by=SYSTEM, at=MORNING, reason="mistake")
    assert (system(cast), system(cast, on=NEXT_DAY), system(cast, cast.carla, on=NEXT_DAY)) == (240_00, 200_00, 200_00)
    proved(cast)


@pytest.mark.parametrize("is_taken_over", [False, True])
def test_a_cancelled_opening_never_was(cast: Cast, is_taken_over: bool) -> None:
    if is_taken_over:
        close_drawer(open_drawer(cast.bruno, 100_00, station=1), 100_00, hands_over=True)
    before = system(cast)
    opened = open_drawer(cast.carla, 100_00, station=1)
    seen = [recorded(cast, on=DAY, operator=who) for who in (None, cast.carla)]
    cancel_opening(session=opened, by=Principal(user=cast.erika), at=NOON, reason="wrong register")
    assert [row.system_amount for row in seen] == [100_00, 100_00]
    assert (system(cast), system(cast, cast.carla)) == (before, 0)
    assert (system(cast, on=NEXT_DAY), system(cast, cast.carla, on=NEXT_DAY)) == (before, 0)
    open_drawer(cast.carla, 100_00, station=2)
    assert (system(cast), system(cast, cast.carla)) == (before + 100_00, 100_00)
    proved(cast)


def test_what_a_manager_counts_afterwards_is_brought_back(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    force_close_session(session=session, by=SYSTEM, at=NOON, reason="went home")
    count_afterwards(session=session, counted=counted(100_00), by=Principal(user=cast.erika), at=MORNING)
    open_drawer(cast.bruno, 100_00, at=MORNING, station=2)
    assert system(cast, on=NEXT_DAY) == 100_00
    recorded(cast, on=NEXT_DAY, at=MORNING)
    proved(cast)


def test_currencies_are_walked_by_themselves(cast: Cast) -> None:
    settlement = settled(cast, 100_00)
    erika = Principal(user=cast.erika)
    record_payment(report=report_of(50_00, station=1, currency="USD"), by=erika, at=NOON)
    assert (system(cast), system(cast, currency="USD")) == (100_00, 50_00)
    assert system(cast, on=NEXT_DAY, currency="USD") == system(cast, cast.erika, on=NEXT_DAY, currency="USD") == 50_00
    start_counting(settlement=settlement, by=erika, at=NOON)
    both = [counted(100_00), counted(50_00, "USD")]
    close_settlement(settlement=settlement, counted=both, by=erika, at=NOON)
    settled(cast, 120_00)
    assert (system(cast), system(cast, currency="USD")) == (120_00, 50_00)


# --- Whose it is ----------------------------------------------------------------------------------------------------------


def test_what_a_manager_rings_at_a_cashiers_drawer_is_in_the_cashiers_drawer(cast: Cast) -> None:
    vendor_of(cast.store)
    session = open_drawer(cast.carla, 100_00, station=1)
    record_payment(report=report_of(10_00, session=str(session.pk)), by=Principal(user=cast.erika), at=NOON)
    assert (system(cast, cast.carla), system(cast, cast.erika)) == (110_00, 0)
    closed = close_drawer(session, 110_00)
    assert (closed.expected_amount, closed.difference) == (system(cast, cast.carla), 0)
    path = f"/cash-management/expected?storeId={cast.store.uuid}&businessDayDate={DAY}&operatorUid={cast.carla.pk}"
    (euros,) = exact(caller(cast.erika).get(path))["currencies"]
    # Who sold is told apart, and adds up all the same.
    assert [(row["operatorUid"], row["expectedCashOnHand"]) for row in euros["byOperator"]] == [
        (str(cast.erika.pk), 10)
    ]
    (by_method,) = [row["byPaymentMethod"] for row in euros["byOperatorAndPaymentMethod"]]
    assert sum(row["expectedCashOnHand"] for row in by_method) == euros["parts"]["sales"]


def test_without_a_session_it_is_in_the_drawer_of_whoever_opened_the_settlement(cast: Cast) -> None:
    settled(cast, 100_00)
    report = report_of(10_00, store=str(cast.store.uuid), station=1, operator=str(cast.bruno.pk))
    record_payment(report=report, by=SYSTEM, at=NOON)
    assert (system(cast, cast.erika), system(cast, cast.bruno)) == (110_00, 0)
    assert system(cast) == 110_00


# --- What was recorded before, and what it costs ----------------------------------------------------------------------


def test_a_figure_that_was_recorded_under_the_first_rule_stays_right(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 50_00)
    last = Movement.objects.get(payment=pay(session, 30_00, at=MORNING))
    row = Reconciliation.objects.create(
        store=cast.store, business_date=NEXT_DAY, currency="EUR", system_amount=30_00, declared_amount=180_00,
        discrepancy=150_00, as_of_movement=last.pk, rule=DayRule.MOVEMENTS, reported_by="user:1", reported_at=MORNING,
    )  # fmt: skip
    audit.note(
        action="reconciliation.recorded", subject=f"reconciliation:{row.pk}", by=SYSTEM, at=MORNING, store=cast.store
    )
    assert list(faults_of_store(cast.store)) == []
    pay(session, 5_00, at=MORNING)
    told: Any = queries.reconciliations(by=SYSTEM, store=cast.store).get()
    assert (told.system_amount, told.late_amount) == (30_00, 5_00)
    again = recorded(cast, on=NEXT_DAY, at=MORNING)
    assert (again.supersedes_id, again.system_amount) == (row.pk, 185_00)
    proved(cast)


@pytest.mark.parametrize("days", [1, 40])
def test_a_day_is_asked_for_in_the_same_statements_however_long_the_history(cast: Cast, days: int) -> None:
    for day in range(days):
        at = NOON - timedelta(days=day)
        close_drawer(open_drawer(cast.carla, 100_00, at=at, station=1), 100_00, at=at)
    held = open_drawer(cast.bruno, 50_00, station=2)
    pay(held, 1_00)
    with counted_queries() as queries_of_store:
        assert system(cast, on=NEXT_DAY) == 51_00
    assert len(queries_of_store) == STATEMENTS_OF_A_STORE
    with counted_queries() as queries_of_operator:
        assert system(cast, cast.bruno, on=NEXT_DAY) == 51_00
    assert len(queries_of_operator) == STATEMENTS_OF_AN_OPERATOR
