"""The page Money: where all money of a store is, now or at an instant, and what changed between two instants."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.documents.answer import file_answer, refuse_format
from cashdesk.documents.page import FORMATS
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.visibility import view_positions
from cashdesk.enums import PlaceKind, Role
from cashdesk.errors import InvalidInput
from cashdesk.formats import style, write_as
from cashdesk.models import Store
from cashdesk.web.chosen_store import ask_for_store, chosen_store
from cashdesk.web.fields import in_field, typed_instant_in
from cashdesk.web.pages import page_for
from reconciliations.documents.cash_position import position_document
from reconciliations.queries.money import Money, bags_of, money_of, outstanding_of
from reconciliations.screens.money_tables import figures_in_words, tables_of
from settlements.queries.payouts import latest_payouts

INSTANTS: Final = ("as_of", "since")
LATEST_MAX: Final = 10
"""The most payouts that the page lists."""


@page_for(Role.MANAGER, takes_posts=True)
def money_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows the balance of every place. A POST also shows what nobody has counted yet, and notes the look (law 5)."""
    store = chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    write_as(store.language, store.currency, store.time_zone)
    now, asked = timezone.now(), request.POST if request.method == "POST" else request.GET
    typed = {name: asked.get(name, "").strip() for name in INSTANTS}
    try:
        as_of, since = _instants(typed, store=store, now=now)
    except InvalidInput as error:
        return _shown(request, store, by=by, now=now, typed=typed, errors=error.on_pages)
    return _shown(
        request, store, by=by, now=now, typed=typed, as_of=as_of, since=since, tells_all=request.method == "POST"
    )


@page_for(Role.MANAGER)
def position_file_page(request: HttpRequest, by: Principal, file_format: str) -> HttpResponse:
    """Sends the cash position of a store as a file, for the instants of the page. The audit trail records the look."""
    refuse_format(file_format)
    store = chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    write_as(store.language, store.currency, store.time_zone)
    now, typed = timezone.now(), {name: request.GET.get(name, "").strip() for name in INSTANTS}
    try:
        as_of, since = _instants(typed, store=store, now=now)
    except InvalidInput as error:
        return _shown(request, store, by=by, now=now, typed=typed, errors=error.on_pages)
    (position,) = view_positions(stores=[store], by=by, at=now, as_of=as_of, since=since)
    return file_answer(position_document(position, at=as_of or now, since=since), file_format=file_format)


def _instants(typed: Mapping[str, str], *, store: Store, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Returns the two typed instants. Raises InvalidInput for a wrong one, and if the earlier one is later."""
    as_of, since = (typed_instant_in(typed[name], field=name, now=now, zone=store.time_zone) for name in INSTANTS)
    if since is not None and since > (as_of or now):
        raise InvalidInput.of("since", _("Enter a time that is not after the other one."))
    return as_of, since


def _shown(
    request: HttpRequest,
    store: Store,
    *,
    by: Principal,
    now: datetime,
    typed: dict[str, str],
    as_of: datetime | None = None,
    since: datetime | None = None,
    tells_all: bool = False,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    today = business_date(store=store, at=now)
    money = money_of(store=store, by=by, now=now, today=today, as_of=as_of, since=since)
    if tells_all and money.hidden:
        (position,) = view_positions(stores=[store], by=by, at=now, as_of=as_of, since=since)
        money = Money(
            position=position,
            drawers=money.drawers,
            hidden=frozenset(),
            vault_counted_at=money.vault_counted_at,
        )
    is_now = as_of is None and since is None
    bags = bags_of(store=store) if is_now else {}
    clearing = next(place for place, _held in money.position.balances if place.kind == PlaceKind.CLEARING)
    owed = outstanding_of(money.position) if is_now and clearing.pk not in money.hidden else []
    context: dict[str, Any] = {
        "store": store,
        "in_words": _moment(store, now=now, as_of=as_of, since=since),
        "is_change": since is not None,
        "is_now": is_now,
        "hides": bool(money.hidden),
        "tells_all": tells_all,
        "tables": tables_of(money, store=store, bags=bags, now=now, is_now=is_now),
        "figures": figures_in_words(money, store=store, bags=bags, owed=owed) if is_now else [],
        "owed": owed,
        "has_late": any(one.late for one in owed),
        "hides_clearing": clearing.pk in money.hidden,
        "payouts": latest_payouts(store=store, limit=LATEST_MAX) if is_now else [],
        "files": _files(store, typed) if not errors else [],
        "typed": {name: in_field(text, zone=store.time_zone) for name, text in typed.items()},
        "errors": errors or {},
        "latest": f"{now.astimezone(ZoneInfo(store.time_zone)):%Y-%m-%dT%H:%M}",
    }
    return render(request, "reconciliations/money.html", context, status=400 if errors else 200)


def _files(store: Store, typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Returns (path, name) of each format of the position, with the instants of the page."""
    query = {"store": store.uuid, **{name: text for name, text in typed.items() if text}}
    return [(reverse("position-file", args=[code], query=query), name) for code, name in FORMATS.items()]


def _moment(store: Store, *, now: datetime, as_of: datetime | None, since: datetime | None) -> str:
    until = style().instant(as_of or now, store.time_zone)
    if since is not None:
        begin = style().instant(since, store.time_zone)
        return _("What came in and went out between %(begin)s and %(end)s.") % {"begin": begin, "end": until}
    if as_of is not None:
        return _("Where all money of this store was on %(moment)s.") % {"moment": until}
    return _("Where all money of this store is now, %(moment)s.") % {"moment": until}
