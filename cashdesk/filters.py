"""Filters for lists."""

from datetime import date, datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.dateparse import parse_date

from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.domain.store.store_reference import store_reference
from cashdesk.enums import SessionStatus
from cashdesk.errors import InvalidInput
from cashdesk.models import CashSession
from cashdesk.web.fields import WholeNumberFilter, instant_in


class SessionFilter(django_filters.FilterSet):
    """Filters cash sessions by `status`, `user_id`, `store` (number or UUID), `station`, `from` and `to`.

    `from` and `to` accept a date (compared with the business date) or an instant (compared with the opening time).
    """

    status = django_filters.ChoiceFilter(choices=SessionStatus.choices)
    user_id = WholeNumberFilter(field_name="user_id", min_value=1, max_value=2**63 - 1)
    store = django_filters.CharFilter(method="of_store", max_length=36)
    station = WholeNumberFilter(field_name="register__number", min_value=1, max_value=2**31 - 1)
    since = django_filters.CharFilter(method="opened_since", max_length=40, label="Date or instant, included")
    until = django_filters.CharFilter(method="opened_until", max_length=40, label="Date or instant, included")

    class Meta:
        model = CashSession
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Applies all filters. Raises InvalidInput if `from` is after `to`."""
        ends = {name: _moment(text, field=name) for name in ("from", "to") if (text := self.form.cleaned_data[name])}
        refuse_backwards(ends.get("from"), ends.get("to"), field="to")
        return super().filter_queryset(queryset)

    def of_store(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the store's number or UUID."""
        return queryset.filter(store_reference(value, path="store"))

    def opened_since(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by sessions opened on or after this day or instant."""
        moment = _moment(value, field="from")
        return (
            queryset.filter(opened_at__gte=moment)
            if isinstance(moment, datetime)
            else queryset.filter(business_date__gte=moment)
        )

    def opened_until(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by sessions opened on or before this day or instant."""
        moment = _moment(value, field="to")
        return (
            queryset.filter(opened_at__lte=moment)
            if isinstance(moment, datetime)
            else queryset.filter(business_date__lte=moment)
        )


# `from` is a Python keyword, so the class declares `since` and `until`. They get their published names here.
for _published, _declared in (("from", "since"), ("to", "until")):
    SessionFilter.base_filters[_published] = SessionFilter.base_filters.pop(_declared)


def _moment(text: str, *, field: str) -> date | datetime:
    """Parses a date, or an instant with its UTC offset. Raises InvalidInput for other text."""
    found = _day(text) or instant_in(text)
    if found is None:
        raise InvalidInput.of(field, "Enter a date such as 2026-03-01, or an instant such as 2026-03-01T08:00:00Z.")
    return found


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
