"""The audit trail: one row for each action, with its author, time and request."""

from django.db import models

from cashdesk.models.access import AccessToken
from cashdesk.models.organisation import Account, Store
from cashdesk.models.person import User


class AuditEntry(models.Model):
    """One recorded action. Rows are only added, never changed.

    A row never contains a secret or the expected amount of an open period.
    """

    at = models.DateTimeField()
    action = models.CharField(max_length=64, help_text="noun.verb, such as session.closed")
    subject = models.CharField(max_length=64, blank=True, help_text="noun:id, such as session:42")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    token = models.ForeignKey(AccessToken, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "audit entries"
        indexes = (
            # For the lists of an account and of a store in the admin, newest first, and for the history of one subject.
            models.Index(fields=("account", "-id"), name="audit_of_account"),
            models.Index(fields=("store", "-id"), name="audit_of_store"),
            models.Index(fields=("subject", "-id"), name="audit_of_subject"),
        )

    def __str__(self) -> str:
        return self.action
