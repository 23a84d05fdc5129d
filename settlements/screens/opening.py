"""The page that opens the settlement of a register or the vault with a counted amount."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.may_trade import trades_under_settlement
from cashdesk.domain.store.register_holder import refuse_register_of_another
from cashdesk.enums import CASH, MovementKind, PlaceKind, Role, Settling
from cashdesk.errors import DomainError, NotFound, OutOfLine
from cashdesk.formats import write_as
from cashdesk.forms.count_parts import NEW_CURRENCY, NEW_METHOD, CountParts
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal, refusal_of
from cashdesk.forms.second_look_page import SecondLook
from cashdesk.forms.submit import submit_once
from cashdesk.models import Place
from cashdesk.pair import Pair
from cashdesk.web.pages import page_for
from settlements import queries
from settlements.domain.opening import open_settlement
from settlements.domain.vault_access import refuse_cashier_at_vault
from settlements.enums import SettlementType

REVIEW: Final = "review"
BACK: Final = "back"
OPEN: Final = "open"

STARTS: Final = "starts"
"""The field that confirms that the store trades under settlement from now on."""


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def open_page(request: HttpRequest, by: Principal, store: str, station: int) -> HttpResponse:
    """Shows the sheets (GET, or `step=back`), then their review, then opens the settlement of a register or the vault.

    Station 0 is the vault, for managers only.
    """
    place = queries.place_at(by=by, store=store, station=station)
    write_as(place.store.language, place.store.currency, place.store.time_zone)
    if not place.store.is_active:
        raise NotFound("There is no such register or vault.")
    _refuse_person(place, by=by)
    draft = form_draft(request, f"open:{place.store.uuid}:{place.number}", by=by, untyped=(NEW_CURRENCY, NEW_METHOD))
    step = request.POST.get("step", REVIEW)
    # A repeated request to open gets its first answer, so it is not asked whether the place is open.
    if step != OPEN and place.settling != Settling.NONE:
        return _to_running(place, notice="already-open")
    if request.method != "POST":
        return _show(request, place, _parts(place, typed=draft.typed).without_complaints(), draft, by=by)
    parts = _parts(place, typed=request.POST)
    is_filling = parts.is_adding or parts.takes_usual
    if step == OPEN and parts.is_ready and not is_filling and _agrees_to_start(request, place):
        return _open(request, place, parts, draft, by=by)
    draft.save(request, at=timezone.now())
    if is_filling or step == BACK:
        return _show(request, place, parts, draft, by=by, refusal=Refusal(status=400) if parts.new_error else None)
    if not _agrees_to_start(request, place):
        return _refuse_start(request, place, parts, draft, by=by)
    if not parts.is_ready:
        return _show(request, place, parts, draft, by=by, refusal=Refusal(status=400))
    return _review(request, place, parts, draft)


def _parts(place: Place, *, typed: Mapping[str, str]) -> CountParts:
    """Returns the parts of the count. They are cash only: a register opens with cash, and a vault holds only cash."""
    usual_of = place.store if place.kind == PlaceKind.REGISTER else None
    return CountParts([Pair(place.store.currency, CASH)], typed=typed, usual_of=usual_of)


def _starts_settlements(place: Place) -> bool:
    """Whether this opening makes a store trade under settlement for the first time."""
    return place.kind == PlaceKind.VAULT and not trades_under_settlement(place.store)


def _agrees_to_start(request: HttpRequest, place: Place) -> bool:
    """Whether this opening starts no settlements, or the person has agreed that it does."""
    return request.POST.get(STARTS) == "yes" or not _starts_settlements(place)


def _refuse_start(
    request: HttpRequest, place: Place, parts: CountParts, draft: FormDraft, *, by: Principal
) -> HttpResponse:
    """Refuses the first opening of a vault unless the person agrees that the store then trades under settlement.

    Redirects to the vault after the answer "no". Without an answer, shows the form again with an error.
    """
    if request.POST.get(STARTS) == "no":
        draft.discard()
        return see("vault-of", place.store.uuid)
    errors = {STARTS: _("Choose yes or no. Opening the safe changes the whole store.")}
    return _show(request, place, parts, draft, by=by, refusal=Refusal(status=400, errors=errors))


def _open(request: HttpRequest, place: Place, parts: CountParts, draft: FormDraft, *, by: Principal) -> HttpResponse:
    at = timezone.now()
    is_vault = place.kind == PlaceKind.VAULT

    def act() -> str:
        _look(place, parts).refuse_unlooked(request)
        settlement = open_settlement(
            type=SettlementType.VAULT if is_vault else SettlementType.CASHREGISTER,
            store=place.store,
            initial=parts.counted,
            by=by,
            at=at,
            station=place.number,
        )
        if is_vault:
            return path_to("vault-of", place.store.uuid, notice="vault-opened")
        return path_to("settlement-page", settlement.uuid, notice="opened")

    def again(error: DomainError) -> HttpResponse:
        if error.code == "settlement_already_open":
            return _to_running(place, notice="already-open")
        if isinstance(error, OutOfLine):
            draft.save(request, at=at)
            return _review(request, place, parts, draft)
        return _show(request, place, parts, draft, by=by, refusal=refusal_of(error, store=place.store))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft)


def _look(place: Place, parts: CountParts) -> SecondLook:
    is_vault = place.kind == PlaceKind.VAULT
    return SecondLook(
        store=place.store,
        kind=MovementKind.OPENING_BALANCE if is_vault else MovementKind.FLOAT,
        amounts=[(found.amount, found.currency) for found in parts.counted],
        is_vault=is_vault,
        station=place.number,
    )


def _refuse_person(place: Place, *, by: Principal) -> None:
    """Raises Forbidden for a cashier at the vault or at another person's register."""
    refuse_cashier_at_vault(place, by=by)
    refuse_register_of_another(register=place, by=by)


