"""Cashbook accounts: managers add them and deactivate them. They are never deleted."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk.admin_base.constraint_words import WordedForm
from cashdesk.admin_base.model_admin import CashdeskAdmin, StoreFilter, principal_of, written_fields
from cashdesk.admin_base.scopes import of_stores, register_scope
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput
from settlements.domain.cashbook import keep_usual_accounts, refuse_name_of_another
from settlements.domain.cashbook_settings import add_account, change_account
from settlements.models import CashbookAccount

register_scope(CashbookAccount, of_stores("store"))


class AccountForm(WordedForm):
    def clean(self) -> dict[str, Any]:
        """Creates the store's usual accounts first, so that validation refuses their codes."""
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None and cleaned.get("store") is not None:
            keep_usual_accounts(store=cleaned["store"])
        try:
            refuse_name_of_another(
                account=self.instance,
                store=cleaned.get("store"),
                type=cleaned.get("type"),
                code=cleaned.get("code"),
                number=cleaned.get("number", ""),
            )
        except InvalidInput as error:
            for name, text in error.errors.items():
                self.add_error(name, text)
        return cleaned


@admin.register(CashbookAccount)
class CashbookAccountAdmin(CashdeskAdmin):
    """Reason codes for money paid in and out. Movements refer to them, so code, type and direction never change."""

    noun = "cashbook_account"
    is_noted_by_domain = True
    role_to_add = role_to_change = Role.MANAGER
    form = AccountForm
    list_display = ("code", "number", "description", "store", "type", "direction", "is_active")
    joined = ("store",)
    list_filter = (StoreFilter, "type", "direction", "is_active")
    search_fields = ("code", "number", "description")
    ordering = ("store", "type", "-direction", "code")
    fields = ("store", "type", "direction", "code", "number", "description", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: CashbookAccount | None = None) -> Any:
        return () if obj is None else ("store", "type", "direction", "code")

    def keep(self, request: HttpRequest, obj: CashbookAccount, form: "ModelForm[Any]", *, change: bool) -> None:
        by, at = principal_of(request), timezone.now()
        if change:
            change_account(account=obj, fields=written_fields(form), by=by, at=at)
        else:
            add_account(account=obj, by=by, at=at)

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        user = principal_of(request).user
        return {"store": user.store_id if user else None, **super().get_changeform_initial_data(request)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Creates the usual accounts of the person's store, so that the first visit already lists them."""
        user = principal_of(request).user
        if user is not None and user.store is not None and self.has_view_permission(request):
            keep_usual_accounts(store=user.store)
        return super().changelist_view(request, extra_context)
