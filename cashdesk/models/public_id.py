"""The public identifier of a row."""

import uuid

from django.db import models


class PublicIdModel(models.Model):
    """Adds a UUID to a model, as a public identifier beside the numeric id."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
