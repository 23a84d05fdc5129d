"""Serializers and fields that refuse unknown names and read numbers and dates exactly."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final, TypeVar
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cashdesk.enums import method_code
from cashdesk.errors import InvalidInput
from cashdesk.money import parse_number, parse_whole
from cashdesk.web.dialects import ERRORS_NAMED_MAX, NAME_LENGTH_MAX, camel_case

METHOD_LENGTH_MAX: Final = 32
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
M = TypeVar("M", bound=models.Model)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def date_in(text: str, *, field: str) -> date:
    """Parses YYYY-MM-DD. Raises InvalidInput."""
    try:
        # Python also accepts week dates such as "2026-W10-1", which we do not publish.
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidInput.of(field, _("Enter a date such as 2026-03-01."))


def instant_in(text: str) -> datetime | None:
    """Returns an ISO 8601 instant in UTC, or None for other text and for an instant without offset.

    Without an offset, UTC would be a guess, and the business date of an evening sale in Los Angeles could be wrong.
    """
    try:
        found = parse_datetime(text)
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def past_instant_in(text: str, *, field: str, now: datetime) -> datetime | None:
    """Returns an instant that is not in the future, or None if the text is empty. Raises InvalidInput for other text."""
    if not text:
        return None
    found = instant_in(text)
    if found is None:
        raise InvalidInput.of(field, "Enter an instant with its UTC offset, such as 2026-03-01T08:00:00Z.")
    if found > now:
        raise InvalidInput.of(
            field, "must not be in the future.", on_pages=_("Enter a time that is not in the future.")
        )
    return found


FIRST_YEAR: Final = 1900
"""No shop has books from before. The first day of all does not exist in every time zone."""


def typed_instant_in(text: str, *, field: str, now: datetime, zone: str) -> datetime | None:
    """Returns the instant of a date and time that a person typed, or None if the text is empty.

    Without an offset it is a time of `zone`. Raises InvalidInput for other text and for an instant in the future.
    """
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if text and (found is None or found.year < FIRST_YEAR):
        raise InvalidInput.of(field, _("Enter a date and a time."))
    if found is not None and found.tzinfo is None:
        text = found.replace(tzinfo=ZoneInfo(zone)).isoformat()
    return past_instant_in(text, field=field, now=now)


def in_field(text: str, *, zone: str) -> str:
    """Writes an instant with an offset as a field for local times takes it: in `zone`, to the second. Keeps other text."""
    try:
        found = parse_datetime(text)
        return (
            text if found is None or found.tzinfo is None else f"{found.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S}"
        )
    except (ValueError, OverflowError):
        return text


def unknown_names(given: Iterable[Any], *, known: Collection[str]) -> dict[str, str]:
    """Returns an error text for each unknown name, up to ERRORS_NAMED_MAX. The key `body` counts the other names."""
    unknown = [name for name in given if name not in known]
    hint = f"; known are {', '.join(known)}" if known else ""
    named = {str(name)[:NAME_LENGTH_MAX]: f"is not known here{hint}." for name in unknown[:ERRORS_NAMED_MAX]}
    if len(unknown) > ERRORS_NAMED_MAX:
        named["body"] = f"has {len(unknown) - ERRORS_NAMED_MAX} more names that are not known here."
    return named


class CamelCaseSerializer(serializers.Serializer[Any]):
    """A serializer that publishes its declared fields in camelCase. It never renames keys inside a value."""

    def get_fields(self) -> dict[str, Any]:
        """Returns the fields under their published names. `source` and `method_name` keep the declared names."""
        published = {}
        for name, field in super().get_fields().items():
            if field.source is None and camel_case(name) != name:
                field.source = name
            if isinstance(field, serializers.SerializerMethodField):
                field.method_name = field.method_name or f"get_{name}"
            published[camel_case(name)] = field
        return published


class InstantField(serializers.DateTimeField):
    """An ISO 8601 instant with its UTC offset. Answers write it in UTC. All APIs use this field for instants as text."""

    def to_internal_value(self, data: Any) -> datetime:
        found = instant_in(data) if isinstance(data, str) else None
        if found is None:
            raise serializers.ValidationError("Enter an instant with its UTC offset, such as 2026-03-01T08:00:00Z.")
        return found


def to_millis(instant: datetime) -> str:
    """Returns an instant as ISO 8601 in UTC, always with three decimals and a Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class MillisInstantField(InstantField):
    """An instant that answers write with exactly three decimals, such as 2026-03-01T08:00:00.000Z."""

    def to_representation(self, value: datetime) -> str:
        return to_millis(value)


