"""Pagination by cursor. Every page costs the same, and new rows never make a page repeat or miss a row."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from cashdesk.errors import InvalidInput

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1000


class NewestFirst:
    """Reads one page of rows, newest first: by (`instant`, id) descending. `next_link` is set if more rows follow."""

    parameters: Final = ("limit", "cursor")

    def __init__(self, *, instant: str) -> None:
        self.instant = instant
        self.next_link: str | None = None

    def page(self, queryset: "QuerySet[Any]", request: Request) -> list[Any]:
        """Returns the rows for the query parameters `limit` and `cursor`. Raises InvalidInput for wrong parameters."""
        limit = _limit(request.query_params.get("limit"))
        cursor = request.query_params.get("cursor")
        rows = queryset.order_by(f"-{self.instant}", "-pk")
        if cursor is not None:
            at, pk = _decode(cursor)
            # The first condition lets the index scan start at the cursor; the second breaks ties.
            rows = rows.filter(Q(**{f"{self.instant}__lte": at}) & (Q(**{f"{self.instant}__lt": at}) | Q(pk__lt=pk)))
        found = list(rows[: limit + 1])
        if len(found) > limit:
            found.pop()
            self.next_link = self._link(request, found[-1])
        return found

    def headers(self) -> dict[str, str]:
        """Returns the Link header if more rows follow, else no headers."""
        return {"Link": f'<{self.next_link}>; rel="next"'} if self.next_link else {}

    def _link(self, request: Request, last: Model) -> str:
        parameters = request.query_params.copy()
        parameters["cursor"] = _encode(getattr(last, self.instant), last.pk)
        return f"{request.build_absolute_uri(request.path_info)}?{parameters.urlencode()}"


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT_DEFAULT
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= LIMIT_MAX):
        raise InvalidInput.of("limit", f"must be a whole number from 1 to {LIMIT_MAX}.")
    return int(text)


def _encode(at: datetime, pk: int) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{pk}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        instant, _bar, number = text.partition("|")
        at, pk = datetime.fromisoformat(instant), int(number)
        if at.tzinfo is None or not 0 < pk < 2**63:
            raise ValueError
        at = at.astimezone(UTC)
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidInput.of("cursor", "This cursor is not from this list. Follow the Link header.") from None
    return at, pk
