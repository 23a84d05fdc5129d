"""The page where managers export tables, and the progress of an export."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput
from cashdesk.models import Store
from cashdesk.web.fields import date_in
from cashdesk.web.pages import page_for
from reconciliations import queries
from reconciliations.domain.export import ALL_TABLES
from reconciliations.enums import ExportState, FileFormat
from reconciliations.exports.archive import archive_answer, number_within
from reconciliations.exports.download import answer
from reconciliations.exports.export_request import read_archive, read_request
from reconciliations.exports.tables import TABLES
from reconciliations.screens.presets import PRESETS, range_of

STORES_MAX: Final = 500
TITLES: Final = {**{name: table.title for name, table in TABLES.items()}, ALL_TABLES: noop("All tables")}
LATEST: Final = 20
LABELS: Final = {
    "table": noop("Table"),
    "store": noop("Store"),
    "from": noop("From"),
    "to": noop("To"),
    "file": noop("Format"),
    "export": noop("Export"),
}


@page_for(Role.MANAGER)
def exports_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows the export form and the latest exports of the stores in scope."""
    return _form(request, by=by)


@page_for(Role.MANAGER)
def export_file_page(request: HttpRequest, by: Principal) -> HttpResponseBase:
    """Sends the file. After invalid input, shows the form again with the input and its errors."""
    try:
        asked = read_request(request.GET.dict(), by=by)
        return answer(asked=asked, by=by, is_wanted=request.method != "HEAD")
    except InvalidInput as error:
        return _form(request, by=by, errors=error.on_pages)


@page_for(Role.MANAGER)
def export_all_page(request: HttpRequest, by: Principal) -> HttpResponseBase:
    """Sends all tables of all stores in scope as a ZIP file. After invalid input, shows the form with its errors."""
    try:
        first, last, number = read_archive(request.GET.dict())
        if request.method == "HEAD":
            return HttpResponse(content_type="application/zip")
        return archive_answer(first=first, last=last, by=by, number=number)
    except InvalidInput as error:
        return _form(request, by=by, errors=error.on_pages)


@page_for(Role.MANAGER)
def export_progress_page(_request: HttpRequest, by: Principal, export: UUID) -> HttpResponse:
    """Returns the progress of an export as JSON.

    The state is UNKNOWN before the export begins, and for an export out of scope.
    """
    found = queries.exports(by=by).filter(uuid=export).first()
    if found is None:
        return JsonResponse({"state": "UNKNOWN", "rows_done": 0, "rows_total": 0})
    return JsonResponse({"state": found.state, "rows_done": found.rows_done, "rows_total": found.rows_total})


@page_for(Role.MANAGER)
def export_all_progress_page(_request: HttpRequest, by: Principal, export: UUID) -> HttpResponse:
    """Returns the progress of an archive as JSON: the stores and the rows that are done. Runs two statements.

    `stores_parts` is `stores_done` in thousandths, with the part of the store that is being written. `rows_total` is that
    of the stores that have begun.
    """
    numbers = [number_within(export, store) for store in by.stores()]
    begun = list(queries.exports(by=by).filter(uuid__in=numbers).values_list("state", "rows_done", "rows_total"))
    done = sum(state == ExportState.DONE for state, _done, _total in begun)
    ended = next((state for state, _done, _total in begun if state not in (ExportState.DONE, ExportState.RUNNING)), "")
    is_whole = done == len(numbers) and begun
    return JsonResponse(
        {
            "state": ended or (ExportState.DONE if is_whole else ExportState.RUNNING if begun else "UNKNOWN"),
            "rows_done": sum(rows for _state, rows, _total in begun),
            "rows_total": sum(rows for _state, _done, rows in begun),
            "stores_done": done,
            "stores_parts": sum(
                1000 if state == ExportState.DONE else 1000 * part // max(whole, 1) for state, part, whole in begun
            ),
            "stores_total": len(numbers),
        }
    )


def _form(request: HttpRequest, *, by: Principal, errors: Mapping[str, str] | None = None) -> HttpResponse:
    errors = errors or {}
    stores = list(by.stores().order_by("number", "pk")[:STORES_MAX])
    typed = {name: request.GET.get(name, "") for name in LABELS}
    if stores and (not request.GET or "preset" in request.GET):
        today = business_date(store=_store_of(stores, typed["store"]), at=timezone.now())
        preset = request.GET.get("preset", "this-month")
        if preset not in PRESETS:
            raise Http404
        first, last = range_of(preset, today=today)
        typed |= {"from": first.isoformat(), "to": last.isoformat(), "file": typed["file"] or FileFormat.CSV.value}
    latest = queries.exports(by=by)[:LATEST]
    context: dict[str, Any] = {
        "tables": TABLES.values(),
        "formats": FileFormat.choices,
        "stores": stores,
        "typed": typed,
        # A date field cannot show an invalid date, so the page uses a text field for it.
        "undated": [name for name in ("from", "to") if typed[name] and not _is_date(typed[name])],
        "errors": errors,
        "faults": [(name, _(LABELS[name]) if name in LABELS else name, text) for name, text in errors.items()],
        "presets": PRESETS,
        "latest": [{"export": one, "title": _(TITLES.get(one.table, one.table))} for one in latest],
    }
    return render(request, "reconciliations/exports.html", context, status=400 if errors else 200)


def _store_of(stores: list[Store], reference: str) -> Store:
    """Returns the store that was chosen, whose business day counts, or the first one."""
    return next((store for store in stores if reference in (str(store.uuid), store.number)), stores[0])


def _is_date(text: str) -> bool:
    try:
        date_in(text, field="date")
    except InvalidInput:
        return False
    return True
