"""The page Today: what happens in a store now, and what needs a supervisor (law 5: nothing that nobody has counted)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_limits import past_limits
from cashdesk.domain.store.business_day import business_date, end_of_business_day
from cashdesk.domain.store.store_reference import find_store
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.formats import style, write_as
from cashdesk.models import BusinessDay, Store, Variance
from cashdesk.web.chosen_store import ask_for_store, chosen_store
from cashdesk.web.live_part import answer_part, etag_of
from cashdesk.web.pages import page_for
from reconciliations.domain.business_day_close import keeps_day_open, recent_days_to_close
from reconciliations.queries.latest_events import latest_events
from reconciliations.queries.live_marks import marks_of
from reconciliations.queries.today import (
    WAITING_MAX,
    Drawer,
    DrawerState,
    Floor,
    bags_in_transit,
    change_on_order,
    floor_of,
    last_closed_day,
    open_until,
    waiting_variances,
)
from reconciliations.queries.variance_queue import Waiting
from reconciliations.screens.bag_words import bags_in_words
from reconciliations.screens.cards import card_of
from reconciliations.screens.event_words import ACTIONS, event_in_words
from reconciliations.screens.needs import (
    NEEDS_MAX,
    Findings,
    drawers_still_open,
    needs_of,
    path_of_bag,
    path_to_close,
)
from reconciliations.screens.times import business_day_in_words, when
from reconciliations.screens.variance_words import facts_of, headline_of
from settlements.enums import DepositState
from settlements.models import ChangeOrder, Deposit

EVENTS_MAX: Final = 6
OTHERS_MAX: Final = 20
"""The most variances that the page lists as waiting for others."""
DAYS_MAX: Final = 7
"""The most days that the page lists as not closed, oldest first."""


@page_for(Role.MANAGER)
def today_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows one store now. People who see several stores choose one first.

    Shows no expected amount of a drawer that is open or not counted, so a look needs no audit entry.
    """
    store = chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    now = timezone.now()
    # Before the figures are read, so that a change in between shows at the next look.
    etag = _etag(store, by=by, now=now)
    return render(request, "reconciliations/today.html", {**_shown(store, by=by, now=now), "etag": etag})


@page_for(Role.MANAGER)
def today_now_page(request: HttpRequest, by: Principal, store: UUID) -> HttpResponse:
    """Answers the part of Today that changes, for the script that asks for it again and again."""
    found = find_store(reference=str(store), by=by)
    if found is None:
        raise NotFound("There is no such store.")
    now = timezone.now()

    def shown() -> HttpResponse:
        return render(request, "reconciliations/today_now.html", _shown(found, by=by, now=now))

    return answer_part(request, etag=_etag(found, by=by, now=now), shown=shown)


def _etag(store: Store, *, by: Principal, now: datetime) -> str:
    marks = marks_of(store, today=business_date(store=store, at=now))
    return etag_of(store.pk, *marks, by=by, at=now)


def _shown(store: Store, *, by: Principal, now: datetime) -> dict[str, Any]:
    """Returns what the page shows of a store, written in the style of the store."""
    write_as(store.language, store.currency, store.time_zone)
    today = business_date(store=store, at=now)
    floor = floor_of(store=store, by=by, today=today)
    waiting = waiting_variances(store=store, by=by)
    bags = bags_in_transit(store=store)
    days = recent_days_to_close(store=store, at=now)
    last_closed = last_closed_day(store=store)
    places = [*(drawer.register for drawer in floor.drawers if drawer.is_open), *([floor.safe] if floor.safe else [])]
    found = Findings(
        store=store,
        past=past_limits(stores=[store], places=places, at=now),
        safe=floor.safe,
        drawers=floor.drawers,
        waiting=waiting,
        bags=bags,
        days=days,
        has_closed_days=last_closed is not None,
    )
    needs = needs_of(found, by=by, now=now)
    latest = latest_events(store=store, actions=ACTIONS, limit=EVENTS_MAX)
    events = [event_in_words(event, store=store, now=now) for event in latest]
    return {
        "store": store,
        "in_words": business_day_in_words(store=store, now=now),
        "safe": _safe(store, floor),
        "figures": _figures(floor.drawers, waiting, bags, store=store),
        "needs": needs[:NEEDS_MAX],
        "needs_left": len(needs) - NEEDS_MAX if len(needs) > NEEDS_MAX else 0,
        "needs_number": len(needs),
        "cards": [card_of(drawer, store=store, by=by, today=today, now=now) for drawer in floor.drawers],
        "bags": [_bag(bag, store=store, now=now) for bag in bags],
        "totals": _totals(bags),
        "orders": [_order(order, today=today) for order in change_on_order(store=store)],
        "others": [_of_others(one.variance, now=now) for one in waiting if one.act is None][:OTHERS_MAX],
        "days": _days(days, floor.drawers, last_closed, store=store, now=now),
        "days_left": max(len(days) - DAYS_MAX, 0),
        "last_closed": last_closed,
        "queue": variance_queue(store),
        "events": [event for event in events if event["text"]],
    }


