"""One-time links, with which a person chooses a new password."""

from django.db import models

from cashdesk.enums import LinkPurpose
from cashdesk.models.person import User


class OneTimeLink(models.Model):
    """A link that lets one person choose a password, once and until `expires_at`.

    Its secret is shown or sent once and never stored. `digest` is the SHA-256 of the secret. A link that is handed over in
    person may also have a short code; `code` is its hash by Django's password hasher.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="one_time_links", db_index=False)
    purpose = models.CharField(max_length=16, choices=LinkPurpose.choices)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    code = models.CharField(max_length=128, blank=True, editable=False)
    created_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text="Empty: the person asked for it, or a command made it.",
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            # A new link and a new password revoke the person's open links, of which there are one or two.
            models.Index(
                fields=("person",),
                name="one_time_link_open",
                condition=models.Q(used_at__isnull=True, revoked_at__isnull=True),
            ),
            # manage.py tidy deletes links that expired some weeks ago.
            models.Index(fields=("expires_at",), name="one_time_link_by_age"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True) | models.Q(revoked_at__isnull=True),
                name="one_time_link_ends_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.person}"
