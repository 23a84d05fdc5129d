"""The queue with several people and tills at once: nothing is decided twice, and no late money is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.recording import record_payments
from cashdesk.enums import CORRECTION, PaymentStatus, Role, VarianceKind, VarianceState
from cashdesk.models import CashSession, Movement, User, Variance
from reconciliations import queries
from reconciliations.models import VarianceEvent
from tests.cashdesk.desk import report_of
from tests.factories import UserFactory
from tests.reconciliations.queue import (
    approve,
    declare,
    explain,
    only,
    raised,
    recount,
    reject,
    short_drawer,
)  # fmt: skip
from tests.settlements.desk import Shop
from tests.stories import make_cast
from tests.web.side_by_side import at_once, begun, database_for_threads, outcome_of, waits_for_a_lock

only_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path) -> Iterator[Shop]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield Shop(make_cast())


@pytest.fixture
def session(shop: Shop) -> CashSession:
    """Carla's session, closed without a difference."""
    return shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), 200_00)


@contextmanager
def before(words: str, act: Callable[[], object]) -> Iterator[None]:
    """Runs `act` once, right before the first statement of this connection that contains these words."""
    happened: list[bool] = []

    def look(execute: Any, sql: str, *arguments: Any) -> Any:
        if words in sql and not happened:
            happened.append(True)
            act()
        return execute(sql, *arguments)

    with connection.execute_wrapper(look):
        yield
    assert happened, f"no statement with {words}"


def send(shop: Shop, *amounts: int, session: CashSession | None = None) -> None:
    """Lets a till send late sales of a session, or of no place."""
    named = {"session": str(session.pk)} if session is not None else {"store": str(shop.cast.store.uuid)}
    reports = [report_of(amount, paid_at=shop.at, **named) for amount in amounts]
    outcomes = record_payments(reports=reports, by=shop.by(), at=shop.tick())
    assert [outcome.error for outcome in outcomes] == [None] * len(outcomes)


def assert_nothing_is_lost(shop: Shop) -> None:
    """Asserts that every late unit is in the sum of exactly one variance.

    The amounts are powers of two, so two mistakes cannot cancel out.
    """
    late = sum(Movement.objects.filter(is_late=True).values_list("amount", flat=True))
    shown = [row.late_amount for row in queries.variances(by=shop.by()).filter(kind=VarianceKind.LATE)]
    assert sum(shown) == late


# --- Two people ------------------------------------------------------------------------------------------------------


def test_of_two_approvals_at_once_one_is_done(shop: Shop) -> None:
    variance = short_drawer(shop)
    recount(shop, variance, 200_00, by=second_manager(shop))
    explain(shop, variance)
    people = [shop.cast.erika, shop.cast.anna]
    outcomes = at_once([lambda by=by: outcome_of(lambda: approve(shop, variance, by=by)) for by in people])
    assert sorted(outcomes) == ["Conflict", "done"]
    assert Movement.objects.filter(reason=CORRECTION).count() == 1
    assert VarianceEvent.objects.filter(act="APPROVE").count() == 1


def second_manager(shop: Shop) -> User:
    """Another manager of the shop."""
    return UserFactory(store=shop.cast.store, username="mia", name="Mia", role=Role.MANAGER)


def test_of_an_approval_and_a_rejection_at_once_one_is_done(shop: Shop) -> None:
    variance = explain(shop, short_drawer(shop))
    outcomes = at_once(
        [
            lambda: outcome_of(lambda: approve(shop, variance)),
            lambda: outcome_of(lambda: reject(shop, variance, by=shop.cast.anna)),
        ]
    )
    assert sorted(outcomes) == ["Conflict", "done"]
    assert VarianceEvent.objects.filter(act__in=("APPROVE", "REJECT")).count() == 1
    assert only().state in (VarianceState.APPROVED, VarianceState.REJECTED)


def test_of_an_approval_and_another_reconciliation_one_ends_it(shop: Shop) -> None:
    declare(shop, 50_00, reason="OTHER", notes="x")
    variance = only()
    outcomes = at_once(
        [
            lambda: outcome_of(lambda: approve(shop, variance, by=shop.cast.anna)),
            lambda: outcome_of(lambda: declare(shop, 60_00)),
        ]
    )
    first, second = raised()
    assert (first.state, outcomes) in [
        (VarianceState.APPROVED, ["done", "done"]), (VarianceState.SUPERSEDED, ["Conflict", "done"]),
    ]  # fmt: skip
    assert second.state == VarianceState.OPEN
    assert first.events.filter(act__in=("APPROVE", "SUPERSEDE")).count() == 1


