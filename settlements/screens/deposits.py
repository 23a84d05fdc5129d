"""The pages of deposits: prepare a bag, list, record pick-up and credit, correct a credit, and print slips."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.documents.page import files_at
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind
from cashdesk.errors import DomainError, NotFound
from cashdesk.forms.count_sheet import AMOUNT, CountSheet
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.fields import Fields
from cashdesk.forms.pages import form_page, see_path
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.second_look_page import SecondLook, is_correcting
from cashdesk.forms.submit import submit_once
from cashdesk.models import Store
from settlements import queries
from settlements.domain.deposit import (
    REASON_MAX,
    acts_open_to,
    collect_deposit,
    correct_credit,
    credit_deposit,
    prepare_deposit,
    why_not_corrected,
)
from settlements.enums import DepositAct, DepositState
from settlements.models import Deposit
from settlements.screens.paper import papers_of
from settlements.screens.vault_forms import (
    NOTE_LENGTH_MAX,
    about,
    count_above_zero,
    draft_within,
    newest_of,
    path_within,
    vault_page,
)

NUMBER_LENGTH_MAX: Final = 64
COURIER_LENGTH_MAX: Final = 200


@vault_page
def deposits_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Lists the store's deposits, newest first. `?before=` is an id: the page then shows older deposits."""
    rows = queries.deposits(by=by).filter(store=store)
    context = {**about(request, store), **newest_of(request, rows, page="vault-deposits")}
    return render(request, "settlements/deposits.html", context)


