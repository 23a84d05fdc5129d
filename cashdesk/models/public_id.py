"""The public identifier of a row."""

import uuid

from django.db import models


class PublicIdModel(models.Model):
    """Adds a public UUID. The numeric id stays internal."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
