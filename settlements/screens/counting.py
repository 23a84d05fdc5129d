"""The pages that count a register or the vault blind: the sheet, its review, the preview, the close."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.enums import Role
from cashdesk.errors import DomainError
from cashdesk.formats import write_as
from cashdesk.forms.count_parts import NEW_CURRENCY, NEW_METHOD, CountParts
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal, refusal_of
from cashdesk.forms.submit import submit_once
from cashdesk.forms.witness_fields import Witness, witness_fields
from cashdesk.pair import Pair
from cashdesk.web.idempotency import WITNESS_PROOF
from cashdesk.web.pages import page_for
from settlements import queries
from settlements.domain.closing import close_settlement
from settlements.domain.count_attempts import cash_counted
from settlements.domain.counting import preview_settlement
from settlements.enums import PREVIEWS_OF_A_REGISTER, Act, SettlementType
from settlements.models import Settlement, SettlementCount
from settlements.screens.offered_parts import offered_by, typed_again

REVIEW: Final = "review"
BACK: Final = "back"
PREVIEW: Final = "preview"
CLOSE: Final = "close"


@sensitive_post_parameters(WITNESS_PROOF)
@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def count_page(request: HttpRequest, by: Principal, settlement: UUID) -> HttpResponse:
    """Shows the sheet (GET, or `step=back`), then its review, then previews (`step=preview`) or closes (`step=close`).

    A preview that does not close redirects back here with its number in `?attempt=`. The page reads the result from
    the database, so a form sent twice counts as one attempt. No step shows more than "equal" or "not equal" (law 5).
    """
    found = queries.settlement(by=by, settlement_id=settlement)
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    draft = form_draft(request, f"count:{found.uuid}", by=by, untyped=("after-previews", NEW_CURRENCY, NEW_METHOD))
    if request.method != "POST":
        if Act.PREVIEW not in found.allowed_acts:
            return see("settlement-page", found.uuid)
        attempt = queries.preview_of(by=by, settlement=found, attempt=_number(request.GET.get("attempt", "")))
        is_begun = draft.is_resumed
        parts = _parts(found, draft.typed).without_complaints() if is_begun else _parts_again(found, attempt)
        return _show(request, found, parts, draft, attempt=attempt)
    parts = _parts(found, request.POST)
    step = request.POST.get("step", REVIEW)
    if step in (PREVIEW, CLOSE) and parts.is_ready and not parts.is_adding:
        return _do(request, found, parts, draft, step, by=by)
    if Act.PREVIEW not in found.allowed_acts:
        return see("settlement-page", found.uuid, notice="closed-meanwhile" if found.is_closed else "not-counting")
    draft.save(request, at=timezone.now())
    if parts.is_adding:
        return _show(request, found, parts, draft, Refusal(status=400) if parts.new_error else None)
    if step == BACK:
        return _show(request, found, parts, draft)
    if not parts.is_ready:
        return _show(request, found, parts, draft, Refusal(status=400))
    return _review(request, found, parts, draft)


def _do(
    request: HttpRequest, settlement: Settlement, parts: CountParts, draft: FormDraft, step: str, *, by: Principal
) -> HttpResponse:
    """Previews or closes the settlement once. If the form is sent again, redirects to the same page as the first time."""
    at = timezone.now()
    witness = Witness(
        request=request, counted=_cash(parts, settlement), store=settlement.store, by=by, at=at, place=settlement.place
    )

    def act() -> str:
        if step == CLOSE:
            close_settlement(
                settlement=settlement,
                counted=parts.counted,
                by=by,
                at=at,
                witness=witness.user,
                refuses_unwitnessed=True,
            )
            return path_to("settlement-page", settlement.uuid)
        done = preview_settlement(
            settlement=settlement,
            counted=parts.counted,
            by=by,
            at=at,
            after_previews=_number(request.POST.get("after-previews", "")),
            witness=witness.user,
            refuses_unwitnessed=True,
        )
        if done.settlement.is_closed:
            return path_to("settlement-page", settlement.uuid)
        return path_to("settlement-count", settlement.uuid, attempt=str(done.attempt))

    def again(error: DomainError) -> HttpResponse:
        now = queries.settlement(by=by, settlement_id=settlement.uuid)
        if Act.PREVIEW not in now.allowed_acts:
            return see("settlement-page", now.uuid, notice="closed-meanwhile" if now.is_closed else "not-counting")
        return _review(request, now, parts, draft, refusal_of(error, store=now.store))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=witness.confirm)


def _parts(settlement: Settlement, typed: Mapping[str, str]) -> CountParts:
    methods = queries.methods_of(settlement.store)
    return CountParts(offered_by(settlement, methods=methods), methods=methods, typed=typed)


def _parts_again(settlement: Settlement, attempt: SettlementCount | None) -> CountParts:
    """Returns an empty count. If an attempt is given, its input is filled in again."""
    methods = queries.methods_of(settlement.store)
    added, typed = typed_again(attempt) if attempt is not None else ([], {})
    return CountParts(offered_by(settlement, methods=methods), methods=methods, typed=typed, added=added)


def _context(settlement: Settlement, parts: CountParts) -> dict[str, Any]:
    left = PREVIEWS_OF_A_REGISTER - settlement.preview_count
    return {
        "settlement": settlement,
        "store": settlement.store,
        "place": settlement.place,
        "parts": parts,
        "is_vault": settlement.type == SettlementType.VAULT,
        "attempt_next": settlement.preview_count + 1,
        "attempts": PREVIEWS_OF_A_REGISTER,
        "attempts_left": left,
        "is_last": left == 1,
    }


def _show(
    request: HttpRequest,
    settlement: Settlement,
    parts: CountParts,
    draft: FormDraft,
    refusal: Refusal | None = None,
    *,
    attempt: SettlementCount | None = None,
) -> HttpResponse:
    context = _context(settlement, parts) | {"draft": draft, "attempt": attempt}
    if attempt is not None:
        context["unequal"] = [parts.title_of(Pair(currency, method)) for currency, method in attempt.unequal]
    return form_page(request, "settlements/count.html", context, refusal)


def _review(
    request: HttpRequest, settlement: Settlement, parts: CountParts, draft: FormDraft, refusal: Refusal | None = None
) -> HttpResponse:
    asked = witness_fields(request, counted=_cash(parts, settlement), store=settlement.store, place=settlement.place)
    context = _context(settlement, parts) | {"draft": draft, **asked}
    return form_page(request, "settlements/review.html", context, refusal)


def _cash(parts: CountParts, settlement: Settlement) -> CountedAmount:
    store = settlement.store
    return CountedAmount(currency=store.currency, amount=cash_counted(parts.counted, store=store))


def _number(text: str) -> int:
    """Parses a number. Returns -1 for other text, because no attempt has that number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
