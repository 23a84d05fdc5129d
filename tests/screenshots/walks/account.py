"""The pages of one's own account, and of forgotten passwords."""

from typing import Final

from tests.screenshots.album import Album

PAGES: Final = frozenset({"account", "account-sign-out-everywhere", "password"})


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
