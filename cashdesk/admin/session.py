"""The admin pages of cash sessions. They are read-only, with actions.

The actions count and close a drawer, cancel an opening, close a drawer without a count, and count it after its close.
"""

from datetime import datetime
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.core.validators import MaxLengthValidator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin.session_close import CloseWithCount
from cashdesk.admin.session_filters import (
    CashierFilter,
    DayFilter,
    RegisterFilter,
    ResultFilter,
    StateFilter,
    has_counted_results_only,
    state_in_words,
)
from cashdesk.admin.session_parts import PARTS
from cashdesk.admin_base.action_pages import ActingAdmin, ActPage, AmountField, Done, ReasonForm, units_of
from cashdesk.admin_base.columns import NOTHING, amount_shown, day, link_to_list, moment, money, table, told_of_handover
from cashdesk.admin_base.exact_search import exactly
from cashdesk.admin_base.model_admin import PEOPLE_FOUND_MAX, StoreFilter, note_look, principal_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.expected import late_cash_of
from cashdesk.domain.ledger.reversal import REASON_MAX
from cashdesk.domain.session.cancel_opening import cancel_opening, why_not_cancelled
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.session.foreign_cash import currencies_left
from cashdesk.domain.session.handover import handovers_waiting
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import SessionAct
from cashdesk.formats import style
from cashdesk.models import AuditEntry, CashSession, Count, Movement, Payment, Variance
from cashdesk.state_flow import FLOW
from cashdesk.templatetags.figures import signed


class ForceClose(ActPage):
    name = "force-close"
    label = gettext_lazy("Close drawer without a count")
    explanation = gettext_lazy(
        "This ends and seals the session without a count. No money is booked. The cash stays in the "
        "drawer until the next opening or a count afterwards. You cannot undo this."
    )

    def is_offered(self, row: CashSession, *, by: Principal) -> bool:
        return SessionAct.FORCE_CLOSE in FLOW["session"][row.status]

    def do(self, row: CashSession, form: ReasonForm, *, by: Principal, at: datetime) -> Done:
        force_close_session(session=row, by=by, at=at, reason=form.cleaned_data["reason"])
        return Done(message=_("%(session)s is closed without a count.") % {"session": row})


class CancelForm(ReasonForm):
    """Limits the reason to REASON_MAX characters, because the reversals of the movements store the same text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["reason"]
        field.max_length = REASON_MAX
        field.validators = [MaxLengthValidator(REASON_MAX)]


class CancelOpening(ActPage):
    name = "cancel-opening"
    label = gettext_lazy("Cancel opening")
    explanation = gettext_lazy(
        "The float goes back where it came from, and the register is free. The session stays on "
        "record as cancelled. This does not count the drawer. You cannot undo this."
    )
    form = CancelForm

    def refusal(self, row: CashSession, *, by: Principal) -> str | None:
        """Hides the action after the session has ended. For an open session, returns the reason for a refusal, or None."""
        return (why_not_cancelled(row, by=by) or None) if row.is_open else ""

    def do(self, row: CashSession, form: CancelForm, *, by: Principal, at: datetime) -> Done:
        cancel_opening(session=row, by=by, at=at, reason=form.cleaned_data["reason"])
        return Done(message=_("The opening of %(session)s is cancelled.") % {"session": row})


class CountedForm(ReasonForm):
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), help_text=gettext_lazy("Count each currency in the drawer separately.")
    )
    amount = AmountField(label=gettext_lazy("Cash in the drawer"))
    field_order = ("currency", "amount", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = currencies_left(self.row) or [self.row.currency]
        self.fields["currency"].choices = [(currency, currency) for currency in left]  # type: ignore[attr-defined]
        self.fields["amount"].help_text = _("In units of the currency, such as 250.00. Enter 0 if there was none.")
        if len(left) == 1:
            # With one currency there is nothing to choose.
            self.fields["currency"].widget = forms.HiddenInput()
            self.fields["currency"].initial = left[0]
            self.fields["currency"].required = False
            self.fields["amount"].label = _("Cash in the drawer, %(currency)s") % {"currency": left[0]}
        self.only = left[0] if len(left) == 1 else ""

    def clean_currency(self) -> str:
        return self.only or str(self.cleaned_data["currency"])

    def clean_amount(self) -> int:
        return units_of(self.cleaned_data["amount"], self.cleaned_data.get("currency", self.row.currency))


class CountAfterwards(ActPage):
    """Counts a drawer whose cash stayed there after a forced close, or after a handover that nobody has taken over."""

    name = "count-afterwards"
    label = gettext_lazy("Count drawer afterwards")
    explanation = gettext_lazy(
        "The sealed session does not change. The difference is booked now. The cash goes back to the "
        "safe, unless a settlement holds the drawer. You cannot undo this."
    )
    form = CountedForm

    def is_offered(self, row: CashSession, *, by: Principal) -> bool:
        """Whether the drawer still needs this count. The session's own cashier may not count it."""
        is_own = by.user is not None and by.user.pk == row.user_id
        return not is_own and bool(currencies_left(row))

    def do(self, row: CashSession, form: CountedForm, *, by: Principal, at: datetime) -> Done:
        counted = CountedAmount(currency=form.cleaned_data["currency"], amount=form.cleaned_data["amount"])
        count_afterwards(session=row, counted=counted, by=by, at=at, reason=form.cleaned_data["reason"])
        told = _("The drawer of %(session)s is counted: %(amount)s.")
        return Done(message=told % {"session": row, "amount": style().amount(counted.amount, counted.currency)})


