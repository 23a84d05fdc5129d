"""The pages of one's own account, and of forgotten passwords."""

from typing import Final

from cashdesk.models import User
from tests.screenshots.album import Album

PAGES: Final = frozenset(
    {
        "account",
        "account-sign-out-everywhere",
        "one-time-link",
        "password",
        "password-code",
        "password-forgotten",
        "person-new-password",
    }
)


def walk(album: Album) -> None:
    """Visits the pages of a cashier's own account."""
    with album.story("account"):
        album.enter("carla")
        album.visit("account")
        album.take()
        album.visit("account-sign-out-everywhere")
        album.take()
        album.visit("password")
        album.take()
        album.send(status=400)
        album.take("refused")
    with album.story("forgotten"):
        album.enter("erika")
        album.visit("person-new-password", User.objects.get(username="carla").uuid)
        album.take()
        album.send("code")
        album.take("made")
        link = album.page.locator("code.address").inner_text()
        album.leave()
        album.visit("password-forgotten")
        album.take()
        album.visit("password-code")
        album.take()
        album.send(status=400)
        album.take("refused")
        album.visit("one-time-link", link.rpartition("/")[2])
        album.take()
        album.send(status=400)
        album.take("refused")
        album.go("/link/cl_unknown", status=404)
        album.take("ended")
        album.go("/sign-in?new-password")
        album.take("new password")
