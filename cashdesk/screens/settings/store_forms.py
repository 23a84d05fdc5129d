"""The forms of a store's settings, one for each group, with the help that a shopkeeper needs."""

from collections.abc import Mapping
from typing import Final

from django import forms
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cashdesk.countries import currency_names, time_zone_names
from cashdesk.domain.counting.second_look import second_look_limit
from cashdesk.enums import Language
from cashdesk.formats import style
from cashdesk.forms.setting_fields import AmountField, HourField, LineField, YesField
from cashdesk.forms.setting_form import SettingForm
from cashdesk.models import Store, Vendor
from cashdesk.screens.settings.float_forms import FloatForm
from cashdesk.screens.settings.limit_fields import HELP, LABELS, store_limit

REGISTERS_MAX: Final = 99


class NameForm(SettingForm):
    """What the store is called, and where it is."""

    title = gettext_lazy("Name and place")

    def make_fields(self) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {
            "name": LineField(
                label=_("Name"), length_max=200, help_text=_("Such as Berlin Mitte. People see it on each page.")
            ),
            "number": LineField(
                label=_("Number"), length_max=20, help_text=_("Unique in your account. Reports and programs use it.")
            ),
            "currency": forms.ChoiceField(
                label=_("Currency"),
                choices=currencies(self.row),
                help_text=_("The currency of the drawers."),
            ),
            "time_zone": forms.ChoiceField(
                label=_("Time zone"),
                choices=zones(self.row),
                help_text=_("Decides which business day a sale belongs to."),
            ),
            "language": forms.ChoiceField(
                label=_("Language"),
                choices=Language.choices,
                help_text=_(
                    "For people who chose no language of their own, and for how amounts and dates are written."
                ),
            ),
        }
        vendors = Vendor.objects.filter(account_id=self.row.account_id).order_by("name")
        if self.row.vendor_id is not None or vendors.exists():
            fields["vendor"] = forms.ModelChoiceField(
                vendors,
                label=_("Brand"),
                required=False,
                empty_label=_("No brand"),
                help_text=_("The brand that the store belongs to."),
            )
        if not self.is_new and self.row.movements.exists():
            # The books name the store by its number, and their amounts are in its currency.
            for name in ("number", "currency"):
                fields[name].disabled = True
                fields[name].help_text = _("Fixed, because money has already moved in this store.")
        return fields


class DayForm(SettingForm):
    """When a business day ends."""

    title = gettext_lazy("Business day")

    def make_fields(self) -> dict[str, forms.Field]:
        return {
            "cut_off_hour": _day_ends_at(),
            "closes_stale_sessions": YesField(
                label=_("Close drawers that were left open"),
                help_text=_(
                    "When the business day is closed, drawers that are still open are closed without a count. Otherwise the "
                    "day waits for them."
                ),
            ),
        }


class DifferenceForm(SettingForm):
    """Which differences a shop accepts."""

    title = gettext_lazy("Differences")

    def make_fields(self) -> dict[str, forms.Field]:
        currency = self.row.currency
        return {
            "tolerance_minor": AmountField(
                currency,
                label=LABELS["tolerance_minor"],
                required=True,
                help_text=f"{HELP['tolerance_minor']} {_('2.00 suits most stores.')}",
            ),
            **{limit: store_limit(limit, store=self.row) for limit in ("tolerance_basis_points", "escalation_minor")},
            "four_eyes": YesField(
                label=_("Somebody else approves"),
                help_text=_(
                    "The person who explained a variance cannot approve it. The store then needs two managers."
                ),
            ),
        }


