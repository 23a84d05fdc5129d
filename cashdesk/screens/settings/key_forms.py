"""The forms of API keys: issue one, replace it, and limit its requests."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.people.api_key import NAME_MAX, OVERLAP_MAX, REQUESTS_MAX
from cashdesk.enums import Scope
from cashdesk.forms.setting_fields import LineField, YesField
from cashdesk.forms.setting_form import SettingForm
from cashdesk.models import Vendor

WORDS: Final[Mapping[Scope, str]] = {
    Scope.PAYMENTS_WRITE: noop("Report payments, and approve pending ones"),
    Scope.PAYMENTS_READ: noop("See payments and payment methods"),
    Scope.SESSIONS_WRITE: noop("Open drawers for people, and reverse movements"),
    Scope.SESSIONS_READ: noop("See drawers, shifts and people"),
    Scope.SETTLEMENTS_WRITE: noop("Open, count and close registers and the safe, and move money"),
    Scope.SETTLEMENTS_READ: noop("See settlements, movements, counts, deposits and reports"),
    Scope.CASH_MANAGEMENT_WRITE: noop("Record declared cash, and close business days"),
    Scope.CASH_MANAGEMENT_READ: noop("See the expected cash, also before it is counted"),
}
"""A plain description of each scope."""
HOURS_MAX: Final = OVERLAP_MAX.days * 24


def scope_field(scope: Scope) -> str:
    """Returns the name of a scope's checkbox."""
    return f"scope-{scope.value.replace(':', '-')}"


class IssueKeyForm(SettingForm):
    """What a program may do with its key, where, and for how long."""

    def make_fields(self) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {
            "name": LineField(
                label=_("Name"),
                length_max=NAME_MAX,
                help_text=_("What uses the key, such as Till software. Reports show it."),
            ),
            "store": forms.ModelChoiceField(
                self.by.stores().order_by("number", "pk"),
                label=_("Store"),
                required=False,
                empty_label=_("All stores"),
                help_text=_("Choose one if the program works in one store only."),
            ),
            "station": forms.IntegerField(
                label=_("Register number"),
                required=False,
                min_value=1,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
                help_text=_("Only if the program works at one register of that store."),
            ),
        }
        vendors = Vendor.objects.filter(Q(account_id=self.by.account_id)).order_by("name")
        if vendors.exists():
            fields["vendor"] = forms.ModelChoiceField(
                vendors,
                label=_("Brand"),
                required=False,
                empty_label=_("All brands"),
                help_text=_("A key for declared and expected cash needs a brand."),
            )
        for scope, words in WORDS.items():
            fields[scope_field(scope)] = YesField(label=_(words))
        fields["requests_per_minute"] = requests_field()
        fields["expires_at"] = forms.DateField(
            label=_("Last day"),
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            help_text=_("The key stops working after this day (UTC). Leave it empty if it has no end."),
        )
        return fields

    @property
    def scope_fields(self) -> list[forms.BoundField]:
        """The checkboxes of the scopes."""
        return [self[scope_field(scope)] for scope in WORDS]

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """The fields before the scopes."""
        return [self[name] for name in ("name", "store", "station", "vendor") if name in self.fields]

    def first_value(self, name: str) -> Any:
        return None

    @property
    def scopes(self) -> list[str]:
        """The chosen scopes."""
        return [scope.value for scope in WORDS if self.cleaned_data[scope_field(scope)]]

    def clean_expires_at(self) -> datetime | None:
        """Returns the end of the chosen day, in UTC."""
        day = self.cleaned_data["expires_at"]
        return datetime.combine(day, time.max, tzinfo=UTC) if day else None

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Shows the error of the scopes at the first checkbox."""
        first = scope_field(next(iter(WORDS)))
        told = {first if name == "scopes" else name: text for name, text in errors.items()}
        if "scopes" in errors:
            told[first] = _("Choose what the program may do.")
        super().refuse(told)


class LimitForm(SettingForm):
    """How many requests a key may send in a minute."""

    def make_fields(self) -> dict[str, forms.Field]:
        return {"requests_per_minute": requests_field()}


class RotateForm(SettingForm):
    """How long the old key still works."""

    def make_fields(self) -> dict[str, forms.Field]:
        return {
            "hours": forms.IntegerField(
                label=_("The old key works for so many hours"),
                min_value=0,
                max_value=HOURS_MAX,
                initial=24,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
                help_text=_("Until then both keys work. 0 ends the old one at once."),
            )
        }

    @property
    def columns(self) -> list[str]:
        return []


def requests_field() -> forms.IntegerField:
    """Returns the field for the limit of requests."""
    usual = settings.API_KEY_REQUESTS_PER_MINUTE
    told = (
        _("The most requests in a minute. Empty: %(usual)s, as usual here. 0: no limit.") % {"usual": usual}
        if usual
        else _("The most requests in a minute. Empty or 0: no limit.")
    )
    return forms.IntegerField(
        label=_("Requests per minute"),
        required=False,
        min_value=0,
        max_value=REQUESTS_MAX,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=told,
    )
