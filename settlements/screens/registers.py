"""The pages of a register's settlement: the list, a running or closed settlement, and the start of its count."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import note_rows_seen
from cashdesk.enums import CASH, Role
from cashdesk.errors import DomainError
from cashdesk.formats import write_as
from cashdesk.forms.count_parts import CountParts
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal, refusal_of
from cashdesk.forms.submit import submit_once
from cashdesk.models import User
from cashdesk.web.pages import page_for
from settlements import queries
from settlements.domain.counting import start_counting
from settlements.enums import PREVIEWS_OF_A_REGISTER, Act, SettlementType
from settlements.models import Settlement


@page_for(Role.CASHIER, by_pin=True)
def registers_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Lists the registers that a person may settle. Redirects a cashier who has only one register to that register."""
    user = cast(User, by.user)
    if user.store is None:
        return see("vault" if by.has_role(Role.MANAGER) else "desk")
    found = queries.registers(by=by, store=user.store)
    if len(found) == 1 and not by.has_role(Role.MANAGER):
        (only,) = found
        if only.settlement is not None:
            return see("settlement-page", only.settlement.uuid)
        return see("settlement-open", user.store.uuid, only.register.number)
    return render(request, "settlements/registers.html", {"store": user.store, "registers": found})


@page_for(Role.CASHIER, by_pin=True)
def settlement_page(request: HttpRequest, by: Principal, settlement: UUID) -> HttpResponse:
    """Shows the opening amounts of a settlement and the next step.

    After the close, shows the figures to people who may see them.
    """
    found = queries.settlement(by=by, settlement_id=settlement)
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    note_rows_seen(rows=[found], by=by, at=timezone.now(), noun="settlements")
    names = CountParts((), methods=queries.methods_of(found.store))
    context: dict[str, Any] = {
        **_context(found, by=by),
        "notice": request.GET.get("notice", ""),
        "initial": [{"title": names.title_of(line.pair), "line": line} for line in _opening_amounts(found)],
        "attempts_left": PREVIEWS_OF_A_REGISTER - found.preview_count,
        "attempts": PREVIEWS_OF_A_REGISTER,
    }
    if found.is_closed:
        lines = found.closing_amounts.all() if getattr(found, "shows_result", False) else []
        context["closing"] = [{"title": names.title_of(line.pair), "line": line} for line in lines]
        context["differs"] = any(line.difference for line in lines)
        return render(request, "settlements/result.html", context)
    if found.type == SettlementType.VAULT:
        return see("vault-of", found.store.uuid)
    context["session"] = queries.session_at(found.place)
    return render(request, "settlements/settlement.html", context)


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def start_page(request: HttpRequest, by: Principal, settlement: UUID) -> HttpResponse:
    """Asks for confirmation, then starts the count. A register cannot sell while it is counted."""
    found = queries.settlement(by=by, settlement_id=settlement)
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    if request.method != "POST":
        if Act.START_COUNTING not in found.allowed_acts:
            return see("settlement-page", found.uuid)
        return _show_start(request, found, by=by)
    at = timezone.now()

    def act() -> str:
        start_counting(settlement=found, by=by, at=at)
        return path_to("settlement-count", found.uuid)

    def again(error: DomainError) -> HttpResponse:
        now = queries.settlement(by=by, settlement_id=found.uuid)
        if Act.START_COUNTING not in now.allowed_acts:
            return see("settlement-page", now.uuid, notice="closed-meanwhile" if now.is_closed else "counting-already")
        return _show_start(request, now, by=by, refusal=refusal_of(error, store=now.store))

    return submit_once(request, by=by, at=at, act=act, again=again)


def _opening_amounts(settlement: Settlement) -> list[Any]:
    """Returns the opening amounts, cash first."""
    return sorted(settlement.initial_amounts.all(), key=lambda line: line.method != CASH)


def _show_start(
    request: HttpRequest, settlement: Settlement, *, by: Principal, refusal: Refusal | None = None
) -> HttpResponse:
    context = {**_context(settlement, by=by), "session": queries.session_at(settlement.place)}
    return form_page(request, "settlements/start.html", context, refusal)


def _context(settlement: Settlement, *, by: Principal) -> dict[str, Any]:
    return {
        "settlement": settlement,
        "store": settlement.store,
        "place": settlement.place,
        "is_vault": settlement.type == SettlementType.VAULT,
        "is_manager": by.has_role(Role.MANAGER),
    }
