"""The choice of the store that a person works with, for people who see several stores."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.store_reference import find_store
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.forms.pages import path_within, see_path
from cashdesk.models import User
from cashdesk.web.chosen_store import remember_store
from cashdesk.web.pages import page_for
from cashdesk.web.shell import first_path_of, path_of_part

STORES_MAX: Final = 500


@page_for(Role.MANAGER)
def stores_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Lists the stores of a person, to choose one. `?q=` finds stores by a part of their number or name.

    The choice leads to the path in `?next=`, else to the person's first page.
    """
    wanted = request.GET.get("q", "").strip().replace("\0", "")
    stores = by.stores().order_by("number", "pk")
    found = [one for one in stores[:STORES_MAX] if wanted.lower() in str(one).lower()]
    return render(
        request,
        "cashdesk/stores.html",
        {"found": found, "wanted": wanted, "back": path_within(request.GET.get("next", ""))},
    )


@page_for(Role.MANAGER, takes_posts=True)
def choose_store_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Remembers a store. Then shows the same part of the product for that store.

    A page about one row of another store would stay there, so the person gets the first page of its part.
    """
    store = find_store(reference=request.POST.get("store", ""), by=by)
    if store is None:
        raise NotFound("There is no such store.")
    remember_store(request, store)
    assert isinstance(request.user, User)  # noqa: S101 (the page is for people)
    back = path_within(request.POST.get("back", ""))
    return see_path(path_of_part(back) or first_path_of(request.user))
