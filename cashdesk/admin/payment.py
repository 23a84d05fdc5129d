"""The admin pages of payment methods, of payments as the point of sale reported them, and of orders."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActingAdmin, ActPage, Done, ReasonForm
from cashdesk.admin_base.columns import NOTHING, link_to, moment, money
from cashdesk.admin_base.model_admin import (
    CashdeskAdmin,
    ReadOnlyAdmin,
    StoreFilter,
    is_of_one_store,
    principal_of,
    written_fields,
)
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.decision import decide_reported
from cashdesk.domain.store.payment_method_settings import add_payment_method, change_payment_method
from cashdesk.enums import Booked, PaymentStatus, Role
from cashdesk.models import Movement, Order, Payment, PaymentMethod


@admin.register(PaymentMethod)
class PaymentMethodAdmin(CashdeskAdmin):
    """Payment methods of an account. A code never changes, because movements store it."""

    noun = "payment_method"
    is_noted_by_domain = True
    role_to_add = role_to_change = Role.ADMIN
    list_display = ("name", "code", "account", "is_cash", "is_counted", "is_active")
    joined = ("account",)
    list_filter = ("is_cash", "is_active")
    search_fields = ("name", "code")
    ordering = ("account", "-is_cash", "code")
    fields = ("account", "code", "name", "is_cash", "is_counted", "is_active", "uuid")
    autocomplete_fields = ("account",)

    def get_readonly_fields(self, request: HttpRequest, obj: PaymentMethod | None = None) -> Any:
        return ("uuid",) if obj is None else ("account", "code", "is_cash", "uuid")

    def keep(self, request: HttpRequest, obj: PaymentMethod, form: "ModelForm[Any]", *, change: bool) -> None:
        by, at = principal_of(request), timezone.now()
        if change:
            change_payment_method(method=obj, fields=written_fields(form), by=by, at=at)
        else:
            add_payment_method(method=obj, by=by, at=at)


class Decide(ActPage):
    """An act that decides a pending payment."""

    status: ClassVar[PaymentStatus]

    def is_offered(self, row: Payment, *, by: Principal) -> bool:
        return row.status == PaymentStatus.PENDING and by.manages(row.store)

    def do(self, row: Payment, form: ReasonForm, *, by: Principal, at: datetime) -> Done:
        reason = form.cleaned_data["reason"]
        decided = decide_reported(payment=row, status=self.status, by=by, at=at, reason=reason)
        return Done(message=self.done(decided) % {"payment": decided})

    def done(self, payment: Payment) -> str:
        """Returns what was done, with a place for the payment."""
        raise NotImplementedError


class Approve(Decide):
    name = "approve"
    label = gettext_lazy("Approve payment")
    explanation = gettext_lazy(
        "Books the money now, as if the point of sale had reported the payment as approved. If its drawer was closed "
        "meanwhile, the money is booked late. You cannot undo this."
    )
    status = PaymentStatus.APPROVED

    def done(self, payment: Payment) -> str:
        if payment.booked == Booked.LATE:
            return _("Approved, and booked late: %(payment)s.")
        return _("Approved: %(payment)s.")


class Reject(Decide):
    name = "reject"
    label = gettext_lazy("Reject payment")
    explanation = gettext_lazy("No money moves. You cannot undo this.")
    status = PaymentStatus.REJECTED

    def done(self, payment: Payment) -> str:
        return _("Rejected: %(payment)s.")


@admin.register(Payment)
class PaymentAdmin(ActingAdmin):
    """All reported payments, also those that moved no money. Managers decide those that are pending."""

    acts = (Approve(), Reject())

    list_display = (
        "external_id", moment("reported_at"), "store", "register", "session", "type", "status", money("amount"), "method",
        "booked",
    )  # fmt: skip
    joined = ("store", "register", "session", "operator", "reported_by", "reported_with")
    list_filter = (StoreFilter, "status", "type", "booked", "clock_adjusted")
    narrowed_by = ("session",)
    search_fields = ("pk", "external_id", "session")
    search_help_text = gettext_lazy("The point of sale's id of a payment, or the number of a session")
    fields = (
        "external_id", "order", "store", "register", "session", "operator", "type", "status", "method", money("amount"),
        money("tendered"), money("change"), money("tax"), money("discount"), "channel", "service", "booked",
        "movements_listed", moment("paid_at"), "clock_adjusted", moment("reported_at"), "reported_by", "reported_with",
        moment("decided_at"),
    )  # fmt: skip

    def get_ordering(self, request: HttpRequest) -> Any:
        """Sorts the payments of one store by their time, as the list of movements does."""
        return ("-reported_at", "-pk") if is_of_one_store(request) else super().get_ordering(request)

    @admin.display(description=gettext_lazy("Movements"))
    def movements_listed(self, payment: Payment) -> str:
        # The index on `payment` contains no reversals. So the query finds the other movements and joins their reversals.
        booked = Movement.objects.select_related("reversed_by").filter(payment=payment, reverses__isnull=True)
        found = [
            row for movement in booked for row in (movement, getattr(movement, "reversed_by", None)) if row is not None
        ]
        return format_html_join(" · ", "{}", ((link_to(row),) for row in found)) or NOTHING


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders that clients of the shifts API keep here until they are paid or cancelled."""

    list_display = ("number", moment("created_at"), "store", "type", "status", money("net_total"), "payment")
    joined = ("store", "payment", "created_by", "created_with")
    list_filter = (StoreFilter, "status", "type")
    search_fields = ("pk", "uuid", "number")
    search_help_text = gettext_lazy("The number or the id of an order")
    fields = (
        "number", "uuid", "store", "type", "status", money("net_total"), "version", "payment", moment("created_at"),
        "created_by", "created_with", moment("updated_at"),
    )  # fmt: skip
