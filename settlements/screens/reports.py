"""X and Z reports for managers, to read and print: on 80 mm paper (`?paper=slip`) or on A4."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from cashdesk.documents.page import FORMATS, files_at
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import MovedOfKind
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput, NotFound
from cashdesk.formats import write_as
from cashdesk.models import Place, Seal
from cashdesk.web.chosen_store import chosen_store
from cashdesk.web.fields import in_field, typed_instant_in
from cashdesk.web.pages import page_for
from settlements import queries
from settlements.domain.report import Figures, Report
from settlements.domain.sealed_period import ZReport
from settlements.domain.x_report import x_report
from settlements.domain.z_report import z_report

PAPERS: Final = {"a4": "A4", "slip": "80 mm"}
ROWS: Final = 50
STORES_MAX: Final = 500


@page_for(Role.MANAGER)
def stores_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Redirects to the reports of the chosen store. Lists the stores with `?all`, and if none is chosen."""
    chosen = None if "all" in request.GET else chosen_store(request, by=by)
    if chosen is not None:
        return redirect("report-places", store=chosen.uuid)
    stores = list(by.stores().order_by("number", "pk")[:STORES_MAX])
    return render(request, "settlements/report_stores.html", {"stores": stores})


@page_for(Role.MANAGER)
def places_page(request: HttpRequest, by: Principal, store: str) -> HttpResponse:
    """Lists the vault and the registers of a store."""
    found = queries.stores_named(store, by=by).order_by("pk").first()
    if found is None:
        raise NotFound("There is no such store.")
    places = found.places.filter(kind__in=("VAULT", "REGISTER")).order_by("number")
    return render(request, "settlements/report_places.html", {"store": found, "places": places})


@page_for(Role.MANAGER)
def x_report_page(request: HttpRequest, by: Principal, store: str, station: int) -> HttpResponse:
    """Shows the running period of a place, or that of an earlier instant. The audit trail records each look."""
    return x_page(request, by=by, store=store, station=station)


def x_page(request: HttpRequest, *, by: Principal, store: str, station: int) -> HttpResponse:
    """Returns the page of an X report, also for a file that was asked for with a wrong instant."""
    place = queries.place_at(by=by, store=store, station=station)
    now, zone, typed = timezone.now(), place.store.time_zone, request.GET.get("as_of", "").strip()
    context: dict[str, Any] = {
        **_context(request, place),
        "typed": in_field(typed, zone=zone),
        "latest": f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}",
        "report": None,
    }
    try:
        as_of = typed_instant_in(typed, field="as_of", now=now, zone=zone)
        report = x_report(place=place, by=by, at=now, as_of=as_of)
    except InvalidInput as error:
        return render(request, "settlements/x_report.html", {**context, "errors": error.on_pages}, status=400)
    except NotFound:
        return render(request, "settlements/x_report.html", context, status=404)
    query = {"as_of": typed} if typed else {}
    context |= {"report": report, "amounts": _amounts(report)}
    context["files"] = [
        (reverse("x-report-file", args=[store, station, code], query=query), name) for code, name in FORMATS.items()
    ]
    return render(request, "settlements/x_report.html", context)


@page_for(Role.MANAGER)
def z_reports_page(request: HttpRequest, by: Principal, store: str, station: int) -> HttpResponse:
    """Lists the closed periods of a place, newest first. `?before=` is a Z number: the page then shows older periods."""
    place = queries.place_at(by=by, store=store, station=station)
    seals: QuerySet[Seal] = queries.with_subjects(queries.seals(by=by, place=place)).order_by("-number")
    before = request.GET.get("before", "")
    if before:
        if not (before.isascii() and before.isdecimal() and len(before) <= 18):
            raise Http404
        seals = seals.filter(number__lt=int(before))
    rows = list(seals[: ROWS + 1])
    listed = [{"seal": seal, "of": queries.closed_by(seal)} for seal in rows[:ROWS]]
    older = rows[ROWS - 1].number if len(rows) > ROWS else None
    context = {**_context(request, place), "listed": listed, "older": older, "is_first": not before}
    return render(request, "settlements/z_list.html", context)


@page_for(Role.MANAGER)
def z_report_page(request: HttpRequest, by: Principal, store: str, station: int, number: int) -> HttpResponse:
    """Shows the Z report of a closed period."""
    place = queries.place_at(by=by, store=store, station=station)
    report = z_report(period=queries.sealed_period(by=by, place=place, number=number), by=by, at=timezone.now())
    last = queries.seals(by=by, place=place).order_by("-number").values_list("number", flat=True).first()
    context = {
        **_context(request, place),
        "report": report,
        "amounts": _amounts(report),
        "files": files_at("z-report-file", store, station, number),
        "trail_of": _trail_of(report),
        "before": number - 1 if number > 1 else None,
        "after": number + 1 if last is not None and number < last else None,
    }
    return render(request, "settlements/z_report.html", context)


def _trail_of(report: ZReport) -> tuple[str, UUID] | None:
    """Returns (noun, UUID) of the session or the settlement that a seal closed."""
    if report.settlement is not None:
        return "settlement", report.settlement.uuid
    return ("session", report.session.uuid) if report.session is not None else None


def _context(request: HttpRequest, place: Place) -> dict[str, Any]:
    paper = request.GET.get("paper", "a4")
    if paper not in PAPERS:
        raise Http404
    write_as(place.store.language, place.store.currency, place.store.time_zone)
    return {
        "place": place,
        "store": place.store,
        "paper": paper,
        "papers": PAPERS,
        "paper_query": "?paper=slip" if paper == "slip" else "",
    }


def _amounts(report: Report) -> list[dict[str, Any]]:
    """Returns the figures, movements and counted pieces per currency and method."""
    attempt = report.closing_attempt if isinstance(report, ZReport) else None
    found = {line.pair: line.pieces for line in attempt.found} if attempt else {}
    return [
        {
            "figures": figures,
            "movements": _of(figures, report.movements),
            "booked": _of(figures, report.booked) if isinstance(report, ZReport) else [],
            "pieces": [
                {"worth": line.denomination, "number": line.pieces, "amount": line.denomination * line.pieces}
                for line in found.get(figures.pair, ())
            ],
        }
        for figures in report.figures
    ]


def _of(figures: Figures, lines: Iterable[MovedOfKind]) -> list[MovedOfKind]:
    return [line for line in lines if line.pair == figures.pair]
