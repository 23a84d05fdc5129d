"""The desk: where a cashier stands, and what they can do next."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cashdesk import queries
from cashdesk.domain.place import stations_for, trades_under_settlement
from cashdesk.domain.principal import Principal
from cashdesk.domain.session import open_session_of
from cashdesk.enums import Role
from cashdesk.models import User
from cashdesk.web.pages import page_for


@page_for(Role.CASHIER)
def desk_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """The open drawer with its float, never with what should be in it; or the way to open one."""
    user = cast(User, by.user)
    session = open_session_of(user)
    context: dict[str, Any] = {"session": session, "notice": request.GET.get("notice", "")}
    context |= {"is_settled": trades_under_settlement(user.store), "is_manager": by.has_role(Role.MANAGER)}
    context["booked"] = queries.own_movement(by=by, movement_id=_uuid(request.GET.get("booked", "")))
    if session is None:
        context |= _before_opening(user, by=by)
    return render(request, "cashdesk/desk.html", context)


def _before_opening(user: User, *, by: Principal) -> dict[str, Any]:
    """What stands in the way of opening, and the drawer that was closed last."""
    last = queries.last_closed_session(by=by)
    if user.store is None:
        return {"last": last, "refusal": ""}
    stations = stations_for(user=user, store=user.store, by=by)
    refusal = stations[0].refusal if user.register is not None and stations else ""
    return {"last": last, "refusal": refusal, "assigned": user.register}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
