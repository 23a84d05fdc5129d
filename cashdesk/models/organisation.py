"""Accounts, vendors and stores."""

import zoneinfo
from collections.abc import Set
from functools import cache
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.currencies import is_current
from cashdesk.denominations import denominations_of
from cashdesk.enums import Language
from cashdesk.formats import style
from cashdesk.models.public_id import PublicIdModel
from cashdesk.money import is_currency

FLOAT_PIECES_MAX: Final = 10_000
"""The most pieces of one note or coin in a float. It catches an amount that was typed as a number of pieces."""


def validate_currency(code: str) -> None:
    """Raises ValidationError unless the code is in ISO 4217."""
    if not is_currency(code):
        told = _("'%(code)s' is not an ISO 4217 currency such as EUR or CLP.") % {"code": code}
        raise ValidationError(told, code="invalid_currency")


@cache
def time_zones() -> Set[str]:
    """Returns the names in the time zone database."""
    # Cached because each call walks over hundreds of files.
    return zoneinfo.available_timezones()


def validate_time_zone(name: str) -> None:
    """Raises ValidationError unless the time zone database has this name."""
    if name not in time_zones():
        told = _("'%(name)s' is not a time zone such as Europe/Berlin.") % {"name": name}
        raise ValidationError(told, code="invalid_time_zone")


def validate_float_template(template: object, *, currency: str) -> None:
    """Raises ValidationError unless `template` is a usual float: numbers of pieces by note or coin of `currency`.

    The keys of `template` are the values of notes and coins in minor units. In EUR, {"1000": 5} means five notes of
    10.00. The error names every wrong line.
    """
    if not isinstance(template, dict):
        raise ValidationError(_('Enter the usual float as pieces by the value of a note or coin, such as {"1000": 5}.'))
    known = {str(piece.value): piece.value for piece in denominations_of(currency)}
    if template and not known:
        told = _("The notes and coins of %(currency)s are unknown here. Leave the usual float empty.")
        raise ValidationError(told % {"currency": currency})
    wrong = []
    for worth, pieces in template.items():
        if worth not in known:
            told = _("%(currency)s has no note or coin of %(worth)s minor units.")
            wrong.append(told % {"currency": currency, "worth": str(worth)[:20]})
        elif isinstance(pieces, bool) or not isinstance(pieces, int) or not 1 <= pieces <= FLOAT_PIECES_MAX:
            face = style().face(known[worth], currency)
            told = _("%(face)s: Enter a whole number of pieces from 1 to %(limit)s. Leave it out for none.")
            wrong.append(told % {"face": face, "limit": FLOAT_PIECES_MAX})
    if wrong:
        raise ValidationError(wrong)


