"""Puts in words what stands behind the declaration of a day (queries/declared_day.py)."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cashdesk.formats import style
from cashdesk.models import Variance
from reconciliations.domain.expected_cash import CurrencyCash
from reconciliations.queries.declared_day import DeclaredDay
from reconciliations.screens.times import when
from reconciliations.screens.variance_words import place_in_words


def declared_in_words(variance: Variance, day: DeclaredDay, *, now: datetime) -> dict[str, Any]:
    """Returns who declared the cash, the drawers of the day with their own differences, and their sum."""
    made = day.declaration
    named = {
        "person": made.reported_by_user or made.reported_by,
        "time": when(made.reported_at, store=made.store, now=now),
        "day": style().date(made.business_date),
        "currency": made.currency,
        "operator": made.operator or made.operator_uid,
    }
    told = [] if variance.counted_by is not None else [_("%(person)s declared it (%(time)s).") % named]
    if named["operator"]:
        told.append(_("It is about the cash of %(operator)s on %(day)s, in %(currency)s.") % named)
    else:
        told.append(_("It is about the cash of the whole store on %(day)s, in %(currency)s.") % named)
    drawers = [_drawer(session, variance) for session in day.sessions]
    uncounted = sum(not drawer["is_known"] for drawer in drawers)
    left_out = ngettext(
        "%(number)s drawer is not counted yet, and left out.",
        "%(number)s drawers are not counted yet, and left out.",
        uncounted,
    )
    return {
        "told": " ".join(told),
        "drawers": drawers,
        "total": sum(drawer["difference"] or 0 for drawer in drawers),
        "left_out": left_out % {"number": uncounted} if uncounted else "",
        "settlements": [
            {
                "name": place_in_words(settlement.place),
                "state": settlement.get_state_display(),
                "path": reverse("settlement-page", args=[settlement.uuid]),
            }
            for settlement in day.settlements
        ],
    }


def parts_of_day(cash: CurrencyCash, *, expected: int) -> list[tuple[str, int]]:
    """Returns the parts of the expected cash of a day, and what they do not tell, such as payments that came later."""
    parts = [
        (_("Float"), cash.opening_float),
        (_("Sales"), cash.sales),
        (_("Refunds"), -cash.refunds),
        (_("Rounding"), cash.rounding),
        (_("Paid in"), cash.paid_in),
        (_("Paid out"), -cash.paid_out),
        (_("Drop"), -cash.drops),
    ]
    rest = expected - sum(amount for _label, amount in parts)
    return [*(part for part in parts if part[1]), *([(_("Other changes"), rest)] if rest else [])]


def _drawer(session: Any, variance: Variance) -> dict[str, Any]:
    """Returns a drawer with its own difference, if it was counted and its currency is that of the variance."""
    is_known = session.shows_result and session.difference is not None and not session.awaits_count
    return {
        "name": place_in_words(session.register),
        "person": session.user,
        "state": session.get_status_display(),
        "is_known": is_known,
        "currency": session.currency,
        "difference": session.difference if is_known and session.currency == variance.currency else None,
        "path": reverse("desk-result", args=[session.uuid]),
    }
