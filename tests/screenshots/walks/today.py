"""The page Today of a store that trades, of one under settlement and of a quiet one; and the search."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.audit_count import audit_count
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, Place, Store, User
from settlements.domain.deposit import collect_deposit, prepare_deposit
from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import BERLIN, PORTLAND, sell, store

PAGES: Final = frozenset({"today", "board", "search", "session-count", "audit-count", "audited"})


def walk(album: Album) -> None:
    """Erika has a busy day, Grace a store under settlement. Anna chooses a store."""
    berlin, portland = store(BERLIN), store(PORTLAND)
    with album.story("busy"):
        _busy(album, berlin)
        album.enter("erika")
        album.visit("today")
        album.take("busy", prints=True, paper=A4)
        album.page.locator("[hx-post]").first.click()
        album.page.locator(".told").first.wait_for()
        album.take("what a drawer should hold")
        album.visit("session-count", CashSession.objects.get(user__username="bruno", status="OPEN").uuid)
        album.take("a colleague's drawer")
        drawer = CashSession.objects.get(user__username="bruno", status="OPEN")
        album.visit("audit-count", drawer.uuid)
        album.take("mid-shift")
        by = Principal(user=User.objects.get(username="erika"))
        found = CountedAmount(currency="EUR", amount=98_00)
        album.visit("audited", drawer.uuid, audit_count(session=drawer, counted=found, by=by, at=timezone.now()).pk)
        album.take("compared")
    with album.story("searching"):
        for state, query in (
            ("empty", ""),
            ("an amount", "?q=131,40"),
            ("a person", "?q=carla"),
            ("nothing", "?q=nobody"),
        ):
            album.visit("search", query=query)
            album.take(state)
        album.enter("carla")
        album.visit("search", query="?q=Z+1")
        album.take("a cashier")
    with album.story("settled"):
        album.enter("grace")
        album.visit("today")
        album.take("under settlement")
    with album.story("account"):
        album.enter("admin")
        album.go("/today")
        album.take("choose a store")
        Place.objects.filter(store=berlin, kind=PlaceKind.VAULT).update(least_minor=90_000_00)
        album.visit("board")
        album.take("all stores", prints=True, paper=A4)
        quiet = Store.objects.filter(account=berlin.account).exclude(pk__in=(berlin.pk, portland.pk)).latest("pk")
        album.visit("today", query=f"?store={quiet.uuid}")
        album.take("another store")
        album.visit("search", query="?q=erika&store=all")
        album.take("all stores")


def _busy(album: Album, berlin: Store) -> None:
    """Leaves a drawer open since yesterday, one that nobody counted, one that is short, one that trades, and bags."""
    now = timezone.now()
    bruno, carla, erika = (User.objects.get(username=name) for name in ("bruno", "carla", "erika"))
    by, none = Principal(user=erika), CountedAmount(currency="EUR", amount=100_00)
    yesterday = now - timedelta(days=1)
    bag = prepare_deposit(
        store=berlin, amount=2_200_00, currency="EUR", bag_number="0418", by=by, at=now - timedelta(days=2)
    )
    collect_deposit(deposit=bag, courier="Securitas", by=by, at=yesterday)
    prepare_deposit(store=berlin, amount=2_150_00, currency="EUR", bag_number="0419", by=by, at=now)
    left = open_session(user=erika, counted=none, by=by, at=now - timedelta(hours=3), station=3)
    force_close_session(session=left, by=by, at=now - timedelta(hours=2), reason="power cut")
    open_session(user=bruno, counted=none, by=Principal(user=bruno), at=yesterday, station=2)
    session = open_session(user=carla, counted=none, by=Principal(user=carla), at=now - timedelta(hours=1), station=1)
    sell(album, BERLIN, 1, 12_50, 23_90)
    short = CountedAmount(currency="EUR", amount=131_40)
    close_session(session=session, counted=short, by=Principal(user=carla), at=now)
