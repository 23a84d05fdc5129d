"""Filters and sorts lists of settlements by every attribute of an answer that is a single value."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import django_filters
from django.db.models import Q, QuerySet

from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.domain.store.store_reference import store_reference
from cashdesk.errors import InvalidInput
from cashdesk.money import parse_whole
from cashdesk.web.dialects import camel_case
from cashdesk.web.fields import EPOCH
from settlements.enums import SettlementState, SettlementType
from settlements.models import Settlement

MILLIS_MAX: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

TIMES: Final = {
    "opened_time": "opened_at",
    "counted_time": "counted_at",
    "closed_time": "closed_at",
    "last_count_time": "last_count_at",
}
NAMES: Final = ("opened_by_name", "counted_by_name", "closed_by_name", "last_count_by_name")
COLUMNS: Final[Mapping[str, str]] = {
    "settlementId": "uuid",
    "type": "type",
    "state": "state",
    "store": "store__number",
    "station": "place__number",
    **{camel_case(name): name for name in NAMES},
    **{camel_case(name): column for name, column in TIMES.items()},
}
"""The column behind each published attribute, for sorting."""


class SettlementFilter(django_filters.FilterSet):
    """Filters settlements by every attribute with a single value. Times also have `...TimeFrom` and `...TimeTo`, both
    included.
    """

    settlement_id = django_filters.UUIDFilter(field_name="uuid")
    type = django_filters.ChoiceFilter(choices=SettlementType.choices)
    state = django_filters.ChoiceFilter(choices=SettlementState.choices)
    store = django_filters.CharFilter(method="of_store", max_length=36, label="Number or UUID of the store")
    station = django_filters.CharFilter(
        method="of_station", max_length=20, label="Number of the register; 0 is the vault"
    )

    class Meta:
        model = Settlement
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Applies all filters. Raises InvalidInput if a range ends before it starts."""
        for name in map(camel_case, TIMES):
            ends = [f"{name}From", f"{name}To"]
            first, last = (_instant(text, field=end) if (text := self.form.cleaned_data[end]) else None for end in ends)
            refuse_backwards(first, last, field=ends[1])
        return super().filter_queryset(queryset)

    def of_store(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the store's number or UUID."""
        return queryset.filter(store_reference(value, path="store"))

    def of_station(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the number of the station."""
        return queryset.filter(place__number=min(parse_whole(value, field="station"), 2**31 - 1))

    def of_time(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by a time in milliseconds.

        The suffix of the parameter decides: none for this time only, `From` for this time or later, `To` for this time
        or earlier.
        """
        published, column, ending = name.split("|")
        start = _instant(value, field=published)
        end = start + timedelta(milliseconds=1)
        wanted = Q(**{f"{column}__gte": start}) if ending in ("", "From") else Q()
        if ending in ("", "To"):
            wanted &= Q(**{f"{column}__lt": end})
        return queryset.filter(wanted)


def _instant(text: str, *, field: str) -> datetime:
    if not (text.isascii() and text.isdecimal()):
        raise InvalidInput.of(field, "must be a whole number of milliseconds since 1970.")
    millis = int(text)
    if millis > MILLIS_MAX:
        raise InvalidInput.of(field, "must be before the year 10000, in milliseconds since 1970.")
    return EPOCH + timedelta(milliseconds=millis)


# Published names are camelCase and each time has three filters, so they are generated here.
_declared = SettlementFilter.base_filters
_declared["settlementId"] = _declared.pop("settlement_id")
for _name in NAMES:
    _declared[camel_case(_name)] = django_filters.CharFilter(field_name=_name, max_length=200, strip=False)
for _name, _column in TIMES.items():
    for _ending in ("", "From", "To"):
        _published = f"{camel_case(_name)}{_ending}"
        _declared[_published] = django_filters.CharFilter(
            field_name=f"{_published}|{_column}|{_ending}",
            method="of_time",
            max_length=40,
            label="Milliseconds since 1970",
        )
PARAMETERS: Final = tuple(_declared)


def sorted_by(queryset: "QuerySet[Any]", wishes: list[str]) -> tuple["QuerySet[Any]", list[dict[str, Any]] | None]:
    """Sorts by `attribute,asc` or `attribute,desc`, in the given order.

    Returns the rows and the `sort` part of the answer. If `wishes` is empty, the rows are newest first and `sort` is
    None. Raises InvalidInput for an unknown attribute or direction.
    """
    if not wishes:
        return queryset.order_by("-opened_at", "-pk"), None
    order, said = [], []
    for wish in wishes:
        name, _comma, direction = wish.partition(",")
        column = COLUMNS.get(name)
        if column is None:
            raise InvalidInput.of(
                "sort", f"'{name[:50]}' is not an attribute to sort by; known are {', '.join(COLUMNS)}."
            )
        if direction.lower() not in ("", "asc", "desc"):
            raise InvalidInput.of("sort", "is written attribute,asc or attribute,desc.")
        descending = direction.lower() == "desc"
        order.append(f"-{column}" if descending else column)
        said.append(
            {
                "direction": "DESC" if descending else "ASC",
                "property": name,
                "ignoreCase": False,
                "nullHandling": "NATIVE",
                "descending": descending,
                "ascending": not descending,
            }
        )
    return queryset.order_by(*order, "-pk"), said
