"""Store-day reports by mail: who gets those of a store, and how often."""

from django.db import models
from django.db.models import Q

from cashdesk.models import Store, User
from reconciliations.enums import MailRhythm


class ReportMail(models.Model):
    """The mails of a store's reports to one person. The person chooses the rhythm for themselves.

    `sent_until` is the number of the last report that was sent. `due_at` is the next time of a schedule. A worker that sends
    claims the row until `claimed_until`, so that no other worker sends the same mail.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="report_mails", db_index=False)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    rhythm = models.CharField(max_length=8, choices=MailRhythm.choices, default=MailRhythm.NEVER)
    sent_until = models.PositiveBigIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("store", "pk")
        constraints = (
            models.UniqueConstraint(fields=("store", "person"), name="report_mail_once_per_person"),
            models.CheckConstraint(condition=Q(rhythm__in=MailRhythm.values), name="report_mail_rhythm_is_known"),
        )
        indexes = (
            # domain.report_mail.claim_due(): the few rows that want mails.
            models.Index(fields=("id",), condition=~Q(rhythm=MailRhythm.NEVER), name="report_mail_wanted"),
        )

    def __str__(self) -> str:
        return f"{self.store}: {self.person}"
