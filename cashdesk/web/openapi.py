"""Parts of the API description that views and dialects name: error bodies and request headers."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

FIELD_ERRORS = inline_serializer(
    "EnvelopeErrorData", {"errors": serializers.DictField(child=serializers.CharField())}, required=False
)
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
            "data": FIELD_ERRORS,
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
            "data": FIELD_ERRORS,
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
