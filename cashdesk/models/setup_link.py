"""Setup links, which let one person set up an empty installation."""

from django.db import models


class SetupLink(models.Model):
    """A link with which somebody may set up the first store, until `expires_at`.

    The server prints its secret and never stores it. `digest` is the SHA-256 of the secret. The setup deletes all links.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"