@vault_page
def prepare_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Asks for the cash in a bag, by notes and coins or as one amount. Packs the bag and redirects to its paying-in slip."""
    draft = draft_within(request, f"deposit-new:{store.uuid}", by=by)
    if request.method != "POST" or is_correcting(request):
        return _show_new(request, store, draft, CountSheet.resumed(store.currency, draft.typed))
    at, sheet = timezone.now(), CountSheet(store.currency, draft.typed, above_zero=True)
    counted, fields = count_above_zero(sheet), Fields(request)
    missing = _("Enter the number on the bag.")
    told: dict[str, Any] = {
        "bag_number": fields.text("bag_number", length_max=NUMBER_LENGTH_MAX, missing=missing),
        "slip_number": fields.text("slip_number", length_max=NUMBER_LENGTH_MAX),
        "note": fields.text("note", length_max=NOTE_LENGTH_MAX),
    }
    if counted is None or fields.errors:
        return _show_new(request, store, draft, sheet, Refusal(status=400, errors=fields.errors))
    told |= {"amount": counted.amount, "currency": counted.currency, "pieces": counted.pieces}

    def act() -> str:
        made = prepare_deposit(store=store, **told, by=by, at=at)
        return path_within(request, "vault-deposit", made.uuid, notice="prepared", paper="a4")

    look = SecondLook(
        store=store, kind=MovementKind.DEPOSIT, amounts=[(counted.amount, counted.currency)], is_vault=True
    )

    def again(error: DomainError) -> HttpResponse:
        sheet.amount_error = error.on_pages.get(AMOUNT, "")
        return _show_new(request, store, draft, sheet, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, look=look)


@vault_page
def deposit_page(request: HttpRequest, by: Principal, store: Store, deposit: UUID) -> HttpResponse:
    """Shows a deposit and its state. `?paper=` chooses the paper of its slip."""
    found = _found(deposit, by=by, store=store)
    context = {
        **about(request, store),
        **papers_of(request, "vault-deposit", deposit),
        "deposit": found,
        "lines": [(worth, number, worth * number) for worth, number in found.packed_by_worth.items()],
        "allowed": [str(act) for act in acts_open_to(found, by=by)],
        "why_not_corrected": why_not_corrected(found, by=by) if found.state == DepositState.CREDITED else "",
        "notice": request.GET.get("notice", ""),
        "files": files_at("vault-deposit-file", deposit),
        "trail_of": ("deposit", found.uuid),
    }
    return render(request, "settlements/deposit.html", context)


@vault_page
def collect_page(request: HttpRequest, by: Principal, store: Store, deposit: UUID) -> HttpResponse:
    """Records the pick-up of the bag and its courier."""
    found = _found(deposit, by=by, store=store)
    if request.method != "POST" and DepositAct.COLLECT not in acts_open_to(found, by=by):
        return see_path(path_within(request, "vault-deposit", deposit, notice="not-awaited"))
    draft = draft_within(request, f"deposit-collect:{deposit}", by=by)
    context = {**about(request, store), "deposit": found}
    if request.method != "POST":
        return _show(request, "settlements/deposit_collect.html", context, draft)
    at = timezone.now()
    fields = Fields(request)
    courier = fields.text("courier", length_max=COURIER_LENGTH_MAX)

    def act() -> str:
        collect_deposit(deposit=found, courier=courier, by=by, at=at)
        return path_within(request, "vault-deposit", deposit, notice="collected")

    def again(error: DomainError) -> HttpResponse:
        return _show(request, "settlements/deposit_collect.html", context, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)


@vault_page
def credit_page(request: HttpRequest, by: Principal, store: Store, deposit: UUID) -> HttpResponse:
    """Records the amount that the bank credited. Then shows the difference."""
    found = _found(deposit, by=by, store=store)
    if request.method != "POST" and DepositAct.CREDIT not in acts_open_to(found, by=by):
        return see_path(path_within(request, "vault-deposit", deposit, notice="not-awaited"))
    draft = draft_within(request, f"deposit-credit:{deposit}", by=by)
    context = {**about(request, store), "deposit": found}
    if request.method != "POST":
        return _show(request, "settlements/deposit_credit.html", context, draft)
    at = timezone.now()
    fields = Fields(request)
    amount = fields.amount("amount", found.movement.currency, may_be_nothing=True)

    def act() -> str:
        credit_deposit(deposit=found, amount=amount, by=by, at=at)
        return path_within(request, "vault-deposit", deposit, notice="credited")

    def again(error: DomainError) -> HttpResponse:
        return _show(request, "settlements/deposit_credit.html", context, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)


@vault_page
def correct_credit_page(request: HttpRequest, by: Principal, store: Store, deposit: UUID) -> HttpResponse:
    """Corrects the recorded bank credit. Then shows the new difference."""
    found = _found(deposit, by=by, store=store)
    # Without a credit, no page has shown this form. A sent form about a credit is answered, also the second time.
    is_asked = request.method != "POST" or found.state != DepositState.CREDITED
    if is_asked and DepositAct.CORRECT_CREDIT not in acts_open_to(found, by=by):
        return see_path(path_within(request, "vault-deposit", deposit, notice="not-corrected"))
    draft = draft_within(request, f"deposit-correct:{deposit}", by=by)
    context = {**about(request, store), "deposit": found}
    if request.method != "POST":
        return _show(request, "settlements/deposit_correct.html", context, draft)
    at = timezone.now()
    fields = Fields(request)
    missing = _("Enter a reason.")
    told: dict[str, Any] = {
        "amount": fields.amount("amount", found.movement.currency, may_be_nothing=True),
        "reason": fields.text("reason", length_max=REASON_MAX, missing=missing),
    }

    def act() -> str:
        correct_credit(deposit=found, **told, by=by, at=at)
        return path_within(request, "vault-deposit", deposit, notice="corrected")

    def again(error: DomainError) -> HttpResponse:
        return _show(request, "settlements/deposit_correct.html", context, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)


def _found(number: UUID, *, by: Principal, store: Store) -> Deposit:
    """Returns the store's deposit. Raises the same NotFound for an unknown deposit and for a deposit of another store."""
    found = queries.deposit(by=by, deposit_id=number)
    if found.store_id != store.pk:
        raise NotFound("There is no deposit with this id.")
    return found


def _show_new(
    request: HttpRequest, store: Store, draft: FormDraft, sheet: CountSheet, refusal: Refusal | None = None
) -> HttpResponse:
    context = {**about(request, store), "sheet": sheet}
    return _show(request, "settlements/deposit_new.html", context, draft, refusal)


def _show(
    request: HttpRequest, template: str, context: dict[str, Any], draft: FormDraft, refusal: Refusal | None = None
) -> HttpResponse:
    names = ("amount", "bag_number", "slip_number", "note", "courier", "reason")
    lengths = {"number_max": NUMBER_LENGTH_MAX, "note_max": NOTE_LENGTH_MAX, "courier_max": COURIER_LENGTH_MAX}
    lengths["reason_max"] = REASON_MAX
    typed = {name: draft.typed.get(name, "") for name in names}
    return form_page(request, template, {**context, **lengths, "typed": typed, "draft": draft}, refusal)
