"""Payouts: what acquirers paid out for card money and other non-cash, and the fees that they kept."""

from typing import Final

from django.db import models
from django.utils.translation import gettext as _

from cashdesk.models import Movement, Store, User
from cashdesk.models.public_id import PublicIdModel

REFERENCE_MAX: Final = 64


class Payout(PublicIdModel):
    """The payout of an acquirer. Rows never change. A mistake is corrected by reversing its movement.

    `movement` took the amount that was paid out from clearing to the bank. `fee_movement` took the fee from clearing to the
    outside, if there was one.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="payouts", db_index=False)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="payout")
    fee_movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="payout_of_fee", null=True)
    reference = models.CharField(max_length=REFERENCE_MAX, blank=True, help_text="The acquirer's reference.")
    paid_on = models.DateField(null=True, help_text="The date on the acquirer's statement.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            # settlements.queries.payouts: the payouts of a store, newest first.
            models.Index(fields=("store", "-recorded_at", "-id"), name="payout_of_store_newest"),
        )

    def __str__(self) -> str:
        return _("Payout %(number)s") % {"number": self.pk}

    @property
    def amount(self) -> int:
        """The amount that was paid out, in minor units."""
        return self.movement.amount

    @property
    def fee(self) -> int:
        """The fee in minor units."""
        return self.fee_movement.amount if self.fee_movement is not None else 0

    @property
    def is_reversed(self) -> bool:
        """Whether the payout was taken back. The rows must be loaded with `movement__reversed_by`."""
        return hasattr(self.movement, "reversed_by")
