"""The filters of the list of cash sessions."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop

from cashdesk.admin_base.model_admin import StoreFilter, has_role, is_id, principal_of
from cashdesk.enums import PlaceKind, Role, SessionStatus
from cashdesk.models import CashSession, Place, Store, User

PEOPLE_IN_FILTER_MAX: Final = 100
REGISTERS_IN_FILTER_MAX: Final = 100

COUNTED: Final = Q(status=SessionStatus.CLOSED, is_cancelled=False)
"""The sessions that a person counted. Others have no difference that a list may show (law 5)."""

RESULTS: Final = {
    "short": (noop("Short"), COUNTED & Q(difference__lt=0)),
    "over": (noop("Over"), COUNTED & Q(difference__gt=0)),
    "balanced": (noop("Balanced"), COUNTED & Q(difference=0)),
}
STATES: Final = {
    "open": (noop("Open"), Q(status=SessionStatus.OPEN)),
    "closed": (noop("Closed"), COUNTED & Q(is_handed_over=False)),
    "handed_over": (noop("Handed over"), Q(is_handed_over=True)),
    "uncounted": (noop("Closed without a count"), Q(status=SessionStatus.CLOSED_SYSTEM)),
    "cancelled": (noop("Opening cancelled"), Q(is_cancelled=True)),
}


class _ChoiceFilter(admin.SimpleListFilter):
    """Filters by one of some named conditions."""

    conditions: dict[str, tuple[str, Q]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, _(words)) for name, (words, _condition) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(self.conditions[value][1]) if value in self.conditions else queryset.none()


class StateFilter(_ChoiceFilter):
    title = gettext_lazy("State")
    parameter_name = "state"
    conditions = STATES


class ResultFilter(_ChoiceFilter):
    """Filters by short, over or balanced. Finds only sessions that were counted (law 5)."""

    title = gettext_lazy("Result")
    parameter_name = "result"
    conditions = RESULTS


class _OfStoreFilter(admin.SimpleListFilter):
    """Offers the rows of the chosen store, or of the person's own store. Without a store it offers nothing."""

    parameter_name: str

    def rows(self, store: Store, request: HttpRequest) -> "QuerySet[Any]":
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        store = store_looked_at(request)
        if store is not None:
            found = [(str(row.pk), str(row)) for row in self.rows(store, request)]
            if found:
                return found
        # So that people can remove a choice that a link has made.
        return [] if self.value() is None else [(str(self.value()), _("The chosen row"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(**{self.parameter_name: int(value)}) if is_id(value) else queryset.none()


class CashierFilter(_OfStoreFilter):
    title = gettext_lazy("Cashier")
    parameter_name = "user"

    def rows(self, store: Store, request: HttpRequest) -> "QuerySet[User]":
        people = principal_of(request).people(with_inactive=True).filter(store=store)
        return people.order_by("name", "pk")[:PEOPLE_IN_FILTER_MAX]


class RegisterFilter(_OfStoreFilter):
    title = gettext_lazy("Register")
    parameter_name = "register"

    def rows(self, store: Store, request: HttpRequest) -> "QuerySet[Place]":
        registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER)
        return registers.order_by("number")[:REGISTERS_IN_FILTER_MAX]


def store_looked_at(request: HttpRequest) -> Store | None:
    """Returns the store that the filter of stores has chosen, or the only store of a manager, or None."""
    by = principal_of(request)
    if not has_role(request, Role.ADMIN):
        return by.user.store if by.user is not None else None
    chosen = request.GET.get(StoreFilter.parameter_name, "")
    return by.stores().filter(pk=int(chosen)).first() if is_id(chosen) else None


def has_counted_results_only(request: HttpRequest) -> bool:
    """Whether the list shows counted sessions only, so that an order by difference tells nothing else (law 5)."""
    return request.GET.get(ResultFilter.parameter_name) in RESULTS


def state_in_words(session: CashSession) -> str:
    """Returns the state of a session as the list shows it."""
    if session.is_cancelled:
        return _("Opening cancelled")
    if session.is_handed_over:
        waits = getattr(session, "awaits_count", False)
        return _("Handed over, not taken over yet") if waits else _("Handed over")
    return _(SessionStatus(session.status).label)
