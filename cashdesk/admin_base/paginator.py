"""Paginators of lists that may hold millions of rows."""

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.core.paginator import Paginator
from django.db import connection
from django.utils.functional import cached_property

from cashdesk.formats import grouped

if TYPE_CHECKING:
    from django.db.models import QuerySet

    ModelPaginator = Paginator["QuerySet[Any]"]
else:
    ModelPaginator = Paginator

ROWS_LISTED_MAX: Final = 5_000
"""The maximum number of rows that a list counts and shows on its pages. People find older rows with filters."""


class BoundedPaginator(ModelPaginator):
    """A paginator that stops counting at `rows_max`, because it would take seconds to count millions of rows."""

    rows_max: ClassVar[int] = ROWS_LISTED_MAX
    do_not_call_in_templates = True  # the list's template reads `rows_max` from the class

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin gives nothing else
        return rows.order_by().values("pk")[: self.rows_max].count()

    @cached_property
    def estimate(self) -> int | None:
        """About how many rows there are, if they are more than the paginator counts. Only PostgreSQL's planner knows."""
        if self.count < self.rows_max or connection.vendor != "postgresql":
            return None
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin gives nothing else
        planned = json.loads(rows.order_by().values("pk").explain(format="json"))[0]["Plan"]["Plan Rows"]
        rounded = round(planned, 2 - len(str(planned)))
        return rounded if rounded > self.count else None

    @property
    def estimate_told(self) -> str:
        """Returns the estimate as people write a large number, or ""."""
        return grouped(self.estimate) if self.estimate else ""
