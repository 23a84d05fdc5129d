"""The pages that supervisors open, with their paths in a chain (`bench.chain`)."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final, NamedTuple

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from bench.chain import Chain
from cashdesk.admin_base.model_admin import StoreFilter
from cashdesk.enums import PlaceKind, VarianceKind
from cashdesk.models import BusinessDay, CashSession, Count, Movement, Payment, Place, Seal, Store, User, Variance
from reconciliations.models import Reconciliation, StoreDayReport
from settlements.models import Deposit, Settlement

SEARCHED: Final = ("0500", "Carla 0500", "BAG-37", "O-40-3", "P-40-3", "12.34", "Z 12", "Mara", "register 2")
"""Names, numbers and amounts for the search, in one store and in all stores of the chain."""

OFFICE_SEARCHES: Final[dict[str, tuple[str, ...]]] = {
    "cashsession": ("Carla 0500", "0500", "zzz"), "settlement": ("Mara 0501", "0501", "zzz"),
    "payment": ("P-40-3", "zzz"), "movement": ("P-40-3", "zzz"), "user": ("Carla 0500", "zzz"), "store": ("0500",),
    "variance": ("Carla 0500", "0500", "zzz"), "deposit": ("BAG-37", "zzz"), "seal": ("12", "zzz"),
    "reconciliation": ("0500", "zzz"), "auditentry": ("session:12", "zzz"), "businessday": ("0500", "zzz"),
}  # fmt: skip
"""What people type above the lists of the back office: something that is there, and something that is not."""

OFFICE_ROWS: Final[tuple[type[Model], ...]] = (
    CashSession, Settlement, Payment, Movement, Count, Seal, Variance, Deposit, BusinessDay, Reconciliation, Store, User,
    Place,
)  # fmt: skip
"""The models of the back office whose newest row is opened."""


class Look(NamedTuple):
    """A page that a person opens."""

    name: str
    path: str


def pages_of(chain: Chain, person: User) -> Iterator[Look]:
    """Yields every page of a supervisor: the pages, the search, and the back office."""
    sees_all = person.store is None
    store = person.store or Store.objects.filter(account=chain.account).order_by("pk")[2]
    query = f"?store={store.number}" if sees_all else ""
    yield from _store_pages(store, query)
    if sees_all:
        yield from _chain_pages()
    for text in SEARCHED:
        yield Look(f"search {text}", f"/search?q={text}{query.replace('?', '&')}")
        if sees_all:
            yield Look(f"search {text}, all stores", f"/search?q={text}&store=all")
    yield from _evidence(store, sees_all=sees_all)
    yield from _office(store, sees_all=sees_all)


def _chain_pages() -> Iterator[Look]:
    yield Look("board", "/board")
    yield Look("board, polled", "/board/now")
    for asked in ("?page=all", "?page=2", "?sort=-over-short", "?state=late", "?q=0500"):
        yield Look(f"board {asked}", f"/board{asked}")
    for asked in ("", "&show=all", "&sort=shortage", "&show=all&sort=shortage", "&show=all&kind=UNCOUNTED", "&sort=person",
                  "&show=all&sort=person", "&show=all&page=20", "&direction=short&age=over-1"):  # fmt: skip
        yield Look(f"variances, all stores {asked}", f"/variances?store=all{asked}")
    yield Look("stores", "/stores")
    yield Look("stores, found", "/stores?q=0500")
    yield Look("settings of stores", "/settings/stores")
    yield Look("settings of people", "/settings/people")
    yield Look("settings of keys", "/settings/api-keys")


def _store_pages(store: Store, query: str) -> Iterator[Look]:
    yield Look("today", f"/today{query}")
    yield Look("today, polled", f"/today/{store.uuid}/now")
    for path in ("money", "drawers", "vault", "vault/movements", "vault/deposits", "vault/orders", "money/payouts",
                 "patterns", "reports", "reports/over-short", "reports/operator", "reports/mail", "reports/exports/",
                 "reports/registers"):  # fmt: skip
        yield Look(path, f"/{path}{query}")
    person = User.objects.filter(store=store, role="cashier").earliest("pk")
    yield Look("patterns of people", f"/patterns/{store.uuid}/people")
    yield Look("patterns of a register", f"/patterns/{store.uuid}/registers/1")
    yield Look("report of an operator", f"/reports/operator?person={person.uuid}{query.replace('?', '&')}")
    report = StoreDayReport.objects.filter(store=store).latest("number")
    yield Look("report of a day", reverse("store-day", args=[store.uuid, report.number]))
    yield Look("trail of a day", reverse("day-trail", args=[store.uuid, report.number]))
    session = CashSession.objects.filter(store=store, status="CLOSED").latest("pk")
    yield Look("trail of a session", reverse("trail", args=["session", session.uuid]))
    yield Look("result of a session", reverse("desk-result", args=[session.uuid]))
    for name, args in (("report-places", ()), ("x-report", (1,)), ("z-reports", (1,)), ("z-report", (1, 12))):
        yield Look(name, reverse(name, args=[store.number, *args]))
    deposit = Deposit.objects.filter(store=store).latest("pk")
    yield Look("bag", reverse("vault-deposit", args=[deposit.uuid]))
    for asked in ("", "?show=all", "?show=all&sort=shortage", f"?show=all&person={person.uuid}", "?show=all&place=1"):
        yield Look(f"variances {asked}", f"/variances{asked}{query.replace('?', '&' if asked else '?')}")


def _evidence(store: Store, *, sees_all: bool) -> Iterator[Look]:
    rows = Variance.objects.filter(store=store)
    for kind in (VarianceKind.SESSION, VarianceKind.UNCOUNTED):
        found = rows.filter(kind=kind).order_by("-pk").first()
        if found is not None:
            yield Look(f"one variance, {kind}", f"/variances/{found.uuid}")
    if sees_all:
        waiting = Variance.objects.filter(state="OPEN", kind=VarianceKind.SESSION).earliest("pk")
        yield Look("one variance, beside all stores", f"/variances/{waiting.uuid}?store=all")


def _office(store: Store, *, sees_all: bool) -> Iterator[Look]:
    for model, office in admin.site._registry.items():
        meta: Any = model._meta
        path = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        yield Look(f"admin {meta.model_name}", path)
        for text in OFFICE_SEARCHES.get(meta.model_name, ()) if office.search_fields else ():
            yield Look(f"admin {meta.model_name} {text}", f"{path}?q={text}")
        if sees_all and any(isinstance(one, type) and issubclass(one, StoreFilter) for one in office.list_filter):
            yield Look(f"admin {meta.model_name} of a store", f"{path}?store={store.pk}")
        if model in OFFICE_ROWS and (row := _row_of(model, store)) is not None:
            change = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
            yield Look(f"admin one {meta.model_name}", change)


def _row_of(model: type[Model], store: Store) -> Model | None:
    owners: dict[type[Model], dict[str, Any]] = {
        Store: {"pk": store.pk},
        Count: {"place__store": store},
        Seal: {"place__store": store, "place__kind": PlaceKind.REGISTER},
        User: {"store": store},
    }
    rows: Any = model.objects  # type: ignore[attr-defined]
    found: Model | None = rows.filter(**owners.get(model, {"store": store})).order_by("-pk").first()
    return found


def filters_in(page: str, path: str) -> Iterator[Look]:
    """Yields the filters that a list of the back office offers, without those of single stores."""
    for found in dict.fromkeys(re.findall(r'href="(\?[^"]+)"', page.partition('id="changelist-filter"')[2])):
        query = unescape(found)
        if not query.startswith(("?store=", "?_facets")):
            yield Look(f"admin {path.split('/')[-2]} {query}", path + query)
