"""Reads what stands behind the declaration of a day: who made it, the drawers of the day, and how the expected is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import with_shown_result
from cashdesk.models import BusinessDay, CashSession, Variance
from reconciliations.domain.expected_cash import CurrencyCash, expected_cash
from reconciliations.domain.operator_custody import Seen
from reconciliations.enums import DayRule
from reconciliations.models import Reconciliation
from settlements.models import Settlement

SUBJECT: Final = "reconciliation:"
ROWS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredDay:
    """A declaration with the sessions and settlements of its day.

    `cash` has the parts of the expected amount. It is None while cash of the day still waits for a count (law 5).
    """

    declaration: Reconciliation
    sessions: Sequence[CashSession]
    settlements: Sequence[Settlement]
    cash: CurrencyCash | None


def declared_day(variance: Variance, *, by: Principal) -> DeclaredDay | None:
    """Returns the declaration that a variance is about, or None. The number of statements is fixed."""
    if not variance.subject.startswith(SUBJECT):
        return None
    made = (
        Reconciliation.objects.filter(pk=int(variance.subject.removeprefix(SUBJECT)), store=variance.store_id)
        .select_related("store", "operator", "reported_by_user")
        .first()
    )
    if made is None:
        return None
    sessions = CashSession.objects.filter(store=made.store, business_date=made.business_date, is_cancelled=False)
    # The bounds let the database follow the index of the newest settlements.
    begins = datetime.combine(made.business_date, time(), UTC)
    settlements = Settlement.objects.filter(
        store=made.store,
        business_date=made.business_date,
        opened_at__gte=begins - timedelta(days=2),
        opened_at__lt=begins + timedelta(days=3),
    )
    if made.operator is not None:
        sessions, settlements = sessions.filter(user=made.operator), settlements.filter(opened_by=made.operator)
    drawers = with_shown_result(sessions, by=by).select_related("user", "register", "store").order_by("pk")
    found: list[Any] = list(drawers[:ROWS_MAX])
    is_over = BusinessDay.objects.filter(store=made.store, date=made.business_date).exists()
    is_blind = any(one.is_open or one.awaits_count for one in found)
    is_told = is_over and not is_blind and made.rule == DayRule.CUSTODY
    return DeclaredDay(
        declaration=made,
        sessions=found,
        settlements=list(settlements.select_related("place").order_by("pk")[:ROWS_MAX]),
        cash=_cash_of(made) if is_told else None,
    )


def _cash_of(made: Reconciliation) -> CurrencyCash:
    seen = Seen(movement=made.as_of_movement, session=made.as_of_session, seal=made.as_of_seal)
    day = expected_cash(store=made.store, business_date=made.business_date, operator=made.operator, seen=seen)
    return day.of(made.currency)