# --- Late money ------------------------------------------------------------------------------------------------------


@only_postgresql
def test_the_batch_that_drew_the_lower_ids_may_be_the_later_one(shop: Shop, session: CashSession) -> None:
    """A batch with higher ids has already created the variance when the first batch wants to create it."""
    with before('INSERT INTO "cashdesk_variance"', lambda: begun(lambda: send(shop, 2, session=session)).result(30)):
        send(shop, 1, session=session)
    assert_nothing_is_lost(shop)
    assert approve(shop, explain(shop, only())).difference == 3


@only_postgresql
@pytest.mark.parametrize("has_place", [True, False])
def test_an_approval_waits_for_late_money_that_is_being_booked(
    shop: Shop, session: CashSession, has_place: bool
) -> None:
    belonging = session if has_place else None
    send(shop, 1, session=belonging)
    explain(shop, only())
    pending = []

    def begin_to_approve() -> None:
        pending.append(begun(lambda: approve(shop, only(), by=shop.cast.anna)))
        waits_for_a_lock(pending[0])

    with before('INSERT INTO "cashdesk_variance"', begin_to_approve):
        send(shop, 2, session=belonging)
    assert pending[0].result(30).difference == 3
    send(shop, 4, session=belonging)
    assert_nothing_is_lost(shop)


@only_postgresql
@pytest.mark.parametrize("has_place", [True, False])
def test_late_money_waits_for_an_approval(shop: Shop, session: CashSession, has_place: bool) -> None:
    belonging = session if has_place else None
    send(shop, 1, session=belonging)
    variance = explain(shop, only())
    with transaction.atomic():
        approve(shop, variance, by=shop.cast.anna)
        pending = begun(lambda: send(shop, 2, session=belonging))
        waits_for_a_lock(pending)
    pending.result(30)
    assert_nothing_is_lost(shop)
    assert [found.difference for found in raised()] == [1, None]


@only_postgresql
def test_an_approval_waits_for_a_reversal_of_money_of_no_place(shop: Shop) -> None:
    send(shop, 1, 2)
    explain(shop, only())
    pending = []

    def begin_to_approve() -> None:
        pending.append(begun(lambda: approve(shop, only(), by=shop.cast.anna)))
        waits_for_a_lock(pending[0])

    with before('INSERT INTO "cashdesk_variance"', begin_to_approve):
        shop.reverse(Movement.objects.get(amount=2))
    assert pending[0].result(30).difference == 1


@only_postgresql
def test_an_approval_waits_for_a_decision_on_money_of_no_place(shop: Shop) -> None:
    send(shop, 1)
    report = report_of(2, paid_at=shop.at, store=str(shop.cast.store.uuid), status=PaymentStatus.PENDING, id="slow")
    record_payments(reports=[report], by=shop.by(), at=shop.tick())
    explain(shop, only())
    pending = []

    def begin_to_approve() -> None:
        pending.append(begun(lambda: approve(shop, only(), by=shop.cast.anna)))
        waits_for_a_lock(pending[0])

    with before('INSERT INTO "cashdesk_variance"', begin_to_approve):
        decide_payment(external_id="slow", status=PaymentStatus.APPROVED, by=shop.by(), at=shop.tick())
    assert pending[0].result(30).difference == 3


@pytest.mark.parametrize("has_place", [True, False])
def test_tills_that_send_while_managers_approve(shop: Shop, session: CashSession, has_place: bool) -> None:
    belonging = session if has_place else None
    powers = iter(range(40))

    def till(own: list[int]) -> list[str]:
        return [outcome_of(lambda amount=2**power: send(shop, amount, session=belonging)) for power in own]  # type: ignore[misc]

    def manager() -> list[str]:
        return [
            outcome_of(lambda of=variance: approve(shop, explain(shop, of), by=shop.cast.anna))  # type: ignore[misc]
            for _turn in range(10)
            for variance in queries.waiting(Variance.objects.all())
        ]

    batches = [[next(powers) for _ in range(10)] for _ in range(3)]
    *sent, _approved = at_once([*(lambda own=own: till(own) for own in batches), manager])  # type: ignore[misc]
    assert sent == [["done"] * 10] * 3
    assert_nothing_is_lost(shop)
