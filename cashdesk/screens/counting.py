"""Counting a drawer, blind, and closing it: the sheet, a look at what one counted oneself, and the close."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk.domain.count import CountedAmount
from cashdesk.domain.principal import Principal
from cashdesk.domain.session import close_session, open_session_of
from cashdesk.enums import Role
from cashdesk.errors import DomainError, NothingOpen
from cashdesk.models import CashSession, User
from cashdesk.screens.form import Refusal, form_page, path_to, see, see_path, session_meant
from cashdesk.screens.sheet import CountSheet
from cashdesk.web.idempotency import act_once
from cashdesk.web.pages import page_for


@page_for(Role.CASHIER, takes_posts=True)
def count_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """The sheet (GET, or `step=back` with every digit kept), its review (`step=review`), and the close (`step=close`).

    Nothing is kept between the steps but what the form itself carries. No step tells what is expected (law 5).
    """
    if request.method != "POST":
        session = open_session_of(cast(User, by.user))
        if session is None:
            return see("desk", notice="nothing-open")
        return _show(request, session, CountSheet(session.currency))
    session = session_meant(request, by=by)
    if session is None:
        return see("desk", notice="nothing-open")
    sheet, step = CountSheet(session.currency, request.POST.dict()), request.POST.get("step", "review")
    if step == "close" and sheet.counted is not None:
        return _close(request, session, sheet, counted=sheet.counted, by=by)
    if not session.is_open:
        return _closed_meanwhile(session)
    if step == "back":
        return _show(request, session, sheet)
    if sheet.counted is None:
        return _show(request, session, sheet, Refusal(status=400))
    return _review(request, session, sheet)


def _close(
    request: HttpRequest, session: CashSession, sheet: CountSheet, *, counted: CountedAmount, by: Principal
) -> HttpResponse:
    """Closes once; sent again it leads to the same result."""
    at = timezone.now()

    def act() -> str:
        close_session(session=session, counted=counted, by=by, at=at)
        return path_to("desk-result", session.uuid)

    try:
        return see_path(act_once(request=request, by=by, at=at, act=act))
    except NothingOpen:
        return _closed_meanwhile(session)
    except DomainError as error:
        if not session.is_open:
            return _closed_meanwhile(session)
        return _review(request, session, sheet, Refusal.of(error))


def _closed_meanwhile(session: CashSession) -> HttpResponse:
    return see("desk-result", session.uuid, notice="closed-meanwhile")


def _show(
    request: HttpRequest, session: CashSession, sheet: CountSheet, refusal: Refusal | None = None
) -> HttpResponse:
    return form_page(request, "cashdesk/count.html", {"session": session, "sheet": sheet}, refusal)


def _review(
    request: HttpRequest, session: CashSession, sheet: CountSheet, refusal: Refusal | None = None
) -> HttpResponse:
    return form_page(request, "cashdesk/review.html", {"session": session, "sheet": sheet}, refusal)
