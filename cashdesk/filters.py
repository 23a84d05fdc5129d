"""Filters for lists."""

from typing import Any, Final, cast

import django_filters
from django.db.models import CharField, Func, QuerySet

from cashdesk.domain.caller.principal import Principal, has_operator_uid
from cashdesk.domain.people.email_visibility import may_see_sign_in_names
from cashdesk.enums import Booked, PaymentStatus, PaymentType, Role, SessionStatus, method_code
from cashdesk.errors import InvalidInput
from cashdesk.models import CashSession, Payment, Store, User
from cashdesk.web.fields import WholeNumberFilter, instant_in
from cashdesk.web.list_filters import (
    ID_MAX,
    STATION_MAX,
    RangeFilter,
    StoreFilter,
    ranged,
    session_reference,
    yes_or_no,
)


@ranged
class SessionFilter(RangeFilter, StoreFilter):
    """Filters cash sessions by `status`, `user_id`, `store` (number or UUID), `station`, `from` and `to`.

    `from` and `to` accept a date (compared with the business date) or an instant (compared with the opening time).
    """

    instant = "opened_at"

    status = django_filters.ChoiceFilter(choices=SessionStatus.choices)
    user_id = WholeNumberFilter(field_name="user_id", min_value=1, max_value=ID_MAX)
    station = WholeNumberFilter(field_name="register__number", min_value=1, max_value=STATION_MAX)

    class Meta:
        model = CashSession
        fields: tuple[str, ...] = ()


class ShopFilter(django_filters.FilterSet):
    """Filters stores."""

    number = django_filters.CharFilter(max_length=20, label="Number of the store.")
    vendor = django_filters.UUIDFilter(field_name="vendor__uuid", label="Id of the vendor.")
    currency = django_filters.CharFilter(max_length=3, label="ISO 4217.")
    is_active = yes_or_no(column="is_active", label="false: stores that are switched off.")

    class Meta:
        model = Store
        fields: tuple[str, ...] = ()


class PersonFilter(StoreFilter):
    """Filters people."""

    role = django_filters.ChoiceFilter(choices=Role.choices)
    operator = django_filters.CharFilter(method="of_operator", max_length=64, label="Operator code of the person.")
    is_active = yes_or_no(column="is_active", label="false: people who left.")
    updated_from = django_filters.CharFilter(
        method="updated_since", max_length=40, label="Instant with its UTC offset: people changed since then."
    )

    class Meta:
        model = User
        fields: tuple[str, ...] = ()

    def of_operator(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the operator code, or by the id of a person without a code.

        Finds nobody for a cashier, who could otherwise find the codes of others by trying.
        """
        by: Principal = cast(Any, self.request).auth
        return queryset.filter(has_operator_uid([value])) if may_see_sign_in_names(by) else queryset.none()

    def updated_since(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by people who were changed at or after an instant."""
        moment = instant_in(value)
        if moment is None:
            raise InvalidInput.of(name, "Enter an instant with its UTC offset, such as 2026-03-01T08:00:00Z.")
        return queryset.filter(updated_at__gte=moment)


@ranged
class PaymentFilter(RangeFilter):
    """Filters payments. The list itself handles `store`."""

    instant = "reported_at"
    searching = frozenset({"order", "station", "user_id", "operator", "method", "currency", "type", "status", "booked"})
    narrowing = frozenset({"session"})

    order = django_filters.CharFilter(max_length=128)
    session = django_filters.CharFilter(method="of_session", max_length=36, label="Id or UUID of a cash session.")
    station = WholeNumberFilter(
        field_name="register__number", min_value=1, max_value=STATION_MAX, label="Number of the register."
    )
    user_id = WholeNumberFilter(field_name="operator", min_value=1, max_value=ID_MAX, label="Id of the cashier.")
    operator = django_filters.CharFilter(method="of_operator", max_length=64, label="Operator code of the cashier.")
    method = django_filters.CharFilter(method="of_method", max_length=32)
    currency = django_filters.CharFilter(max_length=3, label="ISO 4217.")
    type = django_filters.ChoiceFilter(choices=PaymentType.choices)
    status = django_filters.ChoiceFilter(choices=PaymentStatus.choices, method="of_status")
    booked = django_filters.ChoiceFilter(choices=Booked.choices)

    class Meta:
        model = Payment
        fields: tuple[str, ...] = ()

    @property
    def is_narrow(self) -> bool:
        """Whether another filter leaves few rows. Also true for pending payments, which have an index of their own."""
        return super().is_narrow or self.form.cleaned_data["status"] == PaymentStatus.PENDING

    def of_session(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the cash session."""
        return queryset.filter(session_reference(value, path="session"))

    def of_operator(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the operator code of the cashier, or by the id of a person without a code."""
        return queryset.filter(operator__in=User.objects.filter(has_operator_uid([value])))

    def of_method(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the method, in any of the spellings that a payment accepts."""
        return queryset.filter(method=method_code(value))

    def of_status(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        """Filters by the status. Writes PENDING out: SQLite cannot use a partial index with a parameter."""
        is_pending = value == PaymentStatus.PENDING
        return queryset.filter(status=Func(template="'PENDING'", output_field=CharField()) if is_pending else value)


SHOP_PARAMETERS: Final = tuple(ShopFilter.base_filters)
PERSON_PARAMETERS: Final = tuple(PersonFilter.base_filters)
PAYMENT_PARAMETERS: Final = tuple(PaymentFilter.base_filters)
