"""The decision about a pending payment: every transition in FLOW works, and every other changes nothing."""

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment import references
from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.recording import record_payment
from cashdesk.enums import Booked, PaymentStatus, PlaceKind
from cashdesk.errors import Conflict, InvalidInput, NotFound
from cashdesk.models import CashSession, Movement, Payment
from cashdesk.state_flow import FLOW
from cashdesk.transitions import leads_to
from tests.cashdesk.desk import NOON, close_drawer, kept, minutes, open_drawer, report, report_of
from tests.factories import StoreFactory
from tests.stories import Cast


def decide(cast: Cast, payment: Payment, status: PaymentStatus) -> Payment:
    """Lets Erika decide a payment."""
    return decide_payment(external_id=payment.external_id, status=status, by=Principal(user=cast.erika), at=minutes(5))


@pytest.mark.parametrize("after", PaymentStatus)
@pytest.mark.parametrize("before", PaymentStatus)
def test_every_allowed_decision_happens_and_every_other_changes_nothing(cast: Cast, before: str, after: str) -> None:
    open_drawer(cast.carla, 0)
    payment = kept(report(cast, 100, status=PaymentStatus(before)))
    rows = Payment.objects.values().get(), Movement.objects.count()
    if leads_to(FLOW["payment"][before], after):
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


def test_a_drawer_that_is_opened_while_a_pending_payment_is_looked_up_gets_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register is opened between two statements: the one that reads open sessions, and the one that reads the last.

    No guard prevents this, because a pending payment moves no money.
    """
    close_drawer(open_drawer(cast.carla, 0, station=1), 0)
    opened: list[CashSession] = []
    find_last = references.Reader._find_last

    def opens_first(self: references.Reader, registers: set[int], people: set[int]) -> None:
        if not opened:
            opened.append(open_drawer(cast.bruno, 0, station=1))
        find_last(self, registers, people)

    monkeypatch.setattr(references.Reader, "_find_last", opens_first)
    by = Principal(user=cast.erika)
    pending = record_payment(report=report_of(100, station=1, status=PaymentStatus.PENDING), by=by, at=NOON)
    payment = decide(cast, kept(pending), PaymentStatus.APPROVED)
    assert (payment.booked, payment.session) == (Booked.ON_TIME, opened[0])
    assert cast.book(PlaceKind.REGISTER, 1) == 100


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
