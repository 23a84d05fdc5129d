"""The admin pages of webhooks: the endpoints, and the log of deliveries. Only admins see them."""

from datetime import timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.utils.translation import gettext_noop as noop

from cashdesk.admin.webhook_acts import (
    AddEndpoint,
    ChangeEndpoint,
    GiveUp,
    RemoveEndpoint,
    Resend,
    ResendFailed,
    RotateSecret,
    SwitchOff,
    SwitchOn,
    TestEndpoint,
)
from cashdesk.admin_base.action_pages import ActingAdmin
from cashdesk.admin_base.columns import NOTHING, in_utc, link_to, link_to_list, moment, table
from cashdesk.admin_base.model_admin import has_role, principal_of
from cashdesk.admin_base.scopes import of_account, register_scope, rows_of
from cashdesk.enums import DeliveryState, Role
from cashdesk.models import WebhookDelivery, WebhookEndpoint

register_scope(WebhookEndpoint, of_account("account"))
register_scope(WebhookDelivery, of_account("endpoint__account"))

OVERDUE: Final = timedelta(minutes=5)
"""Without a worker, events wait for longer than this."""
ERRORS: Final = {
    "refused_url": noop("the URL may not be called"),
    "refused_address": noop("not a public address"),
    "no_such_host": noop("unknown host name"),
    "not_connected": noop("no connection"),
    "tls": noop("no valid TLS"),
    "timeout": noop("no answer in time"),
    "broken_answer": noop("broken answer"),
    "secret_lost": noop("secret lost: rotate it"),
    "skipped": noop("skipped when switched on"),
    "fault": noop("a fault of Cashdesk, see its log"),
}


