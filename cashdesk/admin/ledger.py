"""The admin pages of movements, counts and seals, which are read-only (laws 1 and 4)."""

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin.session import difference_shown
from cashdesk.admin.session_filters import store_looked_at
from cashdesk.admin_base.action_pages import ActingAdmin
from cashdesk.admin_base.additions import cell_of
from cashdesk.admin_base.columns import NOTHING, day, link_to, moment, money, text
from cashdesk.admin_base.exact_search import exactly
from cashdesk.admin_base.model_admin import (
    PlaceStoreFilter,
    ReadOnlyAdmin,
    ReadOnlyInline,
    StoreFilter,
    is_id,
    is_of_one_store,
    note_look,
)
from cashdesk.formats import style
from cashdesk.models import CashSession, Count, CountAmount, Movement, Seal


class PlaceFilter(admin.SimpleListFilter):
    """Filters by place. Links from other pages set this filter.

    The sidebar offers no places to choose from. It shows only the place that is set, so that people can remove the filter.
    """

    title = gettext_lazy("Place")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [] if self.value() is None else [(str(self.value()), _("The chosen place"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        if value is None:
            return queryset
        if not is_id(value):
            return queryset.none()
        return queryset.filter(Q(source=int(value)) | Q(destination=int(value)))


@admin.register(Movement)
class MovementAdmin(ActingAdmin):
    """All movements, newest first. There is no other order, because it is too slow to sort the whole ledger."""

    list_display = (
        "id", moment("recorded_at"), "store", "kind", "source", "destination", money("amount"), "method", "session",
        "late",
    )  # fmt: skip
    joined: ClassVar[tuple[str, ...]] = (
        "store", "source", "destination", "session", "payment", "reverses", "reversed_by", "recorded_by", "recorded_with",
    )  # fmt: skip
    list_filter = (StoreFilter, PlaceFilter, "kind", "is_late", "business_date")
    narrowed_by = ("session",)
    search_fields = ("pk", "uuid", "session")
    search_help_text = gettext_lazy("The number or UUID of a movement, or the number of a session")
    fields = (
        "uuid", "store", "kind", "source", "destination", money("amount"), "method", "session", "payment", "reverses",
        "reversed_by_link", "is_late_shown", day("business_date"), moment("occurred_at"), moment("recorded_at"),
        "recorded_by", "recorded_with", "reason", "note",
    )  # fmt: skip

    def get_ordering(self, request: HttpRequest) -> Any:
        """Sorts the movements of one store by their time: its index has that order. By number all stores would be read."""
        return ("-recorded_at", "-pk") if is_of_one_store(request) else super().get_ordering(request)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Offers days only within a store. Over all stores no index finds the newest movements of a day."""
        filters = super().get_list_filter(request)
        return filters if store_looked_at(request) is not None else [one for one in filters if one != "business_date"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        is_day = lookup.startswith("business_date")
        if is_day and request is not None and store_looked_at(request) is None:
            return False
        return super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("Late"))
    def late(self, movement: Movement) -> str:
        """Marks only late movements, so that the mark stands out."""
        return _("late") if movement.is_late else ""

    @admin.display(description=gettext_lazy("Late"))
    def is_late_shown(self, movement: Movement) -> str:
        """Shows text, because Django's icon for "No" is a red cross."""
        return _("Yes") if movement.is_late else _("No")

    @admin.display(description=gettext_lazy("Reversed by"))
    def reversed_by_link(self, movement: Movement) -> str:
        reversal = getattr(movement, "reversed_by", None)
        return link_to(reversal) if reversal else NOTHING


class CountAmountInline(ReadOnlyInline):
    model = CountAmount
    verbose_name_plural = gettext_lazy("Amounts")
    fields = ("currency", "method", money("amount"), "pieces_listed")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[CountAmount]":
        return super().get_queryset(request).prefetch_related("pieces")

    @admin.display(description=gettext_lazy("Pieces"))
    def pieces_listed(self, amount: CountAmount) -> str:
        lines = (f"{line.pieces} x {style().face(line.denomination, amount.currency)}" for line in amount.pieces.all())
        return "\n".join(lines) or NOTHING


@admin.register(Count)
class CountAdmin(ReadOnlyAdmin):
    """All counts, including every attempt."""

    list_display = (
        "id",
        moment("counted_at", store="place__store"),
        "store",
        "place",
        "session",
        "moment",
        "attempt",
        "counted_by",
        "amounts_listed",
    )
    joined = ("place__store", "session", "counted_by", "witness")
    list_filter = (PlaceStoreFilter, "moment")
    narrowed_by = ("session",)
    search_fields = ("pk", "session")
    search_help_text = gettext_lazy("The number of a count or of a session")
    fields = (
        "store",
        "place",
        "session",
        "moment",
        "attempt",
        moment("counted_at", store="place__store"),
        "counted_by",
        "witness",
    )
    inlines = (CountAmountInline,)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Count]":
        return super().get_queryset(request).prefetch_related("amounts")

    @admin.display(description=gettext_lazy("Store"))
    def store(self, count: Count) -> Any:
        return count.place.store

    @admin.display(description=gettext_lazy("Found"))
    def amounts_listed(self, count: Count) -> str:
        return ", ".join(style().amount(found.amount, found.currency) for found in count.amounts.all())


AFTER_MOVEMENT: Final = text("after_movement", label=gettext_lazy("Begins after movement"))
MOVEMENTS: Final = text("movement_count", label=gettext_lazy("Movements"))
SEALED_AT: Final = moment("sealed_at", store="place__store")


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """The sealed periods. Each seal holds the digest of the previous one."""

    list_display = (
        "__str__", "store", "place", "cashier", "difference", "began_at", SEALED_AT, MOVEMENTS, "digest_begins",
    )  # fmt: skip
    joined: ClassVar[tuple[str, ...]] = ("place__store", "session__user")
    list_filter = (PlaceStoreFilter,)
    date_hierarchy = "sealed_at"
    ordering = ("-sealed_at", "-pk")
    sortable_by = (SEALED_AT,)
    narrowed_by = ("place",)
    search_fields = ("number", "digest")
    search_help_text = gettext_lazy("A Z number or a whole digest")
    fields = (
        "number", "store", "place", SEALED_AT, "session_link", AFTER_MOVEMENT,
        "last_movement", MOVEMENTS, "balances_listed", "digest", "previous_digest",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("Store"))
    def store(self, seal: Seal) -> Any:
        return seal.place.store

    @admin.display(description=gettext_lazy("Cashier"))
    def cashier(self, seal: Seal) -> str:
        """Shows the cashier of a session, or who closed the period that another app adds."""
        session = getattr(seal, "session", None)
        return str(session.user) if session else cell_of(seal, "cashier") or NOTHING

    @admin.display(description=gettext_lazy("Difference"))
    def difference(self, seal: Seal) -> str:
        """Shows the difference of a period that was counted. Hides all others (law 5)."""
        session = getattr(seal, "session", None)
        return difference_shown(session) if session else cell_of(seal, "difference") or NOTHING

    @admin.display(description=gettext_lazy("Opened at"))
    def began_at(self, seal: Seal) -> str:
        """Shows when the session began, or the period that another app adds."""
        session = getattr(seal, "session", None)
        if session is None:
            return cell_of(seal, "began_at") or NOTHING
        return style().instant(session.opened_at, seal.place.store.time_zone, to_the_second=True)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Finds a Z number or else a digest. With OR no index has the order, and all newer seals would be read."""
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        return queryset.filter(exactly(self.model, "number" if is_id(wanted) else "digest", wanted)), False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Shows the seal. If the drawer was not counted, first writes an audit entry (law 5).

        The seal of an uncounted drawer shows its expected amount as the balance.
        """
        note_look(request, CashSession.objects.filter(seal=context["original"]))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("Digest"))
    def digest_begins(self, seal: Seal) -> str:
        """Shows the first characters of the digest. The page of the seal shows the whole digest."""
        return f"{seal.digest[:12]}…"

    @admin.display(description=gettext_lazy("Session"))
    def session_link(self, seal: Seal) -> str:
        session = getattr(seal, "session", None)
        return link_to(session) if session else NOTHING

    @admin.display(description=gettext_lazy("Closing balances"))
    def balances_listed(self, seal: Seal) -> str:
        """Shows the balances at the end of the period, per currency and method."""
        return "\n".join(
            f"{style().amount(line['amount'], line['currency'])} {line['method']}" for line in seal.balances
        ) or _("nothing")
