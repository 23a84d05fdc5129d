"""Chooses the store that a page of this app shows."""

from typing import Final

from django.http import HttpRequest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.store_reference import find_store
from cashdesk.errors import NotFound
from cashdesk.models import Store

STORES_MAX: Final = 500
CHOSEN: Final = "store"
"""The key of the browser session that has the store that a person chose last."""


def store_shown(request: HttpRequest, *, by: Principal) -> Store | None:
    """Returns the store of `?store=` (number or UUID), else the person's own, else the one chosen last, else the only one.

    Returns None if the person must choose. Remembers the store of `?store=` for the browser session. Raises NotFound
    for a store out of scope.
    """
    asked = request.GET.get("store", "")
    if asked:
        found = find_store(reference=asked, by=by)
        if found is None:
            raise NotFound("There is no such store.")
        if request.session.get(CHOSEN) != str(found.uuid):
            request.session[CHOSEN] = str(found.uuid)
        return found
    own = by.own_store
    if own is not None:
        return own
    chosen = find_store(reference=str(request.session.get(CHOSEN, "")), by=by) if CHOSEN in request.session else None
    if chosen is not None:
        return chosen
    stores = list(by.stores().order_by("pk")[:2])
    return stores[0] if len(stores) == 1 else None
