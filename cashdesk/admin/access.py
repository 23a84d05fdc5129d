"""The admin pages of tokens and API keys. A secret is shown once, when the token is created, and is never stored."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop

from cashdesk.admin.api_key import IssueKey, LimitKey, RotateKey
from cashdesk.admin_base.action_pages import Acting, ActPage, Done, ReasonForm
from cashdesk.admin_base.columns import NOTHING, link_to, moment
from cashdesk.admin_base.model_admin import StoreFilter, has_role, principal_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import revoke
from cashdesk.domain.people.request_limit import limit_of
from cashdesk.enums import Role, TokenKind
from cashdesk.models import AccessToken


class StateFilter(admin.SimpleListFilter):
    """Filters tokens: revoked, or not revoked."""

    title = gettext_lazy("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("valid", _("Not revoked")), ("revoked", _("Revoked"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset if self.value() is None else queryset.filter(revoked_at__isnull=self.value() == "valid")


class Revoke(ActPage):
    name = "revoke"
    label = gettext_lazy("Revoke token")
    explanation = gettext_lazy("It stops working at once. You cannot undo this.")
    role = Role.ADMIN

    def is_offered(self, row: AccessToken, *, by: Principal) -> bool:
        return row.revoked_at is None

    def do(self, row: AccessToken, form: ReasonForm, *, by: Principal, at: datetime) -> Done:
        revoke(token=row, by=by, at=at, reason=form.cleaned_data["reason"])
        return Done(message=_("Revoked: %(token)s.") % {"token": row})


@admin.register(AccessToken)
class AccessTokenAdmin(Acting):
    """Tokens and API keys. Admins issue, rotate and revoke keys. Nobody deletes a token, because the ledger refers to it."""

    times: ClassVar[tuple[Any, ...]] = tuple(
        moment(name, store="") for name in ("created_at", "expires_at", "revoked_at", "last_used_at")
    )
    list_display = ("__str__", "kind", "name", "user", "store", "register", *times)
    joined = ("user", "account", "vendor", "store", "register", "replaces", "replaced_by")
    list_filter = ("kind", StateFilter, StoreFilter)
    search_fields = ("prefix", "name", "user__name", "user__username")
    renewable_until_shown = moment("renewable_until", store="")
    fields = (
        "kind", "name", "prefix", "user", "account", "vendor", "store", "register", "scopes_listed", "request_limit", *times,
        renewable_until_shown, "replaces_link", "replaced_by_link",
    )  # fmt: skip
    acts = (RotateKey(), LimitKey(), Revoke())
    list_acts = (IssueKey(),)
    actions = ("revoke_selected",)
    actions_on_bottom = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return has_role(request, Role.ADMIN)

    @admin.display(description=gettext_lazy("Scopes"))
    def scopes_listed(self, token: AccessToken) -> str:
        """Shows the scopes of an API key. A person's token has none: the role of the person decides."""
        return ", ".join(token.scopes) or NOTHING

    @admin.display(description=gettext_lazy("Requests per minute"))
    def request_limit(self, token: AccessToken) -> str:
        """Shows the limit of an API key. A person's token has none."""
        if token.kind != TokenKind.API_KEY:
            return NOTHING
        told = f"{limit}" if (limit := limit_of(token)) else _("no limit")
        return (
            told
            if token.requests_per_minute is not None
            else _("%(limit)s (default of this installation)") % {"limit": told}
        )

    @admin.display(description=gettext_lazy("Replaces"))
    def replaces_link(self, token: AccessToken) -> str:
        return link_to(token.replaces) if token.replaces else NOTHING

    @admin.display(description=gettext_lazy("Replaced by"))
    def replaced_by_link(self, token: AccessToken) -> str:
        return link_to(token.replaced_by) if hasattr(token, "replaced_by") else NOTHING

    @admin.action(description=gettext_lazy("Revoke the selected tokens"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: "QuerySet[AccessToken]") -> HttpResponse | None:
        """Asks for confirmation with a list of the tokens, then revokes them."""
        running = queryset.filter(revoked_at__isnull=True)
        asked = ReasonForm(request.POST if "confirmed" in request.POST else None, row=None, by=principal_of(request))
        if asked.is_bound and asked.is_valid():
            with transaction.atomic():
                tokens = list(running)
                for token in tokens:
                    revoke(
                        token=token, by=principal_of(request), at=timezone.now(), reason=asked.cleaned_data["reason"]
                    )
                    self.log_change(request, token, noop("Revoked"))
            self.message_user(request, _("Revoked: %(number)s.") % {"number": len(tokens)}, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke tokens"),
            "opts": self.opts,
            "tokens": running,
            "form": asked,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/cashdesk/accesstoken/revoke_confirmation.html", context)
