"""Puts the evidence of a variance in words: the formula, what it could be, the counts and the history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cashdesk.enums import CountMoment, VarianceKind
from cashdesk.formats import style, weekday
from cashdesk.models import Count, Variance
from cashdesk.templatetags.figures import money, signed
from reconciliations.models import VarianceEvent
from reconciliations.queries.variance_evidence import SETTLEMENT_SUBJECT, Evidence
from reconciliations.screens.declared_day_words import declared_in_words, parts_of_day
from reconciliations.screens.sentences import sentence
from reconciliations.screens.times import duration, when, with_days
from reconciliations.screens.variance_words import STATE_CLASSES, facts_of, place_in_words, verdict_of
from settlements.models import Settlement


def evidence_in_words(variance: Variance, evidence: Evidence, *, now: datetime) -> dict[str, Any]:
    """Returns what the page shows about a variance."""
    verdict, verdict_class = verdict_of(variance)
    return {
        "verdict": verdict,
        "verdict_class": verdict_class,
        "where": _where(variance, evidence),
        "facts": facts_of(variance, now=now),
        "state_label": variance.get_state_display(),
        "state_class": STATE_CLASSES[variance.state],
        "age": duration(now - variance.raised_at) if not variance.is_ended else "",
        "is_waiting_for_count": evidence.is_waiting_for_count,
        "formula": formula_of(variance, evidence),
        "late_amount": int(getattr(variance, "late_amount", 0)),
        "late": evidence.late,
        "notes_of_cashier": evidence.notes,
        "counts": counts_in_words(evidence.counts, variance=variance, now=now),
        "declared": declared_in_words(variance, evidence.declared, now=now) if evidence.declared is not None else None,
        "recount": recount_of(variance, evidence),
        "history": with_days([_event(event, variance=variance) for event in evidence.events], store=variance.store),
        "source": _source(variance, evidence),
    }


def _where(variance: Variance, evidence: Evidence) -> list[str]:
    """Returns the place, the person, and the day with its hours."""
    told = [place_in_words(variance.place)]
    if variance.person is not None:
        told.append(str(variance.person))
    on = f"{weekday(variance.business_date)}, {style().date(variance.business_date)}"
    period = evidence.period
    if period is not None and period.closed_at is not None:
        opened = style().clock(period.opened_at, variance.store.time_zone)
        closed = style().clock(period.closed_at, variance.store.time_zone)
        on = _("%(day)s, %(opened)s to %(closed)s") % {"day": on, "opened": opened, "closed": closed}
    return [*told, on]


def formula_of(variance: Variance, evidence: Evidence) -> dict[str, Any] | None:
    """Returns the parts that add up to the expected amount, and what was counted. None without a count."""
    if variance.expected_amount is None or variance.counted_amount is None or evidence.is_waiting_for_count:
        return None
    parts: list[tuple[str, int]] = []
    if evidence.declared is not None and evidence.declared.cash is not None:
        parts = parts_of_day(evidence.declared.cash, expected=variance.expected_amount)
    if evidence.period is not None:
        is_own = evidence.period.start or variance.kind == VarianceKind.SESSION
        if is_own:
            label = _("Float") if evidence.period.session is not None else _("Opened with")
            parts.append((label, evidence.period.start))
        parts += [(_(str(line.kind.label)), line.came_in - line.went_out) for line in evidence.parts]
        if evidence.rest:
            parts.append((_("Other changes"), evidence.rest))
    return {
        "parts": [
            {"label": label, "amount": amount, "is_signed": number > 0} for number, (label, amount) in enumerate(parts)
        ],
        "expected": variance.expected_amount,
        "counted": variance.counted_amount,
        "difference": variance.difference or 0,
        "opening_difference": evidence.period.opening_difference if evidence.period is not None else 0,
        "labels": _labels(variance),
    }


def _labels(variance: Variance) -> tuple[str, str]:
    """Returns the words for the expected and for the counted amount."""
    return {
        VarianceKind.DEPOSIT: (_("Packed"), _("Credited")),
        VarianceKind.RECONCILIATION: (_("Expected"), _("Declared")),
        VarianceKind.OPENING: (_("Left in the drawer"), _("Counted")),
    }.get(VarianceKind(variance.kind), (_("Expected"), _("Counted")))


def counts_in_words(counts: Sequence[Count], *, variance: Variance, now: datetime) -> dict[str, Any]:
    """Returns the attempts side by side: the pieces of each note and coin, and what changed in the last attempt."""
    columns, pieces_of = [], []
    for count in counts:
        if count.moment == CountMoment.OPENING and variance.kind != VarianceKind.OPENING:
            # The formula tells the float. Beside the closing count, each of its rows would look changed.
            continue
        found = next((one for one in count.amounts.all() if one.pair == (variance.currency, variance.method)), None)
        if found is None:
            continue
        pieces = {one.denomination: one.pieces for one in found.pieces.all()}
        pieces_of.append(pieces)
        columns.append(
            {
                "at": when(count.counted_at, store=variance.store, now=now),
                "moment": count.get_moment_display(),
                "by": count.counted_by or "",
                "witness": count.witness or "",
                "amount": found.amount,
                "has_pieces": bool(pieces),
            }
        )
    worths = sorted({worth for pieces in pieces_of for worth in pieces}, reverse=True)
    rows = [
        {
            "worth": worth,
            "pieces": [pieces.get(worth, 0) if pieces else None for pieces in pieces_of],
            "is_changed": len({pieces.get(worth, 0) for pieces in pieces_of if pieces}) > 1,
        }
        for worth in worths
    ]
    return {"columns": columns, "rows": rows}


def recount_of(variance: Variance, evidence: Evidence) -> str:
    """Returns what the last recount found as a sentence, and whether that is within the tolerance, or "".

    The frozen difference stays the one of the first count.
    """
    found = next(
        (found for event in reversed(evidence.events) if (found := _counted_in(event, variance)) is not None), None
    )
    if found is None or variance.expected_amount is None or evidence.is_waiting_for_count:
        return ""
    difference = found - variance.expected_amount
    named = {"amount": money(found, variance.currency), "difference": signed(difference, variance.currency)}
    if not difference:
        return sentence(_("The recount found %(amount)s. Nothing differs from what was expected."), named)
    if abs(difference) <= variance.tolerance:
        return sentence(_("The recount found %(amount)s: %(difference)s, within the accepted difference."), named)
    return sentence(_("The recount found %(amount)s: %(difference)s, above the accepted difference."), named)


def _counted_in(event: VarianceEvent, variance: Variance) -> int | None:
    """Returns the amount that the recount of an event found, or None."""
    amounts = event.count.amounts.all() if event.count is not None else ()
    return next((one.amount for one in amounts if one.pair == (variance.currency, variance.method)), None)


def _event(event: VarianceEvent, *, variance: Variance) -> dict[str, Any]:
    return {
        "act": event.get_act_display(),
        "at": style().clock(event.at, variance.store.time_zone),
        "instant": event.at,
        "by": event.by_user or event.by_label,
        "reason": event.get_reason_display() if event.reason else "",
        "notes": event.notes,
        "counted": _counted_in(event, variance),
        "moved": event.movement.amount if event.movement is not None else None,
    }


def _source(variance: Variance, evidence: Evidence) -> dict[str, str]:
    """Returns the link to the page of the drawer, the settlement or the bag."""
    if variance.session is not None:
        return {"text": _("Show the drawer"), "path": reverse("desk-result", args=[variance.session.uuid])}
    settlement: Settlement | None = evidence.period.settlement if evidence.period is not None else None
    if settlement is not None and variance.subject.startswith(SETTLEMENT_SUBJECT):
        return {"text": _("Show the settlement"), "path": reverse("settlement-page", args=[settlement.uuid])}
    return {}
