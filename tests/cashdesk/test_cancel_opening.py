"""An opening by mistake is cancelled: the drawer is as before, and the opening does not count as a count."""

from typing import Any

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.session.cancel_opening import cancel_opening, why_not_cancelled
from cashdesk.domain.session.handover import handover_before, handovers_waiting
from cashdesk.enums import Booked, MovementKind, PaymentStatus, VarianceKind, VarianceState
from cashdesk.errors import Conflict, Forbidden, InvalidInput, NothingOpen
from cashdesk.models import AuditEntry, CashSession, Movement, Seal, User, Variance
from cashdesk.queries import sessions
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.proof import faults_of_store as faults_of_days
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.queries import reconciliations
from settlements.domain.proof import faults_of_store as faults_of_settlements
from tests.cashdesk.desk import (
    books,
    close_drawer,
    count_later,
    force_close,
    minutes,
    move,
    open_drawer,
    pay,
    refusal_of,
    sell,
)
from tests.settlements.desk import Shop
from tests.stories import Cast, caller, exact

SCANNED = 49_999_999_99


def cancel(session: CashSession, user: User | None = None, **told: Any) -> CashSession:
    asked = {"reason": "wrong register", "at": minutes(30), **told}
    return cancel_opening(session=session, by=Principal(user=user or session.user), **asked)


def figures(session: CashSession) -> tuple[Any, ...]:
    return session.status, session.expected_amount, session.declared_amount, session.difference, session.is_cancelled


def faults(cast: Cast) -> list[str]:
    store = cast.store
    return [*faults_of_store(store), *faults_of_settlements(store), *faults_of_days(store)]


def published(user: User) -> list[dict[str, Any]]:
    return list(exact(caller(user).get("/cash/sessions")))


@pytest.mark.parametrize("amount", [100_00, 0, SCANNED])
def test_the_float_goes_back_and_the_register_is_free(cast: Cast, amount: int) -> None:
    before = books(cast.store)
    session = cancel(open_drawer(cast.carla, amount, station=1))
    assert books(cast.store) == before
    assert figures(session) == ("CLOSED", amount, amount, 0, True)
    assert not session.is_counted
    (row,) = published(cast.carla)
    assert (row["status"], row["difference"], row["is_cancelled"]) == ("CLOSED", 0, True)
    assert row["final_cash_system"] == row["final_cash_declared"] == row["start_amount"]
    entry = AuditEntry.objects.get(action="session.opening_cancelled")
    assert (entry.user, entry.detail["reason"]) == (cast.carla, "wrong register")
    assert not Variance.objects.exists()
    assert open_drawer(cast.carla, 50_00, station=1).opening_difference == 0
    assert open_drawer(cast.bruno, 50_00, station=2).is_open
    assert faults(cast) == []


def test_the_day_and_the_operator_expect_nothing_of_it(cast: Cast) -> None:
    session = cancel(open_drawer(cast.carla, 100_00))
    for operator in (None, cast.carla):
        found = expected_cash(store=cast.store, business_date=session.business_date, operator=operator)
        assert found.of("EUR").system_cash == 0


@pytest.mark.parametrize("what", ["sale", "pending", "rejected", "paid in", "drop", "undone"])
def test_once_anything_came_it_is_counted_and_closed(cast: Cast, what: str) -> None:
    session = open_drawer(cast.carla, 100_00)
    if what == "sale":
        sell(session, 5_00)
    elif what in ("pending", "rejected"):
        pay(session, 5_00, status=PaymentStatus(what.upper()))
    else:
        movement = move(session, MovementKind.DROP if what == "drop" else MovementKind.PAID_IN, 5_00)
        if what == "undone":
            reverse(movement=movement, by=Principal(user=cast.carla), at=minutes(1), reason="x")
    before = books(cast.store)
    for user in (cast.carla, cast.erika):
        assert "Count and close the drawer" in why_not_cancelled(session, by=Principal(user=user))
        with pytest.raises(Conflict, match="There was a movement or a payment"):
            cancel(session, user)
    assert books(cast.store) == before
    assert CashSession.objects.get().is_open


