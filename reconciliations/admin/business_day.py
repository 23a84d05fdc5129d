"""Closed business days, and the action that closes a day.

The action first lists the drawers that the close would close without a count.
"""

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import REASON_MAX, ActingAdmin, ActPage, Done, OfStoreForm
from cashdesk.admin_base.columns import NOTHING, day, link_to, link_to_list, moment, table
from cashdesk.admin_base.model_admin import StoreFilter
from cashdesk.admin_base.scopes import of_stores, register_scope
from cashdesk.domain.caller.principal import Principal
from cashdesk.formats import style
from cashdesk.forms.pages import path_to
from cashdesk.models import AuditEntry, BusinessDay, CashSession
from reconciliations import queries
from reconciliations.domain.business_day_close import (
    close_business_day,
    current_date,
    day_of,
    days_to_close,
    drawers_in_words,
    keeps_day_open,
    open_drawers,
)
from reconciliations.enums import DayState
from reconciliations.models import Reconciliation, StoreDayReport
from settlements.models import Settlement

register_scope(BusinessDay, of_stores("store"))

LATE_LISTED_MAX: Final = 50


class CloseForm(OfStoreForm):
    """Asks for the day to close. `seen` holds the list of open drawers that the page has shown to the person."""

    # Never `seen`: a link must not confirm anything for the person.
    filled_by_links = ("store", "date")

    date = forms.DateField(
        label=gettext_lazy("Date"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The store's trading date."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("Why drawers stay uncounted. Without open drawers it is optional."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        store = self.by.user.store if self.by.user is not None else None
        if store is not None and not self.is_bound:
            now = timezone.now()
            waiting = days_to_close(store=store, at=now)
            on = waiting[0] if waiting else current_date(store=store, at=now)
            self.initial = {"store": store.pk, "date": on, **self.initial}

    def state_told(self) -> tuple[str, ...]:
        """Names the drawers that the close of the filled-in day would meet. Says nothing of a day that cannot be closed."""
        if self.is_bound:
            return ()
        try:
            store = self.fields["store"].clean(self.initial.get("store"))
            on = self.fields["date"].clean(self.initial.get("date"))
        except forms.ValidationError:
            return ()
        if (
            on > current_date(store=store, at=timezone.now())
            or BusinessDay.objects.filter(store=store, date=on).exists()
        ):
            return ()
        told = {"day": style().date(on), "store": store}
        sessions, settlements = open_drawers(store=store, on=on)
        names = drawers_in_words(sessions, settlements)
        if not names:
            return (_("Nothing is open in %(store)s on %(day)s. The day can be closed.") % told,)
        if keeps_day_open(store=store, still_open=[*sessions, *settlements]):
            return (_("Close these before you close %(day)s of %(store)s:") % told, *names)
        return (_("Closing %(day)s of %(store)s closes these without a count:") % told, *names)

    def asks_again(self, *, at: datetime) -> bool:
        """Whether the page must first show the current list of open drawers and ask the person to confirm.

        Returns False if `seen` is that list and has a reason, because the person has then confirmed it. Also returns
        False if the domain will refuse the close anyway: for a closed or a future day, and for open drawers in a store
        without `closes_stale_sessions`.
        """
        store, on = self.cleaned_data["store"], self.cleaned_data["date"]
        if on > current_date(store=store, at=at) or day_of(store=store, on=on).state == DayState.CLOSED:
            return False
        sessions, settlements = open_drawers(store=store, on=on)
        if keeps_day_open(store=store, still_open=[*sessions, *settlements]):
            return False
        names = drawers_in_words(sessions, settlements)
        now_open = "; ".join([f"{store.pk} {on}", *names])
        is_seen = self.cleaned_data["seen"] == now_open
        if is_seen and (self.cleaned_data["reason"] or not names):
            return False
        if is_seen:
            self.add_error("reason", _("Enter a reason."))
        self.data = {**self.data.dict(), "seen": now_open}  # type: ignore[attr-defined]  # of a request's form
        day_told = style().date(on)
        head = (
            _("Closing %(day)s of %(store)s closes these without a count:")
            if names
            else _("Nothing is open in %(store)s on %(day)s.")
        ) % {"day": day_told, "store": store}
        self.warnings = (head, *names, _("You cannot undo this. Press the button again to close the day."))
        return True


class Close(ActPage):
    name = "close"
    label = gettext_lazy("Close a business day")
    explanation = gettext_lazy(
        "This ends the day and makes its numbered report. Money that arrives for the day afterwards is booked as late."
    )
    form = CloseForm

    def do(self, row: None, form: CloseForm, *, by: Principal, at: datetime) -> Done:
        store, on = form.cleaned_data["store"], form.cleaned_data["date"]
        closed = close_business_day(store=store, on=on, by=by, at=at, reason=form.cleaned_data["reason"])
        uncounted = len(closed.sessions) + len(closed.settlements)
        told = _("The business day %(day)s of %(store)s is closed.") % {"day": style().date(on), "store": store}
        if uncounted:
            without = _("Closed without a count: %(number)s.") % {"number": uncounted}
            told = f"{told} {without}"
        return Done(made=closed.day, message=told)


@admin.register(BusinessDay)
class BusinessDayAdmin(ActingAdmin):
    """Lists the closed business days. A day that is not in the list is open."""

    list_display = ("__str__", "store", moment("closed_at"), "closed_by_shown")
    joined = ("store", "closed_by", "closed_with")
    list_filter = (StoreFilter, "date")
    search_fields = ("date",)
    search_help_text = gettext_lazy("Date, such as 2026-03-01")
    ordering = ("-date", "-pk")
    fields = (
        "store",
        day("date"),
        moment("closed_at"),
        "closed_by_shown",
        "report_shown",
        "uncounted",
        "late",
        "belonging",
    )
    list_acts = (Close(),)

    @admin.display(description=gettext_lazy("Closed by"))
    def closed_by_shown(self, row: BusinessDay) -> str:
        """Shows the person, the API key or the server's own command that closed the day."""
        if row.closed_by is not None:
            return str(row.closed_by)
        if row.closed_with is None:
            return _("the server")
        return _("key %(name)s, %(key)s") % {"name": row.closed_with.name, "key": row.closed_with}

    @admin.display(description=gettext_lazy("Report"))
    def report_shown(self, row: BusinessDay) -> str:
        """Links to the numbered report of the day. Days that were closed before there were reports have none."""
        report = StoreDayReport.objects.filter(day=row).defer("contents").first()
        if report is None:
            return NOTHING
        return format_html('<a href="{}">{}</a>', path_to("store-day", row.store.uuid, report.number), report)

    @admin.display(description=gettext_lazy("Closed without a count"))
    def uncounted(self, row: BusinessDay) -> str:
        """Links to the sessions and settlements that were closed without a count, as the audit trail lists them."""
        noted = AuditEntry.objects.filter(action="business_day.closed", subject=_subject(row)).first()
        detail: dict[str, Any] = noted.detail if noted is not None else {}
        links = [
            link_to(CashSession(pk=number), text=str(CashSession(pk=number))) for number in detail.get("sessions", ())
        ]
        links += [
            link_to(Settlement(pk=number), text=str(Settlement(pk=number))) for number in detail.get("settlements", ())
        ]
        return format_html_join(" · ", "{}", ((link,) for link in links)) or NOTHING

    @admin.display(description=gettext_lazy("Late money"))
    def late(self, row: BusinessDay) -> str:
        """Lists the movements that were recorded for the day after its close."""
        arrived = queries.late_for_closed_days(store=row.store).filter(business_date=row.date)
        found = arrived.select_related("source__store", "destination__store", "store").order_by("pk")
        recorded_at = moment("recorded_at")
        rows = [
            [
                link_to(movement),
                recorded_at(movement),
                movement.get_kind_display(),
                f"{movement.source} → {movement.destination}",
                f"{style().amount(movement.amount, movement.currency)} {movement.method}",
            ]
            for movement in found[: LATE_LISTED_MAX + 1]
        ]
        heads = [_("Movement"), _("Recorded"), _("Kind"), _("Between"), _("Amount")]
        shown = table(_("Late money of the day"), heads, rows[:LATE_LISTED_MAX], style="figures texts")
        return format_html("{}<p>{}</p>", shown, _("There are more rows.")) if len(rows) > LATE_LISTED_MAX else shown

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, row: BusinessDay) -> SafeString:
        return format_html(
            "{} · {}",
            link_to_list(Reconciliation, text=_("Reconciliations"), store=row.store_id, business_date__exact=row.date),
            link_to_list(AuditEntry, text=_("Audit trail"), q=_subject(row)),
        )


def _subject(row: BusinessDay) -> str:
    return f"day:{row.store_id}:{row.date}"
