"""The page of the vault: its running settlement, its last count, and the actions of a manager there."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.may_trade import trades_under_settlement
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.formats import write_as
from cashdesk.forms.count_parts import CountParts
from cashdesk.models import Store
from cashdesk.web.chosen_store import chosen_store
from cashdesk.web.pages import page_for
from settlements import queries
from settlements.screens.vault_money import forms_offered

STORES_MAX: Final = 500


@page_for(Role.MANAGER)
def vault_page(request: HttpRequest, by: Principal, store: UUID | None = None) -> HttpResponse:
    """Shows a store's vault and its registers. Without a store in the path it is the chosen one."""
    if store is not None:
        found = by.stores().filter(uuid=store).first()
        if found is None:
            raise NotFound("There is no such store.")
        return _show(request, found, by=by)
    chosen = chosen_store(request, by=by)
    if chosen is not None:
        return _show(request, chosen, by=by)
    stores = list(by.stores().order_by("number", "pk")[:STORES_MAX])
    return render(request, "settlements/vaults.html", {"stores": stores})


def _show(request: HttpRequest, store: Store, *, by: Principal) -> HttpResponse:
    write_as(store.language, store.currency, store.time_zone)
    place = queries.vault_of(store)
    write_as(store.language, store.currency, store.time_zone)
    running = queries.running_at(place)
    names = CountParts((), methods=queries.methods_of(store))
    lines = running.initial_amounts.all() if running is not None else []
    context: dict[str, Any] = {
        "store": store,
        "place": place,
        "settlement": running,
        "initial": [{"title": names.title_of(line.pair), "line": line} for line in lines],
        "last": queries.last_closed_at(place),
        "registers": queries.registers(by=by, store=store),
        "store_query": "" if by.user is not None and by.user.store_id == store.pk else f"?store={store.uuid}",
        "forms": forms_offered(),
        "under_way": queries.change_under_way(store=store),
        "notice": request.GET.get("notice", ""),
        "is_settled": running is not None or trades_under_settlement(store),
    }
    return render(request, "settlements/vault.html", context)