def _to_running(place: Place, *, notice: str) -> HttpResponse:
    if place.kind == PlaceKind.VAULT:
        return see("vault-of", place.store.uuid, notice=notice)
    running = queries.running_at(place)
    return see("settlement-page", running.uuid, notice=notice) if running is not None else see("desk-register")


def _show(
    request: HttpRequest,
    place: Place,
    parts: CountParts,
    draft: FormDraft,
    *,
    by: Principal,
    refusal: Refusal | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "place": place,
        "store": place.store,
        "is_vault": place.kind == PlaceKind.VAULT,
        "parts": parts,
        "draft": draft,
        "is_manager": by.has_role(Role.MANAGER),
        "starts_settlements": _starts_settlements(place),
        "starts": draft.typed.get(STARTS, ""),
    }
    if place.kind == PlaceKind.REGISTER and refusal is None:
        context |= _in_the_way(place)
    return form_page(request, "settlements/open.html", context, refusal)


def _review(request: HttpRequest, place: Place, parts: CountParts, draft: FormDraft) -> HttpResponse:
    """Shows the review of a count without errors. It is the second look, too, if an amount is out of line."""
    context = {
        "place": place,
        "store": place.store,
        "is_vault": place.kind == PlaceKind.VAULT,
        "parts": parts,
        "draft": draft,
        "starts": draft.typed.get(STARTS, ""),
        **_look(place, parts).doubts(),
    }
    return form_page(request, "settlements/open_review.html", context)


def _in_the_way(place: Place) -> dict[str, Any]:
    """Returns what may prevent the opening of a register, as template context.

    `session` is the open session at the register, or None. `lacks_vault` says whether the vault has no settlement.

    The page shows both before the person counts. The domain checks again under the lock.
    """
    vault = queries.vault_of(place.store)
    return {"session": queries.session_at(place), "lacks_vault": vault.settling == Settling.NONE}
