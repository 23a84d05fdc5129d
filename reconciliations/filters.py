"""Filters for lists of variances."""

from typing import Any, Final

import django_filters
from django.db.models import QuerySet

from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.domain.store.store_reference import store_reference
from cashdesk.enums import ENDED_VARIANCES, Reason, VarianceKind, VarianceState
from cashdesk.models import Variance
from cashdesk.web.fields import WholeNumberFilter
from reconciliations import queries


class VarianceFilter(django_filters.FilterSet):
    """Filters variances by state, kind, reason, store, register, person, currency and business date."""

    state = django_filters.ChoiceFilter(choices=VarianceState.choices)
    waiting = django_filters.ChoiceFilter(
        choices=(("true", "true"), ("false", "false")),
        method="that_wait",
        label="true: variances that wait for a decision",
    )
    kind = django_filters.ChoiceFilter(choices=VarianceKind.choices)
    reason = django_filters.ChoiceFilter(choices=Reason.choices)
    escalated = django_filters.TypedChoiceFilter(
        field_name="is_escalated",
        choices=(("true", "true"), ("false", "false")),
        coerce=lambda text: text == "true",
        label="true: variances that an admin must decide",
    )
    store = django_filters.CharFilter(method="of_store", max_length=36, label="Number or UUID of the store")
    station = WholeNumberFilter(field_name="place__number", min_value=0, max_value=2**31 - 1)
    user_id = WholeNumberFilter(field_name="person", min_value=1, max_value=2**63 - 1)
    currency = django_filters.CharFilter(max_length=3)

    class Meta:
        model = Variance
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Applies all filters. Raises InvalidInput if `from` is after `to`."""
        refuse_backwards(self.form.cleaned_data["from"], self.form.cleaned_data["to"], field="to")
        return super().filter_queryset(queryset)

    def that_wait(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the waiting variances (the queue) for "true", and by the finished variances for "false"."""
        return queries.waiting(queryset) if value == "true" else queryset.filter(state__in=ENDED_VARIANCES)

    def of_store(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the store's number or UUID."""
        return queryset.filter(store_reference(value, path="store"))


# `from` is a Python keyword.
for _name, _lookup in (("from", "gte"), ("to", "lte")):
    VarianceFilter.base_filters[_name] = django_filters.DateFilter(
        field_name="business_date", lookup_expr=_lookup, input_formats=["%Y-%m-%d"], label="Business date, included"
    )
PARAMETERS: Final = tuple(VarianceFilter.base_filters)
