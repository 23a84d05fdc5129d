"""Closed business days."""

from django.db import models

from cashdesk.formats import style
from cashdesk.models.access import AccessToken
from cashdesk.models.organisation import Store
from cashdesk.models.person import User


class BusinessDay(models.Model):
    """A closed business day of a store. A day without a row is open.

    A row never changes (law 4). A movement of this date that arrives after the close is late.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="closed_days", db_index=False)
    date = models.DateField()
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    closed_with = models.ForeignKey(AccessToken, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    last_movement = models.BigIntegerField(
        help_text="Id of the store's last movement before the close. Later movements of this date are late."
    )

    class Meta:
        ordering = ("store", "-date")
        constraints = (models.UniqueConstraint(fields=("store", "date"), name="business_day_closed_once"),)
        indexes = (
            # The list of the back office, of all stores: newest first.
            models.Index(fields=("-date", "-id"), name="business_day_newest"),
        )

    def __str__(self) -> str:
        return style().date(self.date)
