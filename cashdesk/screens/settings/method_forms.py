"""The forms of payment methods."""

from django import forms
from django.utils.translation import gettext as _

from cashdesk.forms.setting_fields import CodeField, LineField, YesField
from cashdesk.forms.setting_form import SettingForm


class MethodForm(SettingForm):
    """What may change about a payment method. Its code stays, because the books name the method by it."""

    def make_fields(self) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {
            "name": LineField(label=_("Name"), length_max=100, help_text=_("As people see it, such as Gift card.")),
            "is_counted": YesField(
                label=_("Counted by hand"),
                help_text=_(
                    "A settlement asks to count it, such as card slips or cheques. Otherwise the books are taken."
                ),
            ),
            "is_active": YesField(
                label=_("Offered"), help_text=_("If you take it off, it is not offered any more. Its past stays.")
            ),
        }
        if self.row.is_cash:
            for name in ("is_counted", "is_active"):
                fields[name].disabled = True
                fields[name].help_text = _("Cash is always offered, and always counted.")
        return fields


class NewMethodForm(SettingForm):
    """A new payment method."""

    def make_fields(self) -> dict[str, forms.Field]:
        code = CodeField(
            label=_("Code"),
            length_max=32,
            help_text=_(
                "The code that your point of sale sends, in capital letters, such as GIFT_CARD. It stays for ever."
            ),
        )
        return {
            "name": LineField(label=_("Name"), length_max=100, help_text=_("As people see it, such as Gift card.")),
            "code": code,
            "is_counted": YesField(
                label=_("Counted by hand"),
                help_text=_(
                    "A settlement asks to count it, such as card slips or cheques. Otherwise the books are taken."
                ),
            ),
        }
