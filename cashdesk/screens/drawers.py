"""The page Drawers: the registers of a store, who has them open, and the drawers that were closed last."""

from typing import Any, Final

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.audit_count import may_audit
from cashdesk.domain.session.closing import may_count
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import PlaceKind, Role, SessionStatus
from cashdesk.formats import write_as
from cashdesk.models import CashSession, Place, Store
from cashdesk.web.chosen_store import ask_for_store, chosen_store
from cashdesk.web.pages import page_for

CLOSED_SHOWN: Final = 30


@page_for(Role.MANAGER)
def drawers_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows the registers of a store with their open drawers, and the drawers that were closed last, newest first.

    Shows no figures of a drawer that nobody has counted yet, so a look needs no audit entry (law 5).
    """
    store = chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    write_as(store.language, store.currency, store.time_zone)
    closed = queries.sessions(by=by).filter(store=store).exclude(status=SessionStatus.OPEN)
    context: dict[str, Any] = {
        "store": store,
        "registers": _registers(store, by=by),
        "closed": closed.order_by("-opened_at", "-pk")[:CLOSED_SHOWN],
    }
    return render(request, "cashdesk/drawers.html", context)


def _registers(store: Store, *, by: Principal) -> list[dict[str, Any]]:
    """Returns the registers by number, each with its open session or None, and whether the caller may count it.

    `waits` tells that nobody has counted the drawer that was closed last.
    """
    registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).order_by("number")
    # A range instead of an equality, so that only the index by register has the order.
    of_register = {"register__gte": OuterRef("pk"), "register__lte": OuterRef("pk")}
    newest = CashSession.objects.filter(**of_register, is_cancelled=False).order_by("register_id", "-pk").values("pk")
    last = registers.order_by().annotate(last_session=Subquery(newest[:1])).values("last_session")
    sessions: Any = with_shown_result(CashSession.objects.filter(pk__in=last), by=by).select_related("user", "store")
    running = {session.register_id: session for session in sessions if session.is_open}
    waiting = {one.register_id for one in sessions if one.awaits_count and not one.is_handed_over}
    countable = {pk for pk, session in running.items() if may_count(session, by=by)}
    auditable = {pk for pk, session in running.items() if may_audit(session, by=by)}
    return [
        {
            "register": one,
            "session": running.get(one.pk),
            "waits": one.pk in waiting,
            "may_count": one.pk in countable,
            "may_audit": one.pk in auditable,
        }
        for one in registers
    ]
