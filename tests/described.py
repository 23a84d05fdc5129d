"""Compares answers of the APIs with their published description."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import jsonschema_rs
from drf_spectacular.generators import SchemaGenerator

METHODS: Final = ("get", "post", "patch", "delete")
ANYWHERE: Final = (405, 411, 500)
"""Statuses that no operation describes: for another method, for a body without an end, and for a defect."""
SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""Half a character. JSON may contain it, but the validator does not take it."""


@dataclass(kw_only=True)
class Comparison:
    """Whether each answer is compared with the description (tests/conftest.py)."""

    is_on: bool = True


comparison: Final = Comparison()


@cache
def description() -> dict[str, Any]:
    """Returns the description as it is published."""
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-any-return,no-untyped-call]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the description."""

    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The method and the path."""
        return f"{self.method.upper()} {self.path}"


@cache
def operations() -> tuple[Operation, ...]:
    """Returns all operations."""
    return tuple(
        Operation(method=method, path=path, described=described)
        for path, methods in description()["paths"].items()
        for method, described in methods.items()
        if method in METHODS
    )


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Operation], ...]:
    """Returns the operations with a pattern for their path. A path without parameters comes first."""
    ordered = sorted(operations(), key=lambda one: one.path.count("{"))
    return tuple((re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(one.path)) + "/?"), one) for one in ordered)


def operation_at(method: str, path: str) -> Operation | None:
    """Returns the operation of a request, or None."""
    wanted = "get" if method == "HEAD" else method.lower()
    return next((one for pattern, one in _patterns() if one.method == wanted and pattern.fullmatch(path)), None)


def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follows a reference to a component."""
    while "$ref" in part:
        found: Any = description()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


@cache
def _validator(operation: str, status: str, media_type: str) -> Any:
    one = next(one for one in operations() if one.name == operation)
    schema = resolved(one.described["responses"][status])["content"][media_type]["schema"]
    return validator_of(schema)


def validator_of(schema: Mapping[str, Any]) -> Any:
    """Returns a validator that also checks formats."""
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": description()["components"]}, validate_formats=True
    )


def fault_of(method: str, path: str, response: Any) -> str:
    """Returns the difference between an answer of Django's test client and its description, or ""."""
    operation = operation_at(method, path) if path.startswith("/api/") else None
    if operation is None or response.status_code in ANYWHERE:
        return ""
    status = str(response.status_code)
    if status not in operation.described["responses"]:
        return f"{operation.name} answers {status}, which is not described."
    described = resolved(operation.described["responses"][status])
    if "content" not in described:
        return "" if not response.content else f"{operation.name} answers {status} with a body, which is not described."
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    if media_type not in described["content"]:
        return f"{operation.name} answers {status} as {media_type}, which is not described."
    if missing := _missing_headers(described, response.headers):
        return f"{operation.name} answers {status} without {missing}."
    if method == "HEAD" or response.streaming or not media_type.endswith("json"):
        return ""
    return _wrong_part(operation.name, status, media_type, SURROGATE.sub("?", response.content.decode()))


def _missing_headers(answer: Mapping[str, Any], headers: Mapping[str, str]) -> list[str]:
    described = {name: resolved(header) for name, header in answer.get("headers", {}).items()}
    return [name for name, header in described.items() if header.get("required") and name not in headers]


def _wrong_part(operation: str, status: str, media_type: str, body: str) -> str:
    errors = [
        f"{'.'.join(map(str, error.instance_path))}: {error.message[:300]}"
        for error in _validator(operation, status, media_type).iter_errors(json.loads(body))
    ]
    return f"{operation} answers {status} otherwise than described: {errors[:5]}" if errors else ""
