"""Bounds of parameters and of body fields that their declarations do not show."""

import json
from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers

from cashdesk.money import AMOUNT_MAX
from cashdesk.web.fields import WholeNumberField
from cashdesk.web.idempotency import KEY_LENGTH_MAX
from cashdesk.web.pagination import LIMIT_MAX

Schema = dict[str, Any]
PARAMETERS: Final[Mapping[str, Schema]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX},
    "cursor": {"type": "string", "minLength": 1},
    "page": {"type": "integer", "minimum": 0, "maximum": 10**9},
    "size": {"type": "integer", "minimum": 1, "maximum": 200},
    "Idempotency-Key": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX, "pattern": "^[ -~]+$"},
    "X-Tenant-ID": {"type": "integer", "minimum": 1},
}
"""The schema of parameters that mean the same in every operation."""

ISO_4217: Final = "^[A-Z]{3}$"


def bounded_parameter(parameter: Schema) -> Schema:
    """Returns a parameter with the bounds that its name has everywhere."""
    name = parameter["name"]
    return parameter | {"schema": dict(PARAMETERS[name])} if name in PARAMETERS else parameter


def bound_body(schema: Schema, serializer: serializers.Serializer[Any]) -> None:
    """Adds the bounds of the fields of a request body to its schema."""
    for name, field in serializer.fields.items():
        described = schema["properties"].get(name, {})
        if isinstance(field, WholeNumberField):
            described.setdefault("minimum", 0)
            described.setdefault("maximum", AMOUNT_MAX)
        if name == "currency":
            described["pattern"] = ISO_4217
        if isinstance(field, serializers.CharField) and not field.allow_blank and "enum" not in described:
            described.setdefault("minLength", 1)
        _tell_default(described)


def _tell_default(described: Schema) -> None:
    """Moves a default into the description. Some client generators require a field that has a default in its schema."""
    default = described.pop("default", "")
    if default not in ("", None):
        said = json.dumps(default)
        described["description"] = f"{described.get('description', '')} Default: {said}.".strip()
