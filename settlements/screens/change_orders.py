"""The pages of change orders: place, list, receive, cancel, and a slip to print."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.denominations import denominations_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.errors import DomainError, NotFound
from cashdesk.forms.count_sheet import AMOUNT, CountSheet
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.fields import Fields
from cashdesk.forms.pages import form_page, see_path
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import Store
from settlements import queries
from settlements.domain.change_order import cancel_change, order_change, receive_change
from settlements.models import ChangeOrder
from settlements.screens.paper import papers_of
from settlements.screens.vault_forms import NOTE_LENGTH_MAX, about, draft_within, newest_of, path_within, vault_page

BOOK: Final = "book-"
"""Prefix of the `step` value that confirms an amount other than the ordered one. The minor units follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One note or coin of an order.

    `ordered` and `came` are numbers of pieces. `packed` is the number of pieces in a roll or bundle, or 0.
    """

    worth: int
    ordered: int
    came: int
    packed: int

    @property
    def packs(self) -> int:
        """The number of full rolls or bundles in the ordered pieces."""
        return self.ordered // self.packed if self.packed else 0

    @property
    def loose(self) -> int:
        """The number of ordered pieces that do not fill a roll or bundle."""
        return self.ordered - self.packs * self.packed

    @property
    def amount(self) -> int:
        """The value of the ordered pieces in minor units."""
        return self.worth * self.ordered


@vault_page
def orders_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Lists the store's orders, newest first. `?before=` is an id: the page then shows older orders."""
    listed = newest_of(request, queries.change_orders(by=by).filter(store=store), page="vault-orders")
    return render(request, "settlements/change_orders.html", {**about(request, store), **listed})


@vault_page
def order_change_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Asks for an order, by notes and coins or as one amount, and places it. Then redirects to the order and its slip."""
    draft = draft_within(request, f"change-order:{store.uuid}", by=by)
    if request.method != "POST":
        return _show_new(request, store, draft, CountSheet.resumed(store.currency, draft.typed, by_weight=False))
    sheet = CountSheet(store.currency, draft.typed, above_zero=True, by_weight=False)
    fields, at = Fields(request), timezone.now()
    ordered = _typed_count(sheet)
    wanted_on, note = fields.day("wanted_on"), fields.text("note", length_max=NOTE_LENGTH_MAX)
    if ordered is None or fields.errors:
        return _show_new(request, store, draft, sheet, Refusal(status=400, errors=fields.errors))

    def act() -> str:
        made = order_change(store=store, ordered=ordered, wanted_on=wanted_on, note=note, by=by, at=at)
        return path_within(request, "vault-order", made.uuid, notice="ordered")

    def again(error: DomainError) -> HttpResponse:
        return _show_new(request, store, draft, sheet, _refusal(error, sheet))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft)


@vault_page
def order_page(request: HttpRequest, by: Principal, store: Store, order: UUID) -> HttpResponse:
    """Shows an order and its state. `?paper=` chooses the paper of its slip."""
    found = _found(order, by=by, store=store)
    context = {
        **about(request, store),
        **papers_of(request, "vault-order", order),
        "order": found,
        "lines": _lines(found),
        "has_came": bool(found.received_pieces),
        "notice": request.GET.get("notice", ""),
    }
    return render(request, "settlements/change_order.html", context)


@vault_page
def arrive_page(request: HttpRequest, by: Principal, store: Store, order: UUID) -> HttpResponse:
    """Asks for the count of the arrived change and books it. The person can copy the ordered pieces into the form.

    A person must confirm an amount that differs from the order before it is booked.
    """
    found = _found(order, by=by, store=store)
    if request.method != "POST" and not found.is_under_way:
        return see_path(path_within(request, "vault-order", order, notice="not-awaited"))
    draft, usual = draft_within(request, f"change-arrives:{order}", by=by), found.ordered_by_worth
    if request.method != "POST":
        return _show_arrival(request, found, draft, CountSheet.resumed(found.currency, draft.typed, usual=usual))
    sheet = CountSheet(found.currency, draft.typed, usual=usual, above_zero=True)
    fields, at = Fields(request), timezone.now()
    if sheet.takes_usual:
        draft.save(request, at=at)
        return _show_arrival(request, found, draft, sheet)
    came = _typed_count(sheet)
    note = fields.text("note", length_max=NOTE_LENGTH_MAX)
    if came is None or fields.errors:
        return _show_arrival(request, found, draft, sheet, Refusal(status=400, errors=fields.errors))
    # A count of 0 needs no confirmation: the domain refuses it.
    if came.amount and came.amount != found.amount and request.POST.get("step") != f"{BOOK}{came.amount}":
        draft.save(request, at=at)
        return _show_arrival(request, found, draft, sheet, differs=came.amount - found.amount)

    def act() -> str:
        receive_change(order=found, received=came, note=note, by=by, at=at)
        return path_within(request, "vault-order", order, notice="arrived")

    def again(error: DomainError) -> HttpResponse:
        return _show_arrival(request, found, draft, sheet, _refusal(error, sheet))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft)


@vault_page
def cancel_page(request: HttpRequest, by: Principal, store: Store, order: UUID) -> HttpResponse:
    """Asks for a reason and cancels the order."""
    found = _found(order, by=by, store=store)
    if request.method != "POST" and not found.is_under_way:
        return see_path(path_within(request, "vault-order", order, notice="not-awaited"))
    draft, at = draft_within(request, f"change-cancelled:{order}", by=by), timezone.now()
    context = {**_about_order(request, found), "draft": draft, "typed": {"reason": draft.typed.get("reason", "")}}
    if request.method != "POST":
        return form_page(request, "settlements/change_cancel.html", context)
    fields = Fields(request)
    missing = _("Enter a reason.")
    reason = fields.text("reason", length_max=NOTE_LENGTH_MAX, missing=missing)

    def act() -> str:
        cancel_change(order=found, reason=reason, by=by, at=at)
        return path_within(request, "vault-order", order, notice="cancelled")

    def again(error: DomainError) -> HttpResponse:
        return form_page(request, "settlements/change_cancel.html", context, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)


def _found(number: UUID, *, by: Principal, store: Store) -> ChangeOrder:
    """Returns the store's order. Raises the same NotFound for an unknown order and for an order of another store."""
    found = queries.change_order(by=by, order_id=number)
    if found.store_id != store.pk:
        raise NotFound(_("There is no change order with this id."))
    return found


