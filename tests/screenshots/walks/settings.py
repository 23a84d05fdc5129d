"""The settings of the account, of a store and of people, and the page of an invitation."""

from typing import Final

from cashdesk.models import AccessToken, PaymentMethod, User
from settlements.models import CashbookAccount
from tests.screenshots.album import Album
from tests.screenshots.walks.world import BERLIN, PORTLAND, store

PAGES: Final = frozenset(
    {
        "settings", "settings-stores", "settings-store-new", "settings-store", "settings-store-switch",
        "settings-store-group", "settings-place-limits", "settings-register-new", "settings-register", "settings-register-switch", "settings-people",
        "settings-invite", "settings-person", "settings-person-change", "settings-person-switch", "settings-person-sign-out",
        "settings-person-unlock", "settings-invitation", "settings-invitation-withdraw", "settings-methods",
        "settings-method-new", "settings-method", "settings-keys", "settings-key-new", "settings-key",
        "settings-key-rotate", "settings-key-limit", "settings-key-revoke", "settings-reasons-of", "settings-reason-new",
        "settings-reason", "settings-person-second-factor", "one-time-link",
    }
)  # fmt: skip


def walk(album: Album) -> None:
    """Lets the admin set up stores and people, and a manager invite a cashier, who then chooses a password."""
    with album.story("account"):
        _admin(album)
    with album.story("people"):
        _people(album)
    with album.story("programs"):
        _programs(album)
    with album.story("manager"):
        _manager(album)


def _admin(album: Album) -> None:
    shop = store(BERLIN)
    album.enter("admin")
    album.visit("settings")
    album.take("index")
    album.visit("settings-stores")
    album.take("stores")
    album.visit("settings-store-new")
    album.take("new store")
    album.fill(number=BERLIN)
    album.send(status=400)
    album.take("refused")
    album.visit("settings-store", shop.uuid)
    album.take("store")
    for group in ("name", "day", "differences", "amounts", "float", "settlements"):
        album.visit("settings-store-group", shop.uuid, group)
        album.take(group)
    album.visit("settings-place-limits", shop.uuid, 1)
    album.take("limits of a register")
    album.visit("settings-store-group", shop.uuid, "differences")
    album.fill(tolerance_minor="x", tolerance_basis_points="700")
    album.send(status=400)
    album.take("refused")
    album.fill(tolerance_minor="3,50", tolerance_basis_points="")
    type(shop).objects.filter(pk=shop.pk).update(tolerance_minor=9_00)
    album.send(status=409)
    album.take("changed by somebody else")
    album.send()
    album.take("saved")
    album.visit("settings-store-switch", store(PORTLAND).uuid)
    album.take("switch off")


def _people(album: Album) -> None:
    carla = User.objects.get(username="carla")
    album.enter("admin")
    album.visit("settings-people")
    album.take("people")
    album.visit("settings-person", carla.uuid)
    album.take("person")
    album.visit("settings-person-change", carla.uuid)
    album.take("change")
    album.fill(username="erika", store="")
    album.send(status=400)
    album.take("refused")
    album.visit("settings-person-switch", carla.uuid)
    album.take("switch off")
    album.visit("settings-person-sign-out", carla.uuid)
    album.take("sign out")
    album.visit("settings-person-unlock", carla.uuid)
    album.take("unlock")
    album.visit("settings-person-second-factor", carla.uuid)
    album.take("second factor")
    album.visit("settings-invite")
    album.take("invite")


def _programs(album: Album) -> None:
    album.enter("admin")
    album.visit("settings-methods")
    album.take("methods")
    album.visit("settings-method-new")
    album.take("new method")
    method = PaymentMethod.objects.filter(account=store(BERLIN).account, code="CARD").get()
    album.visit("settings-method", method.uuid)
    album.take("method")
    album.visit("settings-key-new")
    album.take("new key")
    album.send(status=400)
    album.take("refused")
    album.fill(name="Till software")
    album.page.locator("[name=scope-payments-write]").check()
    album.send()
    album.take("secret")
    key = AccessToken.objects.latest("pk")
    album.visit("settings-keys")
    album.take("keys")
    album.visit("settings-key", key.pk)
    album.take("key")
    for name in ("rotate", "limit", "revoke"):
        album.visit(f"settings-key-{name}", key.pk)
        album.take(name)


def _manager(album: Album) -> None:
    shop = store(BERLIN)
    album.enter("erika")
    album.visit("settings")
    album.take("index")
    album.visit("settings-store", shop.uuid)
    album.take("store")
    album.visit("settings-register-new", shop.uuid)
    album.take("new register")
    album.visit("settings-register", shop.uuid, 1)
    album.take("register")
    album.visit("settings-register-switch", shop.uuid, 1)
    album.take("switch off")
    album.visit("settings-methods")
    album.take("methods")
    album.visit("settings-keys")
    album.take("keys")
    album.visit("settings-reasons-of", shop.uuid)
    album.take("reasons")
    album.visit("settings-reason-new", shop.uuid)
    album.take("new reason")
    reason = CashbookAccount.objects.filter(store=shop).latest("pk")
    album.visit("settings-reason", shop.uuid, reason.pk)
    album.take("reason")
    album.visit("settings-invite")
    album.take("invite")
    album.fill(name="Dora Winter")
    album.send()
    album.take("invited")
    link = album.page.locator("#link").inner_text()
    dora = User.objects.get(name="Dora Winter")
    album.visit("settings-people")
    album.take("people")
    album.visit("settings-person", dora.uuid)
    album.take("invited person")
    album.visit("settings-invitation", dora.uuid)
    album.take("new link")
    album.visit("settings-invitation-withdraw", dora.uuid)
    album.take("withdraw")
    album.leave()
    album.go(link)
    album.take("invitation")
    album.fill(new_password1="nine-lives-of-a-cat", new_password2="nine-lives")
    album.send(status=400)
    album.take("refused")
    album.go(f"{link[:-1]}", status=404)
    album.take("ended")
