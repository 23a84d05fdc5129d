"""The page that cancels an opening made by mistake."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.reversal import REASON_MAX
from cashdesk.domain.session.cancel_opening import cancel_opening, why_not_cancelled
from cashdesk.domain.session.current import open_session_of
from cashdesk.enums import Role
from cashdesk.errors import DomainError
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.fields import session_meant, text_of
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import CashSession, User
from cashdesk.web.pages import page_for


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def cancel_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Asks why the drawer was opened by mistake. Then cancels the opening once and redirects to the desk."""
    is_sent = request.method == "POST"
    session = session_meant(request, by=by) if is_sent else open_session_of(cast(User, by.user))
    if session is None:
        return see("desk", notice="nothing-open")
    draft = form_draft(request, f"cancel:{session.uuid}", by=by, untyped=("session",))
    if not is_sent:
        return _show(request, session, draft)
    at, reason = timezone.now(), text_of(request, "reason")

    def act() -> str:
        cancel_opening(session=session, by=by, at=at, reason=reason)
        return path_to("desk", notice="opening-cancelled")

    def again(error: DomainError) -> HttpResponse:
        return _show(request, session, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft)


def _show(request: HttpRequest, session: CashSession, draft: FormDraft, refusal: Refusal | None = None) -> HttpResponse:
    context = {
        "session": session,
        "why_not": why_not_cancelled(session, by=draft.by),
        "draft": draft,
        "typed": {"reason": draft.typed.get("reason", "")},
        "reason_max": REASON_MAX,
    }
    return form_page(request, "cashdesk/cancel_opening.html", context, refusal)
