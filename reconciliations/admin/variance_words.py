"""Puts variances and the acts on them in words, for the back office."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cashdesk.admin_base.columns import NOTHING, link_to
from cashdesk.enums import VarianceKind
from cashdesk.formats import style
from cashdesk.models import Variance
from reconciliations.models import VarianceEvent


def headline_of(variance: Variance) -> str:
    """Returns one line with the variance's kind, place, person, day and difference."""
    where = f"{variance.store}, {variance.place}" if variance.place is not None else str(variance.store)
    whose = f", {variance.person}" if variance.person is not None else ""
    day_told = style().date(variance.business_date)
    return f"{variance.get_kind_display()}, {where}{whose}, {day_told}: {difference_of(variance)}"


def difference_of(variance: Variance) -> str:
    """Returns the difference as text: counted minus expected, or the amount of late money, or "not counted"."""
    if variance.kind == VarianceKind.LATE:
        late = style().amount(int(getattr(variance, "late_amount", 0)), variance.currency)
        return _("%(amount)s %(method)s arrived late") % {"amount": late, "method": variance.method}
    if variance.difference is None:
        return _("not counted")
    method = "" if variance.method == "CASH" else f" {variance.method}"
    return f"{style().amount(variance.difference, variance.currency)}{method}"


def said_in(event: VarianceEvent) -> SafeString:
    """Returns the reason, the notes, the count and the correction of an act."""
    parts = [part for part in (event.get_reason_display(), event.notes) if part]
    if event.count is not None:
        parts += [
            _("Counted %(amount)s") % {"amount": style().amount(found.amount, found.currency)}
            for found in event.count.amounts.all()
        ]
    text = format_html_join(" · ", "{}", ((part,) for part in parts))
    if event.movement is not None:
        corrected = _("Corrected by %(movement)s") % {"movement": event.movement}
        return format_html("{}{}{}", text, " · " if parts else "", link_to(event.movement, text=corrected))
    return text or format_html("{}", NOTHING)
