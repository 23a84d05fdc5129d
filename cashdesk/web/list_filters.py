"""Query parameters that several lists share: the store, the range, the session, and limits for searches."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.domain.store.store_reference import store_for, store_reference
from cashdesk.domain.visibility import may_see_expected
from cashdesk.errors import InvalidInput
from cashdesk.models import Store
from cashdesk.money import parse_whole
from cashdesk.web.fields import instant_in
from cashdesk.web.pagination import NewestFirst, NewestFirstWithoutIds

SEARCH_DAYS_MAX: Final = 366
"""The most days that a request may search with a filter that has no index."""
SORTED_AT: Final = "sorted_at"
"""The instant of a row, as an expression that is in no index."""
ID_MAX: Final = 2**63 - 1
STATION_MAX: Final = 2**31 - 1

PAGE: Final = (
    OpenApiParameter("limit", int, description="Rows per page: 100 by default, at most 1000."),
    OpenApiParameter("cursor", str, description="The cursor from the Link header of the previous page."),
)
"""The parameters of a page, for the API description."""

STORE_OF_LIST: Final = OpenApiParameter(
    "store", str, description="Number or UUID of a store. Default: your own store. Not needed with `session`."
)
YES_OR_NO: Final = (("true", "true"), ("false", "false"))

_RANGE: Final = "Business date, or instant with its UTC offset. Included."

Filters = TypeVar("Filters", bound="type[RangeFilter]")


class StoreFilter(django_filters.FilterSet):
    """Filters rows by `store`, a number or UUID."""

    store_path: ClassVar[str] = "store"
    """Leads from the filtered model to its store."""

    store = django_filters.CharFilter(method="of_store", max_length=36, label="Number or UUID of a store.")

    def of_store(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the store's number or UUID."""
        return queryset.filter(store_reference(value, path=self.store_path))


