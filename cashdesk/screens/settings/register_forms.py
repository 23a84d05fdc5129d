"""The forms of a register's settings."""

from django import forms
from django.utils.translation import gettext as _

from cashdesk.domain.session.register_settings import NUMBER_MAX
from cashdesk.enums import PlaceKind
from cashdesk.formats import style
from cashdesk.forms.setting_fields import AmountField, LineField
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


class LimitsForm(SettingForm):
    """The limits of one register or of the safe. An empty field has the limit of the store."""

    def make_fields(self) -> dict[str, forms.Field]:
        return {
            "tolerance_minor": self._amount(
                "tolerance_minor",
                label=_("Accepted difference"),
                help_text=_("A larger difference must be explained and approved."),
            ),
            "escalation_minor": self._amount(
                "escalation_minor",
                label=_("An admin decides above"),
                help_text=_("Managers cannot approve a larger difference."),
            ),
            "witness_minor": self._amount(
                "witness_minor",
                label=_("A second person confirms counts above"),
                help_text=_("The second person signs at the same screen."),
            ),
            **(self._of_safe() if self.row.kind == PlaceKind.VAULT else self._of_register()),
        }

    def _of_register(self) -> dict[str, forms.Field]:
        return {
            "pull_minor": self._amount(
                "pull_minor",
                label=_("Ask for a drop above"),
                help_text=_("The desk and Today then say that cash should go to the safe."),
            ),
            "lock_minor": self._amount(
                "lock_minor",
                label=_("Lock the drawer above"),
                help_text=_("Sales go on. Nobody can pay in or out there until cash went to the safe."),
            ),
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

    def _amount(self, limit: str, *, label: str, help_text: str) -> AmountField:
        """Returns a field that tells the limit of the store, which applies while the field is empty."""
        store = self.row.store
        of_store = getattr(store, limit)
        written = style().amount(of_store, store.currency) if of_store is not None else _("none")
        told = _("Empty: the limit of the store (%(limit)s).") % {"limit": written}
        return AmountField(
            store.currency, label=label, help_text=f"{help_text} {told}", empty_words=_("As in the store")
        )


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
