"""Store-day reports: the numbered document of a closed business day."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.models import BusinessDay, Store


class StoreDayReport(models.Model):
    """The document that the close of a business day makes. A row never changes.

    The numbers of a store have no gaps. `contents` has the figures of the day as the close found them, without the figures
    of drawers that nobody had counted (`domain.store_day_contents`). `digest` is the SHA-256 of the contents and of the
    digest before, so a change shows in this report or in the next one.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="day_reports", db_index=False)
    number = models.PositiveBigIntegerField()
    day = models.OneToOneField(BusinessDay, on_delete=models.PROTECT, related_name="report")
    made_at = models.DateTimeField()
    contents = models.JSONField(help_text="The figures in minor units.")
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, blank=True, help_text="Empty for the first report of a store.")

    class Meta:
        ordering = ("store", "-number")
        constraints = (
            # This index also finds the last report of a store, and the list of its reports.
            models.UniqueConstraint(fields=("store", "number"), name="day_report_number_once_per_store"),
            models.UniqueConstraint(fields=("store", "previous_digest"), name="day_report_chain_never_forks"),
            models.CheckConstraint(condition=Q(number__gte=1), name="day_report_number_from_one"),
        )

    def __str__(self) -> str:
        return _("Store day report No. %(number)s") % {"number": self.number}
