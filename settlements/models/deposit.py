"""Deposits: bags of cash on their way to the bank, and corrections of their credit."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.models import Movement, Store, User
from cashdesk.models.public_id import PublicIdModel
from settlements.enums import DepositState
from settlements.models.stored_pieces import by_worth


class Deposit(PublicIdModel):
    """A bag packed from the vault.

    `movement` takes the money out of the vault when the bag is prepared. The bank's credit is recorded later, and the
    difference is booked between the bank and over/short.
    `credited_amount` and `difference` keep the first recorded figures. `credited_now` and `difference_now` include
    corrections. They read `corrections`, so queries must prefetch it. Amounts are in minor units of the movement's
    currency.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="deposits", db_index=False)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="deposit")
    state = models.CharField(max_length=16, choices=DepositState.choices, default=DepositState.PREPARED)
    bag_number = models.CharField(max_length=64)
    slip_number = models.CharField(max_length=64, blank=True)
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    collected_at = models.DateTimeField("picked up at", null=True)
    collected_by = models.ForeignKey(
        User, verbose_name="picked up by", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    courier = models.CharField(max_length=200, blank=True, help_text="Name of the courier.")
    pieces = models.JSONField(
        default=dict, help_text="The packed pieces by worth. Empty if only an amount was entered."
    )
    credited_at = models.DateTimeField(null=True)
    credited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    credited_amount = models.BigIntegerField(null=True, help_text="The amount that the bank credited first.")
    difference = models.BigIntegerField(null=True, help_text="Credited amount minus the amount packed.")

    class Meta:
        ordering = ("-pk",)
        constraints = (
            # The number is printed on the bag, so two deposits never share one. The bag of a cancelled
            # deposit can be used again.
            models.UniqueConstraint(
                fields=("store", "bag_number"),
                condition=~Q(state=DepositState.CANCELLED),
                name="deposit_bag_once_per_store",
            ),
            models.CheckConstraint(
                condition=Q(state=DepositState.CREDITED, credited_at__isnull=False, credited_amount__isnull=False)
                & Q(credited_amount__gte=0, difference__isnull=False)
                | ~Q(state=DepositState.CREDITED) & Q(credited_at__isnull=True, credited_amount__isnull=True),
                name="deposit_figures_when_credited",
            ),
            models.CheckConstraint(condition=Q(state__in=DepositState.values), name="deposit_state_is_known"),
            models.CheckConstraint(
                condition=Q(collected_at__isnull=True) | Q(collected_at__gte=F("prepared_at")),
                name="deposit_collected_after_prepared",
            ),
        )
        indexes = (
            # queries.deposits(): the bags of a store, newest first.
            models.Index(fields=("store", "-id"), name="deposit_of_store_newest"),
            # GET /deposits: newest first, by cursor, of a store and of an account.
            models.Index(fields=("store", "-prepared_at", "-id"), name="deposit_of_store_by_time"),
            models.Index(fields=("-prepared_at", "-id"), name="deposit_newest"),
            # The search and the back office, of all stores: the numbers that are printed on a bag and its slip.
            models.Index(fields=("bag_number",), name="deposit_of_bag"),
            models.Index(fields=("slip_number",), name="deposit_of_slip"),
            models.Index(fields=("state", "-id"), name="deposit_of_state"),
            # reconciliations.queries.today.bags_in_transit(): the few bags that the bank has not credited, oldest first.
            models.Index(
                fields=("store", "id"),
                condition=Q(state__in=(DepositState.PREPARED, DepositState.COLLECTED)),
                name="deposit_in_transit",
            ),
        )

    @property
    def packed_by_worth(self) -> dict[int, int]:
        """The packed pieces by worth, largest first. Empty if only an amount was entered."""
        return by_worth(self.pieces)

    @property
    def last_correction(self) -> "CreditCorrection | None":
        """The newest correction of the bank's credit, or None."""
        return max(self.corrections.all(), key=lambda correction: correction.number, default=None)

    @property
    def credited_now(self) -> int | None:
        """The credited amount after the last correction. None until the bank credits the deposit."""
        last = self.last_correction
        return self.credited_amount if last is None else last.corrected_to

    @property
    def difference_now(self) -> int | None:
        """Credited amount minus packed amount, after the last correction. None until the bank credits the deposit."""
        last = self.last_correction
        return self.difference if last is None else last.difference

    def __str__(self) -> str:
        return _("Bag %(number)s") % {"number": self.bag_number}


class CreditCorrection(PublicIdModel):
    """A correction of the amount that the bank credited for a bag. Rows never change.

    Each correction starts from the amount before it. `movement` books the change between the bank and over/short.
    """

    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, related_name="corrections", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="1 for the deposit's first correction.")
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="credit_correction")
    corrected_from = models.BigIntegerField(help_text="The amount before the correction.")
    corrected_to = models.BigIntegerField(help_text="The corrected amount.")
    difference = models.BigIntegerField(help_text="The corrected amount minus the amount packed.")
    reason = models.CharField(max_length=200)
    corrected_at = models.DateTimeField()
    corrected_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ("deposit", "number")
        constraints = (
            models.UniqueConstraint(fields=("deposit", "number"), name="credit_correction_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="credit_correction_number_from_one"),
            models.CheckConstraint(
                condition=Q(corrected_to__gte=0) & ~Q(corrected_to=F("corrected_from")),
                name="credit_correction_changes_something",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="credit_correction_has_a_reason"),
        )

    def __str__(self) -> str:
        return _("Correction %(number)s") % {"number": self.number}