@admin.display(description=gettext_lazy("Number"))
def number(session: CashSession) -> str:
    """Shows the number of a session."""
    return str(session.pk)


@admin.display(description=gettext_lazy("Difference"), ordering="difference")
def difference_shown(session: CashSession) -> str:
    """Shows the difference of a session that was counted, with its sign. Hides all others (law 5)."""
    if not session.is_counted or session.difference is None:
        return NOTHING
    return signed(session.difference, session.currency)


def _figure(session: CashSession, minor: int | None) -> str:
    """Shows a figure of a session whose drawer holds nothing that somebody still counts (law 5)."""
    waits = session.awaits_count  # type: ignore[attr-defined]  # from complete()
    return NOTHING if minor is None or waits or not session.is_counted else amount_shown(minor, session.currency)


OPENED_AT: Final = moment("opened_at")


@admin.register(CashSession)
class CashSessionAdmin(ActingAdmin):
    """One row per cash session. An open session shows neither expected figures nor the number of movements (law 5)."""

    list_display = (
        # The figures stand before people and places, so that a phone shows them without a swipe.
        number, "expected_amount_shown", "counted_amount_shown", difference_shown, "user", "state_shown", "register",
        "store", OPENED_AT, moment("closed_at"), day("business_date"),
    )  # fmt: skip
    joined = ("store", "register", "user", "opened_by", "closed_by", "seal")
    list_filter = (DayFilter, ResultFilter, StateFilter, StoreFilter, CashierFilter, RegisterFilter)
    date_hierarchy = "business_date"
    ordering = ("-opened_at", "-pk")
    search_fields = ("pk", "uuid")
    search_help_text = gettext_lazy("The number or UUID of a session, or a cashier's name")
    fields = (
        "uuid", "status", "cancelled", "store", "register", "user", day("business_date"), moment("opened_at"),
        "opened_by", money("start_amount", label=gettext_lazy("Float")), money("opening_difference"), "custody",
        moment("closed_at"), "closed_by", money("declared_amount", label=gettext_lazy("Counted")),
        money("expected_amount", label=gettext_lazy("Expected")), money("difference"), "late_cash",
        "adjusted_difference", "foreign_cash", "seal", "belonging", *PARTS,
    )  # fmt: skip
    acts: ClassVar[tuple[ActPage, ...]] = (CloseWithCount(), CancelOpening(), ForceClose(), CountAfterwards())

    def complete(self, rows: list[Any], request: HttpRequest) -> None:
        """Adds whether a drawer still needs a count, because the list then hides its figures (law 5)."""
        handed_over = CashSession.objects.filter(pk__in=[row.pk for row in rows if row.is_handed_over])
        shown = with_shown_result(handed_over, by=principal_of(request))
        waits = set(shown.filter(Q(awaits_count=True)).values_list("pk", flat=True))
        for row in rows:
            row.awaits_count = row.pk in waits

    def get_sortable_by(self, request: HttpRequest) -> tuple[Any, ...]:
        """Sorts by the difference only where all rows were counted: the order would tell the others' (law 5)."""
        return (OPENED_AT, difference_shown) if has_counted_results_only(request) else (OPENED_AT,)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Finds a session by its number or its cashier. Finds the people first, so that an index finds their sessions."""
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        people = principal_of(request).people(with_inactive=True)
        named = people.filter(Q(name__icontains=wanted) | Q(username__iexact=wanted)).order_by("pk")
        found = exactly(self.model, "pk", wanted) | exactly(self.model, "uuid", wanted)
        return queryset.filter(found | Q(user__in=list(named.values_list("pk", flat=True)[:PEOPLE_FOUND_MAX]))), False

    @admin.display(description=gettext_lazy("State"))
    def state_shown(self, session: CashSession) -> str:
        return state_in_words(session)

    @admin.display(description=gettext_lazy("Expected"))
    def expected_amount_shown(self, session: CashSession) -> str:
        return _figure(session, session.expected_amount)

    @admin.display(description=gettext_lazy("Counted"))
    def counted_amount_shown(self, session: CashSession) -> str:
        return _figure(session, session.declared_amount)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Writes an audit entry if the page shows the expected amount of an uncounted drawer (law 5)."""
        note_look(request, CashSession.objects.filter(pk=context["original"].pk))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("Handed over"))
    def custody(self, session: CashSession) -> str:
        """Shows the cash that was in the drawer before this session, and whether this session was a handover.

        For a handover, also shows whether the next cashier has taken over the drawer.
        """
        told = [told_of_handover(session)]
        if session.is_handed_over:
            waits = session in handovers_waiting(store=session.store)
            told.append(_("Handed over, not taken over yet") if waits else _("Handed over to the next cashier"))
        return ". ".join(filter(None, told)) or NOTHING

    @admin.display(description=gettext_lazy("Opening cancelled"))
    def cancelled(self, session: CashSession) -> str:
        """Shows text instead of Django's icon, which would be a red cross for "No"."""
        return _("Yes. It was opened by mistake and not counted.") if session.is_cancelled else _("No")

    @admin.display(description=gettext_lazy("Other currencies"))
    def foreign_cash(self, session: CashSession) -> str:
        """Shows the counts of other currencies at the close. Hides the expected amount of an uncounted currency."""
        rows = []
        for row in session.foreign_cash.all():
            figures = (row.counted_amount, row.expected_amount, row.difference)
            told = ["" if figure is None else amount_shown(figure, row.currency) for figure in figures]
            rows.append([row.currency, *(told if row.counted_amount is not None else [_("not counted"), "", ""])])
        return table(_("Other currencies"), [_("Currency"), _("Counted"), _("Expected"), _("Difference")], rows)

    @admin.display(description=gettext_lazy("Late cash"))
    def late_cash(self, session: CashSession) -> str:
        """Shows the cash that was booked late, after the close. It explains part of the frozen difference."""
        return NOTHING if session.is_open else amount_shown(late_cash_of(session), session.currency)

    @admin.display(description=gettext_lazy("Adjusted difference"))
    def adjusted_difference(self, session: CashSession) -> str:
        """Shows the frozen difference minus the late cash."""
        return (
            NOTHING
            if session.difference is None
            else amount_shown(session.difference - late_cash_of(session), session.currency)
        )

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, session: CashSession) -> SafeString:
        return format_html(
            "{} · {} · {} · {} · {}",
            link_to_list(Movement, text=_("Movements"), session__exact=session.pk),
            link_to_list(Payment, text=_("Payments"), session__exact=session.pk),
            link_to_list(Count, text=_("Counts"), session__exact=session.pk),
            link_to_list(Variance, text=_("Differences"), session__exact=session.pk, queue="all"),
            link_to_list(AuditEntry, text=_("Audit trail"), q=f"session:{session.pk}"),
        )
