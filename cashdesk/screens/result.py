"""The result of a closed drawer: counted, expected and the difference."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.float_plan import FloatPlan, plan_float
from cashdesk.domain.visibility import note_rows_seen
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.formats import write_as
from cashdesk.models import CashSession, CountPieces
from cashdesk.web.pages import page_for


@page_for(Role.CASHIER, by_pin=True)
def result_page(request: HttpRequest, by: Principal, session: UUID) -> HttpResponse:
    """Shows a closed session, with its figures if the person may see them (law 5).

    Cashiers see the figures of their own sessions after the drawer was counted.
    """
    found = queries.sessions(by=by).select_related("seal").filter(uuid=session).first()
    if found is None:
        raise NotFound("There is no such session.")
    note_rows_seen(rows=[found], by=by, at=timezone.now())
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    shows_result = bool(getattr(found, "shows_result", False))
    # A drawer that still waits for the count of another person shows neither amounts nor pieces.
    pieces = queries.pieces_counted(found) if shows_result else []
    foreign_cash = list(found.foreign_cash.all())
    context = {
        "session": found,
        "pieces": pieces,
        "plan": _plan_of(found, pieces),
        "z_number": found.seal.number if found.seal is not None and by.has_role(Role.MANAGER) else None,
        "shows_result": shows_result,
        "foreign_cash": foreign_cash,
        "waits_elsewhere": any(row.counted_amount is None for row in foreign_cash),
        "differs_elsewhere": any(row.difference for row in foreign_cash),
        "witness": queries.closing_witness(found) if found.is_counted else None,
        "is_own": found.user_id == (by.user.pk if by.user else None),
        "notice": request.GET.get("notice", ""),
    }
    return render(request, "cashdesk/result.html", context)


def _plan_of(session: CashSession, pieces: list[CountPieces]) -> FloatPlan | None:
    """Returns the plan that divides the counted pieces between the next float and the bag, or None.

    None means that the count has no pieces, or that the cash stays in the drawer.
    """
    if not pieces or not queries.has_returned_its_cash(session):
        return None
    counted = {line.denomination: line.pieces for line in pieces}
    return plan_float(counted=counted, usual=session.store.usual_float, start_amount=session.start_amount)
