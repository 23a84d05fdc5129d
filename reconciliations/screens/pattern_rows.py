"""Puts the figures of patterns into rows for the templates."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from cashdesk.formats import style, weekday
from cashdesk.models import User
from reconciliations.domain.pattern_closes import CountedClose
from reconciliations.enums import PatternGroup
from reconciliations.patterns.close import Group
from reconciliations.patterns.figures import SHOWN_FROM, leans_short
from reconciliations.patterns.pairs import cancelling_pairs
from reconciliations.patterns.review import LEANS_FROM, Standing
from reconciliations.patterns.summary import Summary, exact_by
from reconciliations.queries.patterns import Look, uuids_of
from reconciliations.screens.pattern_words import (
    acts_in_words,
    beyond_in_words,
    finding_of,
    from_to,
    percent,
)
from reconciliations.screens.strip import CLOSES_MAX, Strip, StripClose, draw_strip

PAIRS_MAX: Final = 10


def row_of(name: str, summary: Summary | int, *, path: str = "", currency: str) -> dict[str, Any]:
    """Returns one row of a table of figures. Below ten closes it has only their number."""
    if isinstance(summary, int):
        return {"name": name, "path": path, "closes": summary}
    amount = summary.amount
    return {
        "name": name,
        "path": path,
        "closes": summary.closes,
        "exact": percent(summary.exact_share),
        "exact_interval": from_to(summary.exact_interval),
        "above": percent(summary.above_share),
        "above_interval": from_to(summary.above_interval),
        "middle": style().signed(summary.middle, currency),
        "amount": style().signed(round(amount.value), currency),
        "amount_interval": _("%(low)s to %(high)s")
        % {"low": style().signed(round(amount.low), currency), "high": style().signed(round(amount.high), currency)},
        "beyond": beyond_in_words(summary, currency),
        "summary": summary,
    }


def group_rows(
    look: Look, group: Group, standings: Mapping[int, Standing], names: Mapping[int, tuple[str, str]]
) -> list[dict[str, Any]]:
    """Returns a row for each group in the order of `names`: (name, path of its page), with what the review found."""
    figures = look.by(group)
    return [
        {
            **row_of(name, figures.get(label, 0), path=path, currency=look.store.currency),
            "finding": finding_of(group, standings.get(label), figures.get(label, 0)),
            "acts": acts_in_words(standings.get(label)) if group == Group.CASHIER else [],
        }
        for label, (name, path) in names.items()
    ]


def register_rows(look: Look) -> list[dict[str, Any]]:
    """Returns a row for each register, in the order of their numbers."""
    found = sorted(look.registers.values(), key=lambda one: one.number)
    names = {one.pk: (str(one), reverse("patterns-register", args=[look.store.uuid, one.number])) for one in found}
    closed = {one.register for one in look.closes}
    used = {pk: name for pk, name in names.items() if pk in closed}
    return group_rows(look, Group.REGISTER, look.standings(PatternGroup.REGISTER), used)


def weekday_rows(look: Look) -> list[dict[str, Any]]:
    """Returns a row for each weekday with closes, Monday first."""
    days = {one.business_date.weekday(): one.business_date for one in look.closes}
    names = {number: (weekday(on), "") for number, on in sorted(days.items())}
    return group_rows(look, Group.WEEKDAY, look.standings(PatternGroup.WEEKDAY), names)


def hour_rows(look: Look) -> list[dict[str, Any]]:
    """Returns the exact closes by the hour of closing. A session spans hours, so that nothing can be compared."""
    zone = ZoneInfo(look.store.time_zone)
    hours = [one.closed_at.astimezone(zone).hour for one in look.closes]
    return [
        {"hour": f"{hour:02}:00", "exact": exact, "closes": number}
        for hour, (exact, number) in sorted(exact_by(look.counted, hours).items())
    ]


def drift_of(look: Look) -> dict[str, int] | None:
    """Returns how many closes of the store were short and over, if it is short more often than over."""
    differences = [one.difference for one in look.closes]
    if len(differences) < SHOWN_FROM or leans_short(differences) < LEANS_FROM:
        return None
    return {"short": sum(1 for one in differences if one < 0), "over": sum(1 for one in differences if one > 0)}


def strip_of(look: Look, closes: Sequence[CountedClose], *, key: str, title: str) -> Strip:
    """Draws the last thirty of these closes, each with the band of its register from closes of others."""
    known: dict[tuple[int, int], tuple[int, int] | None] = {}
    last = closes[-CLOSES_MAX:]
    uuids = uuids_of(last)
    shown = [
        StripClose(
            difference=one.difference,
            when=style().date(one.business_date),
            place=str(look.registers[one.register]),
            path=reverse("desk-result", args=[uuids[one.session]]),
            band=look.band(one, known=known),
        )
        for one in last
    ]
    return draw_strip(shown, key=key, title=title, currency=look.store.currency)


def pairs_of(look: Look, *, cashier: int) -> list[dict[str, Any]]:
    """Returns the closes of a person whose difference cancels with the close before or after, the newest first."""
    closes = look.closes
    found = cancelling_pairs([(one.register, one.difference) for one in closes])
    told = [
        {
            "place": str(look.registers[closes[first].register]),
            "first_day": style().date(closes[first].business_date),
            "first": style().signed(closes[first].difference, look.store.currency),
            "second_day": style().date(closes[second].business_date),
            "second": style().signed(closes[second].difference, look.store.currency),
        }
        for first, second in found
        if cashier in (closes[first].cashier, closes[second].cashier)
    ]
    return told[::-1][:PAIRS_MAX]


def acts_rows(closes: Sequence[CountedClose]) -> list[dict[str, Any]]:
    """Returns how many closes had an opening without a sale, a refund or a paid-out, and how many those were."""
    told = (
        (_("Openings without a sale"), [one.no_sales for one in closes]),
        (_("Refunds"), [one.refunds for one in closes]),
        (_("Paid out"), [one.paid_outs for one in closes]),
    )
    return [
        {"name": name, "total": sum(numbers), "with": sum(1 for one in numbers if one), "closes": len(numbers)}
        for name, numbers in told
    ]


def people_names(people: Sequence[User], look: Look) -> dict[int, tuple[str, str]]:
    """Returns the name and the path of each person, in the given order."""
    return {one.pk: (str(one), reverse("patterns-person", args=[look.store.uuid, one.uuid])) for one in people}
