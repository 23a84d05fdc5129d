"""Expected cash of a store-day, whole or one operator's: the one sum, read per business date instead of per period.

What should be in the drawers is floats and loans brought in, cash sales less refunds as billed, the rounding of both,
paid in less paid out. Drops and returns stay in the store and do not count for the day; a drop leaves the operator's
drawer, so for one operator it does (docs/structure.md, section 3).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from cashdesk.domain import expected_day as day
from cashdesk.domain.expected_day import EFFECT
from cashdesk.enums import CASH, MovementKind, PaymentStatus, PaymentType
from cashdesk.models import Store, User

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
    for row in day.drawer_cash(store=store, business_date=business_date, operator=operator):
        as_of = max(as_of, row["last"])
        _add_movements(of(row["currency"]), row, is_operator=operator is not None)
    for row in day.payments(store=store, business_date=business_date, operator=operator):
        _add_payments(of(row["currency"]), row)
    if operator is not None:
        for currency, amount in day.taken_over_by(store=store, business_date=business_date, operator=operator):
            of(currency).opening_float += int(amount)
    # The store's own currency first, the others by name.
    currencies = dict(sorted(currencies.items(), key=lambda item: (item[0] != store.currency, item[0])))
    return ExpectedCash(store=store, business_date=business_date, operator=operator, currencies=currencies, as_of=as_of)


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
