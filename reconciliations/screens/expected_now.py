"""The expected cash of a running drawer, shown in its card on Today. It is no part of the page that refreshes itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import CASH, Role
from cashdesk.formats import style, write_as
from cashdesk.web.pages import page_for
from settlements.domain.x_report import x_report
from settlements.queries import place_at


@page_for(Role.MANAGER, takes_posts=True)
def expected_now_page(request: HttpRequest, by: Principal, store: UUID, number: int) -> HttpResponse:
    """Answers the expected cash of one register. The audit trail records the look, as that at an X report (law 5).

    A GET shows and records nothing. It leads to the X report.
    """
    register = place_at(by=by, store=str(store), station=number)
    if request.method != "POST":
        return redirect("x-report", store, number)
    write_as(register.store.language, register.store.currency, register.store.time_zone)
    now = timezone.now()
    report = x_report(place=register, by=by, at=now)
    cash = [one for one in report.figures if one.method == CASH]
    context = {
        "amounts": [style().amount(one.expected, one.currency) for one in cash]
        or [style().amount(0, register.store.currency)],
        "at": style().clock(now, register.store.time_zone),
    }
    return render(request, "reconciliations/expected_now.html", context)