class Account(PublicIdModel):
    """The owner of stores. People and programs of one account never see the data of another account."""

    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Vendor(PublicIdModel):
    """A brand within an account."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="vendors")
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("account", "name"), name="vendor_name_once_per_account"),)

    def __str__(self) -> str:
        return self.name


class Store(PublicIdModel):
    """One shop. It trades in its `currency`. Its time zone and cut-off hour give the business date of a time."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="stores")
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="stores", null=True, blank=True)
    number = models.CharField(max_length=20, help_text="The store's number, unique in the account.")
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, validators=[validate_currency], help_text="ISO 4217, such as EUR.")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    cut_off_hour = models.PositiveSmallIntegerField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(23)],
        help_text="Local hour at which the business day changes. With 4, a sale at 03:59 belongs to the previous day.",
    )
    tolerance_minor = models.BigIntegerField(
        "tolerance",
        default=0,
        validators=[MinValueValidator(0)],
        help_text="Minor units. Larger differences must be explained.",
    )
    tolerance_basis_points = models.PositiveIntegerField(
        "tolerance by share",
        default=0,
        validators=[MaxValueValidator(10_000)],
        help_text="Hundredths of a percent of the expected amount: 50 is half a percent.",
    )
    escalation_minor = models.BigIntegerField(
        "second limit",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Minor units. An admin must sign off larger differences. Empty: no second limit.",
    )
    four_eyes = models.BooleanField(
        "approval by another person",
        default=False,
        help_text="The person who explained a variance may not approve it.",
    )
    closes_stale_sessions = models.BooleanField(
        "close what is left open",
        default=True,
        help_text="Closing a business day closes open sessions without a count. If not set, the close waits for them.",
    )
    requires_settlement = models.BooleanField(
        "trades under settlement only",
        default=False,
        help_text="Registers trade only while they have an open settlement.",
    )
    language = models.CharField(
        max_length=8,
        choices=Language.choices,
        default=Language.ENGLISH,
        help_text="Language of the store's pages for people who chose none, and the style of amounts and dates.",
    )
    float_template = models.JSONField(
        default=dict,
        blank=True,
        help_text='The usual float: pieces by the worth of a note or coin in minor units, such as {"1000": 5}.',
    )
    float_minor = models.BigIntegerField(
        "usual float as one amount",
        default=0,
        validators=[MinValueValidator(0)],
        help_text="Minor units. Used if the usual float has no pieces. 0: none.",
    )
    witness_minor = models.BigIntegerField(
        "witness above",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Minor units. A witness must confirm larger counts. Empty: no witness.",
    )
    register_look_minor = models.BigIntegerField(
        "second look above, at a register",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Minor units. Larger amounts must be confirmed before they are booked. Empty: a default by currency.",
    )
    vault_look_minor = models.BigIntegerField(
        "second look above, in the safe",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Minor units. Larger amounts must be confirmed before they are booked. Empty: a default by currency.",
    )
    pull_minor = models.BigIntegerField(
        "drop above",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Minor units. A drawer with more cash asks for a drop. Empty: no drawer asks.",
    )
    lock_minor = models.BigIntegerField(
        "lock above",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Minor units. A drawer with more cash takes only sales, refunds, drops and a count. Empty: no lock.",
    )
    pin_sign_in = models.BooleanField(
        "change of person by PIN",
        default=False,
        help_text="People sign in to the desk with a PIN, on tills where somebody signed in with a password today.",
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("account", "number"), name="store_number_once_per_account"),
            models.CheckConstraint(condition=models.Q(cut_off_hour__lte=23), name="store_cut_off_hour_of_a_day"),
            models.CheckConstraint(condition=models.Q(tolerance_minor__gte=0), name="store_tolerance_not_negative"),
            models.CheckConstraint(condition=models.Q(float_minor__gte=0), name="store_float_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def usual_float(self) -> dict[int, int]:
        """The usual float: numbers of pieces by the value of a note or coin in minor units, largest value first.

        Empty if the store has no usual float, or only its amount.
        """
        return dict(sorted(((int(worth), pieces) for worth, pieces in self.float_template.items()), reverse=True))

    @property
    def usual_float_minor(self) -> int:
        """The usual float in minor units: the sum of its pieces, else the amount. 0 if the store has none."""
        return sum(worth * pieces for worth, pieces in self.usual_float.items()) or self.float_minor

    def clean(self) -> None:
        """Checks the rules that span several fields. Raises ValidationError for:

        - a vendor of another account,
        - a change of the currency or the number after money has moved,
        - the choice of a currency that ISO 4217 has withdrawn,
        - an invalid usual float.
        """
        super().clean()
        self._refuse_withdrawn_currency()
        try:
            validate_float_template(self.float_template, currency=self.currency)
        except ValidationError as error:
            raise ValidationError({"float_template": error.error_list}) from error
        self._refuse_change_after_movements()
        if self.vendor is not None and self.vendor.account_id != self.account_id:
            raise ValidationError({"vendor": _("Choose a vendor of the store's account.")})

    def _refuse_change_after_movements(self) -> None:
        """Raises ValidationError for another currency or number, if money has already moved in the store."""
        if self.pk is None or not self.movements.exists():
            return
        known, told = type(self).objects.get(pk=self.pk), {}
        if known.currency != self.currency:
            told["currency"] = _("You cannot change the currency. Money has already moved in this store.")
        if known.number != self.number:
            told["number"] = _("You cannot change the number. Money has already moved in this store.")
        if told:
            raise ValidationError(told)

    def _refuse_withdrawn_currency(self) -> None:
        """Raises ValidationError for a withdrawn currency, unless the store already has it."""
        if not is_currency(self.currency) or is_current(self.currency, on=timezone.now().date()):
            return
        if not type(self).objects.filter(pk=self.pk, currency=self.currency).exists():
            told = _("%(currency)s is no longer in ISO 4217. Choose a current currency.") % {"currency": self.currency}
            raise ValidationError({"currency": told})
