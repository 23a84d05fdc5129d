"""The pages of payouts: list them, record what an acquirer paid out, and take a payout back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from settlements.queries.payouts import pairs_to_pay_out, payouts
from settlements.queries.payouts import payout as payout_of
from settlements.screens.vault_forms import about, draft_within, newest_of, path_within, vault_page

FIELDS: Final = ("method", "currency", "amount", "fee", "reference", "paid_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the form of a payout offers: payment methods as code and name, and currencies. The store's own comes first."""

    methods: Mapping[str, str]
    currencies: Sequence[str]


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
    choices = _choices(store, by=by)
    if request.method != "POST":
        return _show_new(request, store, draft, choices)
    fields, at = Fields(request), timezone.now()
    chosen = fields.text("method", length_max=32, missing=_("Choose a payment method."))
    if chosen and chosen not in choices.methods:
        fields.errors["method"] = _("Choose a payment method.")
    currency = request.POST.get("currency", "") or store.currency
    if currency not in choices.currencies:
        fields.errors["currency"], currency = _("Choose a currency."), store.currency
    amount = fields.amount("amount", currency)
    fee = fields.amount("fee", currency, may_be_nothing=True) if request.POST.get("fee", "").strip() else 0
    reference = fields.text("reference", length_max=REFERENCE_MAX)
    paid_on = fields.day("paid_on")

    def act() -> str:
        record_payout(
            store=store,
            method=chosen,
            currency=currency,
            amount=amount,
            fee=fee,
            reference=reference,
            paid_on=paid_on,
            by=by,
            at=at,
        )
        return path_within(request, "payouts", notice="recorded")

    def again(error: DomainError) -> HttpResponse:
        return _show_new(request, store, draft, choices, Refusal.of(error))

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


def _choices(store: Store, *, by: Principal) -> Choices:
    """Returns the methods of the account, and the currencies and methods that wait for a payout."""
    pairs = pairs_to_pay_out(store=store, by=by)
    methods = PaymentMethod.objects.filter(account=store.account_id).exclude(code=CASH)
    waiting = {pair.method for pair in pairs}
    names = {method.code: method.name for method in methods if method.is_active or method.code in waiting}
    codes = sorted({*names, *waiting})
    others = sorted({pair.currency for pair in pairs} - {store.currency})
    return Choices(methods={code: names.get(code, code) for code in codes}, currencies=[store.currency, *others])


def _show_new(
    request: HttpRequest,
    store: Store,
    draft: FormDraft,
    choices: Choices,
    refusal: Refusal | None = None,
) -> HttpResponse:
    context = {
        **about(request, store),
        "draft": draft,
        "choices": choices,
        "typed": {name: draft.typed.get(name, "") for name in FIELDS},
        "reference_max": REFERENCE_MAX,
    }
    return form_page(request, "settlements/payout_new.html", context, refusal)
