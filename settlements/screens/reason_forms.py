"""The forms of the reasons for cash paid in and out."""

from django import forms
from django.utils.translation import gettext as _

from cashdesk.forms.setting_fields import CodeField, LineField, YesField
from cashdesk.forms.setting_form import SettingForm
from settlements.enums import Direction, SettlementType


class ReasonForm(SettingForm):
    """What may change about a reason. Its code stays, because the books name the reason by it."""

    def make_fields(self) -> dict[str, forms.Field]:
        return {
            "description": LineField(
                label=_("Name"), length_max=200, help_text=_("As people see it, such as Cleaning.")
            ),
            "number": LineField(
                label=_("Account number"),
                length_max=20,
                required=False,
                help_text=_("The number in your bookkeeping, if it has one. Programs may send it instead of the code."),
            ),
            "is_active": YesField(
                label=_("Offered"), help_text=_("If you take it off, it is not offered any more. Its past stays.")
            ),
        }


class NewReasonForm(SettingForm):
    """A new reason."""

    def make_fields(self) -> dict[str, forms.Field]:
        places = {
            SettlementType.CASHREGISTER: _("At the registers"),
            SettlementType.VAULT: _("In the safe"),
        }
        directions = {Direction.EXPENSE: _("Paid out"), Direction.REVENUE: _("Paid in")}
        code = CodeField(
            label=_("Code"),
            length_max=50,
            help_text=_("A short word in capital letters for programs, such as CLEANING. It stays for ever."),
        )
        return {
            "description": LineField(
                label=_("Name"), length_max=200, help_text=_("As people see it, such as Cleaning.")
            ),
            "type": forms.ChoiceField(label=_("Where"), choices=list(places.items())),
            "direction": forms.ChoiceField(label=_("Direction"), choices=list(directions.items())),
            "code": code,
            "number": LineField(
                label=_("Account number"),
                length_max=20,
                required=False,
                help_text=_("The number in your bookkeeping, if it has one. Programs may send it instead of the code."),
            ),
        }
