"""Reports over a range of business dates, and the cash position: as pages and as files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop as noop

from cashdesk.documents.answer import file_answer, refuse_format
from cashdesk.documents.document import Document
from cashdesk.documents.page import FORMATS, shown
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput, NotFound
from cashdesk.formats import write_as
from cashdesk.models import Store, User
from cashdesk.web.chosen_store import ask_for_store, chosen_store
from cashdesk.web.pages import page_for
from reconciliations.documents.operator_month import operator_document
from reconciliations.documents.over_short import over_short_document
from reconciliations.exports.export_request import read_range
from reconciliations.screens.presets import PRESETS, range_of

PEOPLE_MAX: Final = 500
DAYS_UNASKED: Final = 30
"""The days of a report whose range nobody chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a reader asks a report of: the store, the range, and for some reports a person."""

    store: Store
    first: date
    last: date
    person: User | None
    people: list[User]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeReport:
    """A report over a range: the names of its page and its files, and the function that describes it."""

    page: str
    file: str
    title: str
    make: Callable[[Asked], Document | None]
    names_person: bool = False


def _operator(asked: Asked) -> Document | None:
    if asked.person is None:
        return None
    return operator_document(store=asked.store, person=asked.person, first=asked.first, last=asked.last, at=asked.at)


OVER_SHORT: Final = RangeReport(
    page="over-short",
    file="over-short-file",
    title=noop("Over/short summary"),
    make=lambda asked: over_short_document(store=asked.store, first=asked.first, last=asked.last, at=asked.at),
)
OPERATOR: Final = RangeReport(
    page="operator-month", file="operator-month-file", title=noop("Operator's month"), make=_operator, names_person=True
)


@page_for(Role.MANAGER)
def over_short_page(request: HttpRequest, by: Principal, file_format: str = "") -> HttpResponse:
    """Shows or sends the differences of a range, with their history."""
    return _answer(request, OVER_SHORT, by=by, file_format=file_format)


@page_for(Role.MANAGER)
def operator_page(request: HttpRequest, by: Principal, file_format: str = "") -> HttpResponse:
    """Shows or sends the drawers of one person in a range."""
    return _answer(request, OPERATOR, by=by, file_format=file_format)


def _answer(request: HttpRequest, report: RangeReport, *, by: Principal, file_format: str) -> HttpResponse:
    if file_format:
        refuse_format(file_format)
    store = chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    write_as(store.language, store.currency, store.time_zone)
    people = _people(store) if report.names_person else []
    person = _person(request, people) if report.names_person else None
    now = timezone.now()
    errors: dict[str, str] = {}
    try:
        first, last = _range(request, today=business_date(store=store, at=now))
    except InvalidInput as error:
        errors = error.on_pages
        first = last = business_date(store=store, at=now)
    asked = Asked(store=store, first=first, last=last, person=person, people=people, at=now)
    document = report.make(asked) if not errors else None
    if file_format:
        if document is None:
            return _page(request, report, asked, None, errors or {"person": ""})
        return file_answer(document, file_format=file_format)
    return _page(request, report, asked, document, errors)


def _page(
    request: HttpRequest, report: RangeReport, asked: Asked, document: Document | None, errors: dict[str, str]
) -> HttpResponse:
    query = request.GET.copy()
    query.pop("preset", None)
    query["from"], query["to"] = asked.first.isoformat(), asked.last.isoformat()
    query["store"] = str(asked.store.uuid)
    files = [(f"{reverse(report.file, args=[code])}?{query.urlencode()}", name) for code, name in FORMATS.items()]
    typed = {name: request.GET.get(name, "") for name in ("from", "to")} if errors else {}
    context: dict[str, Any] = {
        "report": report,
        "store": asked.store,
        "asked": asked,
        "presets": PRESETS,
        "errors": errors,
        "from": typed.get("from") or asked.first.isoformat(),
        "to": typed.get("to") or asked.last.isoformat(),
        "files": files if document is not None else [],
        **(shown(document) if document is not None else {}),
    }
    return render(request, "reconciliations/range_report.html", context, status=400 if errors else 200)


def _range(request: HttpRequest, *, today: date) -> tuple[date, date]:
    """Returns the range that was asked for: a preset, two dates, or the last thirty days. Raises InvalidInput."""
    preset = request.GET.get("preset", "")
    if preset in PRESETS:
        return range_of(preset, today=today)
    if not request.GET.get("from") and not request.GET.get("to"):
        # Not the month so far: on its first day it would be empty.
        return today - timedelta(days=DAYS_UNASKED - 1), today
    return read_range(request.GET.dict())


def _people(store: Store) -> list[User]:
    """Returns the people of a store, those who left it too: their drawers stay in the books."""
    return list(User.objects.filter(store=store).order_by("name", "username", "pk")[:PEOPLE_MAX])


def _person(request: HttpRequest, people: list[User]) -> User | None:
    wanted = request.GET.get("person", "")
    found = next((one for one in people if str(one.uuid) == wanted), None)
    if wanted and found is None:
        raise NotFound("There is no such person.")
    return found
