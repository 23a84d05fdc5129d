"""The audit trail of one thing in words: as a page and as files."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from cashdesk.documents.answer import file_answer, refuse_format
from cashdesk.documents.document import Document
from cashdesk.documents.page import files_at, shown
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.formats import write_as
from cashdesk.models import Store
from cashdesk.web.pages import page_for
from reconciliations.documents.trail import trail_document
from reconciliations.queries import reports, trail


@page_for(Role.MANAGER)
def trail_page(request: HttpRequest, by: Principal, noun: str, thing: UUID, file_format: str = "") -> HttpResponse:
    """Shows or sends the trail of a session, a settlement, a bag or a variance."""
    found = trail.thing(noun=noun, uuid=thing, by=by)
    document = _described(found.store, found.subject, name=found.name, file_name=f"trail-{noun}-{thing}")
    return _answer(request, found.store, document, files_at("trail-file", noun, thing), file_format=file_format)


@page_for(Role.MANAGER)
def day_trail_page(
    request: HttpRequest, by: Principal, store: UUID, number: int, file_format: str = ""
) -> HttpResponse:
    """Shows or sends the trail of a closed business day, which the number of its report names."""
    report = reports.day_report(by=by, store=str(store), number=number)
    subject = f"day:{report.store_id}:{report.day.date}"
    document = _described(report.store, subject, name=str(report), file_name=f"trail-day-{report.day.date}")
    return _answer(request, report.store, document, files_at("day-trail-file", store, number), file_format=file_format)


def _described(store: Store, subject: str, *, name: str, file_name: str) -> Document:
    write_as(store.language, store.currency, store.time_zone)
    entries = trail.entries_about(subject)
    return trail_document(
        entries[: trail.ENTRIES_MAX],
        store=store,
        name=name,
        file_name=file_name,
        at=entries[-1].at if entries else timezone.now(),
        has_more=len(entries) > trail.ENTRIES_MAX,
    )


def _answer(
    request: HttpRequest, store: Store, document: Document, files: list[tuple[str, str]], *, file_format: str
) -> HttpResponse:
    if file_format:
        refuse_format(file_format)
        return file_answer(document, file_format=file_format)
    return render(request, "reconciliations/document_page.html", {**shown(document), "store": store, "files": files})