def variance_queue(store: Store) -> str:
    """Returns the path of the list of variances that wait in a store."""
    return f"{reverse('variance-list')}?{urlencode({'store': store.uuid})}"


def _safe(store: Store, floor: Floor) -> dict[str, str]:
    """Returns the link to the safe: to its count if its settlement is open."""
    if floor.vault_settlement is not None:
        return {"text": _("Count the safe"), "path": reverse("settlement-count", args=[floor.vault_settlement.uuid])}
    return {"text": _("Go to the safe"), "path": reverse("vault-of", args=[store.uuid])}


def _figures(
    drawers: Sequence[Drawer], waiting: Sequence[Waiting], bags: Sequence[Deposit], *, store: Store
) -> list[dict[str, Any]]:
    """Returns the four figures on top of the page, each with a note and a link."""
    opened = [drawer for drawer in drawers if drawer.is_open]
    overdue = [drawer for drawer in drawers if drawer.state == DrawerState.OVERDUE]
    since = min((drawer.business_date for drawer in overdue if drawer.business_date), default=None)
    mine = sum(1 for one in waiting if one.act is not None)
    registers = ngettext("of %(count)s register", "of %(count)s registers", len(drawers)) % {"count": len(drawers)}
    return [
        {"label": _("Open drawers"), "values": [str(len(opened))], "note": registers, "path": "#registers"},
        {
            "label": _("Overdue"),
            "values": [str(len(overdue))],
            "note": _("open since %(day)s") % {"day": style().date(since)} if since else _("no drawer is overdue"),
            "path": "#registers",
            "is_late": bool(overdue),
        },
        {
            "label": _("Variances waiting"),
            "values": [f"{len(waiting)}+" if len(waiting) == WAITING_MAX else str(len(waiting))],
            "note": _("%(mine)s for you, %(others)s for others") % {"mine": mine, "others": len(waiting) - mine}
            if waiting
            else _("nothing waits"),
            "path": variance_queue(store),
        },
        _in_transit(bags, store=store),
    ]


def _in_transit(bags: Sequence[Deposit], *, store: Store) -> dict[str, Any]:
    """Returns the figure of the bags that left the shop. Packed bags are still there, so only the note counts them."""
    left = [bag for bag in bags if bag.state == DepositState.COLLECTED]
    here = len(bags) - len(left)
    return {
        "label": _("In transit to the bank"),
        "values": _totals(left) or [style().amount(0, store.currency)],
        "note": bags_in_words(left=len(left), here=here),
        "path": "#bags",
    }


def _totals(bags: Sequence[Deposit]) -> list[str]:
    """Returns the sum of the bags in each currency, with its code."""
    totals: dict[str, int] = defaultdict(int)
    for bag in bags:
        totals[bag.movement.currency] += bag.movement.amount
    return [style().amount(amount, currency) for currency, amount in sorted(totals.items())]


def _bag(bag: Deposit, *, store: Store, now: datetime) -> dict[str, Any]:
    is_collected = bag.state == DepositState.COLLECTED
    at = bag.collected_at if is_collected and bag.collected_at else bag.prepared_at
    return {
        "bag": bag,
        "amount": style().amount(bag.movement.amount, bag.movement.currency),
        "state": _("Picked up") if is_collected else _("Packed"),
        "kind": "open" if is_collected else "closed",
        "at": when(at, store=store, now=now),
        "path": path_of_bag(bag, store),
    }


def _order(order: ChangeOrder, *, today: date) -> dict[str, Any]:
    """Returns a line about change that was ordered: the amount, and when the store wants it."""
    is_late = order.wanted_on is not None and order.wanted_on < today
    return {
        "amount": style().amount(order.amount, order.currency),
        "day": style().date(order.wanted_on) if order.wanted_on is not None else "",
        "state": _("Late") if is_late else _("Ordered"),
        "kind": "short" if is_late else "open",
        "path": reverse("vault-order", args=[order.uuid]),
    }


def _of_others(variance: Variance, *, now: datetime) -> dict[str, Any]:
    """Returns a variance that waits for somebody else, with what was done so far."""
    return {
        "title": headline_of(variance),
        "facts": facts_of(variance, now=now),
        "path": reverse("admin:cashdesk_variance_change", args=[variance.pk]),
    }


def _days(
    days: Sequence[date], drawers: Sequence[Drawer], last_closed: BusinessDay | None, *, store: Store, now: datetime
) -> list[dict[str, Any]]:
    """Returns the oldest days that are not closed, and today unless it was closed early."""
    rows: list[dict[str, Any]] = []
    for on in days[:DAYS_MAX]:
        still_open = open_until(drawers, on=on)
        may_close = not keeps_day_open(store=store, still_open=still_open)
        rows.append(
            {
                "day": style().date(on),
                "text": drawers_still_open(still_open) if still_open else _("No drawer is open."),
                "path": path_to_close(store, on) if may_close else "",
            }
        )
    today = business_date(store=store, at=now)
    if last_closed is None or last_closed.date < today:
        end = style().clock(end_of_business_day(store=store, on=today), store.time_zone)
        rows.append({"day": style().date(today), "text": _("Runs until %(end)s.") % {"end": end}, "is_today": True})
    return rows
