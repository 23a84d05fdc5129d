"""The pages of patterns: of a store and its registers, of people if the account shows them, and one's own.

They show closes that were counted, never a session that is open (law 5). Every look at a person is noted.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.formats import month, style, write_as
from cashdesk.models import Store
from cashdesk.web.chosen_store import ask_for_store, chosen_store
from cashdesk.web.pages import page_for
from reconciliations.domain.pattern_setting import note_looks
from reconciliations.enums import PatternGroup
from reconciliations.patterns.close import Group
from reconciliations.patterns.summary import Summary
from reconciliations.queries.patterns import PEOPLE_FROM, Look, look_at, looks_at, people_of
from reconciliations.screens.interval_chart import draw_intervals
from reconciliations.screens.pattern_rows import (
    acts_rows,
    drift_of,
    group_rows,
    hour_rows,
    pairs_of,
    people_names,
    register_rows,
    row_of,
    strip_of,
    weekday_rows,
)


@page_for(Role.MANAGER)
def patterns_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows the closes of a store, its registers and its weekdays. People who see several stores choose one first."""
    store = chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    look = _look(store, by=by)
    of_store = look.of_store()
    registers, weekdays = register_rows(look), weekday_rows(look)
    found = [row for row in (*registers, *weekdays) if row["finding"].stands_out]
    context = {
        **_context(look, part="store"),
        "whole_rows": [row_of(_("All closes"), of_store, currency=store.currency)],
        "drift": drift_of(look),
        "registers": registers,
        "weekdays": weekdays,
        "found": found,
        "is_compared": any(row["finding"].is_compared for row in (*registers, *weekdays)),
        "hours": hour_rows(look),
        "chart": _chart(registers, of_store, key="registers", title=_("Shortages above the tolerance by register")),
        "weekday_chart": _chart(
            weekdays, of_store, key="weekdays", title=_("Shortages above the tolerance by weekday")
        ),
    }
    return render(request, "reconciliations/patterns.html", context)


@page_for(Role.MANAGER)
def pattern_register_page(request: HttpRequest, by: Principal, store: UUID, number: int) -> HttpResponse:
    """Shows the closes of one register, with the ways to their drawers."""
    look = _look(queries.shop(by=by, store_id=store), by=by)
    register = next((one for one in look.registers.values() if one.number == number), None)
    if register is None:
        raise NotFound(_("There is no such register."))
    closes = [one for one in look.closes if one.register == register.pk]
    standings = look.standings(PatternGroup.REGISTER)
    (row,) = group_rows(look, Group.REGISTER, standings, {register.pk: (str(register), "")})
    context = {
        **_context(look, part="store"),
        "heading": str(register),
        "row": row,
        "row_alone": [row],
        "strip": strip_of(look, closes, key="strip", title=_("The last closes")) if closes else None,
        "acts": acts_rows(closes),
    }
    return render(request, "reconciliations/pattern_register.html", context)


@page_for(Role.MANAGER)
def pattern_people_page(request: HttpRequest, by: Principal, store: UUID) -> HttpResponse:
    """Shows the people of a store in the order of their names, if the account shows patterns by person."""
    look = _look(queries.shop(by=by, store_id=store), by=by)
    people = people_of(look) if look.has_people else []
    rows = []
    if len(people) >= PEOPLE_FROM:
        rows = group_rows(look, Group.CASHIER, look.standings(PatternGroup.CASHIER), people_names(people, look))
        note_looks(people=people, store=look.store, by=by, at=timezone.now())
    context = {
        **_context(look, part="people"),
        "rows": rows,
        "people_from": PEOPLE_FROM,
        "chart": _chart(rows, look.of_store(), key="people", title=_("Shortages above the tolerance by person")),
        "may_set": by.has_role(Role.ADMIN),
    }
    return render(request, "reconciliations/pattern_people.html", context)


@page_for(Role.MANAGER)
def pattern_person_page(request: HttpRequest, by: Principal, store: UUID, person: UUID) -> HttpResponse:
    """Shows one person's closes, if the account shows patterns by person, with the ways to their drawers."""
    look = _look(queries.shop(by=by, store_id=store), by=by)
    people = people_of(look) if look.has_people else []
    found = next((one for one in people if one.uuid == person), None)
    if found is None or len(people) < PEOPLE_FROM:
        raise NotFound(_("There is no such person."))
    note_looks(people=[found], store=look.store, by=by, at=timezone.now())
    context = {
        **_context(look, part="people"),
        **_person(look, found.pk, name=str(found), is_compared=True),
        "is_own": False,
    }
    return render(request, "reconciliations/pattern_person.html", context)


@page_for(Role.CASHIER)
def own_patterns_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows a person their own closes, and who looked at them. The comparison is shown if managers see it too."""
    store = by.own_store or chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    if by.user is None:
        raise NotFound(_("There is no such person."))
    look = _look(store, by=by)
    looks = [
        {"who": str(entry.user), "when": style().instant(entry.at, store.time_zone)} for entry in looks_at(by.user)
    ]
    context = {
        **_context(look, part="me"),
        **_person(look, by.user.pk, name=str(by.user), is_compared=look.has_people),
        "heading": _("Your closes"),
        "is_own": True,
        "looks": looks,
    }
    return render(request, "reconciliations/pattern_person.html", context)


def _look(store: Store, *, by: Principal) -> Look:
    write_as(store.language, store.currency, store.time_zone)
    return look_at(store=store, by=by, at=timezone.now())


def _context(look: Look, *, part: str) -> dict[str, Any]:
    days = [one.business_date for one in look.closes]
    return {
        "store": look.store,
        "part": part,
        "look": look,
        "number": len(look.closes),
        "period": {"first": style().date(min(days)), "last": style().date(max(days))} if days else None,
        "reviewed": {
            "first": month(look.months[0]),
            "last": month(look.months[-1]),
            "has_closes": any(day.replace(day=1) in look.months for day in days),
        },
    }


def _person(look: Look, cashier: int, *, name: str, is_compared: bool) -> dict[str, Any]:
    """Returns the figures of one person. Without the comparison, nothing is said about how they differ from others."""
    closes = [one for one in look.closes if one.cashier == cashier]
    standings = look.standings(PatternGroup.CASHIER) if is_compared else {}
    (row,) = group_rows(look, Group.CASHIER, standings, {cashier: (name, "")})
    return {
        "heading": name,
        "row": row,
        "row_alone": [row],
        "is_compared": is_compared,
        "strip": strip_of(look, closes, key="strip", title=_("The last closes")) if closes else None,
        "pairs": pairs_of(look, cashier=cashier),
        "acts": acts_rows(closes),
    }


def _chart(rows: list[dict[str, Any]], of_store: Summary | int, *, key: str, title: str) -> Any:
    if isinstance(of_store, int):
        return None
    shown = [(row["name"], row["summary"]) for row in rows if "summary" in row]
    return draw_intervals(shown, of_store=of_store, key=key, title=title)
