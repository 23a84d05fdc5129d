"""A drawer that changes hands, and a recount by a manager."""

from typing import Final

from cashdesk.models import Variance
from tests.screenshots.album import Album
from tests.screenshots.walks.world import close_drawer, drawer_of, open_drawer

PAGES: Final = frozenset({"desk", "desk-hand-over", "desk-open", "desk-result", "recount"})


def walk(album: Album) -> None:
    """Lets Carla hand over to Bruno, who closes short. Erika recounts."""
    with album.story("handing over"):
        album.enter("carla")
        open_drawer(album, "150")
        album.visit("desk-hand-over")
        album.take()
        album.fill(pieces_5000="2", pieces_1000="5")
        album.send()
        album.take("review")
        album.send("close")
        album.take("handed over", prints=True)
        album.visit("desk")
        album.take("handed over, waits for the next cashier")
    with album.story("counting in"):
        album.enter("bruno")
        album.visit("desk")
        album.take("a handover waits")
        album.visit("desk-open")
        album.take("a handover waits")
        album.visit("desk-open", query=f"?station={drawer_of('carla').register.number}")
        album.take("counting in")
        album.fill(amount="149")
        album.send()
        album.take("counted in, review")
        album.send("open")
        album.take("counted in")
        close_drawer(album, amount="20")
        album.take("short")
    with album.story("counting again"):
        album.enter("erika")
        variance = Variance.objects.filter(session=drawer_of("bruno")).latest("pk")
        album.visit("recount", variance.uuid)
        album.take()
        album.fill(pieces_2000="x")
        album.send(status=400)
        album.take("refused")
        album.fill(pieces_2000="2")
        album.send()
        album.take("review")
        album.send("keep")
        album.take("counted again", prints=True)
        decided = Variance.objects.filter(store=variance.store, kind="SESSION", state="APPROVED").latest("pk")
        album.visit("recount", decided.uuid)
        album.take("decided already")