class RangeFilter(django_filters.FilterSet):
    """Filters rows by `from` and `to`, both included. Each is a business date, or an instant with its UTC offset.

    Some filters could make the database read very many rows, so with them the range may have at most SEARCH_DAYS_MAX
    days. These are the filters in `searching`, which have no index. In a list with such filters they are also `from`
    and `to` as business dates, because the index of these dates is not in the order of the list. There is no limit if a
    filter in `narrowing` is given, because it leaves few rows. The decorator `ranged` adds `from` and `to`.
    """

    day: ClassVar[str | None] = "business_date"
    """The column of the business date. None: the rows have none, so both ends are instants."""
    instant: ClassVar[str]
    searching: ClassVar[frozenset[str]] = frozenset()
    narrowing: ClassVar[frozenset[str]] = frozenset()

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Applies all filters. Raises InvalidInput if `from` is after `to`, and for a search that is too long."""
        told = self.form.cleaned_data
        first, last = (self._moment(told[name], field=name) if told[name] else None for name in ("from", "to"))
        refuse_backwards(first, last, field="to")
        has_dates = any(end is not None and not isinstance(end, datetime) for end in (first, last))
        by_date = has_dates and bool(self.searching) and not self.is_narrow
        if by_date or (_has(told, self.searching) and not self.is_narrow):
            _refuse_long_search(first, last)
        if by_date:
            # Otherwise SQLite reads the index in the order of the list, and walks through all newer rows to an old range.
            queryset = queryset.annotate(**{SORTED_AT: Coalesce(self.instant, self.instant)})
        return super().filter_queryset(queryset)

    @property
    def is_narrow(self) -> bool:
        """Whether another filter leaves few rows, so that the database may search all of them."""
        return _has(self.form.cleaned_data, self.narrowing)

    def _moment(self, text: str, *, field: str) -> date | datetime:
        found = moment_in(text, field=field)
        if self.day is None and not isinstance(found, datetime):
            raise InvalidInput.of(field, "Enter an instant such as 2026-03-01T08:00:00Z.")
        return found

    def since(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by rows on or after this day or instant."""
        moment = moment_in(value, field=name)
        if isinstance(moment, datetime):
            return queryset.filter(**{f"{self.instant}__gte": moment})
        return queryset.filter(**{f"{self.day}__gte": moment})

    def until(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by rows on or before this day or instant."""
        moment = moment_in(value, field=name)
        column = self.instant if isinstance(moment, datetime) else self.day
        return queryset.filter(**{f"{column}__lte": moment})


def yes_or_no(*, column: str, label: str) -> django_filters.TypedChoiceFilter:
    """Returns a filter by a boolean column, with the values `true` and `false`."""
    return django_filters.TypedChoiceFilter(
        field_name=column, choices=YES_OR_NO, coerce=lambda text: text == "true", label=label
    )


def ranged(filters: Filters) -> Filters:
    """Adds `from` and `to` to a RangeFilter. They are added here because `from` is a Python keyword."""
    for name, method in (("from", "since"), ("to", "until")):
        filters.base_filters[name] = django_filters.CharFilter(
            method=method, max_length=40, label=_RANGE if filters.day else "Instant with its UTC offset. Included."
        )
    return filters


def of_store_or_session(
    rows: "QuerySet[Any]",
    request: Request,
    *,
    by: Principal,
    of_store: "Callable[[QuerySet[Any], Store], QuerySet[Any]] | None" = None,
) -> "QuerySet[Any]":
    """Filters payments, movements or counts by the store that a request names, by default the caller's own store.

    `of_store` filters rows that have no column `store`. A request that names a session needs no store. A cashier must
    name a session: they read the rows of one counted session at a time. Raises InvalidInput.
    """
    store, session = request.query_params.get("store", ""), request.query_params.get("session", "")
    if not session and not may_see_expected(by):
        raise InvalidInput.of("session", "Name one of your own closed sessions.")
    if session and not store:
        return rows
    named = store_for(reference=store, by=by)
    return rows.filter(store=named) if of_store is None else of_store(rows, named)


def newest_for(by: Principal, rows: "QuerySet[Any]", *, instant: str) -> NewestFirst:
    """Returns the pages of a list, newest first. The cursors of a cashier hold no ids (law 5)."""
    instant = SORTED_AT if SORTED_AT in rows.query.annotations else instant
    return NewestFirst(instant=instant) if may_see_expected(by) else NewestFirstWithoutIds(instant=instant)


def moment_in(text: str, *, field: str) -> date | datetime:
    """Parses a date, or an instant with its UTC offset. Raises InvalidInput for other text."""
    found = _day(text) or instant_in(text)
    if found is None:
        raise InvalidInput.of(field, "Enter a date such as 2026-03-01, or an instant such as 2026-03-01T08:00:00Z.")
    return found


def session_reference(reference: str, *, path: str) -> Q:
    """Returns the query condition that `path`, the session of a row, has this id or UUID. Raises InvalidInput."""
    if reference.isascii() and reference.isdecimal():
        return Q(**{path: min(parse_whole(reference, field="session"), ID_MAX)})
    try:
        return Q(**{f"{path}__uuid": UUID(reference)})
    except ValueError:
        raise InvalidInput.of("session", "Enter the id or the UUID of a cash session.") from None


def _has(told: dict[str, Any], names: frozenset[str]) -> bool:
    return any(told.get(name) not in (None, "") for name in names)


def _refuse_long_search(first: date | datetime | None, last: date | datetime | None) -> None:
    """Raises InvalidInput for `from` if a range has no beginning or is too long for a search."""
    end = _instant_of(last) if last is not None else timezone.now()
    if first is None or end - _instant_of(first) > timedelta(days=SEARCH_DAYS_MAX):
        raise InvalidInput.of(
            "from", f"A request with this filter covers at most {SEARCH_DAYS_MAX} days. Send from and to."
        )


def _instant_of(moment: date | datetime) -> datetime:
    """Returns an instant unchanged, and the beginning of a day in UTC."""
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
