"""Cash sessions, which the shifts API calls shifts: read-only for everyone."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cashdesk.admin.base import ReadOnlyAdmin, StoreFilter, note_look
from cashdesk.admin.columns import NOTHING, day, link_to_list, moment, money
from cashdesk.domain.expected import late_cash_of
from cashdesk.models import AuditEntry, CashSession, Count, Movement, Payment
from cashdesk.money import to_text


@admin.register(CashSession)
class CashSessionAdmin(ReadOnlyAdmin):
    """One row per drawer that somebody had. Of an open one nothing tells what is expected (law 5): neither a figure nor
    how many movements there are.
    """

    list_display = (
        "id", "status", "store", "register", "user", money("start_amount"), money("declared_amount"), moment("opened_at"),
        moment("closed_at"), day("business_date"),
    )  # fmt: skip
    joined = ("store", "register", "user", "opened_by", "closed_by", "seal")
    list_filter = (StoreFilter, "status")
    date_hierarchy = "business_date"
    search_fields = ("pk", "uuid")
    search_help_text = "The number or UUID of a session, or a cashier's name"
    fields = (
        "uuid", "status", "store", "register", "user", day("business_date"), moment("opened_at"), "opened_by",
        money("start_amount"), money("opening_difference"), moment("closed_at"), "closed_by", money("declared_amount"),
        money("expected_amount"), money("difference"), "late_cash", "adjusted_difference", "seal", "belonging",
    )  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Finds a session by its number or by who had the drawer."""
        by_number, _repeats = super().get_search_results(request, queryset, search_term)
        if not search_term.strip():
            return by_number, False
        by_name = queryset.filter(
            Q(user__name__icontains=search_term.strip()) | Q(user__username__iexact=search_term.strip())
        )
        return by_number | by_name, False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Shows the page; a look at what an uncounted drawer should hold is noted (law 5)."""
        note_look(request, CashSession.objects.filter(pk=context["original"].pk))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="late cash")
    def late_cash(self, session: CashSession) -> str:
        """What arrived after the close and explains that much of the difference."""
        return NOTHING if session.is_open else to_text(late_cash_of(session), session.currency)

    @admin.display(description="adjusted difference")
    def adjusted_difference(self, session: CashSession) -> str:
        """The frozen difference without what late cash explains."""
        return (
            NOTHING
            if session.difference is None
            else to_text(session.difference - late_cash_of(session), session.currency)
        )

    @admin.display(description="belonging to it")
    def belonging(self, session: CashSession) -> SafeString:
        """The ways to the rows of this session."""
        return format_html(
            "{} · {} · {} · {}",
            link_to_list(Movement, text="Movements", session__exact=session.pk),
            link_to_list(Payment, text="Payments", session__exact=session.pk),
            link_to_list(Count, text="Counts", session__exact=session.pk),
            link_to_list(AuditEntry, text="Audit trail", q=f"session:{session.pk}"),
        )
