"""The steps of an export: begin, progress and end. Each export is recorded with the person who requested it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.domain.visibility import may_see_expected, note_seen, with_shown_result
from cashdesk.enums import Scope, SessionStatus
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import CashSession, Movement, Store
from cashdesk.transitions import leads_to
from reconciliations.enums import ExportState, FileFormat
from reconciliations.models import Export
from reconciliations.state_flow import FLOW
from settlements import queries as settlement_queries
from settlements.enums import SettlementState

ALL_TABLES: Final = "all"
"""The name under which an export of all tables of a store is recorded."""
DAYS_MAX: Final = 366
GIVEN_UP_AFTER: Final = timedelta(hours=1)
"""After this time without progress, an export counts as broken off, because its server has stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An export request: a table of a store between two business dates, both included."""

    table: str
    store: Store
    first_date: date
    last_date: date
    file_format: FileFormat
    number: UUID | None = None
    """The id for progress requests; random unless given."""


@transaction.atomic
def begin_export(*, wanted: Wanted, rows_total: int, by: Principal, at: datetime) -> Export:
    """Records the start of an export and returns it.

    Rows of a drawer that still awaits its count reveal its expected amount, so this writes an audit entry (law 5).
    Raises Forbidden for a cashier. Raises InvalidInput for a wrong range or a store out of scope, and if another export
    already has the id `wanted.number`.
    """
    if not (may_see_expected(by) and by.has_scope(Scope.CASH_MANAGEMENT_READ)):
        raise Forbidden(_("Only managers can export, because an export shows expected amounts."))
    refuse_range(first_date=wanted.first_date, last_date=wanted.last_date)
    if not by.stores().filter(pk=wanted.store.pk).exists():
        raise InvalidInput.of("store", _("Choose a store that you work in."))
    if wanted.number is not None:
        refuse_used_numbers([wanted.number])
    left_behind = Export.objects.filter(state=ExportState.RUNNING, progressed_at__lt=at - GIVEN_UP_AFTER)
    left_behind.update(state=ExportState.BROKEN_OFF, ended_at=at)
    export = Export(
        table=wanted.table,
        store=wanted.store,
        first_date=wanted.first_date,
        last_date=wanted.last_date,
        file_format=wanted.file_format,
        requested_by=by.label,
        requested_by_user=by.user,
        requested_with=by.token,
        begun_at=at,
        progressed_at=at,
        rows_total=rows_total,
    )
    if wanted.number is not None:
        export.uuid = wanted.number
    export.save(force_insert=True)
    detail = {"table": wanted.table, "from": wanted.first_date.isoformat(), "to": wanted.last_date.isoformat()}
    audit.note(
        action="export.begun", subject=f"export:{export.pk}", by=by, at=at, store=wanted.store,
        detail={**detail, "format": wanted.file_format},
    )  # fmt: skip
    _note_look(wanted=wanted, by=by, at=at)
    return export


def refuse_used_numbers(numbers: Collection[UUID]) -> None:
    """Raises InvalidInput if an export already has one of these ids."""
    if Export.objects.filter(uuid__in=numbers).exists():
        raise InvalidInput.of("export", _("This UUID was used before. Leave it out, or send a new one."))


def refuse_range(*, first_date: date, last_date: date) -> None:
    """Raises InvalidInput if the last date is before the first, or if the range is longer than a year."""
    refuse_backwards(first_date, last_date, field="to")
    if last_date - first_date >= timedelta(days=DAYS_MAX):
        raise InvalidInput.of(
            "to", _("Choose at most %(limit)s days. Export a longer period in parts.") % {"limit": DAYS_MAX}
        )


def note_progress(*, export: Export, rows_done: int, at: datetime) -> None:
    """Records how many rows are done. Does nothing if the export has ended."""
    export.rows_done = rows_done
    Export.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(rows_done=rows_done, progressed_at=at)


def end_export(*, export: Export, state: ExportState, rows_done: int, at: datetime) -> None:
    """Records the final state of an export. An ended export never changes."""
    before = [one for one, following in FLOW["export"].items() if leads_to(following, state)]
    Export.objects.filter(pk=export.pk, state__in=before).update(
        state=state, rows_done=rows_done, progressed_at=at, ended_at=at
    )


def _note_look(*, wanted: Wanted, by: Principal, at: datetime) -> None:
    """Writes an audit entry if the range includes drawers that still need a count."""
    store = wanted.store
    moved = Movement.objects.filter(
        store=store, business_date__gte=wanted.first_date, business_date__lte=wanted.last_date
    )
    inside = Exists(moved.filter(session=OuterRef("pk")))
    sessions = with_shown_result(CashSession.objects.filter(inside, store=store), by=by)
    waiting = sessions.filter(Q(status=SessionStatus.OPEN) | Q(awaits_count=True)).order_by("pk")
    settlements = settlement_queries.settlements(by=by).filter(
        ~Q(state=SettlementState.CLOSED) | Q(awaits_count=True),
        Exists(moved.filter(pk__gt=OuterRef("opened_after"))),
        store=store,
    )
    told = {
        "sessions": list(waiting.values_list("pk", flat=True)),
        "settlements": list(settlements.order_by("pk").values_list("pk", flat=True)),
    }
    if any(told.values()):
        note_seen(
            subject=f"store:{store.pk}", by=by, at=at, store=store,
            detail={noun: numbers for noun, numbers in told.items() if numbers},
        )  # fmt: skip
