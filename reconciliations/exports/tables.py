"""The exportable tables. To export another table, add a `Table` to TABLES. `trade_tables.py` has those of trade."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import Movement, Store, Variance
from reconciliations import queries
from reconciliations.enums import DiscrepancyType
from reconciliations.exports.table import STORE, Column, Form, Table, with_people
from reconciliations.exports.trade_tables import COUNT_PIECES, COUNTS, DEPOSITS, PAYMENTS, SESSIONS
from reconciliations.models import Reconciliation


def _movements(store: Store, by: Principal) -> "QuerySet[Any]":
    rows = Movement.objects.filter(store=store, store__in=by.stores())
    return with_people(rows, "recorded_by", cashier="session__user")


def _reconciliations(store: Store, by: Principal) -> "QuerySet[Any]":
    rows = queries.reconciliations(by=by, store=store).annotate(
        discrepancy_type=Case(
            When(discrepancy=0, then=Value(DiscrepancyType.MATCH.value)),
            When(discrepancy__lt=0, then=Value(DiscrepancyType.SHORTAGE.value)),
            default=Value(DiscrepancyType.OVERAGE.value),
            output_field=CharField(),
        ),
        adjusted_discrepancy=F("discrepancy") - F("late_amount"),
        stands=Q(is_superseded=False),
    )
    return with_people(rows, "operator", authorized_by="authorization__issued_by", reported_by="reported_by_user")


def _variances(store: Store, by: Principal) -> "QuerySet[Any]":
    is_counted = Q(difference__isnull=False, counted_amount__isnull=False)
    rows = (
        queries.variances(by=by)
        .filter(store=store)
        .annotate(adjusted_difference=Case(When(is_counted, then=F("difference") - F("late_amount")), default=None))
    )
    return with_people(rows, "person", "counted_by", "explained_by", "decided_by")


MOVEMENTS: Final = Table(
    name="movements",
    title=noop("Movements"),
    model=Movement,
    rows=_movements,
    columns=(
        Column.of("movement_id", "uuid"),
        Column.of("ledger_number", "pk", Form.WHOLE),
        *STORE,
        Column.of("business_date", form=Form.DATE),
        Column.of("recorded_at", form=Form.INSTANT),
        Column.of("occurred_at", form=Form.INSTANT),
        Column.of("kind"),
        Column.of("source", "source__kind"),
        Column.of("source_station", "source__number", Form.WHOLE),
        Column.of("destination", "destination__kind"),
        Column.of("destination_station", "destination__number", Form.WHOLE),
        Column.of("amount", form=Form.AMOUNT),
        Column.of("currency"),
        Column.of("method"),
        Column.of("session_id", form=Form.WHOLE),
        Column.of("shift_id", "session__uuid"),
        Column.of("cashier_code"),
        Column.of("cashier_name"),
        Column.of("payment_id", "payment__external_id"),
        Column.of("order", "payment__order"),
        Column.of("reverses_id", "reverses__uuid"),
        Column.of("is_late", form=Form.FLAG),
        Column.of("late_for", "late_for__kind"),
        Column.of("late_for_station", "late_for__number", Form.WHOLE),
        Column.of("reason"),
        Column.of("note"),
        Column.of("recorded_by_code"),
        Column.of("recorded_by_name"),
        Column.of("recorded_with_key", "recorded_with__prefix"),
    ),
)

RECONCILIATIONS: Final = Table(
    name="reconciliations",
    title=noop("Reconciliations"),
    model=Reconciliation,
    rows=_reconciliations,
    columns=(
        Column.of("reconciliation_id", "uuid"),
        *STORE,
        Column.of("business_date", form=Form.DATE),
        Column.of("operator_code"),
        Column.of("operator_name"),
        Column.of("currency"),
        Column.of("system_amount", form=Form.AMOUNT),
        Column.of("declared_amount", form=Form.AMOUNT),
        Column.of("discrepancy", form=Form.AMOUNT),
        Column.of("discrepancy_type"),
        Column.of("late_amount", form=Form.AMOUNT),
        Column.of("adjusted_discrepancy", form=Form.AMOUNT),
        Column.of("reason"),
        Column.of("notes"),
        Column.of("is_post_close", form=Form.FLAG),
        Column.of("awaits_approval", "still_awaits_approval", Form.FLAG),
        Column.of("authorization_id", "authorization__uuid"),
        Column.of("authorized_by_code"),
        Column.of("authorized_by_name"),
        Column.of("supersedes_id", "supersedes__uuid"),
        Column.of("stands", form=Form.FLAG),
        Column.of("reported_at", form=Form.INSTANT),
        Column.of("reported_by"),
        Column.of("reported_by_code"),
        Column.of("reported_by_name"),
    ),
)

VARIANCES: Final = Table(
    name="variances",
    title=noop("Variances"),
    model=Variance,
    rows=_variances,
    columns=(
        Column.of("variance_id", "uuid"),
        *STORE,
        Column.of("kind"),
        Column.of("state"),
        Column.of("is_escalated", form=Form.FLAG),
        Column.of("subject"),
        Column.of("place", "place__kind"),
        Column.of("station", "place__number", Form.WHOLE),
        Column.of("session_id", form=Form.WHOLE),
        Column.of("shift_id", "session__uuid"),
        Column.of("person_code"),
        Column.of("person_name"),
        Column.of("business_date", form=Form.DATE),
        Column.of("currency"),
        Column.of("method"),
        Column.of("expected_amount", form=Form.AMOUNT),
        Column.of("counted_amount", form=Form.AMOUNT),
        Column.of("difference", form=Form.AMOUNT),
        Column.of("late_amount", form=Form.AMOUNT),
        Column.of("adjusted_difference", form=Form.AMOUNT),
        Column.of("tolerance", form=Form.AMOUNT),
        Column.of("counted_by_code"),
        Column.of("counted_by_name"),
        Column.of("raised_at", form=Form.INSTANT),
        Column.of("reason"),
        Column.of("notes"),
        Column.of("explained_by_code"),
        Column.of("explained_by_name"),
        Column.of("explained_at", form=Form.INSTANT),
        Column.of("decided_by_code"),
        Column.of("decided_by_name"),
        Column.of("decided_at", form=Form.INSTANT),
        Column.of("repaid_amount", form=Form.AMOUNT),
    ),
)

TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        table.name: table
        for table in (RECONCILIATIONS, VARIANCES, MOVEMENTS, SESSIONS, COUNTS, COUNT_PIECES, PAYMENTS, DEPOSITS)
    }
)
