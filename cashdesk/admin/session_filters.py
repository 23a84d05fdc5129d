"""The filters of the list of cash sessions."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop

from cashdesk.admin_base.model_admin import StoreFilter, has_role, is_id, principal_of
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import PlaceKind, Role, SessionStatus
from cashdesk.models import CashSession, Place, Store, User

PEOPLE_IN_FILTER_MAX: Final = 100
REGISTERS_IN_FILTER_MAX: Final = 100

COUNTED: Final = Q(status=SessionStatus.CLOSED, is_cancelled=False)
"""The sessions that a person counted. Others have no difference that a list may show (law 5)."""

RESULTS: Final = {
    # Not `~Q(difference=0)`, which Django extends to rows without a difference.
    "difference": (noop("With a difference"), COUNTED & (Q(difference__lt=0) | Q(difference__gt=0))),
    "short": (noop("Short"), COUNTED & Q(difference__lt=0)),
    "over": (noop("Over"), COUNTED & Q(difference__gt=0)),
    "balanced": (noop("Balanced"), COUNTED & Q(difference=0)),
}
DAYS_BACK: Final = {"today": (0, 0), "yesterday": (1, 1), "week": (6, 0)}
"""The first and the last day of a choice, in days before today."""

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
    """Filters by short, over, both or balanced. Finds only sessions that were counted (law 5)."""

    title = gettext_lazy("Result")
    parameter_name = "result"
    conditions = RESULTS


class DayFilter(admin.SimpleListFilter):
    """Filters by the business days that people look at most. The links to dates above the list find all others."""

    title = gettext_lazy("Business day")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("today", _("Today")), ("yesterday", _("Yesterday")), ("week", _("Last 7 days"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value is None:
            return queryset
        if value not in DAYS_BACK:
            return queryset.none()
        first, last = DAYS_BACK[value]
        today = today_of(request)
        begin, end = today - timedelta(days=first), today - timedelta(days=last)
        # Of several stores the index on instants finds the rows. No time zone moves a business date by two days.
        opened_since = datetime.combine(begin - timedelta(days=2), time.min, tzinfo=UTC)
        return queryset.filter(business_date__range=(begin, end), opened_at__gte=opened_since)


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


def today_of(request: HttpRequest) -> date:
    """Returns the current business date of the person's own store, else today's date."""
    user = principal_of(request).user
    store = user.store if user is not None else None
    return timezone.localdate() if store is None else business_date(store=store, at=timezone.now())


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