class OfAdmins(ActingAdmin):
    """A page that only admins see."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_role(request, Role.ADMIN)


class OnFilter(admin.SimpleListFilter):
    """Filters endpoints: on, off or removed."""

    title = gettext_lazy("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("on", _("On")), ("off", _("Off")), ("removed", _("Removed"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.value() is None:
            return queryset
        if self.value() == "removed":
            return queryset.filter(removed_at__isnull=False)
        return queryset.filter(removed_at__isnull=True, is_active=self.value() == "on")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OfAdmins):
    created_at: ClassVar[Any] = moment("created_at")
    failing_since: ClassVar[Any] = moment("failing_since", label=gettext_lazy("Failing since"))
    list_display = ("__str__", "state", "host", "store", "types_counted", created_at)
    joined = ("account", "store")
    list_filter = (OnFilter,)
    fields = (
        "url", "description", "account", "store", "types_listed", "state", moment("off_since"), failing_since, "waiting",
        "secrets_listed", created_at, "created_by_name", "uuid", "log",
    )  # fmt: skip
    acts = (
        ChangeEndpoint(), TestEndpoint(), RotateSecret(), ResendFailed(), SwitchOff(), SwitchOn(), RemoveEndpoint(),
    )  # fmt: skip
    list_acts = (AddEndpoint(),)

    @admin.display(description=gettext_lazy("Host"))
    def host(self, endpoint: WebhookEndpoint) -> str:
        return urlsplit(endpoint.url).netloc

    @admin.display(description=gettext_lazy("Event types"))
    def types_counted(self, endpoint: WebhookEndpoint) -> str:
        return str(len(endpoint.types)) if endpoint.types else _("all")

    @admin.display(description=gettext_lazy("Event types"))
    def types_listed(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.types) or _("all")

    @admin.display(description=gettext_lazy("State"))
    def state(self, endpoint: WebhookEndpoint) -> str:
        if endpoint.removed_at is not None:
            return _("Removed")
        if endpoint.is_active:
            return _("On") if endpoint.failing_since is None else _("On, but failing")
        if not endpoint.off_reason:
            return _("Off")
        return _("Off (%(reason)s)") % {"reason": endpoint.get_off_reason_display()}

    @admin.display(description=gettext_lazy("Waiting"))
    def waiting(self, endpoint: WebhookEndpoint) -> str:
        """Shows how many events wait. Adds a warning if no worker seems to run."""
        waiting = endpoint.deliveries.filter(state=DeliveryState.WAITING)
        found = waiting.aggregate(number=Count("pk"), oldest=Min("created_at"))
        if not found["number"]:
            return _("Nothing")
        text = ngettext(
            "%(number)s event, since %(at)s", "%(number)s events, the oldest since %(at)s", found["number"]
        ) % {"number": found["number"], "at": in_utc(found["oldest"])}
        overdue = endpoint.lanes.filter(due_at__lte=timezone.now() - OVERDUE)
        is_stuck = endpoint.is_active and overdue.exists()
        warning = _("None was sent for some minutes: start manage.py worker on the server.")
        return f"{text}. {warning}" if is_stuck else text

    @admin.display(description=gettext_lazy("Secrets"))
    def secrets_listed(self, endpoint: WebhookEndpoint) -> str:
        """Shows which secrets sign, by their fingerprint. No page can show a secret again."""
        now = timezone.now()
        signing = [one for one in endpoint.secrets.all() if one.expires_at is None or one.expires_at > now]
        ends = [in_utc(one.expires_at) if one.expires_at else NOTHING for one in signing]
        rows = [[one.fingerprint, in_utc(one.created_at), end] for one, end in zip(signing, ends, strict=True)]
        return table(_("Secrets"), [_("SHA-256 begins with"), _("Made"), _("Works until")], rows, style="figures texts")

    @admin.display(description=gettext_lazy("Deliveries"))
    def log(self, endpoint: WebhookEndpoint) -> SafeString:
        links = [
            (link_to_list(WebhookDelivery, text=text, endpoint__exact=endpoint.pk, **more),)
            for text, more in [
                (_("All"), {}),
                *((_(state.label), {"state__exact": state.value}) for state in DeliveryState),
            ]
        ]
        return format_html_join(" · ", "{}", links)


class EndpointFilter(admin.SimpleListFilter):
    """Filters deliveries by endpoint. Django's own filter would list the endpoints of every account."""

    title = gettext_lazy("Endpoint")
    parameter_name = "endpoint__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        endpoints = rows_of(WebhookEndpoint, by=principal_of(request)).order_by("-pk")[:50]
        return [(str(endpoint.pk), str(endpoint)) for endpoint in endpoints]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(endpoint=int(value)) if value.isdecimal() and len(value) < 19 else queryset.none()


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OfAdmins):
    created_at: ClassVar[Any] = moment("created_at", store="event__store", label=gettext_lazy("Queued at"))
    next_attempt_at: ClassVar[Any] = moment("next_attempt_at", store="event__store")
    ended_at: ClassVar[Any] = moment("ended_at", store="event__store")
    list_display = ("__str__", "state", "result", "attempts", "where", "endpoint", created_at)
    joined = ("endpoint__account", "event__store", "event__place")
    list_filter = ("state", EndpointFilter)
    search_fields = ("event",)
    search_help_text = gettext_lazy("The id of an event")
    fields = (
        "endpoint_link", "event_id", "event_type", "event_store", "place", "state", "result", "attempts", created_at,
        next_attempt_at, ended_at, "log",
    )  # fmt: skip
    acts = (Resend(), GiveUp())

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Finds the deliveries of an event by its published id."""
        if not search_term.strip():
            return queryset, False
        try:
            return queryset.filter(event__uid=UUID(search_term.strip())), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description=gettext_lazy("Endpoint"))
    def endpoint_link(self, delivery: WebhookDelivery) -> SafeString:
        return link_to(delivery.endpoint)

    @admin.display(description=gettext_lazy("Event id"))
    def event_id(self, delivery: WebhookDelivery) -> str:
        return str(delivery.event.uid)

    @admin.display(description=gettext_lazy("Event type"))
    def event_type(self, delivery: WebhookDelivery) -> str:
        return delivery.event.type

    @admin.display(description=gettext_lazy("Store"))
    def event_store(self, delivery: WebhookDelivery) -> str:
        return str(delivery.event.store)

    @admin.display(description=gettext_lazy("Place"))
    def where(self, delivery: WebhookDelivery) -> str:
        event = delivery.event
        return f"{event.store.number}, {event.place}" if event.place else event.store.number

    @admin.display(description=gettext_lazy("Place"))
    def place(self, delivery: WebhookDelivery) -> str:
        return str(delivery.event.place) if delivery.event.place else NOTHING

    @admin.display(description=gettext_lazy("Last result"))
    def result(self, delivery: WebhookDelivery) -> str:
        return result_of(delivery.last_status, delivery.last_error)

    @admin.display(description=gettext_lazy("Log of attempts"))
    def log(self, delivery: WebhookDelivery) -> str:
        """Shows the newest attempts with the beginning of each answer."""
        rows = [
            [
                one.number,
                f"{one.at:%Y-%m-%d %H:%M:%S} UTC",
                result_of(one.status_code, one.error),
                f"{one.duration_ms} ms",
                one.answer or NOTHING,
            ]
            for one in delivery.attempts_made.all()[:100]
        ]
        return table(
            _("Attempts"),
            [_("Number"), _("At"), _("Result"), _("Took"), _("Answer")],
            rows,
            style="figures texts answers",
        )


def result_of(status: int | None, error: str) -> str:
    """Returns the outcome of an attempt in words, or a dash if there was none."""
    return str(status) if status is not None else _(ERRORS[error]) if error in ERRORS else error or NOTHING
