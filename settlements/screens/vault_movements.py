"""What went into the vault and out of it on a business day, one by one."""

from datetime import date, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from cashdesk.domain.business_day import business_date
from cashdesk.domain.principal import Principal
from cashdesk.errors import InvalidInput
from cashdesk.models import Movement, Place, Store
from cashdesk.web.fields import date_in
from settlements import queries
from settlements.domain.vault_day import vault_movements
from settlements.screens.form import about, path_within, vault_page

ROWS: Final = 50
VAULT: Final = 0


@vault_page
def movements_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """The movements of `?day=`, newest first, from `?before=` one of them on. Neither their sum nor the book stands here."""
    at = timezone.now()
    today = business_date(store=store, at=at)
    day, before = _day(request, today), _before(request)
    vault = queries.place_at(by=by, store=str(store.uuid), station=VAULT)
    found = vault_movements(vault=vault, day=day, limit=ROWS + 1, before=before, by=by, at=at)
    older = str(found[ROWS - 1].pk) if len(found) > ROWS else ""
    following = day + timedelta(days=1)
    context = {
        **about(request, store),
        "day": day,
        "is_today": day == today,
        "listed": [_row(movement, vault) for movement in found[:ROWS]],
        "older": path_within(request, "vault-movements", day=day.isoformat(), before=older) if older else "",
        "is_first": before is None,
        "day_before": _path_of(request, day - timedelta(days=1)),
        "day_after": _path_of(request, following) if following <= today else "",
    }
    return render(request, "settlements/vault_movements.html", context)


def _row(movement: Movement, vault: Place) -> dict[str, Any]:
    came_in = movement.destination_id == vault.pk
    return {
        "movement": movement,
        "came_in": came_in,
        "other": movement.source if came_in else movement.destination,
        "bag": movement.deposit.bag_number if hasattr(movement, "deposit") else "",
        "is_reversed": hasattr(movement, "reversed_by"),
        # Of kinds that have no reason of their own the house writes the kind's name there: it would say nothing twice.
        "reason": "" if movement.reason == movement.kind.lower() else movement.reason,
    }


def _path_of(request: HttpRequest, day: date) -> str:
    return path_within(request, "vault-movements", day=day.isoformat())


def _day(request: HttpRequest, today: date) -> date:
    asked = request.GET.get("day", "")
    try:
        day = date_in(asked, field="day") if asked else today
    except InvalidInput as error:
        raise Http404 from error
    if not date(2000, 1, 1) <= day <= today:
        raise Http404
    return day


def _before(request: HttpRequest) -> int | None:
    before = request.GET.get("before", "")
    if not before:
        return None
    if not (before.isascii() and before.isdecimal() and len(before) <= 18):
        raise Http404
    return int(before)
