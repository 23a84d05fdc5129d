"""Pagination by cursor. Every page costs the same, and new rows never make a page repeat or miss a row."""

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from cashdesk.errors import InvalidInput

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1000
HISTORY_MAX: Final = 10_000
CHUNK_ROWS: Final = 500

Position = tuple[datetime, int]
"""The place of a row in the order of a list: its instant and its id."""
OLDEST: Final[Position] = (datetime.min.replace(tzinfo=UTC), 0)
"""Comes after every row of a list."""


class NewestFirst:
    """Reads one page of rows, newest first: by (`instant`, id) descending. `next_link` is set if more rows follow."""

    parameters: Final = ("limit", "cursor")

    def __init__(self, *, instant: str) -> None:
        self.instant = instant
        self.next_link: str | None = None

    def page(self, queryset: "QuerySet[Any]", request: Request) -> list[Any]:
        """Returns the rows for the query parameters `limit` and `cursor`. Raises InvalidInput for wrong parameters."""
        limit = _limit(request.query_params.get("limit"))
        found = list(self._rows(queryset, after=_cursor(request))[: limit + 1])
        if len(found) > limit:
            found.pop()
            self.next_link = self._link(request, self._position(found[-1]))
        return found

    def headers(self) -> dict[str, str]:
        """Returns the Link header if more rows follow, else no headers."""
        return {"Link": f'<{self.next_link}>; rel="next"'} if self.next_link else {}

    def _rows(self, queryset: "QuerySet[Any]", *, after: Position | None) -> "QuerySet[Any]":
        """Returns the rows in order, from the first one after a position."""
        rows = queryset.order_by(f"-{self.instant}", "-pk")
        if after is None:
            return rows
        at, pk = after
        # The first condition lets the index scan start at the cursor; the second breaks ties.
        return rows.filter(Q(**{f"{self.instant}__lte": at}) & (Q(**{f"{self.instant}__lt": at}) | Q(pk__lt=pk)))

    def _position(self, row: Model) -> Position:
        return getattr(row, self.instant), row.pk

    def _link(self, request: Request, last: Position) -> str:
        parameters = request.query_params.copy()
        parameters["cursor"] = _encode(*last)
        return f"{request.build_absolute_uri(request.path_info)}?{parameters.urlencode()}"


class CompleteHistory(NewestFirst):
    """Reads all rows up to HISTORY_MAX, newest first, with at most CHUNK_ROWS of them in memory.

    `next_link` is set if more rows follow. Call `first_chunk` once, then `other_chunks` once.
    """

    def __init__(self, *, instant: str) -> None:
        super().__init__(instant=instant)
        self._queryset: QuerySet[Any] | None = None
        self._reached = self._last = OLDEST

    def first_chunk(self, queryset: "QuerySet[Any]", request: Request) -> list[Any]:
        """Returns the first rows. Raises InvalidInput for a wrong cursor.

        Runs one statement if these are all rows. Otherwise a second statement finds the last row of this answer.
        """
        rows = self._rows(queryset, after=_cursor(request))
        found = list(rows[: CHUNK_ROWS + 1])
        if len(found) <= CHUNK_ROWS:
            return found
        found.pop()
        ends: list[Position] = list(rows.values_list(self.instant, "pk")[HISTORY_MAX - 1 : HISTORY_MAX + 1])
        self._last = ends[0] if ends else OLDEST
        if len(ends) > 1:
            self.next_link = self._link(request, ends[0])
        self._queryset, self._reached = queryset, self._position(found[-1])
        return found

    @property
    def has_more_chunks(self) -> bool:
        """Whether rows follow the first chunk."""
        return self._queryset is not None

    def other_chunks(self) -> Iterator[list[Any]]:
        """Yields the rows after the first chunk, with one statement per chunk.

        Ends at the row from which `next_link` leads on, even if rows before it no longer match the filters.
        """
        while self._queryset is not None:
            found = list(self._rows(self._queryset, after=self._reached)[:CHUNK_ROWS])
            shown = [row for row in found if self._position(row) >= self._last]
            if shown:
                self._reached = self._position(shown[-1])
                yield shown
            if len(shown) < CHUNK_ROWS:
                return


def _cursor(request: Request) -> Position | None:
    cursor = request.query_params.get("cursor")
    return None if cursor is None else _decode(cursor)


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT_DEFAULT
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= LIMIT_MAX):
        raise InvalidInput.of("limit", f"must be a whole number from 1 to {LIMIT_MAX}.")
    return int(text)


def _encode(at: datetime, pk: int) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{pk}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> Position:
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
