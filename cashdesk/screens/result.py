"""The result of a closed drawer: what happened, what happens next, and the cashier's note."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.float_plan import FloatPlan, plan_float
from cashdesk.domain.ledger.tolerance import tolerance_of
from cashdesk.domain.session.closing import may_count
from cashdesk.domain.session.session_note import NOTE_MAX, add_note, may_note
from cashdesk.domain.visibility import note_rows_seen
from cashdesk.enums import Role, VarianceKind
from cashdesk.errors import DomainError, NotFound
from cashdesk.formats import write_as
from cashdesk.forms.draft import form_draft
from cashdesk.forms.fields import text_of
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import CashSession, CountPieces, Variance
from cashdesk.web.pages import page_for

STEPS_SHOWN_FOR: Final = timedelta(hours=12)
"""How long after a close its page says what to do with the cash."""


@page_for(Role.CASHIER, by_pin=True)
def result_page(request: HttpRequest, by: Principal, session: UUID) -> HttpResponse:
    """Shows a closed session, with its figures if the person may see them (law 5).

    Cashiers see the figures of their own sessions after the drawer was counted.
    """
    return _show(request, _found(session, by=by), by=by)


@page_for(Role.CASHIER, takes_posts=True)
def note_page(request: HttpRequest, by: Principal, session: UUID) -> HttpResponse:
    """Adds a note of the cashier to their closed session, once, and redirects to the result."""
    found = _found(session, by=by)
    if request.method != "POST":
        return see("desk-result", session)
    at, text, draft = timezone.now(), text_of(request, "note"), _draft(request, found, by=by)

    def act() -> str:
        add_note(session=found, text=text, by=by, at=at)
        return path_to("desk-result", session, notice="noted")

    def again(error: DomainError) -> HttpResponse:
        return _show(request, found, by=by, refusal=Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft)


def _found(session: UUID, *, by: Principal) -> CashSession:
    found = queries.sessions(by=by).select_related("seal", "closed_by").filter(uuid=session).first()
    if found is None:
        raise NotFound("There is no such session.")
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    return found


def _draft(request: HttpRequest, session: CashSession, *, by: Principal) -> Any:
    page = path_to("desk-result", session.uuid)
    return form_draft(request, f"note:{session.uuid}", by=by, page=page)


def _show(request: HttpRequest, session: CashSession, *, by: Principal, refusal: Refusal | None = None) -> HttpResponse:
    note_rows_seen(rows=[session], by=by, at=timezone.now())
    shows_result = bool(getattr(session, "shows_result", False))
    # A drawer that still waits for the count of another person shows neither amounts nor pieces.
    pieces = queries.pieces_counted(session) if shows_result else []
    foreign_cash = list(session.foreign_cash.all())
    keeps = not queries.has_returned_its_cash(session)
    plan = _plan_of(session, pieces) if pieces and not keeps else None
    reader = by.user.pk if by.user else None
    is_own = session.user_id == reader
    has_cash = (session.closed_by_id if session.is_counted else session.user_id) == reader
    may_add = may_note(session, by=by)
    draft = _draft(request, session, by=by) if may_add else None
    context = {
        "session": session,
        "pieces": pieces,
        "plan": plan,
        "z_number": session.seal.number if session.seal is not None and by.has_role(Role.MANAGER) else None,
        "shows_result": shows_result,
        "foreign_cash": foreign_cash,
        "waits_elsewhere": any(row.counted_amount is None for row in foreign_cash),
        "differs_elsewhere": any(row.difference for row in foreign_cash),
        "witness": queries.closing_witness(session) if session.is_counted else None,
        "is_own": is_own,
        "keeps": keeps,
        "counter": session.closed_by if session.is_counted and session.closed_by_id != session.user_id else None,
        "may_count": session.is_open and not is_own and may_count(session, by=by),
        "steps_shown": has_cash and _is_fresh(session),
        "notes": queries.session_notes(session),
        "may_note": may_add,
        "note_max": NOTE_MAX,
        "typed": {"note": draft.typed.get("note", "")} if draft is not None else {},
        "draft": draft,
        "notice": request.GET.get("notice", ""),
        **_amounts_left(session, plan, shows_result=shows_result),
        **(_review_of(session) if shows_result and session.is_counted else {}),
    }
    return form_page(request, "cashdesk/result.html", context, refusal)


def _is_fresh(session: CashSession) -> bool:
    """Whether the session was closed so recently that the person who closed it still has the cash in their hands."""
    return session.closed_at is not None and timezone.now() - session.closed_at < STEPS_SHOWN_FOR


def _plan_of(session: CashSession, pieces: list[CountPieces]) -> FloatPlan:
    """Returns the plan that divides the counted pieces between the next float and the bag."""
    counted = {line.denomination: line.pieces for line in pieces}
    return plan_float(counted=counted, usual=session.store.usual_float, start_amount=_float_wanted(session))


def _amounts_left(session: CashSession, plan: FloatPlan | None, *, shows_result: bool) -> dict[str, int]:
    """Returns the amounts to leave in the drawer and to put into the safe. Without pieces, only amounts are divided."""
    if not shows_result or not session.is_counted:
        return {}
    declared = session.declared_amount or 0
    kept = plan.kept if plan is not None else min(_float_wanted(session), declared)
    return {"kept": kept, "to_vault": declared - kept}


def _float_wanted(session: CashSession) -> int:
    return session.store.usual_float_minor or session.start_amount


def _review_of(session: CashSession) -> dict[str, Any]:
    """Returns the store's tolerance for the difference, and whether a supervisor still reviews it or has reviewed it."""
    reviews = Variance.objects.filter(session=session, kind=VarianceKind.SESSION).order_by("pk")
    found = list(reviews)
    own = next((row for row in found if row.currency == session.currency), None)
    expected = session.expected_amount or 0
    tolerance = tolerance_of(store=session.store, place=session.register, expected=expected, currency=session.currency)
    return {
        "tolerance": own.tolerance if own is not None else tolerance,
        "is_reviewed": bool(found) and all(row.is_ended for row in found),
        "awaits_review": any(not row.is_ended for row in found),
    }
