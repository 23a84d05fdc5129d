"""Change orders, read-only: people place, receive and cancel them on the pages of the vault."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.columns import day, link_to, link_to_list, moment, money
from cashdesk.admin_base.model_admin import ReadOnlyAdmin, StoreFilter
from cashdesk.admin_base.scopes import of_stores, register_scope
from cashdesk.models import AuditEntry
from settlements.admin.pieces import pieces_told
from settlements.models import ChangeOrder
from settlements.models.change_order import REVERSED

register_scope(ChangeOrder, of_stores("store"))


@admin.register(ChangeOrder)
class ChangeOrderAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__", "store", "state_shown", money("amount", label=gettext_lazy("Ordered")), money("received"),
        day("wanted_on"), moment("ordered_at"), moment("ended_at"),
    )  # fmt: skip
    joined = ("store", "movement__reversed_by", "ordered_by", "ended_by")
    list_filter = (StoreFilter, "state")
    search_fields = ("pk", "uuid", "note")
    search_help_text = gettext_lazy("Number, UUID or note of an order")
    fields = (
        "uuid", "store", "state_shown", money("amount", label=gettext_lazy("Ordered")), "pieces_ordered",
        day("wanted_on"), "note", moment("ordered_at"), "ordered_by", money("received"), "pieces_received",
        money("difference"), moment("ended_at"), "ended_by", "reason", "belonging",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("State"))
    def state_shown(self, order: ChangeOrder) -> str:
        return _("Arrived, then reversed") if order.shown_state == REVERSED else order.get_state_display()

    @admin.display(description=gettext_lazy("Notes and coins ordered"))
    def pieces_ordered(self, order: ChangeOrder) -> SafeString | str:
        return pieces_told(order.ordered_by_worth, order.currency)

    @admin.display(description=gettext_lazy("Notes and coins received"))
    def pieces_received(self, order: ChangeOrder) -> SafeString | str:
        return pieces_told(order.received_by_worth, order.currency)

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, order: ChangeOrder) -> SafeString:
        trail = link_to_list(AuditEntry, text=_("Audit trail"), q=f"change_order:{order.pk}")
        return trail if order.movement is None else format_html("{} · {}", link_to(order.movement), trail)
