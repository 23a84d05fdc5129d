"""Announces that a call or a field will be retired, in the headers of its answers (docs/contracts.md, section 0).

`Deprecation` is RFC 9745, `Sunset` is RFC 8594. A view declares its calls in `deprecated` and its fields in
`deprecated_fields`; the API description follows from both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.utils.http import http_date
from rest_framework.exceptions import APIException
from rest_framework.request import Request

NOTICE: Final = timedelta(days=365)
"""The shortest time between the announcement and the end of a call or a field."""
DOCUMENTATION: Final = "/api/v1/docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecated:
    """The announcement that a call or a field will be retired.

    `since` is the day of the announcement. `ends` is the first day without it, at least NOTICE later, or None while no
    day is set. `instead` is a sentence that says what to use. Raises ValueError for a shorter notice.
    """

    since: date
    instead: str
    ends: date | None = None

    def __post_init__(self) -> None:
        """Enforces NOTICE, so that no release breaks the policy by mistake."""
        if self.ends is not None and self.ends - self.since < NOTICE:
            raise ValueError(f"Announce the end of a call or a field at least {NOTICE.days} days before.")


def announce(
    response: HttpResponseBase,
    *,
    request: Request,
    call: Deprecated | None,
    fields: Mapping[str, Deprecated],
) -> None:
    """Adds Deprecation, Sunset and Link to the answer of a deprecated call, and of a request with a deprecated field.

    `fields` are the deprecated query parameters and body fields of the call. If several of them are deprecated, the
    headers have the earliest days.
    """
    concerned = [*([call] if call else []), *(fields[name] for name in _named(request, fields))]
    if not concerned:
        return
    response.headers["Deprecation"] = f"@{int(_midnight(min(one.since for one in concerned)).timestamp())}"
    ends = [one.ends for one in concerned if one.ends is not None]
    if ends:
        response.headers["Sunset"] = http_date(_midnight(min(ends)).timestamp())
    link = f'<{DOCUMENTATION}>; rel="deprecation"; type="text/html"'
    response.headers["Link"] = ", ".join(filter(None, (response.headers.get("Link"), link)))


def _named(request: Request, fields: Iterable[str]) -> list[str]:
    """Returns those of the fields that the query or the body contains."""
    wanted = list(fields)
    if not wanted:
        return []
    try:
        body: Any = request.data
    except APIException:
        body = None  # The answer already says that the body cannot be read.
    sent = {*request.query_params, *(body if isinstance(body, Mapping) else ())}
    return [name for name in wanted if name in sent]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
