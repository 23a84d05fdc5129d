"""The count of an open drawer in the middle of a shift, for managers. It is blind, and the drawer stays open."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.audit_count import audit_count, may_audit
from cashdesk.domain.visibility.audited import view_audit_count
from cashdesk.enums import Role
from cashdesk.errors import DomainError, Forbidden, NotFound
from cashdesk.formats import write_as
from cashdesk.forms.count_sheet import CountSheet
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import CashSession
from cashdesk.web.pages import page_for


@page_for(Role.MANAGER, takes_posts=True)
def audit_count_page(request: HttpRequest, by: Principal, session: UUID) -> HttpResponse:
    """Shows and saves the count.

    The steps are the count sheet (GET, or `step=back` with the input), its review (`step=review`), and the save
    (`step=keep`). No step shows a figure of the drawer but its float.
    """
    found = _session(session, by=by)
    draft = form_draft(request, f"audit:{found.uuid}", by=by)
    step = request.POST.get("step", "")
    sheet = CountSheet(found.currency, draft.typed) if step else CountSheet.resumed(found.currency, draft.typed)
    if step == "keep" and sheet.counted is not None:
        return _keep(request, found, sheet, draft, counted=sheet.counted, by=by)
    if not found.is_open:
        return see("desk-result", found.uuid)
    if step:
        draft.save(request, at=timezone.now())
    context = {"session": found, "sheet": sheet, "draft": draft}
    if step == "review" and sheet.counted is not None:
        return form_page(request, "cashdesk/audit_count_review.html", context)
    is_wrong = step in ("review", "keep") and sheet.counted is None
    return form_page(request, "cashdesk/audit_count.html", context, Refusal(status=400) if is_wrong else None)


@page_for(Role.MANAGER)
def audited_page(request: HttpRequest, by: Principal, session: UUID, count: int) -> HttpResponse:
    """Compares a count with the books of that moment. Each view is recorded in the audit trail."""
    found = _session(session, by=by)
    audited = view_audit_count(session=found, count_id=count, by=by, at=timezone.now())
    return form_page(request, "cashdesk/audited.html", {"audited": audited, "session": found})


def _session(uuid: UUID, *, by: Principal) -> CashSession:
    sessions = CashSession.objects.select_related("store", "register", "user").filter(store__in=by.stores())
    found = sessions.filter(uuid=uuid).first()
    if found is None:
        raise NotFound(_("There is no such drawer."))
    if not may_audit(found, by=by):
        raise Forbidden(_("Only another manager of the store can count this drawer in the middle of its shift."))
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    return found


def _keep(
    request: HttpRequest,
    session: CashSession,
    sheet: CountSheet,
    draft: FormDraft,
    *,
    counted: CountedAmount,
    by: Principal,
) -> HttpResponse:
    """Saves the count once. A repeated request redirects to the page of the first request."""
    at = timezone.now()

    def act() -> str:
        count = audit_count(session=session, counted=counted, by=by, at=at)
        return path_to("audited", session.uuid, count.pk)

    def again(error: DomainError) -> HttpResponse:
        context = {"session": session, "sheet": sheet, "draft": draft}
        return form_page(request, "cashdesk/audit_count_review.html", context, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft)
