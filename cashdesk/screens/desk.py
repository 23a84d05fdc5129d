"""The desk: the cashier's first page, with the open drawer and the next possible steps."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_limits import past_limits
from cashdesk.domain.ledger.undo import why_not_taken_back
from cashdesk.domain.session.cancel_opening import may_be_a_mistake
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.session.handover import handovers_waiting
from cashdesk.domain.session.register_to_open import Station, stations_for
from cashdesk.domain.store.may_trade import trades_under_settlement
from cashdesk.enums import Role, Settling, VarianceKind
from cashdesk.forms.draft import begun
from cashdesk.models import CashSession, Movement, Store, User
from cashdesk.movement_rules import RULES, name_at_desk
from cashdesk.screens.drawer_drafts import counting_in_subject, opening_subject
from cashdesk.screens.moving import forms_offered
from cashdesk.web.pages import page_for


@page_for(Role.CASHIER, by_pin=True)
def desk_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows the open drawer: its float and the cashier's own movements, never the expected amount (law 5).

    If no drawer is open, the page offers to open a drawer, or to take over a drawer that was handed over.
    """
    user = cast(User, by.user)
    session = open_session_of(user)
    context: dict[str, Any] = {"session": session, "notice": request.GET.get("notice", "")}
    context |= {"is_settled": trades_under_settlement(user.store), "is_manager": by.has_role(Role.MANAGER)}
    context |= _booked(by=by, movement_id=_uuid(request.GET.get("booked", "")))
    context |= _taken_back(by=by, movement_id=_uuid(request.GET.get("taken_back", "")))
    if session is not None:
        drawer = f"close:{session.uuid}"
        context["begun_at"] = begun([drawer], by=by).get(drawer, "")
        movements = queries.own_movements(by=by, session=session)
        reasons = why_not_taken_back(movements, by=by)
        context["can_cancel"] = may_be_a_mistake(session, moved=movements)
        context["movements"] = [_row(movement, why_not=reasons[movement.pk]) for movement in movements]
        context["forms"] = forms_offered(by=by)
        past = past_limits(stores=[session.store], places=[session.register], at=timezone.now())
        context["asks_for_drop"] = bool(past.get(session.register_id))
    elif user.store is not None:
        context |= _before_opening(user, user.store, by=by)
    context["closed"] = [_with_review(closed) for closed in queries.own_closed_sessions(by=by)]
    return render(request, "cashdesk/desk.html", context)


def _with_review(session: CashSession) -> CashSession:
    """Adds `review` for the list: "waiting" or "done" if supervisors review the session's differences, else ""."""
    reviews = [row for row in session.variances.all() if row.kind == VarianceKind.SESSION]
    session.review = "" if not reviews else "done" if all(row.is_ended for row in reviews) else "waiting"  # type: ignore[attr-defined]
    return session


def _booked(*, by: Principal, movement_id: UUID | None) -> dict[str, Any]:
    """Returns the confirmation of the movement that the person has just booked at the desk."""
    movement = queries.own_movement(by=by, movement_id=movement_id)
    words = RULES[movement.kind].register_form if movement is not None else None
    if movement is None or words is None:
        return {}
    return {"booked": movement, "booked_words": _(words.booked), "booked_reason": _reason(movement)}


def _taken_back(*, by: Principal, movement_id: UUID | None) -> dict[str, Any]:
    movement = queries.own_movement(by=by, movement_id=movement_id)
    return {} if movement is None else {"taken_back": movement, "taken_back_name": name_at_desk(movement.kind)}


def _row(movement: Movement, *, why_not: str) -> dict[str, Any]:
    return {
        "movement": movement,
        "name": name_at_desk(movement.kind),
        "reason": _reason(movement),
        "why_not": why_not,
    }


def _reason(movement: Movement) -> str:
    return movement.reason if RULES[movement.kind].shows_reason else ""


def _has_settled_register(stations: list[Station]) -> bool:
    """Whether a free register has an open settlement, so that a drawer can be opened in it."""
    return any(station.register.settling == Settling.OPEN and not station.refusal for station in stations)


def _before_opening(user: User, store: Store, *, by: Principal) -> dict[str, Any]:
    """Returns the context of a desk without an open drawer.

    `refusal` is the reason why the person can open no register, or "".

    `to_count_in` are the handed-over drawers that this person may take over. `handed_over` are the drawers that they
    handed over themselves. `of_others` are all other handed-over drawers.
    """
    stations = stations_for(user=user, store=store, by=by)
    free = {station.register.pk for station in stations if not station.refusal}
    waiting = handovers_waiting(store=store)
    for_them = [left for left in waiting if left.register_id in free and left.user_id != user.pk]
    # In these cases every register is refused for the same reason, so the page shows the reason before the count.
    is_of_all = user.register is not None or not store.is_active
    opening, counting_in = opening_subject(store), {counting_in_subject(left): left for left in for_them}
    at = begun([opening, *counting_in], by=by)
    return {
        "begun_at": at.get(opening, ""),
        "begun_in": [(left, at[subject]) for subject, left in counting_in.items() if subject in at],
        "refusal": stations[0].refusal if is_of_all and stations else "",
        "assigned": user.register,
        "has_settled_register": _has_settled_register(stations),
        "to_count_in": for_them,
        "handed_over": [left for left in waiting if left.user_id == user.pk],
        "of_others": [left for left in waiting if left not in for_them and left.user_id != user.pk],
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
