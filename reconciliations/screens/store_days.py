"""The reports of a store: the numbered reports of its business days, and the doors to all other reports."""

from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from cashdesk.documents.answer import file_answer, refuse_format
from cashdesk.documents.page import FORMATS, files_at, shown
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.formats import weekday, write_as
from cashdesk.web.chosen_store import ask_for_store, chosen_store
from cashdesk.web.pages import page_for
from reconciliations.documents.store_day import store_day_document
from reconciliations.queries import reports

ROWS: Final = 31


@page_for(Role.MANAGER)
def reports_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Lists the store-day reports of a store, newest first. `?before=` is a number: the page then shows older reports."""
    store = chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    write_as(store.language, store.currency, store.time_zone)
    rows = reports.day_reports(by=by, store=store)
    before = request.GET.get("before", "")
    if before:
        if not (before.isascii() and before.isdecimal() and len(before) <= 18):
            raise Http404
        rows = rows.filter(number__lt=int(before))
    found = list(rows.defer("contents")[: ROWS + 1])
    context: dict[str, Any] = {
        "store": store,
        "reports": [{"report": report, "weekday": weekday(report.day.date)} for report in found[:ROWS]],
        "older": found[ROWS - 1].number if len(found) > ROWS else None,
        "is_first": not before,
        "pdf": FORMATS["pdf"],
        # They are older than all reports, so they are named at the end of the list.
        "unreported": reports.days_without_report(store=store) if len(found) <= ROWS else None,
    }
    return render(request, "reconciliations/reports.html", context)


@page_for(Role.MANAGER)
def store_day_page(request: HttpRequest, by: Principal, store: UUID, number: int) -> HttpResponse:
    """Shows a store-day report, and what came after it was made."""
    report = reports.day_report(by=by, store=str(store), number=number)
    write_as(report.store.language, report.store.currency, report.store.time_zone)
    context = {
        **shown(store_day_document(report)),
        "report": report,
        "store": report.store,
        "files": files_at("store-day-file", store, number),
        "before": number - 1 if number > 1 else None,
        "after": number + 1
        if reports.day_reports(by=by, store=report.store).filter(number=number + 1).exists()
        else None,
        "later": reports.came_later(report),
    }
    return render(request, "reconciliations/store_day.html", context)


@page_for(Role.MANAGER)
def store_day_file_page(
    _request: HttpRequest, by: Principal, store: UUID, number: int, file_format: str
) -> HttpResponse:
    """Sends a store-day report as a file."""
    refuse_format(file_format)
    report = reports.day_report(by=by, store=str(store), number=number)
    write_as(report.store.language, report.store.currency, report.store.time_zone)
    return file_answer(store_day_document(report), file_format=file_format)
