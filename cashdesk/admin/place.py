"""The admin pages of places: vaults, registers and outside places."""

from datetime import datetime
from typing import Final

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActForm, ActingAdmin, ActPage, Done
from cashdesk.admin_base.columns import NOTHING, link_to_list, text
from cashdesk.admin_base.model_admin import StoreFilter
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import COUNTED_PLACES, view_book
from cashdesk.formats import style
from cashdesk.models import AuditEntry, Movement, Place, Seal


class ShowBook(ActPage):
    """Shows the expected balances of a place. The domain writes an audit entry (law 5)."""

    name = "book"
    label = gettext_lazy("Show the current balance")
    explanation = gettext_lazy(
        "This shows how much the ledger expects in this place. The next count is compared with it. "
        "The audit trail records that you looked."
    )
    form = ActForm

    def is_offered(self, row: Place, *, by: Principal) -> bool:
        return row.kind in COUNTED_PLACES

    def do(self, row: Place, form: ActForm, *, by: Principal, at: datetime) -> Done:
        book = view_book(place=row, by=by, at=at)
        balances = sorted(book.balances.items())
        return Done(
            shown=tuple(f"{style().amount(amount, currency)} {method}" for (currency, method), amount in balances)
        )


TRANSITIONS: Final = text("transitions", label=gettext_lazy("Openings, counts and closes"))


@admin.register(Place)
class PlaceAdmin(ActingAdmin):
    """Vaults, registers and outside places. Only ShowBook shows their balances, and it writes an audit entry (law 5)."""

    list_display = ("__str__", "store", "kind", "number", "settling", "last_z")
    joined = ("store", "settling_by")
    list_filter = (StoreFilter, "kind", "settling")
    search_fields = ("pk",)
    search_help_text = gettext_lazy("The id of a place")
    ordering = ("store", "kind", "number")
    fields = ("store", "kind", "number", "settling", "settling_by", "last_z", TRANSITIONS, "belonging")
    acts = (ShowBook(),)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Place]":
        """Adds the number of each place's last seal, which a subquery finds through an index."""
        last = Seal.objects.filter(place=OuterRef("pk")).order_by("-number").values("number")[:1]
        places: QuerySet[Place] = super().get_queryset(request).annotate(last_seal_number=Subquery(last))
        return places

    @admin.display(description=gettext_lazy("Last Z"))
    def last_z(self, place: Place) -> str:
        number: int | None = place.last_seal_number  # type: ignore[attr-defined]  # from get_queryset()
        return NOTHING if number is None else f"Z {number}"

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, place: Place) -> SafeString:
        links = (
            *self.added_links(place),
            link_to_list(Movement, text=_("Movements"), place=place.pk),
            link_to_list(Seal, text=_("Seals"), place__exact=place.pk),
            link_to_list(AuditEntry, text=_("Audit trail"), q=f"place:{place.pk}"),
        )
        return format_html_join(" · ", "{}", ((link,) for link in links))
