"""Shared code of the vault's pages: the store, and the paths and drafts of its forms."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Final
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.store.store_reference import find_store
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.formats import write_as
from cashdesk.forms.count_sheet import CountSheet
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.pages import path_to
from cashdesk.models import Store
from cashdesk.web.pages import Page, page_for

ROWS: Final = 25
NOTE_LENGTH_MAX: Final = 500
STORES_MAX: Final = 500


def vault_page(view: Callable[..., HttpResponse]) -> Page:
    """Turns a view of `(request, by, store, ...)` into a page for managers about one store.

    `?store=` (number or UUID) chooses the store. The default is the manager's own store; a manager without a store
    chooses one first. A store out of scope gets 404.
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
    """Returns the query parameter that keeps links on the same store. Empty if the request names no store."""
    reference = quote(request.GET.get("store", ""), safe="")
    return {"store": reference} if reference else {}


def path_within(request: HttpRequest, page: str, *named: Any, **query: str) -> str:
    """Returns the path of a page, with the query parameter that keeps the same store."""
    return path_to(page, *named, **query, **store_asked(request))


def about(request: HttpRequest, store: Store) -> dict[str, Any]:
    """Returns the context of every vault page: the store, and the query for its links."""
    asked = store_asked(request)
    return {"store": store, "store_query": f"?store={asked['store']}" if asked else ""}


def count_above_zero(sheet: CountSheet) -> CountedAmount | None:
    """Returns the typed count. If it is missing, wrong or 0, returns None, and the sheet has the error to show."""
    if sheet.counted is None and not sheet.by_pieces and not sheet.amount:
        sheet.amount_error = _("Enter the pieces or an amount.")
    elif sheet.counted is not None and sheet.total == 0:
        sheet.amount_error = _("Enter an amount above 0.")
    return None if sheet.has_errors else sheet.counted


def draft_within(request: HttpRequest, subject: str, *, by: Principal) -> FormDraft:
    """Returns the draft of a page's form. Its path includes `?store=`, so that the draft opens for the same store."""
    draft = form_draft(request, subject, by=by)
    asked = store_asked(request)
    if asked:
        draft.key = replace(draft.key, page=f"{request.path}?store={asked['store']}")
    return draft


def newest_of(request: HttpRequest, rows: "QuerySet[Any]", *, page: str) -> dict[str, Any]:
    """Returns the context of a list, newest first: one page of rows, and the path to older rows.

    `?before=` is an id: the list then shows older rows.
    """
    before = request.GET.get("before", "")
    if before:
        if not (before.isascii() and before.isdecimal() and len(before) <= 18):
            raise Http404
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: ROWS + 1])
    older = path_within(request, page, before=str(found[ROWS - 1].pk)) if len(found) > ROWS else ""
    return {"listed": found[:ROWS], "older": older, "is_first": not before}
