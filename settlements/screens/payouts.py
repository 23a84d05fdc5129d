"""The pages of payouts: list them, record what an acquirer paid out, and take a payout back."""

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.reversal import REASON_MAX
from cashdesk.enums import CASH
from cashdesk.errors import DomainError, NotFound
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.fields import Fields
from cashdesk.forms.pages import form_page
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import PaymentMethod, Store
from settlements.domain.payout import record_payout, reverse_payout
from settlements.models.payout import REFERENCE_MAX
from settlements.queries.payouts import payout as payout_of
from settlements.queries.payouts import payouts
from settlements.screens.vault_forms import about, draft_within, newest_of, path_within, vault_page

FIELDS: Final = ("method", "amount", "fee", "reference", "paid_on")


@vault_page
def payouts_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Lists the store's payouts, newest first. `?before=` is an id: the page then shows older payouts."""
    listed = newest_of(request, payouts(by=by).filter(store=store), page="payouts")
    context = {**about(request, store), **listed, "payouts": listed["listed"], "notice": request.GET.get("notice", "")}
    return render(request, "settlements/payouts.html", context)


@vault_page
def payout_new_page(request: HttpRequest, by: Principal, store: Store) -> HttpResponse:
    """Asks for the amount and the fee of a payout and books them. Then leads to the list."""
    draft = draft_within(request, f"payout:{store.uuid}", by=by)
    methods = list(
        PaymentMethod.objects.filter(account=store.account_id, is_active=True).exclude(code=CASH).order_by("code")
    )
    if request.method != "POST":
        return _show_new(request, store, draft, methods)
    fields, at = Fields(request), timezone.now()
    chosen = fields.text("method", length_max=32, missing=_("Choose a payment method."))
    if chosen and chosen not in {method.code for method in methods}:
        fields.errors["method"] = _("Choose a payment method.")
    amount = fields.amount("amount", store.currency)
    fee = fields.amount("fee", store.currency, may_be_nothing=True) if request.POST.get("fee", "").strip() else 0
    reference = fields.text("reference", length_max=REFERENCE_MAX)
    paid_on = fields.day("paid_on")

    def act() -> str:
        record_payout(
            store=store,
            method=chosen,
            currency=store.currency,
            amount=amount,
            fee=fee,
            reference=reference,
            paid_on=paid_on,
            by=by,
            at=at,
        )
        return path_within(request, "payouts", notice="recorded")

    def again(error: DomainError) -> HttpResponse:
        return _show_new(request, store, draft, methods, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)


@vault_page
def payout_reverse_page(request: HttpRequest, by: Principal, store: Store, payout: UUID) -> HttpResponse:
    """Asks for a reason and takes a payout back, with its fee."""
    found = payout_of(by=by, payout_id=payout)
    if found.store_id != store.pk:
        raise NotFound(_("There is no payout with this id."))
    draft, at = draft_within(request, f"payout-reversed:{payout}", by=by), timezone.now()
    context = {
        **about(request, store),
        "payout": found,
        "draft": draft,
        "typed": {"reason": draft.typed.get("reason", "")},
        "reason_max": REASON_MAX,
    }
    if request.method != "POST":
        return form_page(request, "settlements/payout_reverse.html", context)
    fields = Fields(request)
    reason = fields.text("reason", length_max=REASON_MAX, missing=_("Enter a reason."))

    def act() -> str:
        reverse_payout(payout=found, by=by, at=at, reason=reason)
        return path_within(request, "payouts", notice="reversed")

    def again(error: DomainError) -> HttpResponse:
        return form_page(request, "settlements/payout_reverse.html", context, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)


def _show_new(
    request: HttpRequest,
    store: Store,
    draft: FormDraft,
    methods: list[PaymentMethod],
    refusal: Refusal | None = None,
) -> HttpResponse:
    context = {
        **about(request, store),
        "draft": draft,
        "methods": methods,
        "typed": {name: draft.typed.get(name, "") for name in FIELDS},
        "reference_max": REFERENCE_MAX,
    }
    return form_page(request, "settlements/payout_new.html", context, refusal)
