"""Reads the filters of the list of variances out of an address, and writes them into the addresses of its pages."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import PlaceKind, VarianceKind
from cashdesk.models import Place, Store
from cashdesk.web.chosen_store import chosen_store
from reconciliations.enums import Age, Direction, VarianceSort
from reconciliations.queries.variance_queue import PAGE_MAX, VarianceSearch
from reconciliations.screens.variance_words import place_in_words

ALL_STORES: Final = "all"
QUERY_MAX: Final = 300
"""The longest address of filters that is kept. All filters together are shorter."""

PEOPLE_MAX: Final = 300
C = TypeVar("C", bound=TextChoices)


def store_of(request: HttpRequest, query: Mapping[str, str], *, by: Principal) -> Store | None:
    """Returns the store of the list, or None for all stores of a person who sees several."""
    if query.get("store") == ALL_STORES and by.own_store is None:
        return None
    return chosen_store(request, by=by)


def search_of(query: Mapping[str, str], *, store: Store | None) -> VarianceSearch:
    """Returns the filters of an address. Leaves out values that are not understood."""
    is_waiting = query.get("show") != "all"
    default = VarianceSort.OLDEST if is_waiting else VarianceSort.NEWEST
    sort = _choice(VarianceSort, query.get("sort", "")) or default
    age = _choice(Age, query.get("age", ""))
    if age is None and is_limited(store=store, is_waiting=is_waiting, sort=sort):
        age = Age.LAST_QUARTER
    station = _number(query.get("place", ""), largest=2**31 - 1) if store is not None else None
    return VarianceSearch(
        store=store,
        is_waiting=is_waiting,
        person=uuid_of(query.get("person", "")),
        station=station,
        kind=_choice(VarianceKind, query.get("kind", "")),
        direction=_choice(Direction, query.get("direction", "")),
        age=age,
        sort=sort,
        page=min(max(_number(query.get("page", ""), largest=PAGE_MAX) or 1, 1), PAGE_MAX),
    )


def is_limited(*, store: Store | None, is_waiting: bool, sort: VarianceSort) -> bool:
    """Whether a list needs a limit in time, because no index has its order: else it would read every old variance."""
    return not is_waiting and (store is None or sort not in (VarianceSort.OLDEST, VarianceSort.NEWEST))


def query_of(search: VarianceSearch, *, page: int | None = None, for_all_stores: bool = False) -> str:
    """Returns the filters as the query of an address, without defaults. "" if there are none."""
    default = VarianceSort.OLDEST if search.is_waiting else VarianceSort.NEWEST
    page = search.page if page is None else page
    asked = {
        "show": "" if search.is_waiting else "all",
        "store": ALL_STORES if for_all_stores else "",
        "person": search.person or "",
        "place": "" if search.station is None else search.station,
        "kind": search.kind or "",
        "direction": search.direction or "",
        "age": search.age or "",
        "sort": "" if search.sort == default else search.sort,
        "page": page if page > 1 else "",
    }
    return urlencode({name: str(value) for name, value in asked.items() if value != ""})


def has_filters(search: VarianceSearch) -> bool:
    """Whether the list is narrowed."""
    asked = (search.person, search.station, search.kind, search.direction, search.age)
    return any(one is not None for one in asked)


def choices_of(search: VarianceSearch, *, by: Principal) -> list[dict[str, Any]]:
    """Returns the filters with their choices, as the form shows them. Runs two statements for one store, else none."""
    chosen = {
        "person": str(search.person or ""),
        "place": "" if search.station is None else str(search.station),
        "kind": search.kind or "",
        "direction": search.direction or "",
        "age": search.age or "",
    }
    offered: list[tuple[str, str, list[tuple[str, str]]]] = [
        ("kind", _("Kind"), _labels(VarianceKind)),
        ("direction", _("Short or over"), _labels(Direction)),
        ("age", _("Age"), _labels(Age)),
    ]
    if search.store is not None:
        people = by.people(with_inactive=True).filter(store=search.store).order_by("name", "pk")
        named = [(str(uuid), name) for uuid, name in people.values_list("uuid", "name")[:PEOPLE_MAX]]
        places = Place.objects.filter(store=search.store, kind__in=(PlaceKind.VAULT, PlaceKind.REGISTER))
        stations = [(str(place.number), place_in_words(place)) for place in places.order_by("number")]
        offered = [("person", _("Person"), named), ("place", _("Place"), stations), *offered]
    limited = is_limited(store=search.store, is_waiting=search.is_waiting, sort=search.sort)
    return [
        {
            "name": name,
            "label": label,
            "chosen": chosen[name],
            "choices": choices if name == "age" and limited else [("", _("All")), *choices],
            "is_set": bool(chosen[name]),
        }
        for name, label, choices in offered
    ]


def sorts_of(search: VarianceSearch) -> list[tuple[str, str, bool]]:
    """Returns value, label and whether it is chosen, of each order of the list."""
    return [(sort.value, _(sort.label), sort == search.sort) for sort in VarianceSort]


def _labels(choices: type[TextChoices]) -> list[tuple[str, str]]:
    return [(one.value, _(str(one.label))) for one in choices]


def _choice(choices: type[C], text: str) -> C | None:
    return choices(text) if text in choices.values else None


def _number(text: str, *, largest: int) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 11 and int(text) <= largest else None


def uuid_of(text: str) -> UUID | None:
    """Returns the id in a text, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
