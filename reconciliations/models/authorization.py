"""Authorizations: permissions for one sign-off."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.models import Store, User
from cashdesk.models.public_id import PublicIdModel


class Authorization(PublicIdModel):
    """A second person's permission for one sign-off.

    Rows never change. An authorization is used when a reconciliation refers to it.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="authorizations", db_index=False)
    operator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    purpose = models.CharField(max_length=100)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="authorization_lasts_a_while"),
        )
        indexes = (
            # The admin's list: authorizations of a store, newest first.
            models.Index(fields=("store", "-id"), name="authorization_of_store"),
            # The same by day, of all stores.
            models.Index(fields=("issued_at",), name="authorization_of_instant"),
        )

    def __str__(self) -> str:
        return _("Authorization %(number)s") % {"number": self.pk}
