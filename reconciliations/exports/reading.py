"""Reading the rows of an export: page by page, oldest first, never more than a page in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count, Max

from cashdesk.domain.principal import Principal
from reconciliations.domain.export import Wanted
from reconciliations.exports.table import Table

PAGE_ROWS: Final = 2_000

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """How many rows a business date has."""

    on: date
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The rows that there were when it began: what is added meanwhile is not among them."""

    table: Table
    wanted: Wanted
    by: Principal
    days: tuple[Day, ...]
    last_row: int
    page_rows: int = PAGE_ROWS

    @property
    def rows_total(self) -> int:
        """How many they are."""
        return sum(day.rows for day in self.days)

    def pages(self) -> Iterator[list[Row]]:
        """Yields the rows by business date, and within one as they were recorded: one statement a page.

        The days are read together as far as they fill a page, and a day that is longer in pieces: each is found in the index
        of the store's business dates, and what is sorted is never more than one page, or one day.
        """
        span: list[Day] = []
        for day in self.days:
            if span and sum(one.rows for one in span) + day.rows > self.page_rows:
                yield self._span(span)
                span = []
            if day.rows > self.page_rows:
                yield from self._long_day(day)
            else:
                span.append(day)
        if span:
            yield self._span(span)

    def _span(self, days: list[Day]) -> list[Row]:
        return [row[1:] for row in self._rows(business_date__gte=days[0].on, business_date__lte=days[-1].on)]

    def _long_day(self, day: Day) -> Iterator[list[Row]]:
        after = 0
        while page := list(self._rows(business_date=day.on, pk__gt=after)[: self.page_rows]):
            yield [row[1:] for row in page]
            if len(page) < self.page_rows:
                return
            after = page[-1][0]

    def _rows(self, **where: Any) -> Any:
        rows = self.table.rows(self.wanted.store, self.by).filter(pk__lte=self.last_row, **where)
        return rows.order_by("business_date", "pk").values_list("pk", *self.table.paths)


def reading_of(*, table: Table, wanted: Wanted, by: Principal, page_rows: int = PAGE_ROWS) -> Reading:
    """Returns the rows as they are now, counted: one statement."""
    stored = table.model._default_manager.filter(
        store=wanted.store, business_date__gte=wanted.first_date, business_date__lte=wanted.last_date
    )
    counted = stored.order_by().values("business_date").annotate(rows=Count("pk"), last=Max("pk"))
    days = sorted((line["business_date"], line["rows"], line["last"]) for line in counted)
    return Reading(
        table=table,
        wanted=wanted,
        by=by,
        days=tuple(Day(on, rows) for on, rows, _last in days),
        last_row=max((last for _on, _rows, last in days), default=0),
        page_rows=page_rows,
    )
