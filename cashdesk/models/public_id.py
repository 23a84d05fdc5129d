"""The identifier that outsiders see."""

import uuid

from django.db import models


class PublicIdModel(models.Model):
    """A row with a UUID beside its number: numbers stay inside (small, ordered), UUIDs go out."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
