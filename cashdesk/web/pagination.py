"""Pagination by cursor. Every page costs the same, and new rows never make a page repeat or miss a row."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
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


class Pages:
    """Reads one page of rows. `next_link` is set if more rows follow.

    Subclasses define the order of the rows, and the text of a cursor.
    """

    parameters: Final = ("limit", "cursor")
    limit_default = LIMIT_DEFAULT
    limit_max = LIMIT_MAX

    def __init__(self) -> None:
        self.next_link: str | None = None

    def page(self, queryset: "QuerySet[Any]", request: Request) -> list[Any]:
        """Returns the rows for the query parameters `limit` and `cursor`. Raises InvalidInput for wrong parameters."""
        limit = limit_in(request.query_params.get("limit"), default=self.limit_default, highest=self.limit_max)
        after = _cursor(request)
        found = list(self._rows(queryset, after=self._decoded(after) if after is not None else None)[: limit + 1])
        if len(found) > limit:
            found.pop()
            self.next_link = self._link(request, self._encoded(found))
        return found

    def headers(self) -> dict[str, str]:
        """Returns the Link header if more rows follow, else no headers."""
        return {"Link": f'<{self.next_link}>; rel="next"'} if self.next_link else {}

    def _rows(self, queryset: "QuerySet[Any]", *, after: Any) -> "QuerySet[Any]":
        """Returns the rows in order, from the first one after a position."""
        raise NotImplementedError

    def _encoded(self, page: list[Any]) -> str:
        """Returns the text of the cursor that leads from the end of a page to the next page."""
        raise NotImplementedError

    def _decoded(self, text: str) -> Any:
        """Returns the position of a cursor. Raises InvalidInput for a text that is not from this list."""
        raise NotImplementedError

    def _link(self, request: Request, cursor: str) -> str:
        parameters = request.query_params.copy()
        parameters["cursor"] = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
        return f"{request.build_absolute_uri(request.path_info)}?{parameters.urlencode()}"


class InOrder(Pages):
    """Reads one page of rows in the order of their ids, or of another unique column."""

    def __init__(self, *, column: str = "pk", descending: bool = False) -> None:
        super().__init__()
        self.column = column
        self.descending = descending

    def _rows(self, queryset: "QuerySet[Any]", *, after: Any) -> "QuerySet[Any]":
        rows = queryset.order_by(f"-{self.column}" if self.descending else self.column)
        return rows if after is None else rows.filter(**{f"{self.column}__{'lt' if self.descending else 'gt'}": after})

    def _encoded(self, page: list[Any]) -> str:
        return str(getattr(page[-1], self.column))

    def _decoded(self, text: str) -> Any:
        with _not_from_this_list():
            return date.fromisoformat(text) if self.column == "date" else _id(text)


class NewestFirst(Pages):
    """Reads one page of rows, newest first: by (`instant`, id) descending."""

    def __init__(self, *, instant: str) -> None:
        super().__init__()
        self.instant = instant

    def _rows(self, queryset: "QuerySet[Any]", *, after: Position | None) -> "QuerySet[Any]":
        rows = queryset.order_by(f"-{self.instant}", "-pk")
        if after is None:
            return rows
        at, pk = after
        # The first condition lets the index scan start at the cursor; the second breaks ties.
        return rows.filter(Q(**{f"{self.instant}__lte": at}) & (Q(**{f"{self.instant}__lt": at}) | Q(pk__lt=pk)))

    def _position(self, row: Model) -> Position:
        return getattr(row, self.instant), row.pk

    def _encoded(self, page: list[Any]) -> str:
        return _text_of(self._position(page[-1]))

    def _decoded(self, text: str) -> Position:
        return _position_in(text)


class NewestFirstWithoutIds(NewestFirst):
    """Reads one page of rows, newest first. Its cursors hold no ids.

    Ids come from one sequence, so the ids of a cashier's rows would reveal how many rows are between them that the
    cashier may not see (law 5). The cursor has the last instant, and the number of rows with this instant that were
    already read.
    """

    def __init__(self, *, instant: str) -> None:
        super().__init__(instant=instant)
        self._reached: Position | None = None

    def _rows(self, queryset: "QuerySet[Any]", *, after: Position | None) -> "QuerySet[Any]":
        self._reached = after
        rows = queryset.order_by(f"-{self.instant}", "-pk")
        if after is None:
            return rows
        at, number = after
        return rows.filter(**{f"{self.instant}__lte": at})[number:]

    def _encoded(self, page: list[Any]) -> str:
        at = getattr(page[-1], self.instant)
        number = sum(getattr(row, self.instant) == at for row in page)
        if self._reached is not None and self._reached[0] == at:
            number += self._reached[1]
        return _text_of((at, number))


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
        after = _cursor(request)
        rows = self._rows(queryset, after=self._decoded(after) if after is not None else None)
        found = list(rows[: CHUNK_ROWS + 1])
        if len(found) <= CHUNK_ROWS:
            return found
        found.pop()
        ends: list[Position] = list(rows.values_list(self.instant, "pk")[HISTORY_MAX - 1 : HISTORY_MAX + 1])
        self._last = ends[0] if ends else OLDEST
        if len(ends) > 1:
            self.next_link = self._link(request, _text_of(ends[0]))
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


@contextmanager
def _not_from_this_list() -> Iterator[None]:
    """Turns the errors of a cursor that cannot be read into InvalidInput."""
    try:
        yield
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidInput.of("cursor", "This cursor is not from this list. Follow the Link header.") from None


def _cursor(request: Request) -> str | None:
    cursor = request.query_params.get("cursor")
    if cursor is None:
        return None
    with _not_from_this_list():
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()


def limit_in(text: str | None, *, default: int = LIMIT_DEFAULT, highest: int = LIMIT_MAX) -> int:
    """Parses the query parameter `limit`. Raises InvalidInput for anything but a number from 1 to `highest`."""
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= highest):
        raise InvalidInput.of("limit", f"must be a whole number from 1 to {highest}.")
    return int(text)


def _text_of(position: Position) -> str:
    at, number = position
    return f"{at.isoformat()}|{number}"


def _position_in(text: str) -> Position:
    with _not_from_this_list():
        instant, _bar, number = text.partition("|")
        at = datetime.fromisoformat(instant)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC), _id(number)


def _id(text: str) -> int:
    number = int(text)
    if not 0 < number < 2**63:
        raise ValueError
    return number
