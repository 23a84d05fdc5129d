"""Adds to the page of a seal a link to the settlement that it closed."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.additions import Addition, add_to_page
from cashdesk.admin_base.columns import NOTHING, link_to
from cashdesk.models import Seal
from settlements.admin.settlement import note_look
from settlements.models import Settlement


@admin.display(description=gettext_lazy("Settlement"))
def settlement_link(seal: Seal) -> str:
    """Links to the settlement that the seal closed."""
    settlement = getattr(seal, "settlement", None)
    return link_to(settlement) if settlement else NOTHING


def note_look_at(request: HttpRequest, seal: Seal) -> None:
    """Writes an audit entry first, because the balance of an uncounted drawer is its expected amount (law 5)."""
    note_look(request, Settlement.objects.filter(seal=seal))


add_to_page(
    Seal,
    Addition(joined=("settlement",), fields_after={"session_link": settlement_link}, before_shown=note_look_at),
)