class RowSerializer(serializers.ModelSerializer[M]):
    """A model serializer that writes datetimes with InstantField."""

    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: InstantField,
    }


@extend_schema_field({"type": "integer", "format": "int64", "example": 1541435925364})
class EpochMillisField(serializers.Field[Any, Any, Any, Any]):
    """An instant as whole milliseconds since 1970-01-01 UTC. Read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> int:
        return (value - EPOCH) // timedelta(milliseconds=1)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses unknown fields by name instead of ignoring them."""

    def to_internal_value(self, data: Any) -> Any:
        """Returns the validated fields. Raises a ValidationError that names the unknown fields."""
        if isinstance(data, Mapping) and (unknown := unknown_names(data, known=self.fields)):
            raise serializers.ValidationError({name: [text] for name, text in unknown.items()})
        return super().to_internal_value(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validates the data. Turns an InvalidInput into a ValidationError with the same field names."""
        try:
            return super().run_validation(data)
        except InvalidInput as error:
            raise serializers.ValidationError(error.errors or {"body": error.message}) from error


@extend_schema_field({"oneOf": [{"type": "number"}, {"type": "string"}], "minimum": 0, "example": 1250.5})
class NumberField(serializers.Field[Any, Any, Any, Any]):
    """A JSON number or numeric text, 0 or more.

    The field returns the value as it was sent. `cashdesk.money` parses it when the currency is known.
    """

    def to_internal_value(self, data: Any) -> int | Decimal | str:
        try:
            parse_number(data, field="x")
        except InvalidInput as error:
            raise serializers.ValidationError(error.errors["x"]) from error
        return data  # type: ignore[no-any-return]  # parse_number accepts only these three types

    def to_representation(self, value: Any) -> Any:
        return value


class WholeNumberField(serializers.IntegerField):
    """An integer, or text such as "12". Refuses fractions and booleans, and never converts through float."""

    def to_internal_value(self, data: Any) -> int:
        try:
            return parse_whole(data, field="x")
        except InvalidInput as error:
            raise serializers.ValidationError(error.errors["x"]) from error


class WholeNumberFilter(django_filters.NumberFilter):
    """A query parameter that must be a whole number: refuses 1.5 instead of reading it as 1."""

    field_class = forms.IntegerField  # type: ignore[assignment]  # the stubs allow DecimalField only


@extend_schema_field({"type": "object", "description": "Read by itself; see the single call."})
class AnythingField(serializers.Field[Any, Any, Any, Any]):
    """Accepts any value without validation. The view validates it later."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class TextField(serializers.CharField):
    """A string. Refuses numbers instead of converting them to text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("must be text.")
        return super().to_internal_value(data)


class MethodField(TextField):
    """The code of a payment method, as it was sent. Refuses text whose code is too long to store: `ß` becomes SS."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=METHOD_LENGTH_MAX, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(text) <= METHOD_LENGTH_MAX < len(method_code(text)):
            raise serializers.ValidationError(f"Use at most {METHOD_LENGTH_MAX} characters, counted in capitals.")
        return text


class ReferenceField(serializers.CharField):
    """An id from another system: text, or a whole number, which is converted to text."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, str | int):
            raise serializers.ValidationError("must be text or a whole number.")
        if isinstance(data, int) and abs(data) >= 10**20:
            raise serializers.ValidationError("Send numbers of more than 20 digits as text.")
        return super().to_internal_value(str(data))
