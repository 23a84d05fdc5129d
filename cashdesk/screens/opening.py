"""Opening a drawer with a counted float."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk import money
from cashdesk.domain.place import stations_for
from cashdesk.domain.principal import Principal
from cashdesk.domain.session import open_session, open_session_of
from cashdesk.enums import Role
from cashdesk.errors import DomainError, SessionAlreadyOpen
from cashdesk.models import Store, User
from cashdesk.screens.form import Refusal, form_page, path_to, see, see_path
from cashdesk.screens.sheet import CountSheet
from cashdesk.web.idempotency import act_once
from cashdesk.web.pages import page_for

ANY_FREE = ""
"""The choice that leaves the register to the house."""


@page_for(Role.CASHIER, takes_posts=True)
def open_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """The float, counted as pieces or told as one amount, and the register where it is not assigned."""
    user = cast(User, by.user)
    if user.store is None:
        return see("desk")
    if request.method != "POST":
        if open_session_of(user) is not None:
            return see("desk", notice="already-open")
        return _show(
            request, user, user.store, by=by, sheet=CountSheet(user.store.currency, usual=user.store.usual_float)
        )
    sheet = CountSheet(user.store.currency, request.POST.dict(), usual=user.store.usual_float)
    if sheet.takes_usual:
        return _show(request, user, user.store, by=by, sheet=sheet)
    counted, station = sheet.counted, request.POST.get("station", ANY_FREE)
    if counted is None:
        return _show(request, user, user.store, by=by, sheet=sheet, refusal=Refusal(status=400))
    at = timezone.now()

    def act() -> str:
        number = money.parse_whole(station, field="station") if station != ANY_FREE else None
        open_session(user=user, counted=counted, by=by, at=at, station=number)
        return path_to("desk", notice="opened")

    try:
        return see_path(act_once(request=request, by=by, at=at, act=act))
    except DomainError as error:
        if isinstance(error, SessionAlreadyOpen) and open_session_of(user) is not None:
            return see("desk", notice="already-open")
        return _show(request, user, user.store, by=by, sheet=sheet, refusal=Refusal.of(error))


def _show(
    request: HttpRequest, user: User, store: Store, *, by: Principal, sheet: CountSheet, refusal: Refusal | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "sheet": sheet,
        "store": store,
        "assigned": user.register,
        "stations": [] if user.register is not None else stations_for(user=user, store=store, by=by),
        "station": request.POST.get("station", ANY_FREE),
    }
    return form_page(request, "cashdesk/open.html", context, refusal)
