"""Lists in numbered pages, in the shape of the settlements API."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from cashdesk.errors import InvalidInput
from cashdesk.web.fields import CamelCaseSerializer

SIZE_DEFAULT: Final = 20
SIZE_MAX: Final = 200
PAGE_PARAMETERS: Final = ("page", "size", "sort")
DESCRIBED_PARAMETERS: Final = (
    OpenApiParameter("page", int, description="Number of the page, starting at 0."),
    OpenApiParameter("size", int, description="Rows per page: 20 by default, at most 200."),
    OpenApiParameter("sort", str, many=True, description="`attribute,asc` or `attribute,desc`. Default: newest first."),
)


class PageSerializer(CamelCaseSerializer):
    """A page of a list. Subclasses add `content`."""

    last = serializers.BooleanField()
    total_pages = serializers.IntegerField()
    total_elements = serializers.IntegerField()
    size = serializers.IntegerField()
    number = serializers.IntegerField(help_text="Number of the page, starting at 0.")
    sort = serializers.ListField(child=serializers.DictField(), allow_null=True)
    first = serializers.BooleanField()
    number_of_elements = serializers.IntegerField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list: its rows, and the number of rows on all pages."""

    number: int
    size: int
    total: int
    rows: Sequence[Any]

    @classmethod
    def of(
        cls,
        request: Request,
        found: "QuerySet[Any]",
        *,
        with_related: "Callable[[QuerySet[Any]], QuerySet[Any]]" = lambda rows: rows,
    ) -> Self:
        """Reads the page that the query parameters ask for.

        Runs one statement to count the rows and one to read them. A page past the end is empty. Raises InvalidInput for
        wrong parameters.

        The rows before the page are skipped by their ids, which the database can read from an index alone, and from the
        nearer end of the list.
        """
        number = _whole(request, "page", default=0, least=0, most=10**9)
        size = _whole(request, "size", default=SIZE_DEFAULT, least=1, most=SIZE_MAX)
        total = found.order_by().count()
        first = number * size
        end = min(first + size, total)
        if first >= total:
            return cls(number=number, size=size, total=total, rows=[])
        if first < total - end:
            ids = found.values("pk")[first:end]
        else:
            ids = found.reverse().values("pk")[total - end : total - first]
        rows = list(with_related(found).filter(pk__in=ids))
        return cls(number=number, size=size, total=total, rows=rows)

    def body(self, content: Any, *, sort: list[dict[str, Any]] | None) -> dict[str, Any]:
        """Returns the page as part of an answer. `content` holds the serialized rows."""
        pages = -(-self.total // self.size)
        return {
            "content": content,
            "last": self.number + 1 >= pages,
            "totalPages": pages,
            "totalElements": self.total,
            "size": self.size,
            "number": self.number,
            "sort": sort,
            "first": self.number == 0,
            "numberOfElements": len(self.rows),
        }


def sort_wishes(request: Request) -> list[str]:
    """Returns the values of the query parameter `sort`, without empty ones."""
    return [wish for wish in request.query_params.getlist("sort") if wish]


def _whole(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and least <= int(text) <= most):
        raise InvalidInput.of(name, f"must be a whole number from {least} to {most}.")
    return int(text)
