"""The dialect of the reconciliations API: its error bodies, and their description in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers

from cashdesk.web.dialects import Dialect, Fault, camel_case, one_sentence

RECONCILIATION_ERROR = OpenApiResponse(
    inline_serializer(
        "ReconciliationError",
        {
            "error": inline_serializer(
                "ReconciliationErrorBody",
                {
                    "code": serializers.CharField(),
                    "message": serializers.CharField(),
                    "errors": serializers.DictField(child=serializers.CharField(), required=False),
                },
            )
        },
    ),
    "The request was refused; `errors` lists the wrong fields.",
)


class ReconciliationDialect(Dialect):
    """The dialect of the reconciliations API: camelCase names, and errors as `{"error": {"code", "message"}}`."""

    described_error = RECONCILIATION_ERROR

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the code and a message that names the wrong fields. Our extension `errors` lists them as well."""
        errors = {name if fault.is_as_sent else camel_case(name): text for name, text in fault.errors.items()}
        named = Fault(status=fault.status, code=fault.code, message=fault.message, errors=errors)
        error: dict[str, Any] = {"code": fault.code, "message": one_sentence(named)}
        if errors:
            error["errors"] = errors
        return {"error": error}
