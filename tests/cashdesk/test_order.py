"""The laws of orders, and orders that several people pay at once."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.payment.order import cancel_order, create_order
from cashdesk.domain.payment.order_payment import pay_order
from cashdesk.enums import OrderType, PlaceKind
from cashdesk.models import Order, Payment, PaymentMethod
from cashdesk.triggers import laws_of
from tests import roles
from tests.cashdesk.desk import NOON, minutes, open_drawer, pay
from tests.stories import Cast, make_cast
from tests.web.side_by_side import at_once, database_for_threads, outcome_of

ROUNDS = 4
FROZEN, _words = laws_of("cashdesk").frozen["order"]


def order_of(cast: Cast, total: int = 750) -> Order:
    return create_order(
        store=cast.store, net_total=total, order_type=OrderType.TAKEAWAY, by=Principal(user=cast.carla), at=NOON
    )


def cash_of(cast: Cast) -> PaymentMethod:
    return PaymentMethod.objects.get(account=cast.store.account, code="CASH")


@pytest.fixture
def shared(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield make_cast()


def test_an_order_that_is_paid_and_cancelled_at_once_ends_once(shared: Cast) -> None:
    by = Principal(user=shared.carla)
    session = open_drawer(shared.carla, 0, station=1)
    for number in range(1, ROUNDS + 1):
        told = {"order": order_of(shared), "by": by, "at": minutes(1)}
        paying = partial(pay_order, session=session, method=cash_of(shared), received=1000, **told)
        acts = [paying, paying, partial(cancel_order, **told)]
        outcomes = at_once([partial(outcome_of, act) for act in acts])
        assert sorted(outcomes) == ["Conflict", "Conflict", "done"], number
        order = Order.objects.get(pk=told["order"].pk)
        assert order.status == ("CANCELLED" if outcomes[2] == "done" else "PAID")
        assert order.version == 2
    paid = Order.objects.filter(status="PAID").count()
    assert (Payment.objects.count(), shared.book(PlaceKind.REGISTER, 1)) == (paid, 750 * paid)
    assert list(faults_of_store(shared.store)) == []


@pytest.mark.parametrize("column", [column for column in FROZEN if column != "created_with_id"])
def test_what_an_order_costs_never_changes(cast: Cast, column: str) -> None:
    order = order_of(cast)
    values = {
        "uuid": cast.carla.uuid,
        "net_total": 1,
        "store_id": cast.otto.store_id,
        "created_at": minutes(9),
        "currency": "USD",
    }
    value = values.get(column, cast.otto.pk if column == "created_by_id" else "other")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic(), roles.owning(connection):
        Order.objects.filter(pk=order.pk).update(**{column: value})


def test_an_order_that_ended_stays(cast: Cast) -> None:
    by = Principal(user=cast.carla)
    cancelled = cancel_order(order=order_of(cast), by=by, at=NOON)
    paid = pay_order(
        order=order_of(cast), session=open_drawer(cast.carla, 0), method=cash_of(cast), received=750, by=by, at=NOON
    )
    for order in (cancelled, paid):
        with (
            pytest.raises(DatabaseError, match="a paid or cancelled order never changes"),
            transaction.atomic(),
            roles.owning(connection),
        ):
            Order.objects.filter(pk=order.pk).update(version=9)
        with (
            pytest.raises(DatabaseError, match="order is never deleted"),
            transaction.atomic(),
            roles.owning(connection),
        ):
            order.delete()


def test_an_order_is_paid_by_one_payment_that_pays_no_other(cast: Cast) -> None:
    payment = pay(open_drawer(cast.carla, 0), 750)
    first, second = order_of(cast), order_of(cast)
    for wrong in ({"status": "PAID"}, {"payment": payment}, {"status": "CANCELLED", "payment": payment}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(pk=first.pk).update(**wrong)
    Order.objects.filter(pk=first.pk).update(status="PAID", payment=payment)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=second.pk).update(status="PAID", payment=payment)
