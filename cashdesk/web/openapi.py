"""Parts of the API description that drf-spectacular cannot derive: error bodies, headers and sign-in schemes."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

BARE_ERROR = OpenApiResponse(
    inline_serializer("BareError", {"detail": serializers.CharField()}),
    "The request was refused; `detail` gives the reason.",
)
ENVELOPE_ERROR = OpenApiResponse(
    inline_serializer(
        "EnvelopeError",
        {
            "message": serializers.CharField(),
            "error": serializers.CharField(),
            "data": inline_serializer(
                "EnvelopeErrorData", {"errors": serializers.DictField(child=serializers.CharField())}, required=False
            ),
        },
    ),
    "The request was refused; `data.errors` lists the wrong fields.",
)
COMMON_ERROR = OpenApiResponse(
    inline_serializer(
        "SignInError",
        {
            "message": serializers.CharField(),
            "error": serializers.CharField(),
            "detail": serializers.CharField(),
        },
    ),
    "The sign-in was refused. The body fits both older dialects.",
)


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()
    errors = inline_serializer(  # type: ignore[assignment]  # the published name hides DRF's property
        "ProblemPointer",
        {"pointer": serializers.CharField(), "detail": serializers.CharField()},
        many=True,
        required=False,
    )


PROBLEM = OpenApiResponse(ProblemSerializer, "The request was refused; `errors` points to the wrong fields.")

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A repeated request with the same key gets the first answer and has no second effect, for 24 hours.",
)
REQUIRED_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="A repeated request with the same key gets the first answer and has no second effect, for 24 hours.",
)
SELECTED_STORE = OpenApiParameter(
    "X-Tenant-ID",
    int,
    OpenApiParameter.HEADER,
    description="Limits the request to one of your stores. The sign-in lists their ids as `available_tenants`.",
)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its base is untyped
    """The three ways to send a token or key."""

    target_class = "cashdesk.web.authentication.TokenAuthentication"
    name = ["bearer", "apiKey", "cookie"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        """Returns the security schemes."""
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "header", "name": "x-api-key"},
            {"type": "apiKey", "in": "cookie", "name": "access_token"},
        ]


class BrowserSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its base is untyped
    """The session of a person who is signed in on the pages."""

    target_class = "cashdesk.web.authentication.BrowserSessionAuthentication"
    name = "browserSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Returns the security scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
