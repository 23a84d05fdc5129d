"""The vault's movements of a business day, and the reversal of one of them."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.reversal import REASON_MAX
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import PlaceKind
from cashdesk.errors import DomainError, InvalidInput, NotFound
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.fields import Fields
from cashdesk.forms.pages import form_page
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import Movement, Place, Store
from cashdesk.movement_rules import name_at_vault
from cashdesk.web.fields import date_in
from settlements import queries
from settlements.domain.cashbook import account_names
from settlements.domain.reversal_by_manager import reverse_movement, why_not_reversed
from settlements.domain.vault_day import vault_movements
from settlements.enums import ENTRY_KIND
from settlements.screens.vault_forms import about, draft_within, path_within, vault_page

ROWS: Final = 50
VAULT: Final = 0


@vault_page
def movements_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Lists the movements of `?day=`, newest first. `?before=` is an id: the page then shows older movements.

    Shows no sum and no balance (law 5).
    """
    at = timezone.now()
    today = business_date(store=store, at=at)
    day, before = _day(request, today), _before(request)
    vault = queries.place_at(by=by, store=str(store.uuid), station=VAULT)
    found = vault_movements(vault=vault, day=day, limit=ROWS + 1, before=before, by=by, at=at)
    older = str(found[ROWS - 1].pk) if len(found) > ROWS else ""
    following = day + timedelta(days=1)
    reasons = why_not_reversed(found)
    accounts = account_names(place=vault)
    context = {
        **about(request, store),
        "notice": request.GET.get("notice", ""),
        "day": day,
        "is_today": day == today,
        "listed": [_row(movement, vault, accounts, why_not=reasons[movement.pk]) for movement in found[:ROWS]],
        "older": path_within(request, "vault-movements", day=day.isoformat(), before=older) if older else "",
        "is_first": before is None,
        "day_before": _path_of(request, day - timedelta(days=1)),
        "day_after": _path_of(request, following) if following <= today else "",
    }
    return render(request, "settlements/vault_movements.html", context)


@vault_page
def reverse_page(request: HttpRequest, by: Principal, store: Store, movement: UUID) -> HttpResponse:
    """Shows a movement and asks for a reason. Then reverses it once and redirects to its day."""
    found = _found(movement, store=store)
    draft = draft_within(request, f"reverse:{movement}", by=by)
    day = found.business_date.isoformat()
    if request.method != "POST":
        return _show_reversal(request, found, draft)
    at = timezone.now()
    fields = Fields(request)
    missing = _("Enter a reason.")
    reason = fields.text("reason", length_max=REASON_MAX, missing=missing)

    def act() -> str:
        reverse_movement(movement=found, by=by, at=at, reason=reason)
        return path_within(request, "vault-movements", day=day, notice="reversed")

    def again(error: DomainError) -> HttpResponse:
        return _show_reversal(request, found, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)


def _found(number: UUID, *, store: Store) -> Movement:
    """Returns the movement into or out of the store's vault. Raises NotFound."""
    rows = Movement.objects.filter(Q(source__kind=PlaceKind.VAULT) | Q(destination__kind=PlaceKind.VAULT), store=store)
    joined = (
        "store",
        "source",
        "destination",
        "session",
        "late_for",
        "payment",
        "recorded_by",
        "reversed_by",
        "deposit",
    )
    found = rows.select_related(*joined).filter(uuid=number).first()
    if found is None:
        raise NotFound("There is no such movement of the vault.")
    return found


def _show_reversal(
    request: HttpRequest, movement: Movement, draft: FormDraft, refusal: Refusal | None = None
) -> HttpResponse:
    came_in = movement.destination.kind == PlaceKind.VAULT
    vault = movement.destination if came_in else movement.source
    why_not = why_not_reversed([movement])[movement.pk]
    context = {
        **about(request, movement.store),
        "row": _row(movement, vault, {}, why_not=why_not),
        "why_not": why_not,
        "back": path_within(request, "vault-movements", day=movement.business_date.isoformat()),
        "draft": draft,
        "typed": {"reason": draft.typed.get("reason", "")},
        "reason_max": REASON_MAX,
    }
    return form_page(request, "settlements/movement_reverse.html", context, refusal)


def _row(movement: Movement, vault: Place, accounts: dict[str, str], *, why_not: str) -> dict[str, Any]:
    came_in = movement.destination_id == vault.pk
    return {
        "movement": movement,
        "name": name_at_vault(movement.kind),
        "came_in": came_in,
        "other": movement.source if came_in else movement.destination,
        "bag": movement.deposit.bag_number if hasattr(movement, "deposit") else "",
        "is_reversed": hasattr(movement, "reversed_by"),
        "why_not": why_not,
        "reason": _reason(movement, accounts),
    }


def _reason(movement: Movement, accounts: dict[str, str]) -> str:
    if movement.reason == movement.kind.lower():
        # A movement without a reason stores the name of its kind as the reason. The row already shows the kind.
        return ""
    if movement.kind in ENTRY_KIND.values() and movement.reverses_id is None:
        return accounts.get(movement.reason, movement.reason)
    return movement.reason


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
