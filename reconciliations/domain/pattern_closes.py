"""Reads the closes of a store for its patterns: what was counted, with late money and approved corrections.

A close belongs to a person if its own cashier counted it, in the store's currency, with at least one cash payment or
refund. All others are left out (docs/patterns.md, "The data").
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q, QuerySet

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.tolerance import tolerance_of
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import CASH, MovementKind, PlaceKind, SessionStatus
from cashdesk.models import AuditEntry, CashSession, Movement, Place, Store
from reconciliations.enums import Act
from reconciliations.models import CloseFacts, VarianceEvent
from reconciliations.patterns.close import Close

NO_SALE: Final = "register.no_sale"
BATCH: Final = 500
"""How many closes one statement reads the facts of."""


# Not frozen: a look makes thousands of them, and a frozen one takes three times as long.
@dataclass(slots=True, kw_only=True)
class CountedClose:
    """A close that belongs to a person. Amounts are in minor units of the store's currency.

    `difference` is the frozen difference, less late money, plus approved corrections of recounts.
    """

    session: int
    cashier: int
    register: int
    business_date: date
    closed_at: datetime
    difference: int
    tolerance: int
    sales: int
    no_sales: int
    refunds: int
    paid_outs: int

    @property
    def is_short_above_tolerance(self) -> bool:
        """Whether so much is missing that it must be explained."""
        return self.difference < -self.tolerance

    @property
    def as_close(self) -> Close:
        """The close as the statistics see it."""
        return Close(
            difference=self.difference,
            sales=self.sales,
            cashier=self.cashier,
            register=self.register,
            weekday=self.business_date.weekday(),
            no_sales=self.no_sales,
            refunds=self.refunds,
            paid_outs=self.paid_outs,
        )


def registers_of(store: Store) -> dict[int, Place]:
    """Returns the registers of a store by id."""
    return {one.pk: one for one in store.places.filter(kind=PlaceKind.REGISTER)}


def counted_closes(
    *,
    store: Store,
    registers: Mapping[int, Place],
    first: date,
    last: date,
    as_of: datetime | None = None,
    cashier: int | None = None,
    by: Principal | None = None,
) -> list[CountedClose]:
    """Returns the closes of business dates from `first` to `last`, by the time of the close. Runs three statements.

    Reads only closes whose facts are kept (`keep_facts`). `registers` are those of the store (`registers_of`).

    - With `as_of`, as the books were at that instant: later closes, late money and corrections are left out.
    - With `cashier`, only the closes of that person.
    - With `by`, only closes whose result this person may see, and whose drawer waits for no other count (law 5).
    """
    rows = CashSession.objects.filter(
        store=store, business_date__gte=first, business_date__lte=last, facts__is_own=True, facts__sales__gte=1
    )
    late = Movement.objects.filter(
        late_for__in=registers,
        session__business_date__gte=first,
        session__business_date__lte=last,
        method=CASH,
        currency=store.currency,
    )
    corrections = VarianceEvent.objects.filter(
        act=Act.APPROVE,
        movement__isnull=False,
        variance__store=store,
        variance__session__business_date__gte=first,
        variance__session__business_date__lte=last,
        variance__currency=store.currency,
        variance__method=CASH,
    )
    if cashier is not None:
        rows, late = rows.filter(user=cashier), late.filter(session__user=cashier)
        corrections = corrections.filter(variance__session__user=cashier)
    if by is not None:
        rows = with_shown_result(rows, by=by).filter(Q(shows_result=True) & Q(awaits_count=False))
    if as_of is not None:
        rows, late = rows.filter(closed_at__lt=as_of), late.filter(recorded_at__lt=as_of)
        corrections = corrections.filter(at__lt=as_of)
    moved = _effects(late, corrections)
    found = rows.order_by("closed_at", "pk").values_list(
        "pk", "user_id", "register_id", "business_date", "closed_at", "difference", "expected_amount",
        "facts__sales", "facts__no_sales", "facts__refunds", "facts__paid_outs",
    )  # fmt: skip
    return [
        CountedClose(
            session=pk,
            cashier=user,
            register=register,
            business_date=on,
            closed_at=at,
            difference=difference + moved[pk],
            tolerance=tolerance_of(store=store, place=registers[register], expected=expected, currency=store.currency),
            sales=sales,
            no_sales=no_sales,
            refunds=refunds,
            paid_outs=paid_outs,
        )
        for pk, user, register, on, at, difference, expected, sales, no_sales, refunds, paid_outs in found
        # A closed session has all three. Facts are only kept of closed sessions.
        if at is not None and difference is not None and expected is not None
    ]


def _effects(late: "QuerySet[Movement]", corrections: "QuerySet[VarianceEvent]") -> Mapping[int, int]:
    """Returns by how much late money and corrections change the difference of each session.

    A late sale explains money that was over at the count, so it lowers the difference.
    """
    effects: dict[int, int] = defaultdict(int)
    for session, amount, source, destination in late.values_list(
        "session_id", "amount", "source__kind", "destination__kind"
    ):
        effects[session] -= amount if destination == PlaceKind.OVER_SHORT else 0
        effects[session] += amount if source == PlaceKind.OVER_SHORT else 0
    for session, amount, source in corrections.values_list(
        "variance__session_id", "movement__amount", "movement__source__kind"
    ):
        effects[session] += amount if source == PlaceKind.OVER_SHORT else -amount
    return effects


def keep_facts(*, store: Store, first: date) -> int:
    """Keeps the facts of closed sessions from `first` on that have none yet. Returns how many it kept.

    Runs one statement if there are none. Facts never change, so two callers at once write the same rows.
    """
    waiting = CashSession.objects.filter(
        ~Q(status=SessionStatus.OPEN), store=store, business_date__gte=first, facts__isnull=True
    )
    sessions = list(waiting.order_by("pk"))
    for at in range(0, len(sessions), BATCH):
        batch = sessions[at : at + BATCH]
        CloseFacts.objects.bulk_create(_facts(batch, store=store), ignore_conflicts=True)
    return len(sessions)


def _facts(sessions: list[CashSession], *, store: Store) -> Iterable[CloseFacts]:
    kinds: dict[int, Counter[str]] = defaultdict(Counter)
    moved = Movement.objects.filter(
        session__in=[one.pk for one in sessions],
        kind__in=(MovementKind.SALE, MovementKind.REFUND, MovementKind.PAID_OUT),
        method=CASH,
        is_late=False,
        reverses__isnull=True,
    )
    for session, kind in moved.order_by().values_list("session_id", "kind"):
        kinds[session][kind] += 1
    no_sales = _no_sales(sessions)
    for one in sessions:
        of = kinds[one.pk]
        yield CloseFacts(
            session=one,
            is_own=one.is_counted and one.currency == store.currency and one.closed_by_id in (None, one.user_id),
            sales=of[MovementKind.SALE] + of[MovementKind.REFUND],
            refunds=of[MovementKind.REFUND],
            paid_outs=of[MovementKind.PAID_OUT],
            no_sales=no_sales[one.pk],
        )


def _no_sales(sessions: list[CashSession]) -> Mapping[int, int]:
    """Returns how often each drawer was opened without a sale while its session was open."""
    places = {f"place:{one.register_id}" for one in sessions}
    noted = AuditEntry.objects.filter(
        action=NO_SALE, subject__in=places, at__gte=min(one.opened_at for one in sessions)
    ).values_list("subject", "at")
    openings: dict[str, list[datetime]] = defaultdict(list)
    for subject, at in noted:
        openings[subject].append(at)
    return {
        one.pk: sum(1 for at in openings[f"place:{one.register_id}"] if one.opened_at <= at <= (one.closed_at or at))
        for one in sessions
    }
