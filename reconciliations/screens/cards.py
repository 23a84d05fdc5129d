"""The cards of the page Today: the state of each register in words, and what to do there."""

from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.business_day import end_of_business_day
from cashdesk.formats import style
from cashdesk.models import Store
from cashdesk.templatetags.figures import apart
from reconciliations.queries.today import Drawer, DrawerState
from reconciliations.screens.needs import way_to_count_closed, way_to_count_open
from reconciliations.screens.sentences import sentence
from reconciliations.screens.times import duration, when


def card_of(drawer: Drawer, *, store: Store, by: Principal, today: date, now: datetime) -> dict[str, Any]:
    """Returns the card of a register: its state, its person, lines of figures, one button and one link."""
    state, kind = _result_in_words(drawer)
    lines: list[tuple[str, str]] = []
    if drawer.is_open and drawer.opened_at is not None:
        since = when(drawer.opened_at, store=store, now=now)
        lines.append((_("Open since"), f"{since} ({duration(now - drawer.opened_at)})"))
        if drawer.state == DrawerState.OVERDUE and drawer.business_date is not None:
            ended_at = end_of_business_day(store=store, on=drawer.business_date)
            lines.append((_("Overdue for"), duration(now - ended_at)))
        if drawer.session is not None:
            lines.append((_("Float"), style().amount(drawer.session.start_amount, drawer.session.currency)))
        dropped = when(drawer.last_drop_at, store=store, now=now) if drawer.last_drop_at else _("none today")
        lines.append((_("Last drop"), dropped))
    elif drawer.closed_at is not None:
        lines.append((_("Closed"), when(drawer.closed_at, store=store, now=now)))
    is_of_today = drawer.result is not None and drawer.business_date == today
    if drawer.result is not None and is_of_today:
        lines.append((_("Counted"), style().amount(drawer.result.counted, drawer.result.currency)))
        lines.append((_("Expected"), style().amount(drawer.result.expected, drawer.result.currency)))
    is_hidden = drawer.is_open or drawer.state in (DrawerState.UNCOUNTED, DrawerState.HANDED_OVER)
    button, path = _button_of(drawer, store=store, by=by)
    return {
        "drawer": drawer,
        "number": drawer.register.number,
        "state": state,
        "kind": kind,
        "news": _("%(register)s: %(state)s.") % {"register": drawer.register, "state": strip_tags(state)},
        "is_late": drawer.state in (DrawerState.OVERDUE, DrawerState.UNCOUNTED),
        "person": drawer.person or _("Nobody yet"),
        "lines": lines,
        "is_hidden": is_hidden,
        **_way_to_expected(drawer, store=store),
        "button": button,
        "path": path,
        "links": [*_ways_to_count(drawer, by=by), *_links_of(drawer, store=store)],
    }


def _result_in_words(drawer: Drawer) -> tuple[str, str]:
    """Returns the word for the result of a drawer, else for its state, and the class of its dot."""
    if drawer.result is not None and drawer.result.difference:
        named = {"amount": apart(drawer.result.difference, drawer.result.currency)}
        if drawer.result.difference < 0:
            return sentence(_("Short by %(amount)s"), named), "short"
        return sentence(_("Over by %(amount)s"), named), "over"
    if drawer.result is not None:
        return _("Balanced"), "good"
    return state_in_words(drawer.state)


def state_in_words(state: DrawerState) -> tuple[str, str]:
    """Returns the word for a state, whatever was counted, and the class of its dot."""
    return {
        DrawerState.OPEN: (_("Open"), "open"),
        DrawerState.OVERDUE: (_("Overdue"), "short"),
        DrawerState.COUNTING: (_("Being counted"), "open"),
        DrawerState.UNCOUNTED: (_("Not counted"), "short"),
        DrawerState.HANDED_OVER: (_("Handed over"), "over"),
        DrawerState.CLOSED: (_("Closed"), "closed"),
        DrawerState.UNUSED: (_("Never opened"), "closed"),
    }[state]


def _button_of(drawer: Drawer, *, store: Store, by: Principal) -> tuple[str, str]:
    if drawer.state in (DrawerState.UNCOUNTED, DrawerState.HANDED_OVER):
        return way_to_count_closed(drawer, by=by)
    if drawer.state in (DrawerState.OVERDUE, DrawerState.COUNTING):
        return way_to_count_open(drawer, by=by)
    if drawer.state == DrawerState.OPEN:
        if drawer.session is None:
            return way_to_count_open(drawer, by=by)
        # The report shows what is expected, so the audit trail records the look (law 5).
        return _("Show X report"), reverse("x-report", args=[store.uuid, drawer.register.number])
    if drawer.session is not None:
        return _("Show result"), reverse("desk-result", args=[drawer.session.uuid])
    if drawer.settlement is not None:
        return _("Show result"), reverse("settlement-page", args=[drawer.settlement.uuid])
    return "", ""


def _way_to_expected(drawer: Drawer, *, store: Store) -> dict[str, Any]:
    """Returns the paths that tell what a running drawer should hold. Each look is recorded (law 5).

    `period` names the running period, so that a figure of an earlier one is not kept on the page.
    """
    period = drawer.session or drawer.settlement
    number = drawer.register.number
    found: dict[str, Any] = {"period": f"{number}-{period.uuid if period is not None else ''}"}
    if drawer.state in (DrawerState.OPEN, DrawerState.OVERDUE):
        found["x_report"] = reverse("x-report", args=[store.uuid, number])
        found["tells_expected"] = reverse("expected-now", args=[store.uuid, number])
    return found


def _ways_to_count(drawer: Drawer, *, by: Principal) -> list[dict[str, str]]:
    """Returns the link to count a drawer that is open and not overdue. The button of such a card leads to the X report."""
    if drawer.state != DrawerState.OPEN or drawer.session is None:
        return []
    text, path = way_to_count_open(drawer, by=by)
    return [{"text": text, "path": path}]


def _links_of(drawer: Drawer, *, store: Store) -> list[dict[str, str]]:
    """Returns the link to the Z report of the last period, or to the list of Z reports."""
    period = drawer.session or drawer.settlement
    seal = period.seal if period is not None else None
    if drawer.result is not None and seal is not None:
        path = reverse("z-report", args=[store.uuid, drawer.register.number, seal.number])
        return [{"text": _("Z report %(number)s") % {"number": seal.number}, "path": path}]
    if drawer.state == DrawerState.UNUSED:
        return []
    return [{"text": _("Z reports"), "path": reverse("z-reports", args=[store.uuid, drawer.register.number])}]
