"""The back office: every registered list and row, and every action page."""

from collections.abc import Iterator
from typing import Any, Final

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from cashdesk.admin_base.action_pages import Acting, ActPage
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.payment.order import create_order
from cashdesk.enums import OrderType, Role
from cashdesk.models import User
from settlements.enums import Direction, SettlementType
from settlements.models import CashbookAccount, Settlement
from tests.screenshots.album import Album
from tests.screenshots.walks.world import BERLIN, PORTLAND, open_drawer, store, webhooks
from tests.second_factor import adds_app

PEOPLE: Final = ("admin", "erika", "grace")
"""Who is asked, one after another, whether an act is offered to them."""
ROWS_LOOKED_AT: Final = 300
OPERATOR: Final = "operator"
HISTORY_OF: Final = "cashdesk_user"
"""A row's history is Django's page and looks the same for all of them."""


def row_pages() -> frozenset[str]:
    """Returns the names of the lists and rows."""
    names = {f"admin:{_label(model)}_{kind}" for model in admin.site._registry for kind in ("changelist", "change")}
    return frozenset(names | {"admin:index", "admin:app_list", f"admin:{HISTORY_OF}_history"})


def act_pages() -> frozenset[str]:
    """Returns the names of the action pages and of the pages that add a row."""
    acts = {f"admin:{_label(page.model)}_{act.name}" for page in _acting() for act in (*page.all_acts, *page.list_acts)}
    return frozenset(acts | _open("add") | _open("delete"))


def excused_pages() -> set[str]:
    """Returns the pages that nobody may open, and the history pages, which all look like the photographed one."""
    every = {f"admin:{_label(model)}_{kind}" for model in admin.site._registry for kind in ("add", "delete")}
    histories = {f"admin:{_label(model)}_history" for model in admin.site._registry}
    return (every - _open("add") - _open("delete")) | (histories - {f"admin:{HISTORY_OF}_history"})


def walk_rows(album: Album) -> None:
    """Shows everything to Anna, and the pages of a manager to Erika."""
    album.enter("admin")
    with album.story("preparing"):
        berlin = store(BERLIN)
        webhooks()
        create_order(
            store=berlin, net_total=18_50, order_type=OrderType.DINE_IN, number="A-17", by=SYSTEM, at=timezone.now()
        )
        CashbookAccount.objects.create(
            store=berlin, type=SettlementType.VAULT, direction=Direction.EXPENSE, code="POST", description="Postage"
        )
        asked = f"table=movements&store={berlin.uuid}&from=2026-01-01&to=2026-01-02&file=csv"
        assert album.page.context.request.get(f"{reverse('export-file')}?{asked}").ok
    with album.story("index"):
        album.visit("admin:index")
        album.take()
        for label in dict.fromkeys(model._meta.app_label for model in admin.site._registry):
            album.visit("admin:app_list", label)
            album.take()
    for model, page in admin.site._registry.items():
        with album.story(_label(model)):
            album.visit(f"admin:{_label(model)}_changelist")
            album.take()
            row = page.get_queryset(_request(User.objects.get(username="admin"))).first()
            assert row is not None, "there is no row"
            album.visit(f"admin:{_label(model)}_change", row.pk)
            album.take()
    with album.story("others"):
        album.visit("admin:cashdesk_user_history", User.objects.get(username="carla").pk)
        album.take()
        album.visit("admin:cashdesk_movement_changelist", query="?q=nothing")
        album.take("nothing found")
        album.enter("erika")
        album.visit("admin:index")
        album.take("manager")
        album.visit("admin:cashdesk_variance_changelist")
        album.take("manager")


def walk_acts(album: Album) -> None:
    """Opens every offered action page, after some work was left undone on purpose."""
    with album.story("preparing"):
        webhooks()
        _leave_undone(album)
    with album.story("adding"):
        User.objects.create_superuser(OPERATOR, f"{OPERATOR}@example.org", "Olga Operator")
        for model, page in admin.site._registry.items():
            if f"admin:{_label(model)}_add" in _open("add"):
                album.enter(
                    "admin" if page.has_add_permission(_request(User.objects.get(username="admin"))) else OPERATOR
                )
                album.visit(f"admin:{_label(model)}_add")
                album.take()
        album.visit("admin:cashdesk_user_add")
        album.send("[name=_save]")
        album.take("refused")
    for page in _acting():
        for act in page.list_acts:
            with album.story(f"{_label(page.model)}_{act.name}"):
                album.enter("admin")
                album.visit(f"admin:{_label(page.model)}_{act.name}")
                album.take()
                album.send()
                album.take("refused")
        for act in page.all_acts:
            with album.story(f"{_label(page.model)}_{act.name}"):
                username, row = _example(page, act)
                album.enter(username)
                album.visit(f"admin:{_label(page.model)}_{act.name}", row.pk)
                album.take()


def _leave_undone(album: Album) -> None:
    """Leaves a failed sign-in, a second factor, open drawers, an open register and a waiting bag."""
    adds_app(User.objects.filter(role=Role.MANAGER).exclude(username__in=PEOPLE)[:1].get())
    album.leave()
    for _ in range(10):
        album.visit("sign-in")
        album.fill(name="joao", password="wrong")
        album.send(status=429)
    # The earlier answers were 400.
    album.screen.quiet()
    album.screen.complaints.clear()
    album.enter("bruno")
    open_drawer(album, "100")
    album.visit("desk-hand-over")
    album.fill(amount="100")
    album.send()
    album.send("close")
    album.enter("carla")
    open_drawer(album, "200")
    album.enter("erika")
    album.visit("vault-deposit-new")
    album.fill(amount="850", bag_number="B-4711")
    album.send()
    album.enter("grace")
    for station in (1, 2):
        album.visit("settlement-open", store(PORTLAND).uuid, station)
        album.fill(usd_cash_amount="150")
        album.send()
        album.send("open")
    left = Settlement.objects.get(store=store(PORTLAND), type="CASHREGISTER", place__number=2, state="OPEN")
    album.visit("admin:settlements_settlement_force-close", left.pk)
    album.fill(reason="Nobody came to count it")
    album.send()


def _example(page: Acting, act: ActPage) -> tuple[str, Any]:
    """Returns a username and a row on which this person may take the action. Raises LookupError."""
    for username in PEOPLE:
        user = User.objects.get(username=username)
        if not user.has_role(act.role):
            continue
        for row in page.get_queryset(_request(user))[:ROWS_LOOKED_AT]:
            if act.refusal(row, by=Principal(user=user)) is None:
                return username, row
    raise LookupError(f"{act.label!r} is offered for none of the newest {ROWS_LOOKED_AT} rows")


def _acting() -> Iterator[Any]:
    return (page for page in admin.site._registry.values() if isinstance(page, Acting))


def _open(kind: str) -> set[str]:
    """Returns the names of the pages of this kind that an operator may open. An operator has all rights."""
    request = _request(get_user_model()(role=Role.ADMIN, is_superuser=True))
    return {
        f"admin:{_label(model)}_{kind}"
        for model, page in admin.site._registry.items()
        if getattr(page, f"has_{kind}_permission")(request)
    }


def _request(user: Any) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    return request


def _label(model: type[Any]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"
