"""Lists that people can sort by the columns that an index carries, and by no other."""

from typing import TYPE_CHECKING, Any, Literal

from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.db.models import QuerySet


class CarriedOrder(ChangeList):
    """A list that is sorted by one column at a time, or else in its own order.

    The columns are those in `sortable_by` of the page. The same index carries a column in both directions, with the key of
    the row as its second column. Any other order in the URL is ignored: it would sort the whole table.
    """

    own_order: tuple[str, ...] = ()

    def get_results(self, request: HttpRequest) -> None:
        """Lets the page complete its rows, which are few, with queries that would be slow for the whole list."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        self.model_admin.complete(self.result_list, request)  # type: ignore[attr-defined]  # of ReadOnlyAdmin

    def get_ordering(self, request: HttpRequest, queryset: "QuerySet[Any]") -> list[Any]:
        chosen = self._chosen()
        self.own_order = tuple(str(name) for name in self.model_admin.get_ordering(request))
        if chosen is None:
            return list(self.own_order)
        place, sign = chosen
        return [f"{sign}{self._field_at(place)}", f"{sign}pk"]

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        """Returns the sorted column for the heads of the table: its place, and "asc" or "desc"."""
        chosen = self._chosen()
        if chosen is not None:
            return {chosen[0]: "desc" if chosen[1] else "asc"}
        first = self.own_order[0] if self.own_order else ""
        sorted_by = [place for place in self._places() if self._field_at(place) == first.removeprefix("-")]
        return {place: "desc" if first.startswith("-") else "asc" for place in sorted_by}

    def _chosen(self) -> tuple[int, str] | None:
        """Returns the first sortable column in the URL, and "-" if it descends."""
        for part in str(self.params.get(ORDER_VAR, "")).split("."):
            digits = part.removeprefix("-")
            if digits.isascii() and digits.isdecimal() and len(digits) < 4 and int(digits) in self._places():
                return int(digits), "-" if part.startswith("-") else ""
        return None

    def _places(self) -> list[int]:
        return [place for place, column in enumerate(self.list_display) if column in (self.sortable_by or ())]

    def _field_at(self, place: int) -> str:
        column: Any = self.list_display[place]
        if isinstance(column, str):
            column = getattr(self.model_admin, column, None) or get_fields_from_path(self.model, column)[-1]
        return str(getattr(column, "admin_order_field", None) or column.name)
