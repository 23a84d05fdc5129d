"""Reconciliations, read-only: each row is a snapshot that never changes (law 4)."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.columns import NOTHING, amount_shown, day, link_to, link_to_list, moment, money
from cashdesk.admin_base.model_admin import ReadOnlyAdmin, StoreFilter, principal_of
from cashdesk.admin_base.scopes import of_stores, register_scope
from cashdesk.domain.visibility import note_seen
from cashdesk.models import AuditEntry
from reconciliations import queries
from reconciliations.domain.business_day_close import day_of
from reconciliations.enums import DayState, DiscrepancyType
from reconciliations.models import Reconciliation

register_scope(Reconciliation, of_stores("store"))

SIGN_OF = {
    DiscrepancyType.MATCH: Q(discrepancy=0),
    DiscrepancyType.SHORTAGE: Q(discrepancy__lt=0),
    DiscrepancyType.OVERAGE: Q(discrepancy__gt=0),
}


class TypeFilter(admin.SimpleListFilter):
    """Filters by match, shortage or overage."""

    title = gettext_lazy("Type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(type_.value, _(type_.label)) for type_ in DiscrepancyType]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(SIGN_OF[DiscrepancyType(value)]) if value in DiscrepancyType else queryset.none()


class StandingFilter(admin.SimpleListFilter):
    """Filters by whether a later reconciliation replaced the row."""

    title = gettext_lazy("Standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("stands", _("Current")), ("superseded", _("Superseded"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.value() is None:
            return queryset
        if self.value() == "stands":
            return queryset.filter(superseded_by__isnull=True)
        # An index has those that supersede another. A join with each row would read them all.
        later = Reconciliation.objects.filter(supersedes__isnull=False).order_by()
        return queryset.filter(pk__in=later.values("supersedes"))


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__", "store", day("business_date"), "operator", money("system_amount", label=gettext_lazy("System")),
        money("declared_amount", label=gettext_lazy("Declared")), money("discrepancy"), "type_shown", "reason_shown",
        "standing", "reporter", moment("reported_at"),
    )  # fmt: skip
    joined = (
        "store", "operator", "authorization", "supersedes", "superseded_by", "reported_by_user", "reported_with",
    )  # fmt: skip
    list_filter = (StoreFilter, TypeFilter, StandingFilter, "reason", "is_post_close", "business_date")
    search_fields = ("pk", "uuid", "operator_uid")
    search_help_text = gettext_lazy("Number or UUID of a reconciliation, or its operator as it was sent")
    ordering = ("-reported_at", "-pk")
    fields = (
        "uuid", "store", day("business_date"), "operator", "operator_uid", "currency",
        money("system_amount", label=gettext_lazy("System")),
        money("declared_amount", label=gettext_lazy("Declared")), money("discrepancy"), "type_shown", "reason_shown",
        "notes", "late_shown", "adjusted_system", "adjusted_discrepancy", "standing", "approval", "supersedes_link",
        "superseded_by_link", "authorization_link", "reporter", moment("reported_at"), "belonging",
    )  # fmt: skip

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Adds the late money of the reconciliation, and whether it still awaits approval."""
        found = super().get_object(request, object_id, from_field)
        shown = queries.reconciliations(by=principal_of(request), store=found.store).get(pk=found.pk)
        found.late_amount, found.still_awaits_approval = shown.late_amount, shown.still_awaits_approval  # type: ignore[attr-defined]  # annotated
        return found

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Writes an audit entry first, because on an open day the adjusted figure is the expected amount (law 5)."""
        row: Reconciliation = context["original"]
        if day_of(store=row.store, on=row.business_date).state == DayState.OPEN:
            note_seen(
                subject=f"store:{row.store_id}",
                by=principal_of(request),
                at=timezone.now(),
                store=row.store,
                detail={"reconciliation": row.pk},
            )
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("Type"))
    def type_shown(self, row: Reconciliation) -> str:
        return _(DiscrepancyType.of(row.discrepancy).label)

    @admin.display(description=gettext_lazy("Reason"))
    def reason_shown(self, row: Reconciliation) -> str:
        return row.get_reason_display() or NOTHING

    @admin.display(description=gettext_lazy("Standing"))
    def standing(self, row: Reconciliation) -> str:
        """Shows whether a later reconciliation replaced this row, and whether the day was already closed."""
        standing = _("superseded") if hasattr(row, "superseded_by") else _("stands")
        return _("%(standing)s, after the close") % {"standing": standing} if row.is_post_close else standing

    @admin.display(description=gettext_lazy("Approval"))
    def approval(self, row: Any) -> str:
        return _("awaited") if row.still_awaits_approval else NOTHING

    @admin.display(description=gettext_lazy("Reported by"))
    def reporter(self, row: Reconciliation) -> str:
        """Shows the name of the person or key, and in brackets the `reportedBy` text of the API."""
        named = row.reported_by_user or (row.reported_with and row.reported_with.name)
        return f"{named} ({row.reported_by})" if named else row.reported_by

    @admin.display(description=gettext_lazy("Late"))
    def late_shown(self, row: Reconciliation) -> str:
        """Shows the money that arrived for the same scope after the reconciliation."""
        return amount_shown(_late(row), row.currency)

    @admin.display(description=gettext_lazy("Adjusted system"))
    def adjusted_system(self, row: Reconciliation) -> str:
        """Shows the system amount plus late money."""
        return amount_shown(row.system_amount + _late(row), row.currency)

    @admin.display(description=gettext_lazy("Adjusted discrepancy"))
    def adjusted_discrepancy(self, row: Reconciliation) -> str:
        """Shows the discrepancy minus late money."""
        return amount_shown(row.discrepancy - _late(row), row.currency)

    @admin.display(description=gettext_lazy("Supersedes"))
    def supersedes_link(self, row: Reconciliation) -> str:
        return link_to(row.supersedes) if row.supersedes else NOTHING

    @admin.display(description=gettext_lazy("Superseded by"))
    def superseded_by_link(self, row: Reconciliation) -> str:
        return link_to(row.superseded_by) if hasattr(row, "superseded_by") else NOTHING

    @admin.display(description=gettext_lazy("Authorization"))
    def authorization_link(self, row: Reconciliation) -> str:
        return link_to(row.authorization) if row.authorization else NOTHING

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, row: Reconciliation) -> SafeString:
        return format_html("{}", link_to_list(AuditEntry, text=_("Audit trail"), q=f"reconciliation:{row.pk}"))


def _late(row: Any) -> int:
    return int(row.late_amount)
