"""Expected cash of a store-day, whole or one operator's: the one sum, read per business date instead of per period.

What should be in the drawers is floats and loans brought in, cash sales less refunds, paid in less paid out. Drops and
returns stay in the store and do not count for the day; a drop leaves the operator's drawer, so for one operator it does
(docs/structure.md, section 3).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from cashdesk.enums import CASH, MovementKind, PaymentStatus, PaymentType, PlaceKind
from cashdesk.models import CashSession, Movement, Payment, Store, User

SIGN: Final = {
    MovementKind.FLOAT: 1,
    MovementKind.LOAN: 1,
    MovementKind.SALE: 1,
    MovementKind.REFUND: -1,
    MovementKind.PAID_IN: 1,
    MovementKind.PAID_OUT: -1,
    MovementKind.DROP: -1,
}
"""What a kind does to the cash in the drawers."""

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
    paid_in: int = 0
    paid_out: int = 0
    drops: int = 0
    takings: dict[tuple[Any, ...], Takings] = field(default_factory=lambda: defaultdict(Takings))
    """By (method, operator id, station, channel, service)."""

    @property
    def system_cash(self) -> int:
        """What should be there. `drops` is 0 unless it is one operator's."""
        return self.opening_float + self.sales - self.refunds + self.paid_in - self.paid_out - self.drops

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
    """What a store-day should hold, by currency; `as_of` is the last movement of its cash that was seen."""

    store: Store
    business_date: date
    operator: User | None
    currencies: dict[str, CurrencyCash]
    as_of: int

    def of(self, currency: str) -> CurrencyCash:
        """Returns one currency; empty where nothing moved in it."""
        return self.currencies.get(currency) or CurrencyCash(currency=currency)


def expected_cash(*, store: Store, business_date: date, operator: User | None = None) -> ExpectedCash:
    """Returns the expected cash of a store's business date, or of one operator's part of it.

    A fixed number of statements, each an aggregate within an index on store and business date.
    """
    currencies: dict[str, CurrencyCash] = {store.currency: CurrencyCash(currency=store.currency)}

    def of(currency: str) -> CurrencyCash:
        return currencies.setdefault(currency, CurrencyCash(currency=currency))

    as_of = 0
    for row in _moved(store=store, business_date=business_date, operator=operator):
        as_of = max(as_of, row["last"])
        _add_movements(of(row["currency"]), row, is_operator=operator is not None)
    for row in _paid(store=store, business_date=business_date, operator=operator):
        _add_payments(of(row["currency"]), row)
    if operator is not None:
        for currency, amount in _taken_over(store=store, business_date=business_date, operator=operator):
            of(currency).opening_float += amount
    return ExpectedCash(store=store, business_date=business_date, operator=operator, currencies=currencies, as_of=as_of)


def drawer_movements() -> "QuerySet[Any]":
    """Returns the cash movements that count, each with its `person` and its `effect` on the drawers (minor units).

    A person's movements are those of their payments and sessions; what belongs to neither is whose hand recorded it.
    """
    effect = Case(
        *(
            When(kind=kind, reverses__isnull=is_plain, then=F("amount") * (sign if is_plain else -sign))
            for kind, sign in SIGN.items()
            for is_plain in (True, False)
        )
    )
    # Money paid in and out of the vault is in no drawer.
    of_vault = Q(source__kind=PlaceKind.VAULT) | Q(destination__kind=PlaceKind.VAULT)
    at_vault = Q(kind__in=(MovementKind.PAID_IN, MovementKind.PAID_OUT)) & of_vault
    movements = Movement.objects.filter(method=CASH, kind__in=SIGN).exclude(at_vault).order_by()
    return movements.annotate(person=Coalesce("payment__operator", "session__user", "recorded_by"), effect=effect)


def _moved(*, store: Store, business_date: date, operator: User | None) -> Iterable[Any]:
    movements = drawer_movements().filter(store=store, business_date=business_date)
    if operator is not None:
        movements = movements.filter(person=operator.pk)
    rows: Iterable[Any] = movements.values(
        "currency", "kind", "person", "payment__register__number", "payment__channel", "payment__service"
    ).annotate(total=Sum("effect"), last=Max("pk"))
    return rows


def _add_movements(cash: CurrencyCash, row: dict[str, Any], *, is_operator: bool) -> None:
    kind = MovementKind(row["kind"])
    if kind == MovementKind.DROP and not is_operator:
        return
    # The parts are told as they are called: refunds, paid out and drops as what went out.
    part = PARTS[kind]
    setattr(cash, part, getattr(cash, part) + row["total"] * SIGN[kind])
    if kind in (MovementKind.SALE, MovementKind.REFUND):
        key = (
            CASH, row["person"], row["payment__register__number"], row["payment__channel"] or "",
            row["payment__service"] or "",
        )  # fmt: skip
        cash.takings[key].cash_on_hand += row["total"]


def _paid(*, store: Store, business_date: date, operator: User | None) -> Iterable[Any]:
    payments = Payment.objects.filter(store=store, business_date=business_date).order_by()
    payments = payments.annotate(person=Coalesce("operator", "session__user", "reported_by"))
    if operator is not None:
        payments = payments.filter(person=operator.pk)
    return payments.values(
        "currency", "method", "person", "register__number", "channel", "service", "type", "status"
    ).annotate(
        n=Count("pk"),
        total=Sum("amount"),
        # What came in and went out in cash where the till told only the amount.
        in_hand=Sum(Coalesce("tendered", "amount")),
        back=Sum(Coalesce("change", 0)),
    )


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
        takings.billed += row["total"] if is_sale else -row["total"]
        if row["method"] == CASH and is_sale:
            takings.tendered += row["in_hand"]
            takings.change += row["back"]


def _taken_over(*, store: Store, business_date: date, operator: User) -> Iterable[tuple[str, int]]:
    """Cash that an operator counted into custody without a float: it lay in a drawer that a settlement holds, or that was
    left uncounted.
    """
    floated = Movement.objects.filter(session=OuterRef("pk"), kind=MovementKind.FLOAT)
    sessions = CashSession.objects.filter(store=store, business_date=business_date, user=operator).order_by()
    taken_over = sessions.exclude(Exists(floated)).values("currency").annotate(total=Sum("start_amount"))
    return taken_over.values_list("currency", "total")
