"""The accounts of people at an OpenID Connect provider."""

from django.db import models

from cashdesk.models.person import User


class Identity(models.Model):
    """An account at a provider, with which a person signs in. A provider never gives a `subject` to anybody else."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="identities")
    issuer = models.CharField(max_length=255, help_text="The address of the provider.")
    subject = models.CharField(max_length=255, help_text="The id of the account at the provider.")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "identities"
        constraints = (
            models.UniqueConstraint(fields=("issuer", "subject"), name="identity_once"),
            models.UniqueConstraint(fields=("issuer", "user"), name="identity_once_per_person"),
        )

    def __str__(self) -> str:
        return self.subject
