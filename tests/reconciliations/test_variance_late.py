"""Late money in the queue: one variance per period, currency and method until its approval, with every unit."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.recording import record_payments
from cashdesk.enums import MovementKind, PaymentStatus, PaymentType, PlaceKind, VarianceKind, VarianceState
from cashdesk.errors import Forbidden
from cashdesk.models import CashSession, Movement, Variance
from reconciliations import queries
from reconciliations.domain.variance_acts import approve_variance
from tests.cashdesk.desk import force_close, report_of, sell
from tests.reconciliations.queue import (
    THE_DAY,
    approve,
    explain,
    limits,
    of_kind,
    only,
    raised,
    reject,
    signed_off,
    witness,
)  # fmt: skip
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop."""
    return Shop(cast)


@pytest.fixture
def session(shop: Shop) -> CashSession:
    """Carla's session at register 1, closed without a difference."""
    return shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), 200_00)


def arrive(shop: Shop, amounts: Sequence[int], session: CashSession | None = None, **fields: Any) -> None:
    """Lets a till send a batch of late payments. Negative amounts are refunds."""
    reports = [
        report_of(
            abs(amount),
            **{
                "type": PaymentType.SALE if amount > 0 else PaymentType.REFUND,
                "session": str(session.pk) if session else "",
                "store": str(shop.cast.store.uuid),
                "paid_at": shop.at,
                **fields,
            },
        )
        for amount in amounts
    ]
    outcomes = record_payments(reports=reports, by=shop.by(fields.pop("by", None)), at=shop.tick())
    assert [outcome.error for outcome in outcomes] == [None] * len(outcomes)


def shown(shop: Shop) -> list[tuple[str, int]]:
    """Returns state and late money of every variance, in the order of the queue, oldest first."""
    rows = queries.variances(by=shop.by()).filter(kind=VarianceKind.LATE).order_by("pk")
    return [(row.state, row.late_amount) for row in rows]  # type: ignore[attr-defined]  # annotated


def test_three_hundred_receipts_are_one_row(shop: Shop, session: CashSession) -> None:
    arrive(shop, range(1, 301), session)
    found = only()
    assert (found.kind, found.subject, found.state) == (VarianceKind.LATE, f"session:{session.pk}", VarianceState.OPEN)
    assert (found.session, found.place, found.person) == (session, shop.register(), shop.cast.carla)
    assert (found.business_date, found.currency, found.method) == (THE_DAY, "EUR", "CASH")
    assert (found.expected_amount, found.counted_amount, found.difference) == (None, None, None)
    assert shown(shop) == [("OPEN", 45150)]


def test_more_than_one_statement_of_them_too(shop: Shop, session: CashSession) -> None:
    arrive(shop, [1] * 1_100, session)
    assert shown(shop) == [("OPEN", 1_100)]


def test_what_comes_later_joins_and_changes_nothing_else(shop: Shop, session: CashSession) -> None:
    arrive(shop, [10_00], session)
    before = Variance.objects.values().get()
    arrive(shop, [5_00, -2_00], session)
    assert Variance.objects.values().get() == before
    assert shown(shop) == [("OPEN", 13_00)]


@pytest.mark.parametrize("state", ["EXPLAINED", "REJECTED"])
def test_it_joins_what_was_explained_or_rejected(shop: Shop, session: CashSession, state: str) -> None:
    arrive(shop, [10_00], session)
    explain(shop, only())
    if state == "REJECTED":
        reject(shop, only())
    arrive(shop, [5_00], session)
    assert shown(shop) == [(state, 15_00)]


def test_the_approval_freezes_the_sum_and_what_comes_after_is_a_new_row(shop: Shop, session: CashSession) -> None:
    arrive(shop, [10_00, -1_00], session)
    explain(shop, only())
    arrive(shop, [5_00], session)
    last = Movement.objects.latest("pk")
    first = approve(shop, only())
    assert (first.difference, first.last_movement) == (14_00, last.pk)
    arrive(shop, [3_00], session)
    assert shown(shop) == [("APPROVED", 14_00), ("OPEN", 3_00)]
    signed_off(shop, only(state="OPEN"))
    arrive(shop, [-2_00], session)
    assert shown(shop) == [("APPROVED", 14_00), ("APPROVED", 3_00), ("OPEN", -2_00)]


def test_each_method_and_currency_is_one_of_its_own(shop: Shop, session: CashSession) -> None:
    arrive(shop, [10_00], session)
    arrive(shop, [7_00, 8_00], session, method="CARD")
    arrive(shop, [3_00], session, currency="USD")
    assert sorted((found.currency, found.method) for found in raised()) == [
        ("EUR", "CARD"), ("EUR", "CASH"), ("USD", "CASH"),
    ]  # fmt: skip
    assert shown(shop) == [("OPEN", 10_00), ("OPEN", 15_00), ("OPEN", 3_00)]


