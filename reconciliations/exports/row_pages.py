"""Reads the rows of an export page by page, oldest first, with at most one page in memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count, Max

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.business_day import window
from reconciliations.domain.export import Wanted
from reconciliations.exports.table import Table

PAGE_ROWS: Final = 2_000

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The number of rows of a business date."""

    on: date
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPages:
    """The rows that existed when the export began. Rows added later are left out."""

    table: Table
    wanted: Wanted
    by: Principal
    days: tuple[Day, ...]
    last_row: int
    page_rows: int = PAGE_ROWS

    @property
    def rows_total(self) -> int:
        """The number of rows."""
        return sum(day.rows for day in self.days)

    def pages(self) -> Iterator[list[Row]]:
        """Yields the rows by business date and, within a date, in the order of recording. One statement per page.

        Short days are read together until they fill a page, and a longer day is read in parts. Both use the index on
        business dates, so the database never sorts more than one page or one day.
        """
        if self.table.found_by:
            yield from self._in_order(in_window(self.table, self.wanted))
            return
        span: list[Day] = []
        for day in self.days:
            if span and sum(one.rows for one in span) + day.rows > self.page_rows:
                yield self._span(span)
                span = []
            if day.rows > self.page_rows:
                yield from self._in_order({"business_date": day.on})
            else:
                span.append(day)
        if span:
            yield self._span(span)

    def _span(self, days: list[Day]) -> list[Row]:
        where = {"business_date__gte": days[0].on, "business_date__lte": days[-1].on}
        rows = self._rows(where).order_by("business_date", "pk")
        return [row[1:] for row in rows.values_list("pk", *self.table.selected)]

    def _in_order(self, where: Mapping[str, Any]) -> Iterator[list[Row]]:
        """Yields the rows of a long day, or those of a table without business dates, in the order of recording."""
        after = 0
        while True:
            rows = self._rows({**where, "pk__gt": after}).order_by("pk").values_list("pk", *self.table.selected)
            page = list(rows[: self.page_rows])
            if page:
                yield [row[1:] for row in page]
            if len(page) < self.page_rows:
                return
            after = page[-1][0]

    def _rows(self, where: Mapping[str, Any]) -> Any:
        return self.table.rows(self.wanted.store, self.by).filter(pk__lte=self.last_row, **where)


def in_window(table: Table, wanted: Wanted) -> dict[str, Any]:
    """Returns the filter of the rows of a table without business dates: those of the time of the business days."""
    begin, end = window(store=wanted.store, first=wanted.first_date, last=wanted.last_date)
    return {table.store_path: wanted.store, f"{table.found_by}__gte": begin, f"{table.found_by}__lt": end}


def row_pages_of(*, table: Table, wanted: Wanted, by: Principal, page_rows: int = PAGE_ROWS) -> RowPages:
    """Returns the pages of the rows that exist now. Counts the rows per day with one statement."""
    if table.found_by:
        rows = table.model._default_manager.filter(**in_window(table, wanted)).order_by()
        found = rows.aggregate(rows=Count("pk"), last=Max("pk"))
        return RowPages(
            table=table,
            wanted=wanted,
            by=by,
            days=(Day(wanted.first_date, found["rows"]),),
            last_row=found["last"] or 0,
            page_rows=page_rows,
        )
    stored = table.model._default_manager.filter(
        store=wanted.store, business_date__gte=wanted.first_date, business_date__lte=wanted.last_date
    )
    counted = stored.order_by().values("business_date").annotate(rows=Count("pk"), last=Max("pk"))
    days = sorted((line["business_date"], line["rows"], line["last"]) for line in counted)
    return RowPages(
        table=table,
        wanted=wanted,
        by=by,
        days=tuple(Day(on, rows) for on, rows, _last in days),
        last_row=max((last for _on, _rows, last in days), default=0),
        page_rows=page_rows,
    )
