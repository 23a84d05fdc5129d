"""Exports: a record of who exported which data."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.models import AccessToken, Store, User
from cashdesk.models.public_id import PublicIdModel
from reconciliations.enums import ExportState, FileFormat


class Export(PublicIdModel):
    """One exported file of one table of a store: who requested it, for which days, and its progress."""

    table = models.CharField(max_length=32, help_text="Name of the table, such as movements.")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="exports", db_index=False)
    first_date = models.DateField(help_text="First business date.")
    last_date = models.DateField(help_text="Last business date, included.")
    file_format = models.CharField(max_length=8, choices=FileFormat.choices)
    requested_by = models.CharField(max_length=80, help_text="user:42 or apikey:ck_1a2b at that time.")
    requested_by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    requested_with = models.ForeignKey(
        AccessToken, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    begun_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=ExportState.choices, default=ExportState.RUNNING)
    rows_total = models.PositiveBigIntegerField(help_text="Number of rows when the export began.")
    rows_done = models.PositiveBigIntegerField(default=0)
    progressed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="export_range_is_forward"),
            models.CheckConstraint(condition=Q(state__in=ExportState.values), name="export_state_is_known"),
            models.CheckConstraint(condition=Q(file_format__in=FileFormat.values), name="export_format_is_known"),
            models.CheckConstraint(
                condition=Q(state=ExportState.RUNNING, ended_at__isnull=True)
                | (~Q(state=ExportState.RUNNING) & Q(ended_at__isnull=False)),
                name="export_ended_unless_running",
            ),
        )
        indexes = (
            # queries.exports(): the exports of a store, newest first.
            models.Index(fields=("store", "-id"), name="export_of_store"),
            # domain.export: exports that never ended.
            models.Index(fields=("progressed_at",), condition=Q(state=ExportState.RUNNING), name="export_running"),
        )

    def __str__(self) -> str:
        return _("Export %(number)s") % {"number": self.pk}

    @property
    def requested_by_name(self) -> str:
        """The name of the person, or the label of the key."""
        return str(self.requested_by_user) if self.requested_by_user is not None else self.requested_by
