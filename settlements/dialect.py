"""The dialect of the settlements API: its error bodies, and their description in the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers

from cashdesk.web.dialects import Dialect, Fault, camel_case, one_sentence

SETTLEMENT_ERROR = OpenApiResponse(
    inline_serializer(
        "SettlementError",
        {
            "apiResponseStatus": inline_serializer(
                "SettlementErrorStatus",
                {"responseCode": serializers.CharField(), "message": serializers.CharField()},
            ),
            "errors": serializers.DictField(child=serializers.CharField(), required=False),
        },
    ),
    "The request was refused. `responseCode` is E06001, or E06 and the status. `errors` lists the wrong fields.",
)


class SettlementDialect(Dialect):
    """The dialect of the settlements API: camelCase names, and `apiResponseStatus` in every body."""

    described_error = SETTLEMENT_ERROR
    INVALID = "E06001"

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the status with a response code, and the wrong fields in `errors`.

        The code is E06001 for an invalid request (400, 413), otherwise E06 and the HTTP status.
        """
        code = cls.INVALID if fault.status in (400, 413) else f"E06{fault.status}"
        named = Fault(
            status=fault.status,
            code=fault.code,
            message=fault.message,
            errors={name if fault.is_as_sent else camel_case(name): text for name, text in fault.errors.items()},
        )
        body = cls.body({}, code=code, message=one_sentence(named))
        if named.errors:
            body["errors"] = dict(named.errors)
        return body

    @staticmethod
    def body(data: Mapping[str, Any], *, code: str, message: str) -> dict[str, Any]:
        """Adds `apiResponseStatus` to an answer."""
        return {**data, "apiResponseStatus": {"responseCode": code, "message": message}}
