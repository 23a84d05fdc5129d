"""The variance queue: differences that wait for a decision, the actions on them, and their history."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActForm, ActingAdmin, ActPage, AmountField, Done, units_of
from cashdesk.admin_base.columns import (
    NOTHING,
    day,
    handed_over,
    link_to,
    link_to_list,
    moment,
    money,
    table,
    told_of_handover,
)
from cashdesk.admin_base.model_admin import StoreFilter
from cashdesk.admin_base.scopes import of_stores, register_scope
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.enums import ENDED_VARIANCES, Reason, VarianceKind
from cashdesk.formats import style
from cashdesk.models import AuditEntry, Variance
from cashdesk.queries import session_notes
from reconciliations.admin.variance_words import difference_of, headline_of, said_in
from reconciliations.domain.repayment import repaid_amount
from reconciliations.domain.variance_acts import (
    NOTES_MAX,
    approve_variance,
    escalate_variance,
    explain_variance,
    recount_variance,
    reject_variance,
    witness_variance,
)
from reconciliations.domain.variance_late_amount import late_amount
from reconciliations.domain.variance_permission import acts_open_to, can_recount
from reconciliations.enums import Act
from reconciliations.models import VarianceEvent

register_scope(Variance, of_stores("store"))
register_scope(VarianceEvent, of_stores("variance__store"))


class NotesForm(ActForm):
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        max_length=NOTES_MAX,
        required=False,
        error_messages={"required": gettext_lazy("Enter a note.")},
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text=gettext_lazy("Shown in the history of this difference."),
    )


class SaidForm(NotesForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["notes"].required = True


def reasons_in_words() -> list[tuple[str, str]]:
    """Returns the choices of reasons, and before them the one that asks to choose."""
    return [("", _("Choose a reason")), *((reason.value, _(reason.label)) for reason in Reason)]


class ExplainForm(NotesForm):
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=reasons_in_words,
        error_messages={"required": gettext_lazy("Choose a reason.")},
    )
    field_order = ("reason", "notes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # After a rejection the person edits the previous explanation.
        self.initial.setdefault("reason", self.row.reason)
        self.initial.setdefault("notes", self.row.notes)


class RecountForm(NotesForm):
    amount = AmountField()
    field_order = ("amount", "notes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Counted amount in %(currency)s") % {"currency": self.row.currency}
        self.fields["amount"].help_text = _("An amount such as 250.00. If there is no cash, enter 0.")

    def clean_amount(self) -> int:
        return units_of(self.cleaned_data["amount"], self.row.currency)


class VarianceAct(ActPage):
    """An action on a variance. The page offers it if the domain allows it."""

    act: ClassVar[Act]
    form = NotesForm

    def is_offered(self, row: Variance, *, by: Principal) -> bool:
        return self.act in acts_open_to(row, by=by)

    def told(self, row: Variance) -> str:
        return f"{headline_of(row)}. {self.explanation}"


class Explain(VarianceAct):
    act = Act.EXPLAIN
    name, label = "explain", gettext_lazy("Explain variance")
    explanation = gettext_lazy("Then somebody who did not count the cash approves it.")
    form = ExplainForm

    def do(self, row: Variance, form: ExplainForm, *, by: Principal, at: datetime) -> Done:
        said = form.cleaned_data
        explain_variance(variance=row, reason=said["reason"], notes=said["notes"], by=by, at=at)
        return Done(message=_("%(variance)s is explained.") % {"variance": row})


class Witness(VarianceAct):
    act = Act.WITNESS
    name, label = "witness", gettext_lazy("Witness variance")
    explanation = gettext_lazy("Records that you have seen the cash and the count.")

    def do(self, row: Variance, form: NotesForm, *, by: Principal, at: datetime) -> Done:
        witness_variance(variance=row, notes=form.cleaned_data["notes"], by=by, at=at)
        return Done(message=_("You have witnessed %(variance)s.") % {"variance": row})


class Recount(VarianceAct):
    act = Act.RECOUNT
    name, label = "recount", gettext_lazy("Recount cash")
    explanation = gettext_lazy(
        "The first count stays on record. If your count differs, a correction is booked when the difference is "
        "approved. If nobody has counted the drawer yet, your count is booked at once."
    )
    form = RecountForm

    def is_offered(self, row: Variance, *, by: Principal) -> bool:
        return can_recount(row, by=by)

    def do(self, row: Variance, form: RecountForm, *, by: Principal, at: datetime) -> Done:
        amount = form.cleaned_data["amount"]
        counted = CountedAmount(currency=row.currency, method=row.method, amount=amount)
        recount_variance(variance=row, counted=counted, notes=form.cleaned_data["notes"], by=by, at=at)
        return Done(message=_("Recounted: %(amount)s.") % {"amount": style().amount(amount, row.currency)})


class Approve(VarianceAct):
    act = Act.APPROVE
    name, label = "approve", gettext_lazy("Approve variance")
    explanation = gettext_lazy(
        "Signs off the difference. If a recount differs from the count, the correction is booked now. This cannot be "
        "undone."
    )

    def do(self, row: Variance, form: NotesForm, *, by: Principal, at: datetime) -> Done:
        approve_variance(variance=row, notes=form.cleaned_data["notes"], by=by, at=at)
        return Done(message=_("%(variance)s is approved.") % {"variance": row})


class Reject(VarianceAct):
    act = Act.REJECT
    name, label = "reject", gettext_lazy("Reject explanation")
    explanation = gettext_lazy("Sends the explanation back to the cashier's supervisor. Enter what is missing.")
    form = SaidForm

    def do(self, row: Variance, form: SaidForm, *, by: Principal, at: datetime) -> Done:
        reject_variance(variance=row, notes=form.cleaned_data["notes"], by=by, at=at)
        return Done(message=_("The explanation of %(variance)s is rejected.") % {"variance": row})


class Escalate(VarianceAct):
    act = Act.ESCALATE
    name, label = "escalate", gettext_lazy("Escalate variance")
    explanation = gettext_lazy("From now on an admin must decide. Enter why you escalate it.")
    form = SaidForm

    def do(self, row: Variance, form: SaidForm, *, by: Principal, at: datetime) -> Done:
        escalate_variance(variance=row, notes=form.cleaned_data["notes"], by=by, at=at)
        return Done(message=_("%(variance)s is escalated.") % {"variance": row})


class QueueFilter(admin.SimpleListFilter):
    """Filters by waiting (the default), ended, or all."""

    title = gettext_lazy("Queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ended", _("Done")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        """Renames Django's first choice "All", because here it shows the waiting rows."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Waiting")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.value() == "all":
            return queryset
        ended = queryset.filter(state__in=ENDED_VARIANCES)
        return ended if self.value() == "ended" else queryset.exclude(state__in=ENDED_VARIANCES)


