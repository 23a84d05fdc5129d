"""Stored answers to requests with an idempotency key."""

import hashlib

from django.db import models


class IdempotentAnswer(models.Model):
    """The first answer to a request with an idempotency key (law 7). It is kept for 24 hours.

    The row is written in the same transaction as the effect of the request. So either both are stored or neither.
    """

    principal = models.CharField(max_length=80, help_text="The owner of the key: user:42 or key:7.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path, query and body.")
    status_code = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("principal", "key"), name="idempotency_key_once_per_principal"),)
        indexes = (
            # manage.py tidy deletes answers older than a day.
            models.Index(fields=("created_at",), name="idempotency_by_age"),
        )

    def __str__(self) -> str:
        return self.key

    @property
    def lock_number(self) -> int:
        """The number of the advisory lock that a request with this key takes on PostgreSQL."""
        return int.from_bytes(hashlib.sha256(f"{self.principal}\n{self.key}".encode()).digest()[:8], signed=True)
