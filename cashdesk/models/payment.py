"""Payment methods, and payments as the point of sale reported them."""

from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.enums import CASH, QRIS, QRIS_STATIC, Booked, PaymentStatus, PaymentType
from cashdesk.models.access import AccessToken
from cashdesk.models.organisation import Account, Store
from cashdesk.models.person import User
from cashdesk.models.place import Place
from cashdesk.models.public_id import PublicIdModel
from cashdesk.models.session import CashSession

PUBLISHED_NUMBERS: Final[Mapping[str, int]] = {CASH: 1, QRIS: 2, QRIS_STATIC: 3}
"""The numbers that clients of the shifts API know in advance (docs/contracts.md, section 2)."""

OWN_NUMBERS_FROM: Final = 100
"""The number of every other method is this plus its primary key, so that it never equals a published number."""


class PaymentMethod(PublicIdModel):
    """A payment method of an account. Payments and movements store its code, which never changes."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payment_methods")
    code = models.CharField(max_length=32, help_text="Capital letters. CASH is cash.")
    name = models.CharField(max_length=100)
    is_cash = models.BooleanField(default=False)
    is_counted = models.BooleanField(
        "counted by hand",
        default=False,
        help_text="Settlements count it like cash (card slips, cheques). If not, they use the amount in the books.",
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("account", "-is_cash", "code")
        constraints = (
            models.UniqueConstraint(fields=("account", "code"), name="payment_method_code_once_per_account"),
            models.CheckConstraint(
                condition=Q(is_cash=True, code="CASH") | (Q(is_cash=False) & ~Q(code="CASH")),
                name="payment_method_cash_is_cash",
            ),
            models.CheckConstraint(
                condition=Q(is_cash=False) | Q(is_counted=True),
                name="payment_method_cash_is_counted",
                violation_error_message="Cash is always counted by hand: tick it there too.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError if cash is switched off."""
        super().clean()
        if self.is_cash and not self.is_active:
            raise ValidationError({"is_active": _("Cash cannot be switched off. Drawers and the safe hold it.")})

    @property
    def number(self) -> int:
        """The integer id of the method in the shifts API. It follows from the code and the primary key, so it is stable."""
        return PUBLISHED_NUMBERS.get(self.code, OWN_NUMBERS_FROM + self.pk)

    @staticmethod
    def has_number(number: int) -> Q:
        """Returns the query condition that a method has this number."""
        code = next((code for code, published in PUBLISHED_NUMBERS.items() if published == number), None)
        if code is not None:
            return Q(code=code)
        return Q(pk=number - OWN_NUMBERS_FROM) & ~Q(code__in=PUBLISHED_NUMBERS)


class Payment(models.Model):
    """A payment as the point of sale reported it. Its figures never change.

    A PENDING payment becomes APPROVED or REJECTED once. Only an APPROVED payment moves money.

    Amounts are in minor units. `amount` is the amount to pay. `tendered` minus `change` is the money that a sale added
    to the drawer, or that a refund took out of it. With cash rounding this differs from `amount`.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="payments", db_index=False)
    external_id = models.CharField(max_length=128, help_text="The point of sale's own id.")
    order = models.CharField(max_length=128, blank=True)
    type = models.CharField(max_length=8, choices=PaymentType.choices, default=PaymentType.SALE)
    status = models.CharField(max_length=8, choices=PaymentStatus.choices)
    method = models.CharField(max_length=32)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    tendered = models.BigIntegerField(null=True)
    change = models.BigIntegerField(null=True)
    tax = models.BigIntegerField(null=True)
    discount = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=64, blank=True)
    service = models.CharField(max_length=64, blank=True)
    register = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="payments", null=True, db_index=False)
    session = models.ForeignKey(CashSession, on_delete=models.PROTECT, related_name="payments", null=True)
    operator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    booked = models.CharField(max_length=8, choices=Booked.choices, default=Booked.NOT_MOVED)
    business_date = models.DateField(help_text="The store's trading date of the payment, frozen when it was reported.")
    paid_at = models.DateTimeField(help_text="When it was paid by the till's clock, which may be wrong.")
    clock_adjusted = models.BooleanField(
        default=False, help_text="The till's clock gave another business day than the payment's."
    )
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    reported_with = models.ForeignKey(
        AccessToken, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    decided_at = models.DateTimeField(null=True, help_text="When a pending payment was approved or rejected.")
    source = models.CharField(
        max_length=100,
        blank=True,
        default="",
        help_text="The till that reported it: type of caller, and register or operator. Empty in old rows.",
    )
    fingerprint = models.CharField(
        max_length=64, help_text="SHA-256 of the report as sent. Tells a repeated report from a different one."
    )

    class Meta:
        ordering = ("-pk",)
        constraints = (
            # A repeated report is booked once (law 7). domain.payment also finds payments by their id with this index.
            models.UniqueConstraint(
                fields=("store", "external_id", "source", "fingerprint"), name="payment_once_per_till"
            ),
            # The next two constraints give a caller only one payment per id at a till, even if two different reports
            # arrive at once.
            models.UniqueConstraint(
                fields=("store", "external_id", "source", "reported_by"),
                condition=Q(reported_by__isnull=False),
                name="payment_once_per_person",
            ),
            models.UniqueConstraint(
                fields=("store", "external_id", "source", "reported_with"),
                condition=Q(reported_by__isnull=True),
                name="payment_once_per_key",
            ),
            models.CheckConstraint(condition=Q(status__in=PaymentStatus.values), name="payment_status_is_known"),
            models.CheckConstraint(condition=Q(type__in=PaymentType.values), name="payment_type_is_known"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(tendered__isnull=True, change__isnull=True)
                | Q(tendered__isnull=False, change__isnull=False, tendered__gte=F("change"), change__gte=0),
                name="payment_change_within_tendered",
            ),
            models.CheckConstraint(
                condition=Q(status=PaymentStatus.APPROVED) | Q(booked=Booked.NOT_MOVED),
                name="payment_only_approved_moves_money",
            ),
        )
        indexes = (
            # reconciliations.domain.expected_cash: the payments of a store on one business day.
            models.Index(fields=("store", "business_date"), name="payment_of_business_date"),
            # GET /payments: the payments of a store, newest first, by cursor.
            models.Index(fields=("store", "-reported_at", "-id"), name="payment_of_store_newest"),
            # The same for the few payments that are pending.
            models.Index(
                fields=("store", "-reported_at", "-id"),
                condition=Q(status=PaymentStatus.PENDING),
                name="payment_pending_of_store",
            ),
            # reconciliations.queries.search: the payments of a store with one amount, newest first.
            models.Index(fields=("store", "amount", "-id"), name="payment_of_amount"),
            # The same: the payments of an order, by the number that the customer's receipt shows.
            models.Index(fields=("store", "order"), condition=~Q(order=""), name="payment_of_order"),
            # The list of the back office, of all stores: what is rare there.
            models.Index(fields=("-id",), condition=Q(type=PaymentType.REFUND), name="payment_refund_newest"),
            models.Index(
                fields=("booked", "-id"),
                condition=Q(booked__in=(Booked.LATE, Booked.NOT_MOVED)),
                name="payment_late_or_not_moved",
            ),
            models.Index(
                fields=("status", "-id"),
                condition=Q(status__in=(PaymentStatus.PENDING, PaymentStatus.REJECTED)),
                name="payment_of_rare_status",
            ),
            models.Index(fields=("-id",), condition=Q(clock_adjusted=True), name="payment_clock_adjusted"),
        )

    def __str__(self) -> str:
        return self.external_id
