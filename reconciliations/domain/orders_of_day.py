"""Counts the orders of a store's business day by state. The payments of an order decide its state."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from cashdesk.enums import PaymentStatus, PaymentType
from cashdesk.models import Payment, Store, User
from reconciliations.domain.operator_custody import cashier_of_session, held_payments
from reconciliations.enums import OrderState

_APPROVED: Final = Q(status=PaymentStatus.APPROVED)
_PENDING: Final = Q(status=PaymentStatus.PENDING)
_SALE: Final = Q(type=PaymentType.SALE)

# Reads one row for each order and currency: its first sale, with the sums over all its payments. An order is completed
# unless a sale is still pending, all sales were rejected, or refunds gave all of it back.
_BY_STATE: Final = """
SELECT currency, person, station, channel, service, state, COUNT(*), CAST(SUM(total) AS bigint) FROM (
    SELECT
        currency, person, station, channel, service,
        CASE
            WHEN pending_sales > 0 THEN 'OPEN'
            WHEN approved_sales = 0 OR (refunded > 0 AND refunded >= sold) THEN 'CANCELLED'
            ELSE 'COMPLETED'
        END AS state,
        CASE
            WHEN pending_sales > 0 THEN sold + pending
            WHEN approved_sales = 0 THEN billed
            WHEN refunded >= sold THEN sold
            ELSE sold - refunded
        END AS total
    FROM ({payments}) payments WHERE place_in_order = 1 AND is_sale = 1
) orders GROUP BY currency, person, station, channel, service, state
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The number of orders of one state and currency, and their total in minor units.

    An order belongs to the operator, register, channel and service of its first sale. The total of a completed order is
    its approved sales minus refunds. The total of an open or force-closed order is its approved and pending sales. The
    total of a cancelled order is its approved sales, or its first sale if no sale was approved.
    """

    currency: str
    state: OrderState
    operator: int | None
    station: int | None
    channel: str
    service: str
    count: int
    total: int


def orders_of_day(*, store: Store, on: date, operator: User | None = None, is_closed: bool) -> list[Orders]:
    """Counts the orders of a store's business day, grouped by the fields of `Orders`.

    With `operator`, counts only orders that were paid at drawers that this person held. Payments with the same order id
    and currency are one order. A payment without an order id is an order of its own. If the day is closed
    (`is_closed`), its open orders have the state FORCE_CLOSED. Runs one statement, which reads the index on store and
    business date.
    """
    payments = Payment.objects.filter(store=store, business_date=on)
    if operator is not None:
        payments = held_payments(payments, operator=operator)
    sql, params = _with_sums(payments).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_BY_STATE.format(payments=sql), params)
        rows: Iterable[Any] = cursor.fetchall()
    return [
        Orders(
            currency=currency,
            state=OrderState.FORCE_CLOSED if is_closed and state == OrderState.OPEN else OrderState(state),
            operator=person,
            station=station,
            channel=channel,
            service=service,
            count=count,
            total=int(total),
        )
        for currency, person, station, channel, service, state, count, total in rows
    ]


def counted(orders: Iterable[Orders], *states: OrderState, where: Callable[[Orders], bool] = lambda _one: True) -> int:
    """Returns the number of orders of these states."""
    return sum(one.count for one in orders if one.state in states and where(one))


def _with_sums(payments: "QuerySet[Payment]") -> "QuerySet[Any]":
    """Adds to each payment its position in its order, and the sums over the payments of the order."""
    # A payment without an order gets a key of its own.
    order = (F("currency"), F("order"), Case(When(order="", then=F("pk")), default=Value(0)))

    def over_order(amount: Any, condition: Q) -> Window:
        counted_amount = Case(When(condition, then=amount), default=Value(0), output_field=BigIntegerField())
        return Window(Sum(counted_amount), partition_by=order)

    amount, one = F("amount"), Value(1)
    is_sale = Case(When(_SALE, then=Value(1)), default=Value(0))
    return payments.order_by().values(
        "currency",
        "channel",
        "service",
        person=Coalesce("operator", cashier_of_session(), "reported_by", output_field=BigIntegerField()),
        station=F("register__number"),
        is_sale=is_sale,
        billed=amount,
        place_in_order=Window(RowNumber(), partition_by=order, order_by=(is_sale.desc(), F("pk").asc())),
        approved_sales=over_order(one, _SALE & _APPROVED),
        pending_sales=over_order(one, _SALE & _PENDING),
        sold=over_order(amount, _SALE & _APPROVED),
        pending=over_order(amount, _SALE & _PENDING),
        refunded=over_order(amount, ~_SALE & _APPROVED),
    )
