"""The parts of a session's page: its counts, differences, movements, payments and audit trail, as tables."""

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.columns import NOTHING, amount_shown, link_to, link_to_list, table
from cashdesk.enums import VarianceKind
from cashdesk.formats import style
from cashdesk.models import AuditEntry, CashSession, Count, Movement, Payment, Variance
from cashdesk.templatetags.figures import signed

ROWS_SHOWN_MAX: Final = 50
"""The newest rows of each part. A link leads to the list with all of them."""


@admin.display(description=gettext_lazy("Counts"))
def counts_shown(session: CashSession) -> str:
    """Shows every count of the drawer in this session, without what was expected."""
    counts = Count.objects.filter(session=session).select_related("counted_by", "witness").prefetch_related("amounts")

    def cells(count: Count) -> list[Any]:
        found = ((amount_shown(line.amount, line.currency),) for line in count.amounts.all())
        who = str(count.counted_by or NOTHING)
        return [
            link_to(count, text=count.get_moment_display()),
            _instant(count.counted_at, session),
            who if count.witness is None else f"{who}, {_('witness %(name)s') % {'name': count.witness}}",
            format_html_join(", ", "{}", found),
        ]

    heads = [_("Count"), _("When"), _("Who"), _("Found")]
    return _part(_("Counts"), heads, counts, cells, session=session)


@admin.display(description=gettext_lazy("Differences"))
def variances_shown(session: CashSession) -> str:
    """Shows what waits for an explanation, or was explained."""

    def cells(variance: Variance) -> list[Any]:
        uncounted = NOTHING if variance.kind == VarianceKind.LATE else _("not counted")
        apart = uncounted if variance.difference is None else signed(variance.difference, variance.currency)
        state = variance.get_state_display()
        return [link_to(variance), variance.get_kind_display(), apart, state, variance.get_reason_display() or NOTHING]

    heads = [_("Difference"), _("Kind"), _("Amount"), _("State"), _("Reason")]
    rows = Variance.objects.filter(session=session)
    return _part(_("Differences"), heads, rows, cells, session=session, queue="all")


@admin.display(description=gettext_lazy("Movements"))
def movements_shown(session: CashSession) -> str:
    """Shows the movements, but not of an open session: they add up to the expected amount (law 5)."""
    if session.is_open:
        return _("Shown after the count.")
    rows = Movement.objects.filter(session=session).select_related("source", "destination", "recorded_by")

    def cells(movement: Movement) -> list[Any]:
        return [
            link_to(movement),
            _instant(movement.recorded_at, session),
            movement.get_kind_display(),
            f"{movement.source} → {movement.destination}",
            amount_shown(movement.amount, movement.currency),
            movement.method,
            movement.reason or NOTHING,
        ]

    heads = [_("Movement"), _("Recorded"), _("Kind"), _("Between"), _("Amount"), _("Method"), _("Reason")]
    return _part(_("Movements"), heads, rows, cells, session=session)


@admin.display(description=gettext_lazy("Payments"))
def payments_shown(session: CashSession) -> str:
    """Shows the payments, but not of an open session: they add up to the expected amount (law 5)."""
    if session.is_open:
        return _("Shown after the count.")

    def cells(payment: Payment) -> list[Any]:
        return [
            link_to(payment),
            _instant(payment.reported_at, session),
            payment.get_type_display(),
            payment.get_status_display(),
            amount_shown(payment.amount, payment.currency),
            payment.method,
        ]

    heads = [_("Payment"), _("Reported"), _("Type"), _("State"), _("Amount"), _("Method")]
    return _part(_("Payments"), heads, Payment.objects.filter(session=session), cells, session=session)


@admin.display(description=gettext_lazy("Audit trail"))
def audit_shown(session: CashSession) -> str:
    """Shows who did what with this session. The page of an entry has its detail."""
    subject = f"session:{session.pk}"

    def cells(entry: AuditEntry) -> list[Any]:
        return [
            link_to(entry, text=entry.action),
            _instant(entry.at, session),
            str(entry.user or entry.token or NOTHING),
        ]

    rows = AuditEntry.objects.filter(subject=subject).select_related("user", "token")
    return _part(_("Audit trail"), [_("Action"), _("When"), _("Who")], rows, cells, q=subject)


def _part(
    name: str,
    heads: list[str],
    rows: "QuerySet[Any]",
    cells: Callable[[Any], list[Any]],
    *,
    session: CashSession | None = None,
    **filters: Any,
) -> SafeString | str:
    """Returns a table of the newest rows, and a link to the list of all of them."""
    found = list(rows.order_by("-pk")[: ROWS_SHOWN_MAX + 1])
    shown = table(name, heads, [cells(row) for row in islice(found, ROWS_SHOWN_MAX)], style="texts")
    if len(found) <= ROWS_SHOWN_MAX:
        return shown
    if session is not None:
        filters["session__exact"] = session.pk
    more = link_to_list(rows.model, text=_("There are more rows."), **filters)
    return format_html("{}<p>{}</p>", shown, more)


def _instant(at: Any, session: CashSession) -> str:
    return style().instant(at, session.store.time_zone, to_the_second=True)


PARTS: Final[tuple[Any, ...]] = (counts_shown, variances_shown, movements_shown, payments_shown, audit_shown)