def test_one_batch_of_two_sessions_is_two_rows(shop: Shop, session: CashSession) -> None:
    other = shop.sign_off(shop.sign_on(shop.cast.bruno, 100_00, station=2), 100_00)
    arrive(shop, [1_00], other)
    mixed = [
        report_of(amount, session=str(of.pk), paid_at=shop.at)
        for amount, of in [(2_00, session), (4_00, other), (8_00, session)]
    ]
    record_payments(reports=mixed, by=shop.by(), at=shop.tick())
    assert {(found.subject, found.person) for found in raised()} == {
        (f"session:{session.pk}", shop.cast.carla), (f"session:{other.pk}", shop.cast.bruno),
    }  # fmt: skip
    assert sorted(amount for _state, amount in shown(shop)) == [5_00, 10_00]


def test_a_pending_payment_that_is_approved_too_late(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.pay(9_00, status=PaymentStatus.PENDING, id="slow")
    shop.sign_off(session, 200_00)
    assert raised() == []
    decide_payment(external_id="slow", status=PaymentStatus.APPROVED, by=shop.by(), at=shop.tick())
    assert (only().session, shown(shop)) == (session, [("OPEN", 9_00)])


def test_it_explains_the_difference_of_the_close(shop: Shop) -> None:
    """Carla counted 12.00 too much: the till had not sent two sales of 10.00 together, and 2.00 stay unexplained."""
    session = shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), 212_00)
    arrive(shop, [7_00, 3_00], session)
    arrive(shop, [50_00], session, method="CARD")
    rows = {row.kind: row.late_amount for row in queries.variances(by=shop.by()).filter(method="CASH")}  # type: ignore[attr-defined]
    assert rows == {VarianceKind.SESSION: 10_00, VarianceKind.LATE: 10_00}
    signed_off(shop, of_kind(VarianceKind.SESSION))
    row = queries.variances(by=shop.by()).get(kind=VarianceKind.SESSION)
    assert (row.difference, row.late_amount) == (12_00, 10_00)  # type: ignore[attr-defined]


