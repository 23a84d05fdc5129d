"""The public pages: the front door, the sign-in, the description of the API, and the error pages."""

from typing import Final

from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.second_factor import remove_second_factor
from cashdesk.management.demo_world import PASSWORD
from cashdesk.models import User
from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import BERLIN, store
from tests.second_factor import adds_app, fresh_code

PAGES: Final = frozenset({"about", "offline", "sign-in", "docs", "problems", "problem", "back-office-sign-in"}) | {
    "sign-in-code", "second-factor", "second-factor-new", "second-factor-codes", "second-factor-remove",
}  # fmt: skip


def walk(album: Album) -> None:
    """Visits the public pages without a sign-in, and then in each role."""
    with album.story("outside"):
        album.visit("about")
        album.take(prints=True, paper=A4)
        album.visit("offline")
        album.take()
        album.visit("docs")
        album.page.locator(".opblock").first.wait_for()
        album.take()
        album.visit("problems")
        album.take()
        album.go("/api/v1/problems/session_already_open")
        album.take("one")
        album.visit("back-office-sign-in")
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
    with album.story("second factor"):
        _second_factor(album)
    with album.story("errors"):
        album.enter("carla")
        album.go(f"/vault/{store(BERLIN).uuid}", status=403)
        album.take("not allowed")
        album.go("/nowhere", status=404)
        album.take("nothing there")


def _second_factor(album: Album) -> None:
    """Adds a second factor, signs in with it, and removes it, so that later walks sign in as before."""
    grace = User.objects.get(username="grace")
    album.enter("grace")
    album.visit("second-factor")
    album.take("none")
    album.visit("second-factor-new")
    album.take()
    album.send(status=400)
    album.take("refused")
    codes = adds_app(grace)
    album.leave()
    album.visit("sign-in")
    album.fill(name="grace", password=PASSWORD)
    album.send()
    album.take()
    album.fill(code="000")
    album.send(status=400)
    album.take("refused")
    album.fill(code=fresh_code(grace))
    album.send()
    album.visit("second-factor")
    album.take("on")
    album.visit("second-factor-remove")
    album.take()
    album.visit("second-factor-codes")
    album.take()
    album.fill(password=PASSWORD, code=codes[0])
    album.send()
    album.take("shown once", prints=True, paper=A4)
    remove_second_factor(user=grace, by=SYSTEM, at=timezone.now())