def _typed_count(sheet: CountSheet) -> CountedAmount | None:
    """Returns the typed count. If the count is missing or wrong, returns None, and the sheet has the error to show."""
    if sheet.counted is None and not sheet.by_pieces and not sheet.amount:
        sheet.amount_error = _("Enter the pieces or an amount.")
    return None if sheet.has_errors else sheet.counted


def _refusal(error: DomainError, sheet: CountSheet) -> Refusal:
    """Returns the refusal of the form. Also shows the error at the amount field of the sheet."""
    sheet.amount_error = error.on_pages.get(AMOUNT, "") or error.on_pages.get("received", "")
    return Refusal.of(error)


def _lines(order: ChangeOrder) -> list[Line]:
    ordered, came = order.ordered_by_worth, order.received_by_worth
    # A note and a coin of the same value share a line. Notes come first in the list, so in the reversed list the note
    # overwrites the pack of the coin.
    packed = {piece.value: piece.packed for piece in reversed(denominations_of(order.currency))}
    return [
        Line(worth=worth, ordered=ordered.get(worth, 0), came=came.get(worth, 0), packed=packed.get(worth, 0))
        for worth in sorted({*ordered, *came}, reverse=True)
    ]


def _show_new(
    request: HttpRequest, store: Store, draft: FormDraft, sheet: CountSheet, refusal: Refusal | None = None
) -> HttpResponse:
    context = {
        **about(request, store),
        "sheet": sheet,
        "draft": draft,
        "typed": {name: draft.typed.get(name, "") for name in ("wanted_on", "note")},
        "note_max": NOTE_LENGTH_MAX,
    }
    return form_page(request, "settlements/change_order_new.html", context, refusal)


def _show_arrival(
    request: HttpRequest,
    order: ChangeOrder,
    draft: FormDraft,
    sheet: CountSheet,
    refusal: Refusal | None = None,
    *,
    differs: int = 0,
) -> HttpResponse:
    context = {
        **_about_order(request, order),
        "sheet": sheet,
        "draft": draft,
        "typed": {"note": draft.typed.get("note", "")},
        "differs": differs,
        "is_less": differs < 0,
        "apart": abs(differs),
        "book": f"{BOOK}{sheet.total}",
    }
    return form_page(request, "settlements/change_arrive.html", context, refusal)


def _about_order(request: HttpRequest, order: ChangeOrder) -> dict[str, Any]:
    return {**about(request, order.store), "order": order, "note_max": NOTE_LENGTH_MAX}
