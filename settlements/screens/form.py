"""What the pages of the vault share: whose store it is, and how the fields of a form are read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import wraps
from typing import Any, Final
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cashdesk import money
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.store_reference import find_store
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput, NotFound
from cashdesk.models import Store
from cashdesk.screens.draft import Kept, kept_of
from cashdesk.screens.form import path_to, text_of
from cashdesk.web.fields import date_in
from cashdesk.web.pages import Page, page_for
from cashdesk.writing import amount_typed, write_as

ROWS: Final = 25
NOTE_LENGTH_MAX: Final = 500
STORES_MAX: Final = 500


def vault_page(view: Callable[..., HttpResponse]) -> Page:
    """Makes a view of `(request, by, store, ...)` a page for managers about one store: `?store=` its number or UUID, else
    their own. Who works in no store chooses one first; of a store that is not theirs there is no page.
    """

    @page_for(Role.MANAGER, takes_posts=True)
    @wraps(view)
    def page(request: HttpRequest, by: Principal, **named: Any) -> HttpResponse:
        store = _store_meant(request, by=by)
        if store is None:
            stores = by.stores().order_by("number", "pk")[:STORES_MAX]
            return render(request, "settlements/vault_stores.html", {"stores": stores})
        write_as(store.language, store.currency, store.time_zone)
        return view(request, by=by, store=store, **named)

    return page


def _store_meant(request: HttpRequest, *, by: Principal) -> Store | None:
    reference = request.GET.get("store", "")
    own = by.user.store_id if by.user is not None else None
    if not reference:
        return by.stores().filter(pk=own).first() if own is not None else None
    found = find_store(reference=reference, by=by)
    if found is None:
        raise NotFound("There is no such store.")
    return found


def store_asked(request: HttpRequest) -> dict[str, str]:
    """Returns what a link has to say so that the next page is about the same store: nothing where it is one's own."""
    reference = quote(request.GET.get("store", ""), safe="")
    return {"store": reference} if reference else {}


def path_within(request: HttpRequest, page: str, *named: Any, **query: str) -> str:
    """Returns the path of a page about the same store."""
    return path_to(page, *named, **query, **store_asked(request))


def about(request: HttpRequest, store: Store) -> dict[str, Any]:
    """Returns what every page of the vault shows: the store, and what its links say of it."""
    asked = store_asked(request)
    return {"store": store, "store_query": f"?store={asked['store']}" if asked else ""}


def kept_within(request: HttpRequest, subject: str, *, by: Principal) -> Kept:
    """Returns the draft behind the form of a page, which shows it again about the same store."""
    kept = kept_of(request, subject, by=by)
    asked = store_asked(request)
    if asked:
        kept.keeper = replace(kept.keeper, page=f"{request.path}?store={asked['store']}")
    return kept


def newest_of(request: HttpRequest, rows: "QuerySet[Any]", *, page: str) -> dict[str, Any]:
    """Returns what a list shows of rows, newest first, from `?before=` one of them on, and the path of those before them."""
    before = request.GET.get("before", "")
    if before:
        if not (before.isascii() and before.isdecimal() and len(before) <= 18):
            raise Http404
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: ROWS + 1])
    older = path_within(request, page, before=str(found[ROWS - 1].pk)) if len(found) > ROWS else ""
    return {"listed": found[:ROWS], "older": older, "is_first": not before}


class Fields:
    """Reads the fields of a form one by one, and gathers what is wrong with them, so that all of it is said at once."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.errors: dict[str, str] = {}

    def amount(self, name: str, currency: str, *, may_be_nothing: bool = False) -> int:
        """Returns minor units."""
        typed = self.request.POST.get(name, "").strip()
        if not typed:
            self.errors[name] = _("is required.")
            return 0
        try:
            found = amount_typed(typed, currency, field=name)
        except InvalidInput as error:
            self.errors |= error.errors
            return 0
        if found == 0 and not may_be_nothing:
            self.errors[name] = _("must be more than 0.")
        return found

    def text(self, name: str, *, length_max: int, missing: str = "") -> str:
        """Returns a line of text; `missing` is what is said where there is none and must be."""
        found = text_of(self.request, name)
        if missing and not found:
            self.errors[name] = missing
        elif len(found) > length_max:
            self.errors[name] = _("must be at most %(limit)s characters.") % {"limit": length_max}
        return found

    def station(self, name: str) -> int:
        """Returns the number of a register."""
        typed = self.request.POST.get(name, "")
        if not typed:
            self.errors[name] = _("is required: choose one.")
            return 0
        try:
            return money.parse_whole(typed, field=name)
        except InvalidInput as error:
            self.errors |= error.errors
            return 0

    def day(self, name: str) -> date | None:
        """Returns a day, None where nothing was typed."""
        typed = self.request.POST.get(name, "").strip()
        try:
            return date_in(typed, field=name) if typed else None
        except InvalidInput as error:
            self.errors |= error.errors
            return None

    def refuse_wrong(self) -> None:
        """Raises InvalidInput naming every field that is wrong, if one is."""
        if self.errors:
            raise InvalidInput(_("The form is not complete."), errors=self.errors)
