"""A cashier's day at the desk: a drawer is opened, money goes in and out, and it is counted and closed."""

from typing import Final

from cashdesk.models import CashSession, Movement
from tests.screenshots.album import Album
from tests.screenshots.walks.world import AFAR, BERLIN, close_drawer, drawer_of, open_drawer, sell, store

PAGES: Final = frozenset({
    "desk", "desk-open", "desk-cancel-opening", "desk-pay-in", "desk-pay-out", "desk-drop", "desk-no-sale", "desk-count",
    "desk-take-back", "draft-anew", "desk-result",
})  # fmt: skip


def walk(album: Album) -> None:
    """Walks through Carla's day, and then a short day of Bruno for every other result."""
    album.enter("carla")
    with album.story("opening"):
        _opening(album)
    with album.story("moving"):
        _moving(album)
    with album.story("counting"):
        _counting(album)
    with album.story("results"):
        _results(album)


def _opening(album: Album) -> None:
    album.visit("desk")
    album.take("no drawer")
    album.visit("desk-open")
    album.take("usual float offered")
    album.fill(pieces_2000="x")
    album.send(status=400)
    album.take("refused")
    album.forget()
    album.visit("desk-open")
    album.page.locator("main form [data-take]").click()
    album.take("usual float filled in")
    album.forget()
    album.visit("desk-open")
    album.fill(amount=AFAR)
    album.send()
    album.take("second look")
    album.forget()
    session = open_drawer(album, "200")
    album.take("just opened")
    album.visit("desk-cancel-opening")
    album.take()
    album.send(status=400)
    album.take("refused")
    sell(album, BERLIN, session.register.number, 12_50, 23_90, 7_35)


def _moving(album: Album) -> None:
    for name in ("desk-pay-in", "desk-pay-out", "desk-drop", "desk-no-sale"):
        album.visit(name)
        album.take()
        album.send(status=400)
        album.take("refused")
    album.forget()
    album.visit("desk-pay-out")
    album.fill(amount=AFAR, reason="Glass")
    album.send()
    album.take("second look")
    album.forget()
    for name, typed in (
        ("desk-pay-in", {"amount": "30", "reason": "Change"}),
        ("desk-pay-out", {"amount": "18.40", "reason": "Window cleaner", "note": "Paid at the door"}),
        ("desk-drop", {"amount": "100"}),
    ):
        album.visit(name)
        album.fill(**typed)
        album.send()
    album.take("open, just dropped")
    dropped = Movement.objects.filter(session=drawer_of("carla"), kind="DROP").latest("pk")
    album.visit("desk-take-back", dropped.uuid)
    album.take()
    album.send(status=400)
    album.take("refused")
    album.fill(reason="Wrong bag")
    album.send()
    album.take("open, a drop taken back")


def _counting(album: Album) -> None:
    album.visit("desk-count")
    album.take("empty")
    album.fill(pieces_5000="x")
    album.send(status=400)
    album.take("refused")
    album.fill(pieces_5000="3", pieces_2000="2", pieces_500="4", pieces_200="7", pieces_50="9")
    album.page.locator(".switched").first.click()
    album.take("rows, with rolls and weights")
    album.send()
    album.take("review")
    album.visit("desk")
    album.take("a count begun")
    album.visit("desk-count")
    album.take("a draft restored")
    album.go(str(album.page.locator('main a[href*="/draft/anew"]').first.get_attribute("href")))
    album.take()
    store_here = store(BERLIN)
    type(store_here).objects.filter(pk=store_here.pk).update(witness_minor=100_00)
    album.visit("desk-count")
    album.send()
    album.take("review, a second person is asked for")
    album.send("close", status=400)
    album.take("review, refused")
    type(store_here).objects.filter(pk=store_here.pk).update(witness_minor=None)
    album.send("close")
    album.take("short", prints=True)


def _results(album: Album) -> None:
    album.enter("bruno")
    open_drawer(album, "100")
    close_drawer(album, pieces_5000="1", pieces_2000="2", pieces_1000="1")
    album.take("balanced", prints=True)
    open_drawer(album, "100")
    close_drawer(album, amount="142.10")
    album.take("over", prints=True)
    open_drawer(album, "80")
    album.visit("desk-cancel-opening")
    album.fill(reason="Wrong register")
    album.send()
    album.take("opening cancelled")
    album.visit("desk-result", drawer_of("bruno").uuid)
    album.take("opening cancelled")
    uncounted = CashSession.objects.filter(status="CLOSED_SYSTEM", store=store(BERLIN)).select_related("user").first()
    if uncounted is not None:
        album.enter(uncounted.user.username)
        album.visit("desk-result", uncounted.uuid)
        album.take("closed without a count")
    album.enter("erika")
    album.visit("desk-result", drawer_of("carla").uuid)
    album.take("short, for the manager", prints=True)
    album.enter("admin")
    album.visit("desk")
    album.take("no store")
