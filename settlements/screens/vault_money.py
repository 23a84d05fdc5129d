"""The forms for the vault's cash, except deposits: change from the bank, loans, drops, money paid in or out."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk import queries as ledger_queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind
from cashdesk.errors import DomainError
from cashdesk.forms.count_sheet import AMOUNT, CountSheet
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.fields import Fields
from cashdesk.forms.pages import form_page
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.second_look_page import SecondLook, is_correcting
from cashdesk.forms.submit import submit_once
from cashdesk.models import Movement, Store
from cashdesk.movement_rule_columns import FormWords
from cashdesk.movement_rules import RULES
from settlements import queries
from settlements.domain.cashbook import accounts_of
from settlements.domain.store_movement import UNDER_ACCOUNT, move_in_store
from settlements.enums import ENTRY_KIND, SettlementType
from settlements.models import CashbookAccount
from settlements.screens.vault_forms import NOTE_LENGTH_MAX, about, draft_within, path_within, vault_page

CODE_LENGTH_MAX: Final = 50
VAULT: Final = 0
PAGES: Final = {
    MovementKind.LOAN: "vault-loan",
    MovementKind.DROP: "vault-fetch",
    MovementKind.WITHDRAWAL: "vault-change",
    MovementKind.PAID_IN: "vault-pay-in",
    MovementKind.PAID_OUT: "vault-pay-out",
}
COUNTED: Final = frozenset(PAGES) - UNDER_ACCOUNT
"""Kinds whose form accepts pieces per note and coin, as well as one amount."""


def forms_offered() -> list[tuple[str, FormWords]]:
    """Returns the URL name and the words of each form, for the buttons of the vault's page."""
    return [(PAGES[kind], words) for kind in PAGES if (words := RULES[kind].vault_form) is not None]


@vault_page
def change_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Shows the form for change that arrived from the bank, and books it."""
    return _page(request, by=by, store=store, kind=MovementKind.WITHDRAWAL)


@vault_page
def loan_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Shows the form for change that a register gets from the vault during the day, and books it."""
    return _page(request, by=by, store=store, kind=MovementKind.LOAN)


@vault_page
def fetch_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Shows the form for cash that a manager moves from a register into the vault, and books it."""
    return _page(request, by=by, store=store, kind=MovementKind.DROP)


@vault_page
def pay_in_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Shows the form for cash paid into the vault under a cashbook account, and books it."""
    return _page(request, by=by, store=store, kind=MovementKind.PAID_IN)


@vault_page
def pay_out_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Shows the form for cash paid out of the vault under a cashbook account, and books it."""
    return _page(request, by=by, store=store, kind=MovementKind.PAID_OUT)


def _page(request: HttpRequest, *, by: Principal, store: Store, kind: MovementKind) -> HttpResponse:
    """Shows the form of a movement kind. A POST books the movement once.

    After a booking the form is shown again, because change often goes to several registers.
    """
    draft = draft_within(request, f"{PAGES[kind]}:{store.uuid}", by=by)
    if request.method != "POST":
        resumed = CountSheet.resumed(store.currency, draft.typed) if kind in COUNTED else None
        return _show(request, store, kind, draft, resumed, booked=_booked(request, by=by, store=store, kind=kind))
    at = timezone.now()
    sheet = CountSheet(store.currency, draft.typed, above_zero=True) if kind in COUNTED else None
    if is_correcting(request):
        return _show(request, store, kind, draft, sheet)
    is_vault = not RULES[kind].is_of_register
    fields = Fields(request)
    told = _read(fields, store, kind, sheet)
    amounts = [(told["amount"], store.currency)]
    look = SecondLook(store=store, kind=kind, amounts=amounts, is_vault=is_vault, station=told["station"])

    def act() -> str:
        movement = move_in_store(store=store, kind=kind, currency=store.currency, **told, by=by, at=at)
        return path_within(request, PAGES[kind], booked=str(movement.uuid))

    def again(error: DomainError) -> HttpResponse:
        if sheet is not None:
            sheet.amount_error = error.on_pages.get(AMOUNT, "")
        return _show(request, store, kind, draft, sheet, refusal=Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong, look=look)


def _read(fields: Fields, store: Store, kind: MovementKind, sheet: CountSheet | None) -> dict[str, Any]:
    """Returns the movement's fields. Collects errors in `fields`."""
    told: dict[str, Any] = {"amount": _amount(fields, store, sheet), "station": VAULT}
    if RULES[kind].is_of_register:
        told["station"] = fields.station("station")
    if kind in UNDER_ACCOUNT:
        told["reason"] = fields.text("reason", length_max=CODE_LENGTH_MAX, missing=_("Choose an account."))
    told["note"] = fields.text("note", length_max=NOTE_LENGTH_MAX)
    return told


def _amount(fields: Fields, store: Store, sheet: CountSheet | None) -> int:
    """Returns the value of the counted notes and coins, or the typed amount if no pieces were typed. In minor units."""
    if sheet is None or not sheet.by_pieces:
        return fields.amount(AMOUNT, store.currency)
    wrong = {row.field: row.error for row in sheet.rows} | {AMOUNT: sheet.amount_error}
    if sheet.counted is not None and sheet.total == 0:
        wrong[AMOUNT] = _("Enter an amount above 0.")
    fields.errors |= {name: error for name, error in wrong.items() if error}
    return sheet.total


def _show(
    request: HttpRequest,
    store: Store,
    kind: MovementKind,
    draft: FormDraft,
    sheet: CountSheet | None,
    *,
    refusal: Refusal | None = None,
    booked: Movement | None = None,
) -> HttpResponse:
    rule, is_change = RULES[kind], kind == MovementKind.WITHDRAWAL
    words = rule.vault_form
    near_end = (booked.destination if rule.comes_in else booked.source) if booked is not None else None
    context = {
        **about(request, store),
        "words": words,
        "booked": booked,
        "booked_words": words.booked_at(near_end.number) if words and near_end else "",
        "draft": draft,
        "typed": {name: draft.typed.get(name, "") for name in ("amount", "station", "reason", "note")},
        "registers": queries.trading_registers(store=store) if rule.is_of_register else [],
        "sheet": sheet,
        "is_at_a_register": rule.is_of_register,
        "accounts": _accounts(store, kind) if kind in UNDER_ACCOUNT else [],
        "is_under_a_reason": kind in UNDER_ACCOUNT,
        "is_change": is_change,
        "under_way": queries.change_under_way(store=store) if is_change else [],
        "note_max": NOTE_LENGTH_MAX,
    }
    return form_page(request, "settlements/vault_money.html", context, refusal)


def _accounts(store: Store, kind: MovementKind) -> list[CashbookAccount]:
    """Returns the active accounts for this kind's direction."""
    every = accounts_of(store=store, type=SettlementType.VAULT)
    return [account for account in every if account.is_active and ENTRY_KIND[account.direction] == kind]


def _booked(request: HttpRequest, *, by: Principal, store: Store, kind: MovementKind) -> Movement | None:
    """Returns the movement that the person has just booked, if `?booked=` names it."""
    try:
        wanted = UUID(request.GET.get("booked", ""))
    except ValueError:
        return None
    movement = ledger_queries.own_movement(by=by, movement_id=wanted)
    return movement if movement is not None and (movement.store_id, movement.kind) == (store.pk, kind) else None
