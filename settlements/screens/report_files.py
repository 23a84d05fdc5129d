"""Reports of places and bags as files: PDF, XLSX and CSV."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk.documents.answer import file_answer, refuse_format
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput
from cashdesk.formats import write_as
from cashdesk.models import Store
from cashdesk.web.fields import typed_instant_in
from cashdesk.web.pages import page_for
from settlements import queries
from settlements.documents.deposit import deposit_document
from settlements.documents.period import x_document, z_document
from settlements.domain.x_report import x_report
from settlements.domain.z_report import z_report
from settlements.screens.reports import x_page


@page_for(Role.MANAGER)
def x_file_page(request: HttpRequest, by: Principal, store: str, station: int, file_format: str) -> HttpResponse:
    """Sends the X report of a place, as of the instant of the page. The audit trail records the look, as for the page."""
    refuse_format(file_format)
    place = queries.place_at(by=by, store=store, station=station)
    _write_as(place.store)
    now, zone = timezone.now(), place.store.time_zone
    try:
        as_of = typed_instant_in(request.GET.get("as_of", "").strip(), field="as_of", now=now, zone=zone)
    except InvalidInput:
        return x_page(request, by=by, store=store, station=station)
    report = x_report(place=place, by=by, at=now, as_of=as_of)
    return file_answer(x_document(report), file_format=file_format)


@page_for(Role.MANAGER)
def z_file_page(
    _request: HttpRequest, by: Principal, store: str, station: int, number: int, file_format: str
) -> HttpResponse:
    """Sends the Z report of a closed period."""
    refuse_format(file_format)
    place = queries.place_at(by=by, store=store, station=station)
    _write_as(place.store)
    period = queries.sealed_period(by=by, place=place, number=number)
    return file_answer(z_document(z_report(period=period, by=by, at=timezone.now())), file_format=file_format)


@page_for(Role.MANAGER)
def deposit_file_page(_request: HttpRequest, by: Principal, deposit: UUID, file_format: str) -> HttpResponse:
    """Sends the slip of a bag."""
    refuse_format(file_format)
    found = queries.deposit(by=by, deposit_id=deposit)
    _write_as(found.store)
    return file_answer(deposit_document(found), file_format=file_format)


def _write_as(store: Store) -> None:
    write_as(store.language, store.currency, store.time_zone)
