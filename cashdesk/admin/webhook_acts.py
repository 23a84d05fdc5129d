"""The acts on webhook endpoints and deliveries, for admins."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActForm, ActPage, Done
from cashdesk.admin_base.columns import in_utc
from cashdesk.admin_base.model_admin import NamedAutocomplete
from cashdesk.admin_base.scopes import rows_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import DeliveryState, EventType, Role
from cashdesk.models import Account, Store, WebhookDelivery, WebhookEndpoint
from cashdesk.models.webhook import DESCRIPTION_MAX, URL_MAX
from cashdesk.web.webhooks.delivery import LOG_KEPT_FOR, give_up, resend, resend_failed
from cashdesk.web.webhooks.endpoint import (
    add_endpoint,
    change_endpoint,
    remove_endpoint,
    rotate_secret,
    switch_off,
    switch_on,
)
from cashdesk.web.webhooks.secret import OVERLAP_MAX, OVERLAP_USUAL
from cashdesk.web.webhooks.testing import send_test

HOUR: Final = timedelta(hours=1)
VERIFY: Final = gettext_lazy("The receiver verifies each request with it, such as in Python:")
VERIFY_CODE: Final = 'standardwebhooks.Webhook("{}").verify(body, headers)'
LAW_5: Final = gettext_lazy(
    "movement.recorded lets the receiver add up what a drawer should hold, before it is counted. "
    "Choose it only if the receiver may know that."
)


class EndpointForm(ActForm):
    """The fields that an endpoint always has."""

    url = forms.CharField(
        label=gettext_lazy("URL"),
        max_length=URL_MAX,
        widget=forms.URLInput(attrs={"class": "vURLField", "placeholder": "https://"}),
        help_text=gettext_lazy("Cashdesk sends each event there with POST. It must be https, at a public address."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=DESCRIPTION_MAX,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("The system that receives the events, such as accounting."),
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Event types"),
        choices=[(name, name) for name in EventType.values],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=format_lazy(
            "{} {}", gettext_lazy("Choose none to send all types, also those that a later version adds."), LAW_5
        ),
    )


class AddEndpointForm(EndpointForm):
    account = forms.ModelChoiceField(label=gettext_lazy("Account"), queryset=Account.objects.none())
    store = forms.ModelChoiceField(
        label=gettext_lazy("Store"),
        queryset=Store.objects.none(),
        required=False,
        help_text=gettext_lazy("If empty, events of all stores are sent."),
    )
    field_order = ("account", "url", "description", "store", "types")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models: dict[str, type[Model]] = {"account": Account, "store": Store}
        for name, model in models.items():
            field: Any = self.fields[name]
            field.widget = NamedAutocomplete(WebhookEndpoint._meta.get_field(name), admin.site)
            field.widget.is_required = field.required
            field.queryset = rows_of(model, by=self.by)
        if self.by.user is None or not self.by.user.is_superuser:
            del self.fields["account"]

    def clean(self) -> dict[str, Any]:
        """Adds the account of the signed-in person if the form has no field for the account."""
        return {"account": self.by.user.account if self.by.user else None, **self.cleaned_data}


class AddEndpoint(ActPage):
    name = "new"
    label = gettext_lazy("Add webhook endpoint")
    explanation = gettext_lazy(
        "Cashdesk sends each event to this address from now on. The next page shows the secret once. The receiver "
        "needs it to verify that a request comes from Cashdesk."
    )
    form = AddEndpointForm
    role = Role.ADMIN
    use = VERIFY
    used_as = VERIFY_CODE

    def do(self, row: None, form: AddEndpointForm, *, by: Principal, at: datetime) -> Done:
        made, secret = add_endpoint(**form.cleaned_data, by=by, at=at)
        return Done(made=made, secret=secret)


class ChangeEndpointForm(EndpointForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("url", "description", "types"):
            self.fields[name].initial = getattr(self.row, name)


class OfEndpoint(ActPage):
    """An act on an endpoint that was not removed."""

    role = Role.ADMIN
    form = ActForm

    def is_offered(self, row: WebhookEndpoint, *, by: Principal) -> bool:
        return row.removed_at is None


class ChangeEndpoint(OfEndpoint):
    name = "edit"
    label = gettext_lazy("Change endpoint")
    explanation = gettext_lazy("Waiting events go to the new URL. The event types apply from the next event.")
    form = ChangeEndpointForm

    def do(self, row: WebhookEndpoint, form: ChangeEndpointForm, *, by: Principal, at: datetime) -> Done:
        changed = change_endpoint(endpoint=row, **form.cleaned_data, by=by, at=at)
        return Done(message=_("Changed: %(endpoint)s.") % {"endpoint": changed})


class TestEndpoint(OfEndpoint):
    name = "test"
    label = gettext_lazy("Send a test")
    explanation = gettext_lazy("Sends the event webhook.test now, and shows the answer. This can take 10 seconds.")

    def do(self, row: WebhookEndpoint, form: ActForm, *, by: Principal, at: datetime) -> Done:
        outcome = send_test(endpoint=row, by=by, at=at)
        took = _("It took %(number)s ms.") % {"number": outcome.duration_ms}
        if outcome.status is None:
            silence = _("There was no answer.")
            return Done(shown=(f"{silence} {outcome.text}", took), note="")
        said = (
            _("The receiver took the event: it answered with status %(status)s.")
            if outcome.is_delivered
            else _("The receiver refused the event: it answered with status %(status)s.")
        )
        text = (_("The answer begins with: %(text)s") % {"text": outcome.text[:200]},) if outcome.text else ()
        return Done(shown=(said % {"status": outcome.status}, took, *text), note="")


class RotateForm(ActForm):
    hours = forms.IntegerField(
        label=gettext_lazy("The old secret works for"),
        min_value=0,
        max_value=OVERLAP_MAX // HOUR,
        initial=OVERLAP_USUAL // HOUR,
        help_text=gettext_lazy(
            "In hours, at most 30 days. Until then each request has both signatures. 0 ends the old secret at once."
        ),
    )


class RotateSecret(OfEndpoint):
    name = "rotate"
    label = gettext_lazy("Rotate secret")
    explanation = gettext_lazy(
        "Makes a new secret, which the next page shows once. Give it to the receiver while the old one still works."
    )
    form = RotateForm
    use = VERIFY
    used_as = VERIFY_CODE

    def do(self, row: WebhookEndpoint, form: RotateForm, *, by: Principal, at: datetime) -> Done:
        overlap = form.cleaned_data["hours"] * HOUR
        secret = rotate_secret(endpoint=row, overlap=overlap, by=by, at=at)
        ends = (
            _("The old secret works until %(at)s.") % {"at": in_utc(at + overlap)}
            if overlap
            else _("The old secret has ended.")
        )
        return Done(secret=secret, shown=(ends,))


class SwitchOff(OfEndpoint):
    name = "switch-off"
    label = gettext_lazy("Switch off")
    explanation = gettext_lazy(
        "Nothing is sent until you switch it on again. You can then send what was missed, up to 90 days back."
    )

    def is_offered(self, row: WebhookEndpoint, *, by: Principal) -> bool:
        return row.removed_at is None and row.is_active

    def do(self, row: WebhookEndpoint, form: ActForm, *, by: Principal, at: datetime) -> Done:
        switch_off(endpoint=row, by=by, at=at)
        return Done(message=_("%(endpoint)s is off.") % {"endpoint": row})


class SwitchOnForm(ActForm):
    begins = forms.ChoiceField(
        label=gettext_lazy("Begin with"),
        choices=[("missed", gettext_lazy("the events that were missed")), ("new", gettext_lazy("new events"))],
        initial="missed",
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "If you choose new events, waiting ones become failed. You can send them again from the log."
        ),
    )


class SwitchOn(OfEndpoint):
    name = "switch-on"
    label = gettext_lazy("Switch on")
    explanation = gettext_lazy("Events are sent again. Send a test first.")
    form = SwitchOnForm

    def is_offered(self, row: WebhookEndpoint, *, by: Principal) -> bool:
        return row.removed_at is None and not row.is_active

    def do(self, row: WebhookEndpoint, form: SwitchOnForm, *, by: Principal, at: datetime) -> Done:
        switch_on(endpoint=row, sends_missed=form.cleaned_data["begins"] == "missed", by=by, at=at)
        return Done(message=_("%(endpoint)s is on.") % {"endpoint": row})


class RemoveEndpoint(OfEndpoint):
    name = "remove"
    label = gettext_lazy("Remove endpoint")
    explanation = gettext_lazy(
        "Nothing is sent there any more. You cannot undo this. The log of deliveries stays for 30 days."
    )

    def do(self, row: WebhookEndpoint, form: ActForm, *, by: Principal, at: datetime) -> Done:
        remove_endpoint(endpoint=row, by=by, at=at)
        return Done(message=_("Removed: %(endpoint)s.") % {"endpoint": row})


class SinceForm(ActForm):
    since = forms.DateField(
        label=gettext_lazy("Failed since"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Deliveries that failed on this day or later, in UTC."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = (timezone.now() - LOG_KEPT_FOR).date()

    def clean_since(self) -> datetime:
        """Returns the beginning of the chosen day, in UTC."""
        return datetime.combine(self.cleaned_data["since"], time.min, tzinfo=UTC)


class ResendFailed(OfEndpoint):
    name = "resend-failed"
    label = gettext_lazy("Send failed events again")
    explanation = gettext_lazy(
        "Queues all failed deliveries since a day, oldest first. New events of the same places wait for them."
    )
    form = SinceForm

    def is_offered(self, row: WebhookEndpoint, *, by: Principal) -> bool:
        return row.removed_at is None and row.is_active

    def do(self, row: WebhookEndpoint, form: SinceForm, *, by: Principal, at: datetime) -> Done:
        queued = resend_failed(endpoint=row, since=form.cleaned_data["since"], by=by, at=at)
        return Done(message=_("Events queued again: %(number)s.") % {"number": queued})


class Resend(ActPage):
    name = "resend"
    label = gettext_lazy("Send again")
    explanation = gettext_lazy("Queues this event again, with the same id. New events of the same place wait for it.")
    form = ActForm
    role = Role.ADMIN

    def is_offered(self, row: WebhookDelivery, *, by: Principal) -> bool:
        return row.state != DeliveryState.WAITING and row.endpoint.is_active

    def do(self, row: WebhookDelivery, form: ActForm, *, by: Principal, at: datetime) -> Done:
        resend(delivery=row, by=by, at=at)
        return Done(message=_("The event is queued again."))


class GiveUp(ActPage):
    name = "give-up"
    label = gettext_lazy("Give up")
    explanation = gettext_lazy(
        "Stops trying, so that the next event of the same place is sent. You can send this one again later."
    )
    form = ActForm
    role = Role.ADMIN

    def is_offered(self, row: WebhookDelivery, *, by: Principal) -> bool:
        return row.state == DeliveryState.WAITING

    def do(self, row: WebhookDelivery, form: ActForm, *, by: Principal, at: datetime) -> Done:
        give_up(delivery=row, by=by, at=at)
        return Done(message=_("The event is given up."))