def test_who_may_cancel(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    with pytest.raises(Forbidden, match="Somebody else opened"):
        cancel(session, cast.bruno)
    assert cancel(session, cast.erika).closed_by == cast.erika


def test_it_is_cancelled_once_and_not_after_a_close(cast: Cast) -> None:
    session, stale = open_drawer(cast.carla, 100_00), CashSession.objects.get()
    cancel(session)
    with pytest.raises(Conflict, match="already closed"):
        cancel(stale)
    with pytest.raises(NothingOpen):
        close_drawer(stale, 100_00)
    other = open_drawer(cast.carla, 100_00)
    close_drawer(other, 100_00)
    with pytest.raises(Conflict, match="already closed"):
        cancel(other)
    assert Movement.objects.filter(reverses__isnull=False).count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 51])
def test_a_reason_is_asked_for(cast: Cast, reason: str) -> None:
    session = open_drawer(cast.carla, 0)
    with pytest.raises(InvalidInput) as raised:
        cancel(session, reason=reason)
    assert list(raised.value.errors) == ["reason"]
    assert CashSession.objects.get().is_open


# --- A drawer in which another one left cash -----------------------------------------------------------------------------


@pytest.mark.parametrize("found", [130_00, 150_00, 0])
def test_a_drawer_that_was_handed_over_still_waits_to_be_counted_in(cast: Cast, found: int) -> None:
    left = close_drawer(open_drawer(cast.carla, 150_00, station=1), 150_00, hands_over=True)
    before = books(cast.store)
    session = cancel(open_drawer(cast.bruno, found, station=1, at=minutes(5)))
    assert books(cast.store) == before
    assert figures(session) == ("CLOSED", found, found, 0, True)
    assert handovers_waiting(store=cast.store) == [left]
    raised = Variance.objects.filter(kind=VarianceKind.OPENING)
    assert [row.state for row in raised] == ([] if found == 150_00 else [VarianceState.SUPERSEDED])
    shown = sessions(by=Principal(user=cast.carla)).get(pk=left.pk)
    assert not shown.shows_result  # type: ignore[attr-defined]  # from with_shown_result()
    following = open_drawer(cast.bruno, 150_00, station=1, at=minutes(40))
    assert (following.opening_difference, handover_before(following)) == (0, left)
    assert sessions(by=Principal(user=cast.carla)).get(pk=left.pk).shows_result  # type: ignore[attr-defined]
    close_drawer(following, 150_00)
    assert faults(cast) == []


@pytest.mark.parametrize("by_another", [True, False])
def test_opening_and_cancelling_tells_nothing_of_an_uncounted_drawer(cast: Cast, by_another: bool) -> None:
    first = open_drawer(cast.carla, 100_00, station=1)
    sell(first, 69_12)
    force_close(first)
    who = cast.bruno if by_another else cast.carla
    opened = open_drawer(who, 40_00, station=1, at=minutes(5))
    cancel(opened)
    by = caller(who)
    for text in (by.get("/cash/sessions").content.decode(), caller(cast.carla).get("/cash/sessions").content.decode()):
        assert "169" not in text
        assert "129" not in text
    assert by.get(f"/registers/1/z-reports/{opened.seal.number if opened.seal else 0}").status_code in (403, 404)
    cancelled = CashSession.objects.select_related("seal").get(pk=opened.pk)
    assert cancelled.seal is not None
    for path in (f"/registers/1/z-reports/{cancelled.seal.number}", "/registers/1/z-reports"):
        assert "12912" not in by.get(path).content.decode()
    report = caller(cast.erika).get(f"/registers/1/z-reports/{cancelled.seal.number}")
    assert report.status_code == 200
    assert AuditEntry.objects.filter(action="expected.seen", user=cast.erika).exists()
    count_later(first, 160_00)
    assert Variance.objects.get(kind=VarianceKind.SESSION).difference == -9_12
    assert faults(cast) == []


