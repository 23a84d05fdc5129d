"""Derives the error answers of an operation from the declarations of its view."""

from collections.abc import Mapping
from typing import Any, Final

from cashdesk.web.dialects import CommonDialect, Dialect, Fault
from cashdesk.web.permissions import PUBLIC
from cashdesk.web.problems import EXAMPLE_REQUEST_ID, problems

UNSAFE: Final = ("POST", "PATCH")
MEANINGS: Final[Mapping[int, str]] = {
    400: "The request is wrong: an unknown or missing field or parameter, or a value that cannot be accepted.",
    401: "Nobody is signed in, or the token or key is unknown, expired or revoked.",
    403: "The role of the person or the scopes of the key do not allow this.",
    404: "There is no such object, or it is outside the caller's scope.",
    409: "The current state does not allow this, or the first request with this idempotency key is still running.",
    410: "The requested data was deleted. The text says how to go on.",
    413: "The body is too large.",
    415: "The media type of the body is not supported.",
    422: "The idempotency key was used for another request.",
    429: "Too many wrong passwords, or more requests than the limit of the API key allows. Wait, then try again.",
    503: "The service cannot answer now. Send the request again later, with the same idempotency key.",
}
"""The description of each error status."""

CODES: Final[Mapping[int, str]] = {
    400: "invalid",
    401: "not_signed_in",
    403: "permission_denied",
    404: "not_found",
    409: "conflict",
    410: "events_gone",
    413: "too_large",
    415: "unsupported_media_type",
    422: "idempotency_key_reused",
    429: "too_many_requests",
    503: "busy",
}
"""The most common code of each status. Its page gives the example (`cashdesk.web.problems`)."""

SIGN_IN_CODES: Final[Mapping[int, str]] = {429: "too_many_attempts"}
"""The same for signing in, where it differs."""

UNEXPLAINED: Final = "The request cannot be carried out. The body says why."


def refusals_of(*, view: Any, method: str, path: str, has_body: bool) -> set[int]:
    """Returns the error statuses that the operation has because of its access, method, path and body.

    The view declares the further refusals of the domain, such as 404 and 409.
    """
    is_public = view.access.get(view.action) is PUBLIC
    found = {400, 503}
    if not is_public:
        found |= {401, 403, 429}
    if "{" in path:
        found.add(404)
    if method != "GET":
        found |= {403, 413}
        if has_body:
            found.add(415)
    if is_replayable(view=view, method=method):
        found |= {409, 422}
    return found


def is_replayable(*, view: Any, method: str) -> bool:
    """Whether the operation takes an idempotency key."""
    return method in UNSAFE and view.action not in view.not_replayed and view.access.get(view.action) is not PUBLIC


def example_of(status: int, dialect: type[Dialect]) -> dict[str, Any]:
    """Returns an example of a refusal, as the dialect writes it."""
    code = SIGN_IN_CODES.get(status) if dialect is CommonDialect else None
    code = code or CODES.get(status, "error")
    given = problems()[code].example
    return dialect.error_body(
        Fault(status=status, code=code, message=given.text, errors=given.errors, request_id=EXAMPLE_REQUEST_ID)
    )
