"""The public pages: the front door, the sign-in, the description of the API, and the error pages."""

from typing import Final

from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import BERLIN, store

PAGES: Final = frozenset({"home", "sign-in", "docs", "problems", "problem", "admin:login"})


def walk(album: Album) -> None:
    """Visits the public pages without a sign-in, and then in each role."""
    with album.story("outside"):
        album.visit("home")
        album.take(prints=True, paper=A4)
        album.visit("docs")
        album.page.locator(".opblock").first.wait_for()
        album.take()
        album.visit("problems")
        album.take()
        album.go("/api/v1/problems/session_already_open")
        album.take("one")
        album.visit("admin:login")
        album.take()
    with album.story("signing in"):
        album.visit("sign-in")
        album.take()
        album.fill(name="carla", password="wrong")
        album.send(status=400)
        album.take("refused")
        album.go("/sign-in?signed-out")
        album.take("signed out")
    with album.story("roles"):
        album.enter("erika")
        album.visit("home")
        album.take("manager")
    with album.story("errors"):
        album.enter("carla")
        album.go(f"/vault/{store(BERLIN).uuid}", status=403)
        album.take("not allowed")
        album.go("/nowhere", status=404)
        album.take("nothing there")
