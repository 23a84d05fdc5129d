"""Describes one operation: security, headers, refusals and summary follow from what the view declares."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_parameter_type, is_list_serializer, safe_ref
from rest_framework import serializers

from cashdesk.web.deprecation import Deprecated
from cashdesk.web.description.bounds import bound_body, bounded_parameter
from cashdesk.web.description.credentials import is_for_programs
from cashdesk.web.description.headers import ETAG_BESIDE_A_FILE, HEADERS, headers_of
from cashdesk.web.description.refusals import MEANINGS, UNEXPLAINED, example_of, is_replayable, refusals_of
from cashdesk.web.dialects import camel_case
from cashdesk.web.fields import StrictSerializer
from cashdesk.web.openapi import IDEMPOTENCY_KEY
from cashdesk.web.permissions import PUBLIC

Schema = dict[str, Any]
EMPTY_TEXT: Final = {"type": "string", "maxLength": 0}
ONLY_FOR_INPUT: Final = ("readOnly", "default", "title", "minimum", "maximum")
IF_NONE_MATCH: Final[Schema] = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The `ETag` of the answer that you have. If nothing is new, the answer is 304 without a body.",
}
PEOPLE: Final = {"cashier": "Every signed-in person", "manager": "Managers and admins", "admin": "Admins"}


class OperationSchema(AutoSchema):
    """drf-spectacular's view inspector with the rules of this project."""

    view: Any
    registry: Any

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        """Returns the operation. A public operation has an empty list of security requirements."""
        operation: Schema | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation.setdefault("security", [])
        return operation

    def get_summary(self) -> str | None:
        """Returns the first sentence of the action's docstring, without its period."""
        first, _period, _rest = super().get_description().replace("\n", " ").partition(". ")
        return first.strip().removesuffix(".")

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular does
        """Returns the action's docstring, and who may make the call."""
        told = (super().get_description(), self._who_may_call(), *self._what_to_use_instead())
        return "\n\n".join(told)

    def _what_to_use_instead(self) -> list[str]:
        call = self.view.deprecated.get(self.view.action)
        ageing = {
            **({"This call": call} if call else {}),
            **{f"`{name}`": one for name, one in self._ageing_fields.items()},
        }
        return [
            f"{name} is deprecated since {one.since}{f' and ends on {one.ends}' if one.ends else ''}. {one.instead}"
            for name, one in ageing.items()
        ]

    def _who_may_call(self) -> str:
        access = self.view.access[self.view.action]
        if access is PUBLIC:
            return "Needs no sign-in."
        if not is_for_programs(self.view):
            return f"{PEOPLE[access.role]} may call this. API keys may not."
        scopes = " or ".join(f"`{scope}`" for scope in (access.scope, *access.other_scopes))
        return f"{PEOPLE[access.role]} may call this, and API keys with the scope {scopes}."

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Returns whether the answer is an array. Only the serializer decides.

        drf-spectacular also wraps the answers of every action with the name `list`, although some of them are objects.
        """
        if serializer is None:
            serializer = self.get_response_serializers()
        if isinstance(serializer, dict) and serializer:
            serializer = serializer[min(serializer, key=str)]
        return bool(is_list_serializer(serializer))

    def get_filter_backends(self) -> list[Any]:
        """Returns the filters of the view if the action accepts all their query parameters."""
        filters = getattr(self.view, "filterset_class", None)
        return list(self.view.filter_backends) if filters and set(filters.base_filters) <= set(self._accepted) else []

    @property
    def _accepted(self) -> tuple[str, ...]:
        """The query parameters that the action accepts."""
        return tuple(self.view.query_parameters.get(self.view.action, ()))

    @property
    def _is_replayable(self) -> bool:
        return is_replayable(view=self.view, method=self.method)

    @property
    def _is_polled(self) -> bool:
        """Whether answers have an ETag."""
        return self.view.action in self.view.polled

    @property
    def _ageing_fields(self) -> Mapping[str, Deprecated]:
        """The query parameters and body fields that will be retired."""
        return dict(self.view.deprecated_fields.get(self.view.action, {}))

    def is_deprecated(self) -> bool:
        """Whether the whole call will be retired."""
        return self.view.action in self.view.deprecated or bool(super().is_deprecated())

    def _get_parameters(self) -> list[Schema]:
        """Adds the bounds and deprecations, and the idempotency key if the view does not declare it."""
        parent: Any = super()
        described = [bounded_parameter(one) for one in parent._get_parameters()]
        described = [one | {"deprecated": True} if one["name"] in self._ageing_fields else one for one in described]
        if self._is_replayable and IDEMPOTENCY_KEY.name not in {one["name"] for one in described}:
            key = build_parameter_type(
                name=IDEMPOTENCY_KEY.name, schema={}, location="header", description=IDEMPOTENCY_KEY.description
            )
            described.append(bounded_parameter(key))
        if self._is_polled:
            described.append(IF_NONE_MATCH)
        return sorted(described, key=lambda one: str(one["name"]))

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        """Forbids further fields. Requires each field of an answer that is not declared as `required=False`.

        A serializer with `accepts_others` allows further fields: another system sends it, and may add fields at any
        time.
        """
        parent: Any = super()
        schema: Schema = parent._map_basic_serializer(serializer, direction)
        instance = serializer() if isinstance(serializer, type) else serializer
        schema["additionalProperties"] = getattr(instance, "accepts_others", False)
        (bound_body if isinstance(instance, StrictSerializer) else _describe_answer)(schema, instance)
        if direction == "request":
            for name in self._ageing_fields.keys() & schema["properties"].keys():
                schema["properties"][name] = schema["properties"][name] | {"deprecated": True}
        return schema

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        """Adds the refusals that follow from the view to the responses that it declares."""
        parent: Any = super()
        declared: Schema = parent._get_response_bodies(direction)
        answers = {status: answer for status, answer in declared.items() if int(status) < HTTPStatus.BAD_REQUEST}
        for status, answer in answers.items():
            answer["description"] = answer["description"] or HTTPStatus(int(status)).phrase
            if self._is_polled and len(answer.get("content", ())) > 1:
                answer["headers"]["ETag"] = dict(ETAG_BESIDE_A_FILE)
        if self._is_polled:
            headers = self._get_response_headers_for_code("304")
            answers["304"] = {"description": "Nothing is new since the answer with this ETag.", "headers": headers}
        has_body = bool(parent._get_request_body())
        refused = {int(status) for status in declared if status not in answers}
        refused |= refusals_of(view=self.view, method=self.method, path=self.path, has_body=has_body)
        return answers | {str(status): self._refusal(status) for status in sorted(refused)}

    def _refusal(self, status: int) -> Schema:
        """Returns a reference to the response of this status in the dialect of the view."""
        parent: Any = super()
        dialect = self.view.dialect
        body = dialect.described_error.response
        noun = (body if isinstance(body, type) else type(body)).__name__.removesuffix("Serializer")
        name = f"{noun}{HTTPStatus(status).phrase.title().replace(' ', '')}"
        schema = parent._get_response_for_code(dialect.described_error, str(status), [dialect.media_type])
        schema["description"] = MEANINGS.get(status, UNEXPLAINED)
        schema["content"][dialect.media_type]["example"] = example_of(status, dialect)
        return self._shared(name, ResolvedComponent.RESPONSE, schema)

    def _get_response_headers_for_code(self, status_code: str, direction: Any = "response") -> Schema:
        """Adds the shared headers to those that the view declares."""
        declared: Schema = super()._get_response_headers_for_code(status_code, direction)
        names = headers_of(
            status=int(status_code),
            is_replayable=self._is_replayable,
            is_paged=not {"cursor", "after"}.isdisjoint(self._accepted),
            is_polled=self._is_polled,
            is_limited=self.view.access.get(self.view.action) is not PUBLIC,
            is_ageing=self.is_deprecated() or bool(self._ageing_fields),
        )
        return declared | {name: self._shared(name, ResolvedComponent.HEADER, dict(HEADERS[name])) for name in names}

    def _shared(self, name: str, kind: str, schema: Schema) -> Schema:
        """Adds a component that many operations share, and returns a reference to it."""
        component = ResolvedComponent(name=name, type=kind, schema=schema, object=name)  # type: ignore[no-untyped-call]
        self.registry.register_on_missing(component)
        return dict(component.ref)


def _describe_answer(schema: Schema, serializer: Any) -> None:
    """Requires all fields of an answer except those that are declared as `required=False`.

    Removes the properties that model fields add only for input.
    """
    declared = serializer._declared_fields.keys()
    own_names = declared | {camel_case(name) for name in declared}
    optional = {name for name in own_names if name in serializer.fields and _is_left_out(serializer.fields[name])}
    schema["required"] = [name for name in schema["properties"] if name not in optional]
    for name, described in schema["properties"].items():
        is_text = described.get("oneOf", [{}])[-1] == EMPTY_TEXT
        kept = {key: value for key, value in described.items() if key not in ONLY_FOR_INPUT}
        schema["properties"][name] = {"type": "string"} if is_text else safe_ref(kept)


def _is_left_out(field: serializers.Field[Any, Any, Any, Any]) -> bool:
    """Whether the field was declared with `required=False`, because some answers do not have it."""
    declared: Any = field
    return declared._kwargs.get("required") is False
