"""The pages of one's own account, and of forgotten passwords."""

from typing import Final

from cashdesk.management.demo_world import PASSWORD
from cashdesk.models import Store, User
from tests.screenshots.album import Album
from tests.screenshots.walks.world import BERLIN

PAGES: Final = frozenset(
    {
        "account",
        "account-pin",
        "confirm",
        "sign-in-pin",
        "account-sign-out-everywhere",
        "one-time-link",
        "password",
        "password-code",
        "password-forgotten",
        "person-new-password",
    }
)


def _change_by_pin(album: Album) -> None:
    """Chooses a PIN and changes the person with it, up to the page that asks for the password."""
    Store.objects.filter(number=BERLIN).update(pin_sign_in=True)
    album.leave()
    album.visit("sign-in")
    album.fill(name="carla", password=PASSWORD)
    album.send()
    album.visit("account-pin")
    album.take()
    album.fill(password=PASSWORD, pin="1234", pin_again="1234")
    album.send(status=400)
    album.take("refused")
    album.fill(password=PASSWORD, pin="8305", pin_again="8305")
    album.send()
    album.take("set")
    User.objects.filter(username__in=("bruno", "erika")).update(pin=User.objects.get(username="carla").pin)
    album.leave()
    album.go("/sign-in?signed-out")
    album.take("who are you")
    album.fill(person=str(User.objects.get(username="erika").uuid), pin="9174")
    album.send(".button.first >> nth=0", status=400)
    album.take("wrong")
    album.fill(pin="8305")
    album.send(".button.first >> nth=0")
    album.who = "erika"
    album.take("by a PIN")
    album.go("/vault")
    album.take()
    album.send(status=400)
    album.take("refused")


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
    with album.story("pin"):
        _change_by_pin(album)
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
