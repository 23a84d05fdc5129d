"""Writes a prepared world again with a few statements. Most time of a fast test would go into its creation."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import DateTimeField, Model, UUIDField
from django.utils import timezone

from cashdesk.models import User
from tests.factories import PASSWORD


class World:
    """The rows of a few models as domain functions made them. `again` writes copies of them.

    Each copy has new ids, UUIDs, times and password hashes.
    """

    def __init__(self, *rows: Iterable[Model]) -> None:
        self._rows = [[(type(row), row.pk, self._values_of(row)) for row in of_a_model] for of_a_model in rows]

    @staticmethod
    def _values_of(row: Model) -> dict[Any, Any]:
        return {
            field: getattr(row, field.attname)
            for field in row._meta.concrete_fields
            if not field.primary_key and not isinstance(field, UUIDField)
        }

    def again(self) -> list[list[Any]]:
        """Writes the rows with one statement per model. Returns them by model, in the given order."""
        written: dict[tuple[type[Model], int], Model] = {}
        for of_a_model in self._rows:
            made = {
                (model, pk): model(**dict(self._said(field, value, written) for field, value in row.items()))
                for model, pk, row in of_a_model
            }
            of_a_model[0][0]._default_manager.bulk_create(made.values())
            written |= made
        return [[written[model, pk] for model, pk, _row in of_a_model] for of_a_model in self._rows]

    @staticmethod
    def _said(field: Any, value: Any, written: dict[tuple[type[Model], int], Model]) -> tuple[str, Any]:
        if field.is_relation:
            return field.name, None if value is None else written[field.related_model, value]
        if field.model is User and field.name == "password":
            return field.name, make_password(PASSWORD)
        if isinstance(field, DateTimeField) and value is not None:
            return field.name, timezone.now()
        return field.name, value.copy() if isinstance(value, dict) else value
