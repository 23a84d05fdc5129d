"""Expected cash of a store-day, whole or one operator's: the one sum, read per business date instead of per period.

What should be in the drawers is floats and loans brought in, cash sales less refunds as billed, the rounding of both,
paid in less paid out, and what was carried over from the days before. Drops and returns stay in the store and do not
count for the day; a drop leaves the operator's drawer, so for one operator it does. One operator's cash is that of the
drawers that they held (docs/decisions/0014).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet, Sum

from cashdesk.domain import expected_day as day
from cashdesk.domain.expected_day import EFFECT
from cashdesk.enums import CASH, MovementKind, PaymentStatus, PaymentType
from cashdesk.models import CashSession, Payment, Store, User
from reconciliations.domain.carried_over import CarriedOver, carried_over
from reconciliations.domain.custody import Seen, cancelled, held_payments, with_holder
from reconciliations.domain.reused import reused_cash

EVERYTHING: Final = Seen()

PARTS: Final = {
    MovementKind.FLOAT: "opening_float",
    MovementKind.LOAN: "opening_float",
    MovementKind.SALE: "sales",
    MovementKind.REFUND: "refunds",
    MovementKind.PAID_IN: "paid_in",
    MovementKind.PAID_OUT: "paid_out",
    MovementKind.DROP: "drops",
}


@dataclass(kw_only=True)
class Takings:
    """What was taken in payments of one group. Amounts are minor units; `cash_on_hand` is what the cash among them left."""

    transactions: int = 0
    approved: int = 0
    rejected: int = 0
    pending: int = 0
    billed: int = 0
    tendered: int = 0
    change: int = 0
    cash_on_hand: int = 0


@dataclass(kw_only=True)
class CurrencyCash:
    """The parts of one currency, minor units. They add up: `system_cash` is what the drawers should hold."""

    currency: str
    opening_float: int = 0
    sales: int = 0
    refunds: int = 0
    rounding: int = 0
    """What payments moved minus what was billed, positive where the drawers hold more."""
    paid_in: int = 0
    paid_out: int = 0
    drops: int = 0
    takings: dict[tuple[Any, ...], Takings] = field(default_factory=lambda: defaultdict(Takings))
    """By (method, operator id, station, channel, service)."""

    @property
    def system_cash(self) -> int:
        """What should be there. `drops` is 0 unless it is one operator's."""
        traded = self.sales - self.refunds + self.rounding
        return self.opening_float + traded + self.paid_in - self.paid_out - self.drops

    def grouped(self, *columns: int) -> dict[tuple[Any, ...], Takings]:
        """Returns the takings summed over all but these columns of their key, in the order of the keys."""
        groups: dict[tuple[Any, ...], Takings] = defaultdict(Takings)
        for key, part in self.takings.items():
            whole = groups[tuple(key[column] for column in columns)]
            for name in vars(part):
                setattr(whole, name, getattr(whole, name) + getattr(part, name))
        return dict(sorted(groups.items(), key=lambda item: tuple(str(value) for value in item[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCash:
    """What a store-day should hold, by currency; `carried` is what of it the day began with."""

    store: Store
    business_date: date
    operator: User | None
    currencies: dict[str, CurrencyCash]
    carried: CarriedOver

    def of(self, currency: str) -> CurrencyCash:
        """Returns one currency; empty where nothing moved in it."""
        return self.currencies.get(currency) or CurrencyCash(currency=currency)


def expected_cash(
    *, store: Store, business_date: date, operator: User | None = None, seen: Seen = EVERYTHING
) -> ExpectedCash:
    """Returns the expected cash of a store's business date, or of one operator's part of it, as `seen` tells it.

    A fixed number of statements, each within an index: store and business date, or ranges of ids of places.
    """
    currencies: dict[str, CurrencyCash] = {store.currency: CurrencyCash(currency=store.currency)}

    def of(currency: str) -> CurrencyCash:
        return currencies.setdefault(currency, CurrencyCash(currency=currency))

    movements = day.drawer_movements().filter(store=store, business_date=business_date, pk__lte=seen.movement)
    payments = Payment.objects.filter(store=store, business_date=business_date)
    if operator is not None:
        movements, payments = of_holder(movements, operator.pk), held_payments(payments, operator=operator)
    for row in day.drawer_cash(movements):
        _add_movements(of(row["currency"]), row, is_operator=operator is not None)
    for row in day.payments(payments):
        _add_payments(of(row["currency"]), row)
    carried = carried_over(store=store, on=business_date, operator=operator, seen=seen)
    for currency, amount in carried.amounts.items():
        of(currency).opening_float += amount
    for currency, amount in _begun_with(store=store, on=business_date, operator=operator, seen=seen):
        of(currency).opening_float += amount
    reused = reused_cash(store=store, on=business_date, operator=operator, overnight=carried.session, seen=seen)
    for currency, amount in reused.items():
        of(currency).opening_float -= amount
    # The store's own currency first, the others by name.
    currencies = dict(sorted(currencies.items(), key=lambda item: (item[0] != store.currency, item[0])))
    return ExpectedCash(
        store=store,
        business_date=business_date,
        operator=operator,
        currencies=currencies,
        carried=carried,
    )


def of_holder(movements: "QuerySet[Any]", operator: Any) -> "QuerySet[Any]":
    """Narrows cash movements to those of the drawers that one person held.

    The float of a session is left out: what its cashier counted at the opening stands for it, wherever that came from. So is
    its reversal: a cancelled opening is not counted.
    """
    floats = Q(kind=MovementKind.FLOAT, session__isnull=False)
    return with_holder(movements).filter(holder=operator).exclude(floats)


def _begun_with(*, store: Store, on: date, operator: User | None, seen: Seen) -> Iterable[tuple[str, int]]:
    """Returns by currency what an operator counted at the openings of their sessions; of the whole store floats tell it."""
    if operator is None:
        return ()
    sessions = CashSession.objects.filter(store=store, business_date=on, user=operator, pk__lte=seen.session).order_by()
    sessions = sessions.exclude(cancelled(until=seen.seal))
    amounts: Iterable[tuple[str, int]] = (
        sessions.values("currency").annotate(total=Sum("start_amount")).values_list("currency", "total")
    )
    return amounts


def _add_movements(cash: CurrencyCash, row: dict[str, Any], *, is_operator: bool) -> None:
    kind = MovementKind(row["kind"])
    if kind == MovementKind.DROP and not is_operator:
        return
    # The parts are told as they are called: refunds, paid out and drops as what went out.
    part = PARTS[kind]
    setattr(cash, part, getattr(cash, part) + int(row["billed"]) * EFFECT[kind])
    cash.rounding += int(row["total"]) - int(row["billed"])
    if kind in (MovementKind.SALE, MovementKind.REFUND):
        key = (
            CASH, row["person"], row["payment__register__number"], row["payment__channel"] or "",
            row["payment__service"] or "",
        )  # fmt: skip
        cash.takings[key].cash_on_hand += int(row["total"])


def _add_payments(cash: CurrencyCash, row: dict[str, Any]) -> None:
    key = (row["method"], row["person"], row["register__number"], row["channel"], row["service"])
    takings = cash.takings[key]
    takings.transactions += row["n"]
    if row["status"] == PaymentStatus.REJECTED:
        takings.rejected += row["n"]
    elif row["status"] == PaymentStatus.PENDING:
        takings.pending += row["n"]
    else:
        takings.approved += row["n"]
        is_sale = row["type"] == PaymentType.SALE
        takings.billed += int(row["total"]) if is_sale else -int(row["total"])
        if row["method"] == CASH and is_sale:
            takings.tendered += int(row["in_hand"])
            takings.change += int(row["back"])
