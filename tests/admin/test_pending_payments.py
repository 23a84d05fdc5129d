"""Pending payments in the back office: a manager approves or rejects them, once, with a reason."""

import pytest
from django.test import Client

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.decision import decide_reported
from cashdesk.enums import Booked, PaymentStatus
from cashdesk.errors import Conflict, Forbidden
from cashdesk.models import AuditEntry, CashSession, Movement, Payment
from tests.admin.back_office import list_of, page_of, sits_down
from tests.reconciliations.floor import at_noon
from tests.settlements.desk import Shop
from tests.stories import Cast

WHY = {"reason": "The bank confirmed it by phone"}


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return at_noon(cast)


@pytest.fixture
def session(shop: Shop) -> CashSession:
    return shop.sign_on(shop.cast.carla, 200_00)


@pytest.fixture
def payment(shop: Shop, session: CashSession) -> Payment:
    """A pending payment of 12.50 in Carla's open drawer."""
    return shop.pay(12_50, status=PaymentStatus.PENDING)


def decide(browser: Client, payment: Payment, act: str) -> str:
    """Opens the page of an action, sends it with a reason, and returns the text of the page after it."""
    assert browser.get(page_of(payment, act)).status_code == 200
    return browser.post(page_of(payment, act), WHY, follow=True).content.decode()


def test_an_approved_payment_is_booked_and_noted_with_its_reason(cast: Cast, payment: Payment) -> None:
    erika = sits_down(cast.erika)
    page = erika.get(page_of(payment)).content.decode()
    for act in ("approve", "reject"):
        assert page_of(payment, act) in page
    assert "Approved: " in decide(erika, payment, "approve")
    payment.refresh_from_db()
    assert (payment.status, payment.booked) == (PaymentStatus.APPROVED, Booked.ON_TIME)
    assert Movement.objects.get(payment=payment).amount == 12_50
    entry = AuditEntry.objects.get(action="payment.approved")
    assert (entry.user, entry.subject, entry.detail) == (cast.erika, f"payment:{payment.pk}", WHY)
    assert page_of(payment, "approve") not in erika.get(page_of(payment)).content.decode()


def test_a_rejected_payment_moves_nothing(cast: Cast, payment: Payment) -> None:
    before = Movement.objects.count()
    assert "Rejected: " in decide(sits_down(cast.erika), payment, "reject")
    payment.refresh_from_db()
    assert (payment.status, payment.booked, Movement.objects.count()) == (
        PaymentStatus.REJECTED,
        Booked.NOT_MOVED,
        before,
    )
    assert AuditEntry.objects.get(action="payment.rejected").detail == WHY


def test_money_of_a_closed_drawer_is_booked_late(
    cast: Cast, shop: Shop, session: CashSession, payment: Payment
) -> None:
    closed = shop.sign_off(session, 200_00)
    assert "Approved, and booked late" in decide(sits_down(cast.erika), payment, "approve")
    movement = Movement.objects.get(payment=payment)
    assert (movement.is_late, movement.late_for) == (True, closed.register)
    closed.refresh_from_db()
    assert closed.difference == 0, "what was sealed stays"


def test_it_is_decided_once(cast: Cast, payment: Payment) -> None:
    erika = sits_down(cast.erika)
    decide(erika, payment, "reject")
    for act in ("approve", "reject"):
        assert erika.get(page_of(payment, act)).status_code == 302, act
        answer = erika.post(page_of(payment, act), WHY)
        assert answer.status_code == 200
        assert "This payment was already decided." in answer.content.decode()
    assert not Movement.objects.filter(payment=payment).exists()
    with pytest.raises(Conflict):
        decide_reported(
            payment=payment, status=PaymentStatus.APPROVED, by=Principal(user=cast.erika), at=payment.reported_at, **WHY
        )


def test_a_reason_is_needed(cast: Cast, payment: Payment) -> None:
    erika = sits_down(cast.erika)
    assert erika.post(page_of(payment, "approve"), {"reason": " "}).status_code == 200
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PENDING


def test_the_list_finds_what_is_pending(cast: Cast, shop: Shop, payment: Payment) -> None:
    shop.sale(5_00)
    listed = sits_down(cast.erika).get(f"{list_of(Payment)}?status__exact=PENDING").context["cl"].result_list
    assert list(listed) == [payment]


def test_only_a_manager_of_the_store_decides(cast: Cast, payment: Payment) -> None:
    for who in (cast.carla, cast.otto):
        with pytest.raises(Forbidden):
            decide_reported(
                payment=payment, status=PaymentStatus.APPROVED, by=Principal(user=who), at=payment.reported_at, **WHY
            )
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PENDING