class LimitForm(SettingForm):
    """Large counts and large amounts."""

    title = gettext_lazy("Large amounts")

    def make_fields(self) -> dict[str, forms.Field]:
        currency = self.row.currency
        return {
            "witness_minor": store_limit("witness_minor", store=self.row),
            "register_look_minor": AmountField(
                currency,
                label=_("Ask again at a register above"),
                empty_words=self._usual(is_vault=False),
                help_text=_(
                    "Catches typing errors when cash is paid in or out, dropped or lent. Empty: the usual limit."
                ),
            ),
            "vault_look_minor": AmountField(
                currency,
                label=_("Ask again at the safe above"),
                empty_words=self._usual(is_vault=True),
                help_text=_(
                    "Catches typing errors at deposits, change and payments of the safe. Empty: the usual limit."
                ),
            ),
        }

    def _usual(self, *, is_vault: bool) -> str:
        """Returns the limit that applies without an own one, in words."""
        currency = self.row.currency
        limit = second_look_limit(store=Store(currency=currency), is_vault=is_vault)
        if limit is None:
            return _("No limit")
        return _("%(amount)s, the usual limit") % {"amount": style().amount(limit, currency)}


class DrawerCashForm(SettingForm):
    """How much cash a drawer may hold."""

    title = gettext_lazy("Cash in the drawers")

    def make_fields(self) -> dict[str, forms.Field]:
        return {limit: store_limit(limit, store=self.row) for limit in ("pull_minor", "lock_minor")}


class SignInForm(SettingForm):
    """How people change at a shared till."""

    title = gettext_lazy("Sign-in at the till")

    def make_fields(self) -> dict[str, forms.Field]:
        return {
            "pin_sign_in": YesField(
                label=_("Quick change of person by PIN"),
                help_text=_(
                    "For tills that several people share. After the next sign-in with a password, people sign in there "
                    "with a PIN for 12 hours. A PIN opens only the desk. Each person chooses their PIN in their account."
                ),
            ),
        }


class SettlementForm(SettingForm):
    """Whether registers need a settlement."""

    title = gettext_lazy("Settlements")

    def make_fields(self) -> dict[str, forms.Field]:
        return {
            "requires_settlement": YesField(
                label=_("Registers need an open settlement"),
                help_text=_(
                    "Registers trade only while their settlement is open: opened with cash from the safe, and counted for "
                    "all cashiers together. Small stores do not need this."
                ),
            ),
        }


class NewStoreForm(NameForm):
    """A new store, with what decides about its first day. All other settings have usual values."""

    title = gettext_lazy("Add store")

    def make_fields(self) -> dict[str, forms.Field]:
        return {
            **super().make_fields(),
            "cut_off_hour": _day_ends_at(),
            "registers": forms.IntegerField(
                label=_("Registers"),
                min_value=1,
                max_value=REGISTERS_MAX,
                initial=1,
                help_text=_("How many tills the store has. You can add more at any time."),
            ),
        }


GROUPS: Final[Mapping[str, type[SettingForm]]] = {
    "name": NameForm,
    "day": DayForm,
    "differences": DifferenceForm,
    "amounts": LimitForm,
    "drawer-cash": DrawerCashForm,
    "float": FloatForm,
    "sign-in": SignInForm,
    "settlements": SettlementForm,
}
"""The groups of a store's settings, by the last part of their path."""


def _day_ends_at() -> HourField:
    return HourField(
        label=_("Business day ends at"),
        help_text=_("Sales after midnight and before this hour belong to the day before."),
    )


def currencies(store: Store) -> list[tuple[str, str]]:
    """Returns the current currencies, and that of the store, with their names."""
    names = currency_names(get_language() or Language.ENGLISH, on=timezone.now().date())
    codes = sorted({*names, *([store.currency] if store.currency else [])})
    return [(code, f"{code} · {names[code]}" if code in names else code) for code in codes]


def zones(store: Store) -> list[tuple[str, str]]:
    """Returns the time zones, and that of the store, with the name of a city, in the order of these names."""
    names = time_zone_names(get_language() or Language.ENGLISH)
    known = [(zone, f"{name} · {zone.replace('_', ' ')}") for zone, name in names.items()]
    others = [zone for zone in ("UTC", store.time_zone) if zone not in names]
    return [*known, *((zone, zone) for zone in dict.fromkeys(others))]
