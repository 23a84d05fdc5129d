"""Actions that issue or rotate an API key. Only the page after the action shows the secret.

To rotate a key means to replace it with a new key. The old key still works for the overlap: the time that the admin
chose.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActForm, ActPage, Done
from cashdesk.admin_base.columns import in_utc
from cashdesk.admin_base.model_admin import NamedAutocomplete
from cashdesk.admin_base.scopes import rows_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.api_key import (
    NAME_MAX,
    OVERLAP_MAX,
    REQUESTS_MAX,
    is_rotatable,
    issue_api_key,
    register_of_key,
    rotate_api_key,
)
from cashdesk.domain.people.request_limit import is_limitable, set_request_limit
from cashdesk.enums import Role, Scope
from cashdesk.models import AccessToken, Account, Store, Vendor

UNITS: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
UNIT_WORDS: Final = {
    "minutes": gettext_lazy("minutes"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
}
OVERLAP_COUNT_MAX: Final = OVERLAP_MAX // UNITS["minutes"]
HEADER: Final = "x-api-key: {}"


def requests_field() -> forms.IntegerField:
    """Returns the form field for the limit of requests."""
    return forms.IntegerField(
        min_value=0,
        max_value=REQUESTS_MAX,
        required=False,
        label=gettext_lazy("Requests per minute"),
        help_text=gettext_lazy(
            "The most requests that the key may send in a minute. If empty, the default of this installation "
            "applies. 0 means no limit."
        ),
    )


def scopes_in_words() -> list[tuple[str, str]]:
    """Returns the choices of scopes. A scope is a word of programs, and its meaning is in the language of the page."""
    return [(scope.value, f"{scope.value} - {_(scope.label)}") for scope in Scope]


class IssueKeyForm(ActForm):
    account = forms.ModelChoiceField(label=gettext_lazy("Account"), queryset=Account.objects.none())
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_MAX,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("What uses the key, such as till 3. The audit trail shows it."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=scopes_in_words,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose only what the program needs."),
    )
    vendor = forms.ModelChoiceField(
        label=gettext_lazy("Vendor"),
        queryset=Vendor.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "Binds the key to the vendor's stores. A key without a vendor cannot use cash management."
        ),
    )
    store = forms.ModelChoiceField(
        label=gettext_lazy("Store"),
        queryset=Store.objects.none(),
        required=False,
        help_text=gettext_lazy("Binds the key to one store."),
    )
    station = forms.IntegerField(
        label=gettext_lazy("Station"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("Binds the key to one register of the store. Enter its number, such as 2."),
    )
    requests_per_minute = requests_field()
    expires_at = forms.DateField(
        label=gettext_lazy("Works until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day on which the key works, in UTC. If empty, it works until you revoke it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models: dict[str, type[Model]] = {"account": Account, "vendor": Vendor, "store": Store}
        for name, model in models.items():
            field: Any = self.fields[name]
            field.widget = NamedAutocomplete(AccessToken._meta.get_field(name), admin.site)
            field.widget.is_required = field.required
            field.queryset = rows_of(model, by=self.by)
        if self.by.user is None or not self.by.user.is_superuser:
            # An admin issues keys for their own account only.
            del self.fields["account"]

    def clean(self) -> dict[str, Any]:
        """Adds the account of the signed-in person if the form has no field for the account."""
        return {"account": self.by.user.account if self.by.user else None, **self.cleaned_data}

    def clean_expires_at(self) -> datetime | None:
        """Returns the end of the chosen day, in UTC."""
        day = self.cleaned_data["expires_at"]
        return datetime.combine(day, time.max, tzinfo=UTC) if day else None


class IssueKey(ActPage):
    name = "issue"
    label = gettext_lazy("Issue an API key")
    explanation = gettext_lazy(
        "With a key, a program can use the API within the scopes and the binding of the key. The "
        "next page shows its secret once."
    )
    form = IssueKeyForm
    role = Role.ADMIN
    used_as = HEADER

    def do(self, row: None, form: IssueKeyForm, *, by: Principal, at: datetime) -> Done:
        given = dict(form.cleaned_data)
        register = register_of_key(store=given["store"], station=given.pop("station"))
        made, secret = issue_api_key(**given, register=register, by=by, at=at)
        return Done(made=made, secret=secret)


class RotateKeyForm(ActForm):
    overlap = forms.IntegerField(
        min_value=0,
        max_value=OVERLAP_COUNT_MAX,
        initial=24,
        label=gettext_lazy("The old key works for"),
        help_text=gettext_lazy("0 ends it at once."),
    )
    unit = forms.ChoiceField(choices=list(UNIT_WORDS.items()), initial="hours", label=gettext_lazy("Unit"))


class RotateKey(ActPage):
    name = "rotate"
    label = gettext_lazy("Rotate API key")
    explanation = gettext_lazy(
        "Issues a new key with the same name, scopes and binding. The next page shows its secret "
        "once. Give it to the program while the old key still works."
    )
    form = RotateKeyForm
    role = Role.ADMIN
    used_as = HEADER

    def is_offered(self, row: AccessToken, *, by: Principal) -> bool:
        return is_rotatable(row, at=timezone.now())

    def do(self, row: AccessToken, form: RotateKeyForm, *, by: Principal, at: datetime) -> Done:
        overlap = form.cleaned_data["overlap"] * UNITS[form.cleaned_data["unit"]]
        made, secret = rotate_api_key(token=row, overlap=overlap, by=by, at=at)
        until = made.replaces.expires_at if made.replaces else None
        if overlap and until is not None:
            told = _("The old key %(key)s works until %(at)s.") % {"key": row, "at": in_utc(until)}
        else:
            told = _("%(key)s has ended.") % {"key": row}
        return Done(made=made, secret=secret, shown=(told,))


class LimitKeyForm(ActForm):
    requests_per_minute = requests_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requests_per_minute"].initial = self.row.requests_per_minute


class LimitKey(ActPage):
    name = "limit"
    label = gettext_lazy("Set request limit")
    explanation = gettext_lazy(
        "Above the limit the API answers with status 429 until the minute is over. People have no limit, so a limit never "
        "stops a cashier."
    )
    form = LimitKeyForm
    role = Role.ADMIN

    def is_offered(self, row: AccessToken, *, by: Principal) -> bool:
        return is_limitable(row, at=timezone.now())

    def do(self, row: AccessToken, form: LimitKeyForm, *, by: Principal, at: datetime) -> Done:
        requests = form.cleaned_data["requests_per_minute"]
        set_request_limit(token=row, requests_per_minute=requests, by=by, at=at)
        return Done(message=_("Request limit of %(key)s saved.") % {"key": row})
