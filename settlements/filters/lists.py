"""Filters for our own lists: movements, registers, counts, deposits and change orders."""

from typing import Any, Final, cast

import django_filters
from django.db.models import Q, QuerySet

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import CountMoment, MovementKind, PlaceKind, method_code
from cashdesk.models import Count, Movement, Place
from cashdesk.web.fields import WholeNumberFilter
from cashdesk.web.list_filters import (
    ID_MAX,
    STATION_MAX,
    RangeFilter,
    StoreFilter,
    ranged,
    session_reference,
    yes_or_no,
)
from settlements.enums import ChangeOrderState, DepositState
from settlements.models import ChangeOrder, Deposit, Payout

STATION: Final = "Number of the register; 0 is the vault."
PLACES: Final = ((PlaceKind.VAULT.value, PlaceKind.VAULT.value), (PlaceKind.REGISTER.value, PlaceKind.REGISTER.value))
CURRENCY: Final = "ISO 4217."


@ranged
class MovementFilter(RangeFilter):
    """Filters movements. The list itself handles `store`."""

    instant = "recorded_at"
    searching = frozenset({"station", "kind", "method", "currency", "user_id", "is_late"})
    narrowing = frozenset({"session"})

    session = django_filters.CharFilter(method="of_session", max_length=36, label="Id or UUID of a cash session.")
    station = WholeNumberFilter(method="of_station", min_value=0, max_value=STATION_MAX, label=STATION)
    kind = django_filters.ChoiceFilter(choices=[(kind.value, kind.value) for kind in MovementKind])
    method = django_filters.CharFilter(method="of_method", max_length=32)
    currency = django_filters.CharFilter(max_length=3, label=CURRENCY)
    user_id = WholeNumberFilter(
        field_name="recorded_by", min_value=1, max_value=ID_MAX, label="Id of the person who recorded it."
    )
    is_late = yes_or_no(column="is_late", label="true: booked after its period was closed.")

    class Meta:
        model = Movement
        fields: tuple[str, ...] = ()

    def of_session(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the cash session."""
        return queryset.filter(session_reference(value, path="session"))

    def of_station(self, queryset: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """Filters by the movements into and out of a register or the vault."""
        by: Principal = cast(Any, self.request).auth
        kind = PlaceKind.REGISTER if value else PlaceKind.VAULT
        places = Place.objects.filter(store__in=by.stores(), kind=kind, number=value)
        return queryset.filter(Q(source__in=places) | Q(destination__in=places))

    def of_method(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the method, in any of the spellings that a movement accepts."""
        return queryset.filter(method=method_code(value))


class RegisterFilter(StoreFilter):
    """Filters registers and vaults."""

    kind = django_filters.ChoiceFilter(choices=PLACES)

    class Meta:
        model = Place
        fields: tuple[str, ...] = ()


@ranged
class CountFilter(RangeFilter):
    """Filters counts. The list itself handles `store`."""

    day = None
    instant = "counted_at"

    session = django_filters.CharFilter(method="of_session", max_length=36, label="Id or UUID of a cash session.")
    settlement = django_filters.UUIDFilter(field_name="settlement_count__settlement__uuid", label="Id of a settlement.")
    station = WholeNumberFilter(field_name="place__number", min_value=0, max_value=STATION_MAX, label=STATION)
    moment = django_filters.ChoiceFilter(choices=[(moment.value, moment.value) for moment in CountMoment])
    user_id = WholeNumberFilter(
        field_name="counted_by", min_value=1, max_value=ID_MAX, label="Id of the person who counted."
    )

    class Meta:
        model = Count
        fields: tuple[str, ...] = ()

    def of_session(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the cash session."""
        return queryset.filter(session_reference(value, path="session"))


@ranged
class DepositFilter(RangeFilter, StoreFilter):
    """Filters deposits."""

    day = "movement__business_date"
    instant = "prepared_at"

    state = django_filters.ChoiceFilter(choices=DepositState.choices)
    bag_number = django_filters.CharFilter(max_length=64)
    currency = django_filters.CharFilter(field_name="movement__currency", max_length=3, label=CURRENCY)

    class Meta:
        model = Deposit
        fields: tuple[str, ...] = ()


@ranged
class ChangeOrderFilter(RangeFilter, StoreFilter):
    """Filters change orders."""

    day = None
    instant = "ordered_at"

    state = django_filters.ChoiceFilter(choices=ChangeOrderState.choices)
    currency = django_filters.CharFilter(max_length=3, label=CURRENCY)

    class Meta:
        model = ChangeOrder
        fields: tuple[str, ...] = ()


@ranged
class PayoutFilter(RangeFilter, StoreFilter):
    """Filters payouts."""

    day = None
    instant = "recorded_at"

    method = django_filters.CharFilter(method="of_payment_method", max_length=32)
    currency = django_filters.CharFilter(field_name="movement__currency", max_length=3, label=CURRENCY)

    class Meta:
        model = Payout
        fields: tuple[str, ...] = ()

    def of_payment_method(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the payment method, in capitals or not."""
        return queryset.filter(movement__method=method_code(value))


MOVEMENT_PARAMETERS: Final = tuple(MovementFilter.base_filters)
REGISTER_PARAMETERS: Final = tuple(RegisterFilter.base_filters)
COUNT_PARAMETERS: Final = tuple(CountFilter.base_filters)
DEPOSIT_PARAMETERS: Final = tuple(DepositFilter.base_filters)
CHANGE_ORDER_PARAMETERS: Final = tuple(ChangeOrderFilter.base_filters)
PAYOUT_PARAMETERS: Final = tuple(PayoutFilter.base_filters)
