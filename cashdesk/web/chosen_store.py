"""Remembers in the browser session which store a person works with. Only people who see several stores can choose one."""

from typing import Final
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.store_reference import find_store
from cashdesk.errors import NotFound
from cashdesk.models import Store

CHOSEN: Final = "store"
"""The key in the browser session. The value is the UUID of the store."""


def chosen_store(request: HttpRequest, *, by: Principal) -> Store | None:
    """Returns the store of a page whose path names none, or None if the person must choose one.

    It is the store of `?store=` (number or UUID), else the one chosen last, else the person's own, else the only one.
    Remembers the store of `?store=`. Raises NotFound if the person may not see that store.
    """
    asked = request.GET.get("store", "")
    if asked:
        found = find_store(reference=asked, by=by)
        if found is None:
            raise NotFound("There is no such store.")
        remember_store(request, found)
    else:
        found = _remembered(request, by=by) or by.own_store or _only_one(by)
    request.store_of_page = found  # type: ignore[attr-defined]  # spares the shell a statement
    return found


def ask_for_store(request: HttpRequest) -> HttpResponse:
    """Redirects to the list of stores. The choice leads back to this page."""
    return redirect(f"{reverse('all-stores')}?next={quote(request.path)}")


def remember_store(request: HttpRequest, store: Store) -> None:
    """Keeps the choice until the person signs out."""
    if request.session.get(CHOSEN) != str(store.uuid):
        request.session[CHOSEN] = str(store.uuid)


def remembered_uuid(request: HttpRequest) -> str:
    """Returns the UUID of the store that was chosen last, or "". The person may have lost access to it."""
    return str(request.session.get(CHOSEN, ""))


def _remembered(request: HttpRequest, *, by: Principal) -> Store | None:
    uuid = remembered_uuid(request)
    own = by.own_store
    if own is not None and str(own.uuid) == uuid:
        return own
    return find_store(reference=uuid, by=by) if uuid else None


def _only_one(by: Principal) -> Store | None:
    stores = list(by.stores().order_by("pk")[:2])
    return stores[0] if len(stores) == 1 else None
