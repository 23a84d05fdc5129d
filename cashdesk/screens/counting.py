"""The pages that count a drawer blind, and close it or hand it over: the sheet, the review of the count, the close."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.closing import close_session, may_count
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.session.foreign_cash import currencies_asked
from cashdesk.enums import Role, Settling
from cashdesk.errors import DomainError, NotFound, NothingOpen
from cashdesk.formats import write_as
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.fields import session_meant
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal, refusal_of
from cashdesk.forms.submit import submit_once
from cashdesk.forms.witness_fields import Witness, witness_fields
from cashdesk.models import CashSession, User
from cashdesk.screens.drawer_count import DrawerCount
from cashdesk.web.idempotency import WITNESS_PROOF
from cashdesk.web.kept_pages import kept_without_connection
from cashdesk.web.pages import page_for


@sensitive_post_parameters(WITNESS_PROOF)
@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
@kept_without_connection
def count_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Counts and closes the drawer. The counted cash returns to the vault."""
    return _page(request, by=by, hands_over=False)


@sensitive_post_parameters(WITNESS_PROOF)
@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
@kept_without_connection
def hand_over_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Counts the drawer and hands it over. The cash stays in the drawer, and the next cashier counts it again."""
    return _page(request, by=by, hands_over=True)


@sensitive_post_parameters(WITNESS_PROOF)
@page_for(Role.CASHIER, takes_posts=True)
def count_for_page(request: HttpRequest, by: Principal, session: UUID) -> HttpResponse:
    """Counts and closes the open drawer of somebody else. The count carries the name of the manager who counts.

    The own drawer leads to the page for it. A cashier has no page for the drawer of a colleague.
    """
    found = queries.sessions(by=by).filter(uuid=session).first()
    if found is None or not may_count(found, by=by):
        raise NotFound(_("There is no such drawer."))
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    if request.method != "POST":
        if by.user is not None and found.user_id == by.user.pk and found.is_open:
            return see("desk-count")
        return _sheet(request, found, by=by, hands_over=False) if found.is_open else _closed_meanwhile(found)
    return _step(request, found, by=by, hands_over=False)


def _page(request: HttpRequest, *, by: Principal, hands_over: bool) -> HttpResponse:
    """Finds the person's own drawer, and shows the sheet (GET) or takes the step of the sent form (POST)."""
    session = open_session_of(cast(User, by.user)) if request.method != "POST" else session_meant(request, by=by)
    if session is None:
        return see("desk", notice="nothing-open")
    if request.method != "POST":
        return _sheet(request, session, by=by, hands_over=hands_over)
    return _step(request, session, by=by, hands_over=hands_over)


def _sheet(request: HttpRequest, session: CashSession, *, by: Principal, hands_over: bool) -> HttpResponse:
    draft = form_draft(request, f"close:{session.uuid}", by=by, untyped=("session",))
    return _show(request, session, _count(session, draft, is_sent=False), draft, hands_over=hands_over)


def _step(request: HttpRequest, session: CashSession, *, by: Principal, hands_over: bool) -> HttpResponse:
    """Shows the sheet again (`step=back`) or its review (`step=review`), or closes the session (`step=close`).

    Between the steps only the draft of the form is saved, and the close deletes it. No step shows an expected amount
    (law 5).
    """
    draft = form_draft(request, f"close:{session.uuid}", by=by, untyped=("session",))
    count, step = _count(session, draft), request.POST.get("step", "review")
    if step == "close" and count.is_ready:
        return _close(request, session, count, draft, by=by, hands_over=hands_over)
    if not session.is_open:
        return _closed_meanwhile(session)
    draft.save(request, at=timezone.now())
    if step == "back":
        return _show(request, session, count, draft, hands_over=hands_over)
    if not count.is_ready:
        return _show(request, session, count, draft, Refusal(status=400), hands_over=hands_over)
    return _review(request, session, count, draft, hands_over=hands_over)


def _count(session: CashSession, draft: FormDraft, *, is_sent: bool = True) -> DrawerCount:
    others = currencies_asked(register=session.register, currency=session.currency) if session.is_open else []
    return DrawerCount(session.currency, draft.typed, others=others, is_sent=is_sent)


def _close(
    request: HttpRequest,
    session: CashSession,
    count: DrawerCount,
    draft: FormDraft,
    *,
    by: Principal,
    hands_over: bool,
) -> HttpResponse:
    """Closes the session once. A repeated request redirects to the page of the first request."""
    at, counted = timezone.now(), cast(CountedAmount, count.sheet.counted)
    witness = Witness(request=request, counted=counted, store=session.store, by=by, at=at, place=session.register)

    def act() -> str:
        close_session(
            session=session,
            counted=counted,
            others=count.counted_others,
            by=by,
            at=at,
            hands_over=hands_over,
            asks_for_all=True,
            witness=witness.user,
            refuses_unwitnessed=True,
        )
        return path_to("desk-result", session.uuid)

    def again(error: DomainError) -> HttpResponse:
        if isinstance(error, NothingOpen) or not session.is_open:
            return _closed_meanwhile(session)
        refusal = refusal_of(error, store=session.store)
        if error.code == "currency_not_counted":
            return _show(request, session, _count(session, draft), draft, refusal, hands_over=hands_over)
        return _review(request, session, count, draft, refusal, hands_over=hands_over)

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=witness.confirm)


def _closed_meanwhile(session: CashSession) -> HttpResponse:
    return see("desk-result", session.uuid, notice="closed-meanwhile")


def _show(
    request: HttpRequest,
    session: CashSession,
    count: DrawerCount,
    draft: FormDraft,
    refusal: Refusal | None = None,
    *,
    hands_over: bool,
) -> HttpResponse:
    context = _context(session, count, draft, hands_over=hands_over)
    return form_page(request, "cashdesk/count.html", context, refusal)


def _review(
    request: HttpRequest,
    session: CashSession,
    count: DrawerCount,
    draft: FormDraft,
    refusal: Refusal | None = None,
    *,
    hands_over: bool,
) -> HttpResponse:
    asked = witness_fields(request, counted=count.sheet.counted, store=session.store, place=session.register)
    context = _context(session, count, draft, hands_over=hands_over) | asked
    # The cash of a handed-over or settled drawer stays where it is. So there is nothing to divide.
    if count.sheet.by_pieces and not hands_over and session.register.settling == Settling.NONE:
        wanted = session.store.usual_float_minor or session.start_amount
        context["plan"] = count.sheet.plan_float(wanted=wanted, usual=session.store.usual_float)
    return form_page(request, "cashdesk/review.html", context, refusal)


def _context(session: CashSession, count: DrawerCount, draft: FormDraft, *, hands_over: bool) -> dict[str, Any]:
    is_own = draft.by.user is not None and draft.by.user.pk == session.user_id
    return {
        "session": session,
        "count": count,
        "sheet": count.sheet,
        "draft": draft,
        "hands_over": hands_over,
        "cashier": None if is_own else session.user,
    }
