"""The page of a seal, with its settlement. It replaces the ground floor's page."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from cashdesk.admin.ledger import SealAdmin
from cashdesk.admin_base.columns import NOTHING, link_to
from cashdesk.models import Seal
from settlements.admin.settlement import note_look
from settlements.models import Settlement

admin.site.unregister(Seal)


@admin.register(Seal)
class SettledSealAdmin(SealAdmin):
    joined: ClassVar[tuple[str, ...]] = (*SealAdmin.joined, "settlement")
    fields: ClassVar[tuple[Any, ...]] = tuple(
        name
        for field in SealAdmin.fields
        for name in ((field, "settlement_link") if field == "session_link" else (field,))
    )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Writes an audit entry first: the balance of an uncounted drawer is its expected amount (law 5)."""
        note_look(request, Settlement.objects.filter(seal=context["original"]))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="settlement")
    def settlement_link(self, seal: Seal) -> str:
        settlement = getattr(seal, "settlement", None)
        return link_to(settlement) if settlement else NOTHING
