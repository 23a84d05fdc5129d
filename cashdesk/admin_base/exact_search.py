"""Finds rows by exact value, which an index of any column can do."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import DateField, Field, IntegerField, Model, Q, UUIDField


def exactly(model: type[Model], path: str, text: str) -> Q:
    """Returns the condition that the column at `path` equals `text`.

    The condition matches no row if the column cannot hold `text`.
    """
    field: Field[Any, Any] = model._meta.pk if path == "pk" else model._meta.get_field(path)  # type: ignore[assignment]
    if isinstance(field, UUIDField):
        try:
            return Q(**{path: UUID(text)})
        except ValueError:
            return Q(pk__in=[])
    if isinstance(field, DateField):
        try:
            return Q(**{path: date.fromisoformat(text)})
        except ValueError:
            return Q(pk__in=[])
    if isinstance(field, IntegerField) or field.is_relation:
        return Q(**{path: int(text)}) if text.isdecimal() and text.isascii() and len(text) < 19 else Q(pk__in=[])
    return Q(**{path: text})
