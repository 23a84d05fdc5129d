"""Tells programs their limit of requests in headers, and refuses requests above it with 429.

The headers are those of the IETF draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-10).
"""

from datetime import datetime
from typing import Any, Final

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.request_limit import WINDOW_SECONDS, count_request

POLICY: Final = "key"
"""The name of our one policy: each API key has a limit of its own."""


def limit_requests(*, by: Any, at: datetime, headers: dict[str, str]) -> None:
    """Counts a request of an API key, and adds RateLimit and RateLimit-Policy to the headers of its answer.

    `by` is the authenticated caller, or anything else for an anonymous request, which has no limit here. Raises
    TooManyRequests.
    """
    quota = count_request(by=by, at=at) if isinstance(by, Principal) else None
    if quota is None:
        return
    headers["RateLimit-Policy"] = f'"{POLICY}";q={quota.limit};w={WINDOW_SECONDS}'
    headers["RateLimit"] = f'"{POLICY}";r={quota.remaining};t={quota.reset_seconds}'
    quota.refuse_exceeded()