def test_what_an_operator_took_over_is_given_up_again(cast: Cast) -> None:
    """A reconciliation from before the cancellation stays as it is, and shows the later change as late money."""
    close_drawer(open_drawer(cast.carla, 150_00, station=1), 150_00, hands_over=True)
    session = open_drawer(cast.bruno, 150_00, station=1, at=minutes(5))
    told: dict[str, Any] = {"store": cast.store, "business_date": session.business_date, "operator": cast.bruno}
    declaration = Declaration(currency="EUR", declared=150_00, **told)
    recorded = record_reconciliation(declaration=declaration, by=Principal(user=cast.erika), at=minutes(6))
    assert recorded.system_amount == 150_00
    cancel(session)
    assert expected_cash(**told).of("EUR").system_cash == 0
    (row,) = reconciliations(by=Principal(user=cast.erika), store=cast.store)
    assert row.late_amount == -150_00
    assert faults(cast) == []


# --- Under a settlement --------------------------------------------------------------------------------------------------


def test_a_session_within_a_settlement_is_cancelled_and_no_count_of_it(cast: Cast) -> None:
    shop = Shop(cast=cast)
    shop.vault()
    settlement = shop.open(200_00)
    sale = shop.sale(30_00)
    session = shop.sign_on(cast.carla, 215_00)
    assert session.opening_difference == -15_00
    cancel(session, at=shop.tick())
    assert shop.book(1) == 230_00
    reversal = shop.reverse(sale)
    assert not reversal.is_late
    again = shop.sign_on(cast.carla, 200_00)
    assert again.opening_difference == 0
    shop.sign_off(again, 200_00)
    closed = shop.close(settlement, 200_00)
    assert [line.difference for line in closed.closing_amounts.all()] == [0]
    assert faults(cast) == []


def test_a_float_that_left_a_vault_which_was_counted_since(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1)
    shop = Shop(cast=cast, at=minutes(10))
    shop.vault(400_00)
    vault = shop.cast.place("VAULT")
    shop.close(vault.settlements.get(), 400_00)
    with pytest.raises(Conflict, match=r"There was a count since then \(Safe\)"):
        cancel(session, at=shop.tick())
    done = cancel(session, cast.erika, at=shop.tick())
    made = Movement.objects.get(reverses__isnull=False)
    assert (made.is_late, made.late_for, figures(done)[-1]) == (True, vault, True)
    assert (shop.book(1), shop.book()) == (0, 400_00)
    assert faults(cast) == []


# --- What comes after, and what the database holds -----------------------------------------------------------------------


def test_money_that_comes_late_is_of_the_session_before(cast: Cast) -> None:
    before = close_drawer(open_drawer(cast.carla, 100_00, station=1), 100_00)
    cancel(open_drawer(cast.carla, 100_00, station=1, at=minutes(5)))
    payment = Shop(cast=cast, at=minutes(40)).pay(5_00)
    assert (payment.booked, payment.session) == (Booked.LATE, before)


def test_the_database_holds_a_cancelled_session_to_what_it_was_opened_with(cast: Cast) -> None:
    session = cancel(open_drawer(cast.carla, 100_00, station=1))
    assert "never changes" in refusal_of("UPDATE cashdesk_cashsession SET is_cancelled = %s", [False])
    assert Seal.objects.filter(session=session).count() == 1
    open_drawer(cast.carla, 100_00, station=1)
    changes = (
        "is_cancelled = %s, status = 'CLOSED', expected_amount = 1, declared_amount = 1, difference = 0, "
        f"closed_at = opened_at, seal_id = {session.seal_id}"
    )
    told = refusal_of(f"UPDATE cashdesk_cashsession SET {changes} WHERE status = 'OPEN'", [True])
    assert "session_cancelled_is_as_opened" in told or "seal_id" in told
