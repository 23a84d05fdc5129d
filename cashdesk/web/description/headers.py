"""Describes the headers of answers, as components that all operations share."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

RATE_LIMIT_POLICY: Final = r'^"key";q=\d+;w=\d+$'
RATE_LIMIT: Final = r'^"key";r=\d+;t=\d+$'

HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "X-Request-ID": {
        "description": "The id of this request in our log. Name it when you ask for help.",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 64},
    },
    "Idempotent-Replayed": {
        "description": "Present with the value `true` if this is the stored answer of an earlier, equal request.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Link": {
        "description": 'The address of the next page, as `<https://...>; rel="next"`. Absent on the last page.',
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The version of this answer. Send it as `If-None-Match`; while nothing is new, the answer is 304. "
        "Streamed answers and files have none.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'The limit of this API key: `"key";q=600;w=60` allows 600 requests in 60 seconds.',
        "schema": {"type": "string", "pattern": RATE_LIMIT_POLICY},
    },
    "RateLimit": {
        "description": 'The rest of the limit: `"key";r=599;t=42` allows 599 requests in the next 42 seconds.',
        "schema": {"type": "string", "pattern": RATE_LIMIT},
    },
    "Deprecation": {
        "description": "Since when the call, or a field that the request has, is deprecated: `@` and seconds since 1970.",
        "schema": {"type": "string", "pattern": r"^@\d+$"},
    },
    "Sunset": {
        "description": "The first moment without the call or the field, as an HTTP date.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "The number of seconds to wait before the request is sent again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "The scheme that is expected.",
        "required": True,
        "schema": {"type": "string"},
    },
}

ETAG_BESIDE_A_FILE: Final[Mapping[str, Any]] = {
    "description": f"{HEADERS['ETag']['description']} A file has no ETag.",
    "schema": {"type": "string"},
}


def headers_of(
    *, status: int, is_replayable: bool, is_paged: bool, is_polled: bool, is_limited: bool, is_ageing: bool
) -> list[str]:
    """Returns the names of the headers that an answer with this status can have."""
    names = ["X-Request-ID"]
    if is_limited:
        names += ["RateLimit-Policy", "RateLimit"]
    if is_ageing:
        names += ["Deprecation", "Sunset"]
    if status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED) and is_polled:
        names.append("ETag")
    if status < 300 and is_replayable:
        names.append("Idempotent-Replayed")
    if status < 300 and is_paged:
        names.append("Link")
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        names.append("Retry-After")
    if status == HTTPStatus.UNAUTHORIZED:
        names.append("WWW-Authenticate")
    return names
