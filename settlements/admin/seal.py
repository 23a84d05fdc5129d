"""Adds to the page of a seal a link to the settlement that it closed, and to the list who closed it and what differed."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.additions import Addition, add_to_page
from cashdesk.admin_base.columns import NOTHING, link_to
from cashdesk.enums import CASH
from cashdesk.formats import style
from cashdesk.models import Seal
from cashdesk.templatetags.figures import signed
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


def closed_by(seal: Seal) -> str:
    """Returns who closed the settlement of a seal, or ""."""
    settlement = getattr(seal, "settlement", None)
    return settlement.closed_by_name if settlement else ""


def began_at(seal: Seal) -> str:
    """Returns when the settlement of a seal was opened, or ""."""
    settlement = getattr(seal, "settlement", None)
    zone = seal.place.store.time_zone
    return style().instant(settlement.opened_at, zone, to_the_second=True) if settlement else ""


def differences(seal: Seal) -> str:
    """Returns what differed in a counted settlement, by currency and method. Hides an uncounted one (law 5)."""
    settlement = getattr(seal, "settlement", None)
    if settlement is None or not settlement.is_counted:
        return ""
    lines = settlement.closing_amounts.all()
    apart = [line for line in lines if line.difference] or [line for line in lines if line.method == CASH][:1]
    told = (
        (signed(line.difference, line.currency), "" if line.method == CASH else f" {line.method}") for line in apart
    )
    return format_html_join(", ", "{}{}", told)


add_to_page(
    Seal,
    Addition(
        joined=("settlement",),
        fields_after={"session_link": settlement_link},
        cells={"cashier": closed_by, "began_at": began_at, "difference": differences},
        prefetched=("settlement__closing_amounts",),
        before_shown=note_look_at,
    ),
)
