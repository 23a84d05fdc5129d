"""The cash that a business day begins with: the books of the registers before the day's first movement.

The day begins with the first cash movement whose business date is this day or later. Ids and business dates decide
this, not clocks. The book of a register before that movement is the balance of its last earlier seal plus the sum
of the movements since that seal (docs/decisions/0005, 0014).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import DateField, Func, OuterRef, Q, QuerySet, Subquery, Sum

from cashdesk.domain.ledger.expected import ID_MAX, moved_cash
from cashdesk.enums import CASH
from cashdesk.models import CashSession, Place, Seal, Store, User
from reconciliations.domain.operator_custody import (
    OVER_NIGHT_MAX,
    Seen,
    drawers_over_night,
    of_registers,
    session_over_night,
    with_holder,
)
from reconciliations.domain.store_day_sums import drawer_movements

# For each later date, this makes one index probe for the date and one for its first cash movement.
_FIRST: Final = """
WITH RECURSIVE later (day) AS (
    SELECT MIN(business_date) FROM cashdesk_movement WHERE store_id = %(store)s AND business_date >= %(day)s
    UNION ALL
    SELECT (SELECT MIN(m.business_date) FROM cashdesk_movement m
            WHERE m.store_id = %(store)s AND m.business_date > later.day)
    FROM later WHERE later.day IS NOT NULL
)
SELECT MIN(first) FROM (
    SELECT (SELECT MIN(m.id) FROM cashdesk_movement m
            WHERE m.store_id = %(store)s AND m.business_date = later.day AND m.method = 'CASH') AS first
    FROM later WHERE later.day IS NOT NULL
) firsts
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOver:
    """The carried-over cash in minor units by currency.

    `first_movement` is the id of the movement with which the day begins. `session` is the session that the operator
    had open overnight.
    """

    amounts: Mapping[str, int]
    first_movement: int
    session: CashSession | None = None


def carried_over(*, store: Store, on: date, operator: User | None, seen: Seen) -> CarriedOver:
    """Returns the cash that a business day begins with.

    For the whole store, this is the cash of all registers. With `operator`, it is the cash of the registers that they
    held.
    """
    begins = min(_first_movement(store=store, on=on), seen.movement + 1 if seen.movement < ID_MAX else ID_MAX)
    session, registers = None, None
    if operator is not None:
        session = session_over_night(store=store, on=on, operator=operator, before=begins, seen=seen)
        registers = drawers_over_night(store=store, on=on, operator=operator, before=begins, session=session)
    amounts: dict[str, int] = defaultdict(int)
    if registers is None or registers:
        for currency, amount in _books(store=store, registers=registers, before=begins):
            amounts[currency] += amount
    late_comers = overnight_movements(first_movement=begins, operator=operator).filter(
        store=store, business_date__in=days_before(on), pk__gte=begins, pk__lte=seen.movement
    )
    for currency, amount in (
        late_comers.values("currency").annotate(total=Sum("effect")).values_list("currency", "total")
    ):
        amounts[currency] += int(amount)
    amounts = {currency: amount for currency, amount in amounts.items() if amount}
    return CarriedOver(amounts=amounts, first_movement=begins, session=session)


def overnight_movements(*, first_movement: Any, operator: User | OuterRef | None) -> "QuerySet[Any]":
    """Returns cash movements that can belong to drawers that were open when a day began.

    These are all movements on time, and the late movements of sessions that were counted after the day's first
    movement. With `operator`, these are only movements of drawers that this person held.
    The caller must keep only earlier business dates and ids from `first_movement` on. The result is then the money of
    earlier days that a till reported after the day began.
    """
    # A subquery, because for a join PostgreSQL may read all sessions and seals there are.
    sealed = CashSession.objects.filter(pk=OuterRef("session")).order_by().values("seal__last_movement")
    movements = drawer_movements().alias(sealed_until=Subquery(sealed))
    movements = movements.filter(Q(is_late=False) | Q(sealed_until__gte=first_movement))
    return movements if operator is None else with_holder(movements).filter(holder=getattr(operator, "pk", operator))


class DaysBefore(Func):
    """A database function: subtracts a number of days from a date."""

    output_field = DateField()

    def __init__(self, expression: Any, days: int) -> None:
        super().__init__(expression)
        self.days = days

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Any:
        """Uses SQLite's `date` function, because SQLite stores dates as text."""
        return self.as_sql(compiler, connection, template=f"date(%(expressions)s, '-{self.days:d} days')")

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Any:
        """Uses minus, because PostgreSQL subtracts a number of days from a date."""
        return self.as_sql(compiler, connection, template=f"(%(expressions)s - {self.days:d})")


def days_before(on: date) -> list[date]:
    """Returns the OVER_NIGHT_MAX business dates before a day, newest first.

    Money of these dates that a till reports after the day began can still count as cash that the day begins with.
    """
    return [on - timedelta(days=back) for back in range(1, OVER_NIGHT_MAX.days + 1)]


def _first_movement(*, store: Store, on: date) -> int:
    """Returns the id of the first cash movement of this business date or later, or ID_MAX without such a movement."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, {"store": store.pk, "day": on})
        return int(cursor.fetchone()[0] or ID_MAX)


def _books(*, store: Store, registers: list[int] | None, before: int) -> Iterable[tuple[str, int]]:
    """Yields (currency, minor units). The amounts add up to the registers' cash before the movement `before`.

    A currency may come several times. `registers` is None for all registers of the store.
    """
    sealed = Seal.objects.filter(place=OuterRef("pk"), last_movement__lt=before).order_by("-last_movement", "-number")
    places = Place.objects.filter(of_registers(registers), Q(store=store)).annotate(
        after=Subquery(sealed.values("last_movement")[:1]), balances=Subquery(sealed.values("balances")[:1])
    )
    books = list(places.order_by("pk").values_list("pk", "after", "balances"))
    for _pk, _after, balances in books:
        for line in balances or ():
            if line["method"] == CASH:
                yield line["currency"], line["amount"]
    yield from moved_cash(periods=[(pk, after or 0) for pk, after, _balances in books], before=before)