def test_of_a_close_that_nobody_counted(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    force_close(session)
    arrive(shop, [7_00], session)
    assert sorted(found.kind for found in raised()) == [VarianceKind.LATE, VarianceKind.UNCOUNTED]
    uncounted = queries.variances(by=shop.by()).get(kind=VarianceKind.UNCOUNTED)
    assert (uncounted.late_amount, uncounted.difference) == (0, None)  # type: ignore[attr-defined]


# --- Without a session -----------------------------------------------------------------------------------------------


def test_of_a_registers_settlement(shop: Shop) -> None:
    shop.vault()
    shop.close(shop.open(200_00), 200_00)
    shop.pay(6_00)
    shop.pay(1_00, type=PaymentType.REFUND)
    found = only()
    register = shop.register()
    assert (found.subject, found.place, found.session, found.person) == (f"place:{register.pk}", register, None, None)
    assert found.business_date == THE_DAY
    assert shown(shop) == [("OPEN", 5_00)]


def test_of_a_register_each_day_is_one_of_its_own(shop: Shop) -> None:
    shop.vault()
    shop.close(shop.open(200_00), 200_00)
    shop.pay(6_00)
    sold = shop.at
    shop.at += timedelta(days=1)
    shop.pay(8_00)
    shop.pay(2_00, paid_at=sold)
    assert [(found.business_date, found.difference) for found in raised()] == [
        (THE_DAY, None), (THE_DAY + timedelta(days=1), None),
    ]  # fmt: skip
    assert shown(shop) == [("OPEN", 8_00), ("OPEN", 8_00)]
    approve(shop, explain(shop, raised()[0]))
    assert shown(shop) == [("APPROVED", 8_00), ("OPEN", 8_00)]


def test_of_no_place(shop: Shop) -> None:
    """Erika sells in an office without a drawer. This late money belongs to the store's day."""
    arrive(shop, [6_00, -1_00])
    found = only()
    assert (found.subject, found.place, found.session) == (f"store:{shop.cast.store.pk}", None, None)
    assert found.business_date == THE_DAY
    arrive(shop, [2_00])
    assert shown(shop) == [("OPEN", 7_00)]
    assert signed_off(shop, found, by=shop.cast.anna).difference == 7_00
    arrive(shop, [4_00])
    assert shown(shop) == [("APPROVED", 7_00), ("OPEN", 4_00)]


def test_a_reversal_of_money_of_no_place(shop: Shop) -> None:
    arrive(shop, [6_00, 3_00])
    first = Movement.objects.earliest("pk")
    signed_off(shop, only())
    shop.reverse(first)
    assert shown(shop) == [("APPROVED", 9_00), ("OPEN", -6_00)]


def test_a_reversal_that_is_late_for_a_session(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    sale = sell(session, 15_00)
    shop.sign_off(session, 215_00)
    shop.reverse(sale)
    assert (only().session, shown(shop)) == (session, [("OPEN", -15_00)])


def test_a_reversal_that_is_late_for_the_vault_is_of_the_vaults_day(shop: Shop) -> None:
    """The drop is on time in the drawer, whose session is open. The vault was counted after the drop."""
    vault = shop.vault()
    session = shop.sign_on(shop.cast.carla, 200_00)
    drop = shop.move(MovementKind.DROP, 50_00)
    shop.close(vault, 850_00)
    shop.at += timedelta(days=1)
    shop.reverse(drop)
    found = only()
    place = shop.cast.place(PlaceKind.VAULT)
    assert (found.subject, found.place, found.session, found.person) == (f"place:{place.pk}", place, None, None)
    assert found.business_date == THE_DAY + timedelta(days=1)
    assert shown(shop) == [("OPEN", -50_00)]
    shop.sign_off(session, 200_00)
    assert only(kind=VarianceKind.LATE) == found
    assert raised(kind=VarianceKind.SESSION) == []
    assert signed_off(shop, found, by=shop.cast.anna).difference == -50_00


def test_a_deposit_that_is_cancelled_late(shop: Shop) -> None:
    vault = shop.vault()
    bag = shop.move(MovementKind.DEPOSIT, 300_00, here=shop.cast.place(PlaceKind.VAULT))
    shop.close(vault, 700_00)
    shop.reverse(bag)
    assert (only().place, shown(shop)) == (shop.cast.place(PlaceKind.VAULT), [("OPEN", 300_00)])


def test_what_came_and_went_leaves_nothing_and_is_signed_off_as_nothing(shop: Shop, session: CashSession) -> None:
    arrive(shop, [9_00], session)
    shop.reverse(Movement.objects.latest("pk"))
    assert shown(shop) == [("OPEN", 0)]
    assert signed_off(shop, only()).difference == 0


# --- The second limit ------------------------------------------------------------------------------------------------


def test_late_money_above_the_second_limit_is_an_admins(shop: Shop, session: CashSession) -> None:
    """The amount at the approval decides: Erika may sign off 20.00. For 20.01 an admin must, after a witness."""
    limits(shop.cast.store, second=20_00)
    arrive(shop, [20_00], session)
    explain(shop, only())
    arrive(shop, [1], session)
    with pytest.raises(Forbidden, match="An admin must decide it"):
        approve(shop, only())
    assert only().state == VarianceState.EXPLAINED
    witness(shop, only(), by=shop.cast.anna)
    found = approve(shop, only(), by=shop.cast.anna)
    assert (found.state, found.is_escalated, found.difference) == (VarianceState.APPROVED, True, 20_01)


def test_late_money_at_the_second_limit_is_a_managers(shop: Shop, session: CashSession) -> None:
    limits(shop.cast.store, second=20_00)
    arrive(shop, [20_00], session)
    assert signed_off(shop, only()).state == VarianceState.APPROVED


def test_nobody_signs_off_late_money_of_their_own_drawer(shop: Shop) -> None:
    session = shop.sign_off(shop.sign_on(shop.cast.erika, 0), 0)
    arrive(shop, [5_00], session)
    explain(shop, only())
    with pytest.raises(Forbidden, match="own count"):
        approve(shop, only())
    assert approve(shop, only(), by=shop.cast.anna).difference == 5_00


# --- For batches at once ---------------------------------------------------------------------------------------------


def test_the_sum_begins_after_what_was_approved(shop: Shop, session: CashSession) -> None:
    """It does not begin with the movement that created the variance: with two batches at once, that may be a later one."""
    arrive(shop, [5_00, 3_00], session)
    assert only().first_movement is None
    last = signed_off(shop, only()).last_movement
    arrive(shop, [2_00], session)
    assert (last, only(state="OPEN").first_movement) == (Movement.objects.latest("pk").pk - 1, (last or 0) + 1)


def test_they_are_raised_in_one_order_whatever_that_of_the_batch(shop: Shop) -> None:
    """Otherwise two batches with the same sessions could deadlock."""
    sessions = [shop.sign_off(shop.sign_on(shop.cast.carla, 0), 0) for _ in range(3)]
    for order in (sessions, sessions[::-1]):
        with counted_queries() as queries_made:
            reports = [report_of(1, paid_at=shop.at, session=str(found.pk)) for found in order]
            record_payments(reports=reports, by=shop.by(), at=shop.tick())
        (insertion,) = [made["sql"] for made in queries_made if 'INTO "cashdesk_variance"' in made["sql"]]
        places = [insertion.index(f"session:{found.pk}") for found in sorted(sessions, key=lambda one: str(one.pk))]
        assert places == sorted(places)


def test_by_a_program(shop: Shop, session: CashSession) -> None:
    arrive(shop, [5_00], session)
    with pytest.raises(Forbidden, match="with their own sign-in"):
        approve_variance(variance=explain(shop, only()), by=SYSTEM, at=shop.tick())
