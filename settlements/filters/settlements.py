"""Filters and sorts lists of settlements and cashbook entries by their published attributes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import django_filters
from django import forms
from django.db.models import BigIntegerField, Exists, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema_field

from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.domain.store.store_reference import store_reference
from cashdesk.enums import method_code
from cashdesk.errors import InvalidInput
from cashdesk.models import Movement
from cashdesk.money import parse_whole
from cashdesk.web.dialects import camel_case
from cashdesk.web.fields import EPOCH, WholeNumberFilter
from settlements.enums import Direction, SettlementState, SettlementType
from settlements.models import ClosingAmount, InitialAmount, Settlement

ID_MAX: Final = Value(2**63 - 1, output_field=BigIntegerField())
"""The end of a period that is not over."""
MILLIS_MAX: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

TIMES: Final = {
    "opened_time": "opened_at",
    "counted_time": "counted_at",
    "closed_time": "closed_at",
    "last_count_time": "last_count_at",
}
NAMES: Final = ("opened_by_name", "counted_by_name", "closed_by_name", "last_count_by_name")
AMOUNTS: Final[Mapping[str, tuple[type[Model], str]]] = {
    "initialAmounts": (InitialAmount, "amount"),
    "actualAmounts": (ClosingAmount, "actual"),
    "targetAmounts": (ClosingAmount, "target"),
    "differenceAmounts": (ClosingAmount, "difference"),
}
"""The rows and the column behind each list of amounts."""
AMOUNTS_NAMED_MAX: Final = 10
"""Most different amounts that a request may name, in all lists together."""
COLUMNS: Final[Mapping[str, str]] = {
    "settlementId": "uuid",
    "type": "type",
    "state": "state",
    "store": "store__number",
    "station": "place__number",
    **{camel_case(name): name for name in NAMES},
    **{camel_case(name): column for name, column in TIMES.items()},
    "previewCount": "preview_count",
}
"""The column behind each published attribute of a settlement with a single value, for sorting."""
ENTRY_COLUMNS: Final[Mapping[str, str]] = {
    "cashbookEntryId": "uuid",
    "settlementId": "settlement_uuid",
    "store": "store__number",
    "station": "station",
    "account": "reason",
    "direction": "direction",
    "value": "amount",
    "currency": "currency",
    "method": "method",
    "bookedTime": "recorded_at",
}
"""The column behind each published attribute of a cashbook entry, for sorting."""


class RepeatedField(forms.Field):
    """A query parameter that may be repeated. Its value is the list of all values."""

    widget = forms.MultipleHiddenInput


class RepeatedFilter(django_filters.Filter):
    """Filters by a query parameter that may be repeated."""

    field_class = RepeatedField


class TimesFilter(django_filters.FilterSet):
    """Filters by times in milliseconds.

    Each time has three parameters: its name for exactly this time, and `...From` and `...To` for a range. Both ends of
    the range are included.
    """

    times: tuple[str, ...] = ()
    """The published names of the times."""

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Applies all filters. Raises InvalidInput if a range ends before it starts."""
        for name in self.times:
            ends = [f"{name}From", f"{name}To"]
            first, last = (_instant(text, field=end) if (text := self.form.cleaned_data[end]) else None for end in ends)
            refuse_backwards(first, last, field=ends[1])
        return super().filter_queryset(queryset)

    def of_store(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the store's number or UUID."""
        return queryset.filter(store_reference(value, path="store"))

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


class SettlementFilter(TimesFilter):
    """Filters settlements by every attribute. For a list of amounts, the filter names amounts that the list must contain."""

    times = tuple(map(camel_case, TIMES))

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
        """Applies all filters. Raises InvalidInput if too many amounts are named: each of them is a search."""
        named = 0
        for name in AMOUNTS:
            amounts = dict.fromkeys(_amount(text, field=name) for text in self.form.cleaned_data[name] if text)
            named += len(amounts)
            if named > AMOUNTS_NAMED_MAX:
                raise InvalidInput.of(name, f"Name at most {AMOUNTS_NAMED_MAX} amounts, in all lists together.")
            self.form.cleaned_data[name] = list(amounts)
        return super().filter_queryset(queryset)

    def of_station(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the number of the station."""
        return queryset.filter(place__number=min(parse_whole(value, field="station"), 2**31 - 1))

    @extend_schema_field({"type": "array", "items": {"type": "string", "example": "19000 EUR CASH"}})
    def of_amounts(self, queryset: "QuerySet[Any]", name: str, value: list[tuple[int, str, str]]) -> "QuerySet[Any]":
        """Filters by amounts such as `19000 EUR CASH`. A settlement matches if it has all of them.

        Closing amounts match only if the caller may see them, and only if somebody has counted the drawer. Otherwise
        a caller could find an expected amount by trying (law 5).
        """
        rows, column = AMOUNTS[name]
        for amount, currency, method in value:
            wanted = {"currency": currency, "method": method, column: amount}
            queryset = queryset.filter(Exists(rows._default_manager.filter(settlement=OuterRef("pk"), **wanted)))
        return queryset.filter(shows_result=True, awaits_count=False) if rows is ClosingAmount else queryset


class CashbookEntryFilter(TimesFilter):
    """Filters cashbook entries by every attribute of an entry."""

    times = ("bookedTime",)

    cashbookEntryId = django_filters.UUIDFilter(field_name="uuid")  # noqa: N815 (the published name)
    settlementId = django_filters.UUIDFilter(method="of_settlement")  # noqa: N815
    store = django_filters.CharFilter(method="of_store", max_length=36, label="Number or UUID of the store")
    station = WholeNumberFilter(
        method="of_station", min_value=0, max_value=2**31 - 1, label="Number of the register; 0 is the vault"
    )
    account = django_filters.CharFilter(method="of_account", max_length=50, label="Code or number of the account")
    direction = django_filters.ChoiceFilter(choices=Direction.choices)
    value = WholeNumberFilter(field_name="amount", min_value=1, max_value=2**63 - 1, label="Amount in minor units")
    currency = django_filters.CharFilter(field_name="currency", max_length=3)
    method = django_filters.CharFilter(method="of_method", max_length=32)

    class Meta:
        model = Movement
        fields: tuple[str, ...] = ()

    @extend_schema_field(int)
    def of_station(self, queryset: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """Filters by the number of the station."""
        return queryset.filter(station=value)

    def of_settlement(self, queryset: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """Filters by the settlement. The ends of its period limit the movements that the database reads."""
        asked = Settlement.objects.filter(uuid=value)
        start = Subquery(asked.values("opened_after"))
        end = Coalesce(Subquery(asked.values("seal__last_movement")), ID_MAX)
        return queryset.filter(pk__gt=start, pk__lte=end, settlement_uuid=value)

    def of_account(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the code or the number of the account."""
        return queryset.filter(Q(reason=value) | Q(account_number=value))

    def of_method(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the method, in any of the spellings that an entry accepts."""
        return queryset.filter(method=method_code(value))


def _amount(text: str, *, field: str) -> tuple[int, str, str]:
    """Parses `19000 EUR CASH`: minor units, currency and method. Raises InvalidInput."""
    parts = text.split(" ", 2)
    digits = parts[0].removeprefix("-")
    is_whole = digits.isascii() and digits.isdecimal() and len(digits) <= 18
    if len(parts) != 3 or not is_whole or len(parts[1]) != 3 or not 0 < len(parts[2]) <= 32 or "\0" in text:
        raise InvalidInput.of(field, "Write minor units, currency and method, such as 19000 EUR CASH.")
    return int(parts[0]), parts[1], method_code(parts[2])


def _instant(text: str, *, field: str) -> datetime:
    if not (text.isascii() and text.isdecimal()):
        raise InvalidInput.of(field, "must be a whole number of milliseconds since 1970.")
    millis = int(text)
    if millis > MILLIS_MAX:
        raise InvalidInput.of(field, "must be before the year 10000, in milliseconds since 1970.")
    return EPOCH + timedelta(milliseconds=millis)


def _add_times(filters: dict[str, Any], name: str, column: str) -> None:
    """Adds the three filters of a time."""
    for ending in ("", "From", "To"):
        published = f"{name}{ending}"
        filters[published] = django_filters.CharFilter(
            field_name=f"{published}|{column}|{ending}",
            method="of_time",
            max_length=40,
            label="Milliseconds since 1970",
        )


# Published names are camelCase and each time has three filters, so they are generated here.
_declared = SettlementFilter.base_filters
_declared["settlementId"] = _declared.pop("settlement_id")
for _name in NAMES:
    _declared[camel_case(_name)] = django_filters.CharFilter(field_name=_name, max_length=200, strip=False)
for _name, _column in TIMES.items():
    _add_times(_declared, camel_case(_name), _column)
_declared["previewCount"] = WholeNumberFilter(field_name="preview_count", min_value=0, max_value=2**31 - 1)
for _name in AMOUNTS:
    _declared[_name] = RepeatedFilter(
        field_name=_name,
        method="of_amounts",
        label="Minor units, currency and method: 19000 EUR CASH. Can be repeated.",
    )
PARAMETERS: Final = tuple(_declared)
_add_times(CashbookEntryFilter.base_filters, "bookedTime", "recorded_at")
ENTRY_PARAMETERS: Final = tuple(CashbookEntryFilter.base_filters)


def sorted_by(
    queryset: "QuerySet[Any]",
    wishes: list[str],
    *,
    columns: Mapping[str, str] = COLUMNS,
    newest: tuple[str, ...] = ("-opened_at", "-pk"),
) -> tuple["QuerySet[Any]", list[dict[str, Any]] | None]:
    """Sorts by `attribute,asc` or `attribute,desc`, in the given order.

    Returns the rows and the `sort` part of the answer. If `wishes` is empty, the rows are in the order `newest` and
    `sort` is None. Raises InvalidInput for an unknown attribute or direction.
    """
    if not wishes:
        return queryset.order_by(*newest), None
    order, said = [], []
    for wish in wishes:
        name, _comma, direction = wish.partition(",")
        column = columns.get(name)
        if column is None:
            raise InvalidInput.of(
                "sort", f"'{name[:50]}' is not an attribute to sort by; known are {', '.join(columns)}."
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
