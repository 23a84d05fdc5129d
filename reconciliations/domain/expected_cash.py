"""The expected cash of a store's business day, or of one operator's part: one sum over movements by business date.

Expected = carried over + floats + loans - reused cash + cash sales - refunds + rounding + paid in - paid out. Drops
and returns stay in the store, so they do not count for the whole day. For one operator a drop counts, because it
leaves their drawer. The cash of an operator is the cash of the drawers that they held (docs/decisions/0014).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet, Sum

from cashdesk.enums import CASH, MovementKind, PaymentStatus, PaymentType
from cashdesk.models import CashSession, Payment, Store, User
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import RULES
from reconciliations.domain import store_day_sums
from reconciliations.domain.carried_over_cash import CarriedOver, carried_over
from reconciliations.domain.operator_custody import Seen, cancelled, held_payments, with_holder
from reconciliations.domain.reused_cash import reused_cash
from reconciliations.domain.store_day_sums import DAY_EFFECTS

EVERYTHING: Final = Seen()


@dataclass(kw_only=True)
class Takings:
    """Totals of a group of payments, in minor units: sales minus refunds.

    `billed` includes `tax`, and `discount` is already subtracted from it. `cash_on_hand` is the cash that these
    payments left in the drawers.
    """

    transactions: int = 0
    approved: int = 0
    rejected: int = 0
    pending: int = 0
    billed: int = 0
    tendered: int = 0
    change: int = 0
    tax: int = 0
    discount: int = 0
    cash_on_hand: int = 0

    def add(self, other: "Takings") -> None:
        """Adds the totals of another group."""
        for name, amount in vars(other).items():
            setattr(self, name, getattr(self, name) + amount)


Groups = dict[tuple[Any, ...], Takings]


@dataclass(kw_only=True)
class CurrencyCash:
    """The parts of the expected cash in one currency, in minor units. They add up to `system_cash`."""

    currency: str
    opening_float: int = 0
    sales: int = 0
    refunds: int = 0
    rounding: int = 0
    """The amount moved by payments minus the amount billed. Positive if the drawers hold more."""
    paid_in: int = 0
    paid_out: int = 0
    drops: int = 0
    takings: Groups = field(default_factory=lambda: defaultdict(Takings))
    """The key is (method, operator id, station, channel, service)."""

    @property
    def system_cash(self) -> int:
        """The expected cash. For a whole store `drops` is 0, because drops stay in the store."""
        traded = self.sales - self.refunds + self.rounding
        return self.opening_float + traded + self.paid_in - self.paid_out - self.drops

    def grouped(self, *columns: int) -> Groups:
        """Groups the takings by `columns` (positions in their key). Sorts the groups by key."""
        groups: Groups = defaultdict(Takings)
        for key, part in self.takings.items():
            groups[tuple(key[column] for column in columns)].add(part)
        return dict(sorted(groups.items(), key=lambda item: tuple(str(value) for value in item[0])))


def nested(groups: Groups) -> dict[tuple[Any, ...], Groups]:
    """Nests groups: first by the first part of their key, then by the rest of the key."""
    outer: dict[tuple[Any, ...], Groups] = {}
    for key, part in groups.items():
        outer.setdefault(key[:1], {})[key[1:]] = part
    return outer


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCash:
    """The expected cash of a store's business day by currency. `carried` is the part that the day began with."""

    store: Store
    business_date: date
    operator: User | None
    currencies: dict[str, CurrencyCash]
    carried: CarriedOver

    def of(self, currency: str) -> CurrencyCash:
        """Returns the parts of one currency; all are 0 if it has no movements."""
        return self.currencies.get(currency) or CurrencyCash(currency=currency)


def expected_cash(
    *, store: Store, business_date: date, operator: User | None = None, seen: Seen = EVERYTHING
) -> ExpectedCash:
    """Returns the expected cash of a store's business day.

    With `operator`, includes only the drawers that this person held. `seen` limits the sum to the movements, sessions
    and seals up to these ids. The number of statements is fixed. Each reads from an index: by store and business date,
    or by ranges of movement ids.
    """
    currencies: dict[str, CurrencyCash] = {store.currency: CurrencyCash(currency=store.currency)}

    def of(currency: str) -> CurrencyCash:
        return currencies.setdefault(currency, CurrencyCash(currency=currency))

    movements = store_day_sums.drawer_movements().filter(
        store=store, business_date=business_date, pk__lte=seen.movement
    )
    payments = Payment.objects.filter(store=store, business_date=business_date)
    if operator is not None:
        movements, payments = of_holder(movements, operator.pk), held_payments(payments, operator=operator)
    for row in store_day_sums.drawer_cash(movements):
        _add_movements(of(row["currency"]), row, is_operator=operator is not None)
    for row in store_day_sums.payments(payments):
        _add_payments(of(row["currency"]), row)
    carried = carried_over(store=store, on=business_date, operator=operator, seen=seen)
    for currency, amount in carried.amounts.items():
        of(currency).opening_float += amount
    for currency, amount in _begun_with(store=store, on=business_date, operator=operator, seen=seen):
        of(currency).opening_float += amount
    reused = reused_cash(store=store, on=business_date, operator=operator, overnight=carried.session, seen=seen)
    for currency, amount in reused.items():
        of(currency).opening_float -= amount
    # The store's own currency comes first, the others by name.
    currencies = dict(sorted(currencies.items(), key=lambda item: (item[0] != store.currency, item[0])))
    return ExpectedCash(
        store=store,
        business_date=business_date,
        operator=operator,
        currencies=currencies,
        carried=carried,
    )


def of_holder(movements: "QuerySet[Any]", operator: Any) -> "QuerySet[Any]":
    """Filters cash movements by the person who held the drawer.

    Leaves out floats of sessions, because the sum uses the amount that the cashier counted at the opening instead.
    Leaves out reversals of floats, because a cancelled opening does not count.
    """
    floats = Q(kind=MovementKind.FLOAT, session__isnull=False)
    return with_holder(movements).filter(holder=operator).exclude(floats)


def _begun_with(*, store: Store, on: date, operator: User | None, seen: Seen) -> Iterable[tuple[str, int]]:
    """Returns an operator's opening amounts by currency.

    The result is empty for the whole store, because the store's sum uses the floats instead.
    """
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
    effect = DAY_EFFECTS[kind]
    if effect.stays_in_store and not is_operator:
        return
    # Every part is a positive amount. For refunds, paid out and drops, it is the money that went out.
    setattr(cash, effect.part, getattr(cash, effect.part) + int(row["billed"]) * effect.sign)
    cash.rounding += int(row["total"]) - int(row["billed"])
    if Origin.PAYMENT in RULES[kind].origins:
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
        sign = 1 if is_sale else -1
        takings.billed += int(row["total"]) * sign
        takings.tax += int(row["taxes"]) * sign
        takings.discount += int(row["discounts"]) * sign
        if row["method"] == CASH and is_sale:
            takings.tendered += int(row["in_hand"])
            takings.change += int(row["back"])
