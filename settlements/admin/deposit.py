"""Deposits: the bags for the bank. Managers record the pick-up and the bank credit, and correct a credit."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActForm, ActingAdmin, ActPage, AmountField, Done, units_of
from cashdesk.admin_base.columns import NOTHING, amount_shown, link_to, link_to_list, moment, money, table
from cashdesk.admin_base.model_admin import StoreFilter
from cashdesk.admin_base.scopes import of_stores, register_scope
from cashdesk.domain.caller.principal import Principal
from cashdesk.formats import style
from cashdesk.models import AuditEntry, Variance
from settlements.admin.pieces import pieces_told
from settlements.domain.deposit import (
    REASON_MAX,
    acts_open_to,
    collect_deposit,
    correct_credit,
    credit_deposit,
    subjects_of,
    why_not_corrected,
)
from settlements.enums import DepositAct, DepositState
from settlements.models import Deposit

register_scope(Deposit, of_stores("store"))


class CollectForm(ActForm):
    courier = forms.CharField(
        label=gettext_lazy("Courier"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("The person or company that takes the bag."),
    )


class Collect(ActPage):
    name = "collect"
    label = gettext_lazy("Mark as picked up")
    explanation = gettext_lazy("Records that the bag leaves the shop now. You cannot undo this.")
    form = CollectForm

    def is_offered(self, row: Deposit, *, by: Principal) -> bool:
        return DepositAct.COLLECT in acts_open_to(row, by=by)

    def do(self, row: Deposit, form: CollectForm, *, by: Principal, at: datetime) -> Done:
        collect_deposit(deposit=row, courier=form.cleaned_data["courier"], by=by, at=at)
        return Done(message=_("%(deposit)s is picked up.") % {"deposit": row})


class CreditForm(ActForm):
    amount = AmountField(help_text=gettext_lazy("The amount on the bank's statement, such as 250.00."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Credited amount in %(currency)s") % {"currency": self.row.movement.currency}

    def clean_amount(self) -> int:
        return units_of(self.cleaned_data["amount"], self.row.movement.currency)


class Credit(ActPage):
    name = "credit"
    label = gettext_lazy("Record bank credit")
    explanation = gettext_lazy(
        "Records the amount that the bank credited. If it differs from the packed amount, the difference is booked "
        "between the bank and over/short. Another manager can correct a typing mistake afterwards."
    )
    form = CreditForm

    def is_offered(self, row: Deposit, *, by: Principal) -> bool:
        return DepositAct.CREDIT in acts_open_to(row, by=by)

    def do(self, row: Deposit, form: CreditForm, *, by: Principal, at: datetime) -> Done:
        done = credit_deposit(deposit=row, amount=form.cleaned_data["amount"], by=by, at=at)
        currency = done.movement.currency
        told = _("%(deposit)s is credited. Difference: %(amount)s.")
        return Done(message=told % {"deposit": row, "amount": style().amount(done.difference or 0, currency)})


class CorrectForm(CreditForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        error_messages={"required": gettext_lazy("Enter a reason.")},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("Why the recorded amount is wrong."),
    )


class CorrectCredit(ActPage):
    name = "correct-credit"
    label = gettext_lazy("Correct bank credit")
    explanation = gettext_lazy("Books the change between the bank and over/short. The earlier figures stay on record.")
    form = CorrectForm

    def is_offered(self, row: Deposit, *, by: Principal) -> bool:
        """Offers the action after the credit, but not to the person who recorded it."""
        return DepositAct.CORRECT_CREDIT in acts_open_to(row, by=by)

    def why_not(self, row: Deposit, *, by: Principal) -> str:
        """Returns why the caller cannot correct the credit. Before the credit, returns "" to hide the action."""
        return why_not_corrected(row, by=by) if row.state == DepositState.CREDITED else ""

    def told(self, row: Deposit) -> str:
        amount = style().amount(row.credited_now or 0, row.movement.currency)
        told = _("Recorded now: %(amount)s.") % {"amount": amount}
        return f"{told} {self.explanation}"

    def do(self, row: Deposit, form: CorrectForm, *, by: Principal, at: datetime) -> Done:
        told = form.cleaned_data
        done = correct_credit(deposit=row, amount=told["amount"], reason=told["reason"], by=by, at=at)
        currency = done.movement.currency
        text = _("The credit of %(deposit)s is corrected. Difference: %(amount)s.")
        return Done(message=text % {"deposit": row, "amount": style().amount(done.difference_now or 0, currency)})


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, _(state.label)) for state in DepositState]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        return queryset if value is None else queryset.filter(state=value)


@admin.register(Deposit)
class DepositAdmin(ActingAdmin):
    list_display = (
        "__str__", "store", "state", money("movement__amount", label=gettext_lazy("Amount"), currency="movement__currency"),
        "difference_shown", moment("prepared_at"), moment("credited_at"),
    )  # fmt: skip
    joined = ("store", "movement__reversed_by", "prepared_by", "collected_by", "credited_by")
    list_filter = (StoreFilter, StateFilter)
    search_fields = ("pk", "uuid", "bag_number", "slip_number")
    search_help_text = gettext_lazy("Bag number, slip number, or the number or UUID of a deposit")
    fields = (
        "uuid", "store", "state", "bag_number", "slip_number",
        money("movement__amount", label=gettext_lazy("Amount"), currency="movement__currency"), "pieces_packed",
        moment("prepared_at"), "prepared_by", moment("collected_at", label=gettext_lazy("Picked up at")),
        "collected_by", "courier", moment("credited_at"), "credited_by", "credited_shown", "difference_shown",
        "corrections_shown", "belonging",
    )  # fmt: skip
    acts = (Collect(), Credit(), CorrectCredit())

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).prefetch_related("corrections__corrected_by")

    @admin.display(description=gettext_lazy("Notes and coins packed"))
    def pieces_packed(self, deposit: Deposit) -> SafeString | str:
        return pieces_told(deposit.packed_by_worth, deposit.movement.currency)

    @admin.display(description=gettext_lazy("Credited amount"))
    def credited_shown(self, deposit: Deposit) -> str:
        return _written(deposit.credited_now, deposit)

    @admin.display(description=gettext_lazy("Difference"))
    def difference_shown(self, deposit: Deposit) -> str:
        return _written(deposit.difference_now, deposit)

    @admin.display(description=gettext_lazy("Corrections"))
    def corrections_shown(self, deposit: Deposit) -> str:
        zone = deposit.store.time_zone
        rows = [
            [
                _written(correction.corrected_from, deposit),
                _written(correction.corrected_to, deposit),
                correction.reason,
                str(correction.corrected_by),
                style().instant(correction.corrected_at, zone, to_the_second=True),
            ]
            for correction in deposit.corrections.all()
        ]
        return table(_("Corrections"), [_("From"), _("To"), _("Reason"), _("Who"), _("When")], rows, style="texts")

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, deposit: Deposit) -> SafeString:
        texts = [
            _("Differences"),
            *(_("Differences of %(correction)s") % {"correction": one} for one in deposit.corrections.all()),
        ]
        links = [
            link_to_list(Variance, text=text, subject__exact=subject, queue="all")
            for text, subject in zip(texts, subjects_of(deposit), strict=True)
        ]
        trail = link_to_list(AuditEntry, text=_("Audit trail"), q=f"deposit:{deposit.pk}")
        return format_html_join(" · ", "{}", ((link,) for link in (link_to(deposit.movement), *links, trail)))


def _written(amount: int | None, deposit: Deposit) -> str:
    return NOTHING if amount is None else amount_shown(amount, deposit.movement.currency)
