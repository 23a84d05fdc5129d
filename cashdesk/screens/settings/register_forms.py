"""The forms of a register's settings."""

from typing import Final

from django import forms
from django.utils.translation import gettext as _

from cashdesk.domain.session.register_settings import NUMBER_MAX
from cashdesk.enums import PlaceKind
from cashdesk.forms.setting_fields import AmountField, LineField
from cashdesk.forms.setting_form import SettingForm
from cashdesk.models.place import REGISTER_NAME_MAX
from cashdesk.screens.settings.limit_fields import place_limit

JUDGING: Final = ("tolerance_minor", "tolerance_basis_points", "escalation_minor", "witness_minor")
"""The limits that a count is judged by."""
ASKING: Final = ("pull_minor", "lock_minor")
"""The limits of the cash in a drawer."""


class RegisterForm(SettingForm):
    """The name of a register."""

    def make_fields(self) -> dict[str, forms.Field]:
        return {
            "name": LineField(
                label=_("Name"),
                length_max=REGISTER_NAME_MAX,
                required=False,
                help_text=_("Such as Bar or Entrance. People see it beside the number."),
            )
        }


class LimitsForm(SettingForm):
    """The limits of one register or of the safe. An empty field has the limit of the store."""

    def make_fields(self) -> dict[str, forms.Field]:
        is_safe = self.row.kind == PlaceKind.VAULT
        limits = JUDGING if is_safe else (*JUDGING, *ASKING)
        return {
            **{limit: place_limit(limit, place=self.row) for limit in limits},
            **(self._of_safe() if is_safe else {}),
        }

    def _of_safe(self) -> dict[str, forms.Field]:
        currency = self.row.store.currency
        return {
            "least_minor": AmountField(
                currency,
                label=_("Least cash"),
                empty_words=_("Not used"),
                help_text=_("Today says if the safe holds less. Leave it empty for no limit."),
            ),
            "most_minor": AmountField(
                currency,
                label=_("Most cash"),
                empty_words=_("Not used"),
                help_text=_("Today says if the safe holds more. Leave it empty for no limit."),
            ),
        }


class NewRegisterForm(RegisterForm):
    """The number and the name of a new register."""

    def make_fields(self) -> dict[str, forms.Field]:
        number = forms.IntegerField(
            label=_("Number"),
            min_value=1,
            max_value=NUMBER_MAX,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            help_text=_("The number on the till. It stays, because the books name the register by it."),
        )
        return {"number": number, **super().make_fields()}
