"""The forms of a register's settings."""

from django import forms
from django.utils.translation import gettext as _

from cashdesk.domain.session.register_settings import NUMBER_MAX
from cashdesk.forms.setting_fields import LineField
from cashdesk.forms.setting_form import SettingForm
from cashdesk.models.place import REGISTER_NAME_MAX


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
