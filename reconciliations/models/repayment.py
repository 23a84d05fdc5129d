"""Shortages that people pay back."""

from django.db import models

from cashdesk.models import Movement, User, Variance
from cashdesk.models.public_id import PublicIdModel


class Repayment(PublicIdModel):
    """One repayment of a shortage: the paid-in movement that brought the money. A trigger refuses to change or delete rows.

    If the movement is reversed, the repayment no longer counts.
    """

    variance = models.ForeignKey(Variance, on_delete=models.PROTECT, related_name="repayments")
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="repayment")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return str(self.movement)
