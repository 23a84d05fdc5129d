"""Bags for the bank: read, and told when one was collected and what the bank credited."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cashdesk.admin.acts import ActForm, ActingAdmin, ActPage, Done, units_of
from cashdesk.admin.base import StoreFilter
from cashdesk.admin.columns import link_to, link_to_list, moment, money
from cashdesk.admin.rows import know, of_stores
from cashdesk.domain.principal import Principal
from cashdesk.models import AuditEntry, Variance
from cashdesk.money import to_text
from settlements.domain.deposit import collect_deposit, credit_deposit
from settlements.enums import DepositState
from settlements.models import Deposit
from settlements.models.deposit import CANCELLED

know(Deposit, of_stores("store"))


class CollectForm(ActForm):
    """Asks who took it along."""

    courier = forms.CharField(
        label="Courier",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Who took the bag along.",
    )


class Collect(ActPage):
    """A bag leaves the shop."""

    name = "collect"
    label = "Collected"
    explanation = "Notes that the bag left the shop, now and by whom. This cannot be undone."
    form = CollectForm

    def is_offered(self, row: Deposit, *, by: Principal) -> bool:
        """While it lies prepared."""
        return row.may_be_collected

    def do(self, row: Deposit, form: CollectForm, *, by: Principal, at: datetime) -> Done:
        """Notes it."""
        collect_deposit(deposit=row, courier=form.cleaned_data["courier"], by=by, at=at)
        return Done(message=f"{row} is collected.")


class CreditForm(ActForm):
    """Asks for the bank's figure."""

    amount = forms.CharField(max_length=40, help_text="By the bank's statement, in units of the currency, as 250.00.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = f"Credited, {self.row.movement.currency}"

    def clean_amount(self) -> int:
        """Returns minor units."""
        return units_of(self.cleaned_data["amount"], self.row.movement.currency)


class Credit(ActPage):
    """The bank has counted it."""

    name = "credit"
    label = "Credited"
    explanation = (
        "Notes what the bank credited. What it credited more or less than was packed is booked between the bank and "
        "over/short. This cannot be undone."
    )
    form = CreditForm

    def is_offered(self, row: Deposit, *, by: Principal) -> bool:
        """Until it was credited or cancelled."""
        return row.may_be_credited

    def do(self, row: Deposit, form: CreditForm, *, by: Principal, at: datetime) -> Done:
        """Notes it, and says what differs."""
        done = credit_deposit(deposit=row, amount=form.cleaned_data["amount"], by=by, at=at)
        currency = done.movement.currency
        return Done(message=f"{row} is credited. Difference: {to_text(done.difference or 0, currency)}.")


class StateFilter(admin.SimpleListFilter):
    """Narrows to a state as it is shown: a cancelled bag is in no other."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states, and the one that is none of the row's own."""
        return [*DepositState.choices, (CANCELLED, "Cancelled")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Returns the bags in the state."""
        value = self.value()
        if value is None:
            return queryset
        if value == CANCELLED:
            return queryset.filter(movement__reversed_by__isnull=False)
        return queryset.filter(state=value, movement__reversed_by__isnull=True)


@admin.register(Deposit)
class DepositAdmin(ActingAdmin):
    """The way of each bag."""

    list_display = (
        "__str__", "store", "state_shown", money("movement__amount", label="amount", currency="movement__currency"),
        money("difference", currency="movement__currency"), moment("prepared_at"), moment("credited_at"),
    )  # fmt: skip
    joined = ("store", "movement__reversed_by", "prepared_by", "collected_by", "credited_by")
    list_filter = (StoreFilter, StateFilter)
    search_fields = ("pk", "uuid", "bag_number", "slip_number")
    search_help_text = "The number of a bag or of a slip, or the number or UUID of a deposit"
    fields = (
        "uuid", "store", "state_shown", "bag_number", "slip_number",
        money("movement__amount", label="amount", currency="movement__currency"), moment("prepared_at"), "prepared_by",
        moment("collected_at"), "collected_by", "courier", moment("credited_at"), "credited_by",
        money("credited_amount", currency="movement__currency"), money("difference", currency="movement__currency"),
        "belonging",
    )  # fmt: skip
    acts = (Collect(), Credit())

    @admin.display(description="state")
    def state_shown(self, deposit: Deposit) -> str:
        """The state, or that its movement was reversed."""
        return "Cancelled" if deposit.shown_state == CANCELLED else deposit.get_state_display()

    @admin.display(description="belonging to it")
    def belonging(self, deposit: Deposit) -> SafeString:
        """The movement, and what happened."""
        return format_html(
            "{} · {} · {}",
            link_to(deposit.movement),
            link_to_list(Variance, text="Differences", subject__exact=f"deposit:{deposit.pk}", queue="all"),
            link_to_list(AuditEntry, text="Audit trail", q=f"deposit:{deposit.pk}"),
        )
