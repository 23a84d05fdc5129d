"""The recount of a drawer's cash by a second person. It is blind, on the same count sheet as the first count."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.enums import CASH, Role
from cashdesk.errors import DomainError, NotFound
from cashdesk.forms.count_sheet import CountSheet
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import Variance
from cashdesk.web.pages import page_for
from reconciliations import queries
from reconciliations.domain.variance_acts import recount_variance
from reconciliations.domain.variance_permission import can_recount


@page_for(Role.MANAGER)
def session_recount_page(_request: HttpRequest, by: Principal, session: UUID) -> HttpResponse:
    """Redirects to the recount of a closed session's cash, or reports that nothing needs a recount."""
    waiting = queries.waiting(queries.variances(by=by)).filter(session__uuid=session, method=CASH)
    found = next((row for row in waiting.order_by("-pk") if can_recount(row, by=by)), None)
    if found is None:
        return see("desk-result", session, notice="nothing-to-recount")
    return see("recount", found.uuid)


@page_for(Role.MANAGER, takes_posts=True)
def recount_page(request: HttpRequest, by: Principal, variance: UUID) -> HttpResponse:
    """Shows and saves a recount.

    The steps are the count sheet (GET, or `step=back` with the input), its review (`step=review`), and the save
    (`step=keep`). The page shows no figure of the first count. So the second person must count, and cannot just
    confirm.
    """
    found = queries.variance(by=by, variance_id=variance)
    if found.method != CASH:
        raise NotFound("There is no cash in this difference.")
    draft = form_draft(request, f"recount:{found.uuid}", by=by)
    step = request.POST.get("step", "")
    sheet = CountSheet(found.currency, draft.typed) if step else CountSheet.resumed(found.currency, draft.typed)
    if step == "keep" and sheet.counted is not None:
        return _keep(request, found, sheet, draft, counted=sheet.counted, by=by)
    if not can_recount(found, by=by):
        return _show(request, found, sheet, draft, is_over=True)
    if step:
        draft.save(request, at=timezone.now())
    if step == "review" and sheet.counted is not None:
        return _review(request, found, sheet, draft)
    is_wrong = step in ("review", "keep") and sheet.counted is None
    return _show(request, found, sheet, draft, Refusal(status=400) if is_wrong else None)


def _keep(
    request: HttpRequest,
    variance: Variance,
    sheet: CountSheet,
    draft: FormDraft,
    *,
    counted: CountedAmount,
    by: Principal,
) -> HttpResponse:
    """Saves the count once. A repeated request redirects to the page of the first request."""
    at = timezone.now()

    def act() -> str:
        recount_variance(variance=variance, counted=counted, by=by, at=at)
        return path_to("variance-page", variance.uuid, done="recount")

    def again(error: DomainError) -> HttpResponse:
        return _review(request, variance, sheet, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft)


def _show(
    request: HttpRequest,
    variance: Variance,
    sheet: CountSheet,
    draft: FormDraft,
    refusal: Refusal | None = None,
    *,
    is_over: bool = False,
) -> HttpResponse:
    context: dict[str, Any] = {"variance": variance, "sheet": sheet, "draft": draft, "is_over": is_over}
    return form_page(request, "reconciliations/recount.html", context, refusal)


def _review(
    request: HttpRequest, variance: Variance, sheet: CountSheet, draft: FormDraft, refusal: Refusal | None = None
) -> HttpResponse:
    context = {"variance": variance, "sheet": sheet, "draft": draft}
    return form_page(request, "reconciliations/recount_review.html", context, refusal)
