"""Authorizations: a manager permits one sign-off by another person. The full token is shown once, after it is issued."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActingAdmin, ActPage, Done, OfStoreForm
from cashdesk.admin_base.columns import NOTHING, link_to, link_to_list, moment
from cashdesk.admin_base.model_admin import StoreFilter
from cashdesk.admin_base.scopes import of_stores, register_scope
from cashdesk.domain.caller.principal import Principal, find_operator
from cashdesk.errors import InvalidInput
from cashdesk.models import AuditEntry
from reconciliations import queries
from reconciliations.domain.authorization import MINUTES_MAX, issue_authorization, state_of
from reconciliations.enums import AuthorizationState
from reconciliations.models import Authorization

register_scope(Authorization, of_stores("store"))

BEGINNING = 8
OPERATOR_MAX = 64


class IssueForm(OfStoreForm):
    operator = forms.CharField(
        label=gettext_lazy("Operator"),
        max_length=OPERATOR_MAX,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy(
            "Code or number of the person whose cash is signed off. Leave it empty for any person or the store."
        ),
    )
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=100,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("What this permits, such as a shortage of 12.50 at register 2."),
    )
    expires_in_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        min_value=1,
        max_value=MINUTES_MAX,
        initial=30,
        help_text=gettext_lazy("How long it can be used."),
    )


class Issue(ActPage):
    name = "issue"
    label = gettext_lazy("Issue an authorization")
    explanation = gettext_lazy(
        "Permits one sign-off in the store by another person. The next page shows its token once. Give the token to "
        "the person who records the reconciliation. You cannot use it yourself, and it cannot cover your own cash."
    )
    form = IssueForm
    used_as = '"authorizationTokenId": "{}"'

    def do(self, row: None, form: IssueForm, *, by: Principal, at: datetime) -> Done:
        given = form.cleaned_data
        operator = find_operator(uid=given["operator"], store=given["store"], by=by) if given["operator"] else None
        if given["operator"] and operator is None:
            raise InvalidInput.of("operator", _("Nobody in your account has this code or number."))
        made = issue_authorization(
            store=given["store"],
            operator=operator,
            purpose=given["purpose"],
            expires_in=timedelta(minutes=given["expires_in_minutes"]),
            by=by,
            at=at,
        )
        ends = moment("expires_at")(made)
        return Done(made=made, secret=str(made.uuid), shown=(_("It can be used once, until %(at)s.") % {"at": ends},))


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, _(state.label)) for state in AuthorizationState]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value is None:
            return queryset
        if value not in AuthorizationState.values:
            return queryset.none()
        return queries.authorizations_in(AuthorizationState(value), rows=queryset, at=timezone.now())


@admin.register(Authorization)
class AuthorizationAdmin(ActingAdmin):
    """Lists authorizations. Shows only the beginning of the token, because the whole token permits a sign-off."""

    list_display = (
        "__str__", "token_begins", "store", "operator", "purpose", "state_shown", "used_by", "issued_by",
        moment("issued_at"), moment("expires_at"),
    )  # fmt: skip
    joined = ("store", "operator", "issued_by", "reconciliation")
    list_filter = (StoreFilter, StateFilter)
    date_hierarchy = "issued_at"
    search_fields = ("pk", "uuid")
    search_help_text = gettext_lazy("Number or full token of an authorization")
    fields = (
        "token_begins", "store", "operator", "purpose", "issued_by", moment("issued_at"), moment("expires_at"),
        "state_shown", "used_by", "belonging",
    )  # fmt: skip
    list_acts = (Issue(),)

    @admin.display(description=gettext_lazy("Token"))
    def token_begins(self, authorization: Authorization) -> str:
        return f"{str(authorization.uuid)[:BEGINNING]}…"

    @admin.display(description=gettext_lazy("State"))
    def state_shown(self, authorization: Authorization) -> str:
        return _(state_of(authorization=authorization, at=timezone.now()).label)

    @admin.display(description=gettext_lazy("Used by"))
    def used_by(self, authorization: Authorization) -> str:
        return link_to(authorization.reconciliation) if hasattr(authorization, "reconciliation") else NOTHING

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, authorization: Authorization) -> SafeString:
        audited = link_to_list(AuditEntry, text=_("Audit trail"), q=f"authorization:{authorization.pk}")
        return format_html("{}", audited)