@admin.register(Variance)
class VarianceAdmin(ActingAdmin):
    """Lists variances. The figures of a variance were frozen when it was created.

    Its history shows the actions of people.
    """

    list_display = (
        "__str__", "kind", "state", "store", "place", "person", "difference_shown", day("business_date"),
    )  # fmt: skip
    joined = ("store", "place", "session", "person", "counted_by", "explained_by", "decided_by")
    list_filter = (QueueFilter, StoreFilter, "kind", "state", "is_escalated", "reason", "business_date")
    narrowed_by = ("place", "session", "subject")
    search_fields = ("pk", "uuid")
    search_help_text = gettext_lazy("Number or UUID of a variance")
    fields = (
        "state", "escalated_shown", "kind", "store", "place", "person", "counted_by", "custody",
        day("business_date"), "method", money("expected_amount", label=gettext_lazy("Expected")),
        money("counted_amount", label=gettext_lazy("Counted")), "difference_shown", money("tolerance"), "late_shown",
        "repaid_shown",
        moment("raised_at"), "cashier_notes", "reason_shown", "notes", "explained_by", moment("explained_at"),
        "decided_by", moment("decided_at"), "belonging", "history_shown", "uuid",
    )  # fmt: skip
    acts = (Explain(), Witness(), Recount(), Approve(), Reject(), Escalate())

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows: QuerySet[Any] = (
            super().get_queryset(request).annotate(late_amount=late_amount(), repaid_amount=repaid_amount())
        )
        return rows

    @admin.display(description=gettext_lazy("Difference"), ordering="difference")
    def difference_shown(self, variance: Variance) -> str:
        """Shows counted minus expected, or the amount of late money, or "not counted"."""
        return difference_of(variance)

    @admin.display(description=gettext_lazy("Handed over"))
    def custody(self, variance: Variance) -> str:
        """Names both cashiers of a handover."""
        session = variance.session
        if variance.kind != VarianceKind.OPENING or session is None:
            return NOTHING
        if session.is_handed_over and session.closed_at and session.closed_at <= variance.raised_at:
            said = _("counted afterwards by %(name)s") % {"name": variance.counted_by}
            return handed_over(session, said=said, difference=variance.difference or 0)
        return told_of_handover(session) or NOTHING

    @admin.display(description=gettext_lazy("Notes of the cashier"))
    def cashier_notes(self, variance: Variance) -> str:
        """Shows what the cashier of the drawer wrote about it, oldest first."""
        notes = session_notes(variance.session) if variance.session is not None else []
        zone = variance.store.time_zone
        rows = [
            [note.text, str(note.written_by), style().instant(note.written_at, zone, to_the_second=True)]
            for note in notes
        ]
        return table(_("Notes of the cashier"), [_("Note"), _("Who"), _("When")], rows, style="texts")

    @admin.display(description=gettext_lazy("Late money"))
    def late_shown(self, variance: Variance) -> str:
        """Shows the money that arrived after the count, and the rest of the difference without that money."""
        late = int(getattr(variance, "late_amount", 0))
        if variance.difference is None or variance.counted_amount is None or not late:
            return NOTHING
        left = style().amount(variance.difference - late, variance.currency)
        return _("%(amount)s, leaving %(rest)s") % {"amount": style().amount(late, variance.currency), "rest": left}

    @admin.display(description=gettext_lazy("Paid back"))
    def repaid_shown(self, variance: Variance) -> str:
        """Shows what was paid back of a shortage."""
        repaid = int(getattr(variance, "repaid_amount", 0))
        return style().amount(repaid, variance.currency) if repaid else NOTHING

    @admin.display(description=gettext_lazy("Escalated"))
    def escalated_shown(self, variance: Variance) -> str:
        """Shows text, because Django's icon for "No" is a red cross."""
        return _("Yes, an admin decides") if variance.is_escalated else _("No")

    @admin.display(description=gettext_lazy("Reason"))
    def reason_shown(self, variance: Variance) -> str:
        return variance.get_reason_display() or NOTHING

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, variance: Variance) -> SafeString:
        trail = link_to_list(AuditEntry, text=_("Audit trail"), q=f"variance:{variance.pk}")
        cause = link_to_list(
            AuditEntry, text=_("Audit trail of %(subject)s") % {"subject": variance.subject}, q=variance.subject
        )
        path, words = reverse("variance-page", args=[variance.uuid]), _("Show the evidence")
        bench = format_html('<a href="{}">{}</a>', path, words)
        if variance.session is None:
            return format_html("{} · {} · {}", bench, trail, cause)
        return format_html("{} · {} · {} · {}", bench, link_to(variance.session), trail, cause)

    @admin.display(description=gettext_lazy("History"))
    def history_shown(self, variance: Variance) -> str:
        events = variance.events.select_related("by_user", "movement").prefetch_related("count__amounts").order_by("pk")
        zone = variance.store.time_zone
        rows = [
            [
                event.get_act_display(),
                style().instant(event.at, zone, to_the_second=True),
                str(event.by_user or event.by_label),
                said_in(event),
                event.get_to_state_display(),
            ]
            for event in events
        ]
        return table(_("History"), [_("Action"), _("When"), _("Who"), _("Notes"), _("New state")], rows, style="texts")
