"""Opening a drawer with a counted float."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk import money
from cashdesk.domain.handover import handover_before, handovers_waiting
from cashdesk.domain.place import stations_for
from cashdesk.domain.principal import Principal
from cashdesk.domain.session import open_session, open_session_of
from cashdesk.domain.witness import asks_witness
from cashdesk.enums import Role
from cashdesk.errors import DomainError, SessionAlreadyOpen
from cashdesk.models import Store, User
from cashdesk.screens.draft import Kept, kept_of
from cashdesk.screens.form import Refusal, form_page, path_to, see, see_path
from cashdesk.screens.sentences import refusal_of
from cashdesk.screens.sheet import CountSheet
from cashdesk.screens.witnessing import WITNESS_NAME, witness_fields, witness_of
from cashdesk.web.idempotency import WITNESS_PROOF, act_once
from cashdesk.web.pages import page_for

ANY_FREE = ""
"""The choice that leaves the register to the house."""


@sensitive_post_parameters(WITNESS_PROOF)
@page_for(Role.CASHIER, takes_posts=True)
def open_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """The float, counted as pieces or told as one amount, and the register where it is not assigned. A drawer that was
    handed over (`?station=2`) is counted in the same way: what the one before counted stands nowhere (law 5).
    """
    user = cast(User, by.user)
    if user.store is None:
        return see("desk")
    kept = kept_of(request, f"open:{user.store.uuid}", by=by)
    if request.method != "POST":
        if open_session_of(user) is not None:
            return see("desk", notice="already-open")
        sheet = CountSheet.resumed(user.store.currency, kept.typed, usual=user.store.usual_float)
        return _show(request, user.store, kept, sheet=sheet)
    sheet = CountSheet(user.store.currency, kept.typed, usual=user.store.usual_float)
    if sheet.takes_usual:
        return _show(request, user.store, kept, sheet=sheet)
    counted, station = sheet.counted, request.POST.get("station", ANY_FREE)
    if counted is None:
        return _show(request, user.store, kept, sheet=sheet, refusal=Refusal(status=400))
    if WITNESS_NAME not in request.POST and asks_witness(store=user.store, amount=counted.amount):
        return _show(request, user.store, kept, sheet=sheet)
    at, store = timezone.now(), user.store
    try:
        witness = witness_of(request, counted=counted, store=store, by=by, at=at)

        def act() -> str:
            number = money.parse_whole(station, field="station") if station != ANY_FREE else None
            session = open_session(
                user=user, counted=counted, by=by, at=at, station=number, witness=witness, refuses_unwitnessed=True
            )
            kept.discard()
            return path_to("desk", notice="counted-in" if handover_before(session) else "opened")

        return see_path(act_once(request=request, by=by, at=at, act=act))
    except DomainError as error:
        if isinstance(error, SessionAlreadyOpen) and open_session_of(user) is not None:
            return see("desk", notice="already-open")
        return _show(request, store, kept, sheet=sheet, refusal=refusal_of(error, store=store))


def _show(
    request: HttpRequest, store: Store, kept: Kept, *, sheet: CountSheet, refusal: Refusal | None = None
) -> HttpResponse:
    user = cast(User, kept.by.user)
    station = request.POST.get("station", request.GET.get("station", kept.typed.get("station", ANY_FREE)))
    waiting = {str(left.register.number): left for left in handovers_waiting(store=store)}
    context: dict[str, Any] = {
        "sheet": sheet,
        "kept": kept,
        "store": store,
        "assigned": user.register,
        "stations": [] if user.register is not None else stations_for(user=user, store=store, by=kept.by),
        "station": station,
        "waiting": waiting.values(),
        "handover": waiting.get(str(user.register.number) if user.register is not None else station),
        **witness_fields(request, counted=sheet.counted, store=store),
    }
    return form_page(request, "cashdesk/open.html", context, refusal)
