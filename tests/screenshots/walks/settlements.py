"""Registers and the vault under settlement: opened, counted in parts, compared, closed."""

from typing import Final

from settlements.models import Settlement
from tests.screenshots.album import Album
from tests.screenshots.walks.world import BERLIN, PORTLAND, close_drawer, open_drawer, sell, store

PAGES: Final = frozenset({
    "desk", "desk-register", "settlement-open", "settlement-page", "settlement-start", "settlement-count", "vault-of",
})  # fmt: skip


def walk(album: Album) -> None:
    """Walks through Grace's morning and Sam's day in Portland. Then Erika sees the start of settlements in Berlin."""
    with album.story("opening"):
        _opening(album)
    with album.story("running"):
        _running(album)
    with album.story("counting"):
        _counting(album)
    with album.story("vault"):
        _vault(album)
    with album.story("starting"):
        album.enter("erika")
        album.visit("settlement-open", store(BERLIN).uuid, 0)
        album.take("starts settlements in a store")
        album.send(status=400)
        album.take("refused")


def _opening(album: Album) -> None:
    album.enter("sam")
    album.visit("desk")
    album.take("no register is open")
    album.enter("grace")
    album.visit("desk-register")
    album.take("none is open")
    album.visit("settlement-open", store(PORTLAND).uuid, 1)
    album.take()
    album.fill(usd_cash_pieces_2000="x")
    album.send(status=400)
    album.take("refused")
    album.forget()
    album.visit("settlement-open", store(PORTLAND).uuid, 1)
    album.fill(usd_cash_amount="150")
    album.send()
    album.take("review")
    album.send("open")
    album.take("just opened")


def _running(album: Album) -> None:
    running = _register()
    album.enter("sam")
    album.visit("desk")
    album.take("a register is open")
    open_drawer(album, "150")
    album.take("open in a settlement")
    sell(album, PORTLAND, 1, 12_00, 35_50, currency="USD")
    sell(album, PORTLAND, 1, 48_00, currency="USD", method="CARD")
    album.visit("settlement-page", running.uuid)
    album.take("open, with a drawer")
    album.visit("settlement-start", running.uuid)
    album.take("a drawer is in the way")
    close_drawer(album, amount="197.50")
    album.take("balanced", prints=True)
    album.enter("grace")
    album.visit("desk-register")
    album.take("one is open")


def _counting(album: Album) -> None:
    running = _register()
    album.enter("sam")
    album.visit("settlement-start", running.uuid)
    album.take()
    album.send()
    album.take("empty")
    album.visit("settlement-page", running.uuid)
    album.take("counting")
    album.visit("settlement-count", running.uuid)
    album.send(status=400)
    album.take("refused")
    album.forget()
    album.visit("settlement-count", running.uuid)
    _type_parts(album, {"usd-card-amount": "48", "usd-cash-pieces-2000": "9", "usd-cash-pieces-100": "7"})
    album.take("rows")
    album.send()
    album.take("review")
    album.send("preview")
    album.take("compared, not equal")
    album.send()
    album.send("preview")
    album.send()
    album.take("review, the last attempt")
    album.send("main form .button.first")
    album.take("closed with a difference", prints=True)
    balanced = Settlement.objects.filter(store=store(PORTLAND), type="CASHREGISTER", state="CLOSED")
    equal = balanced.exclude(closing_amounts__difference__gt=0).exclude(closing_amounts__difference__lt=0).latest("pk")
    album.visit("settlement-page", equal.uuid)
    album.take("closed, all equal", prints=True)


def _vault(album: Album) -> None:
    album.enter("grace")
    album.visit("vault-of", store(PORTLAND).uuid)
    album.take("open")
    running = Settlement.objects.get(store=store(PORTLAND), type="VAULT", state="OPEN")
    album.visit("settlement-count", running.uuid)
    album.take("the vault")
    parts = {"usd-cash-amount": "2500", "cad-cash-amount": "200"}
    _type_parts(album, parts)
    album.send()
    album.take("the vault, review")
    album.send("close")
    album.take("the vault, closed", prints=True)
    album.visit("vault-of", store(PORTLAND).uuid)
    album.take("open again after its count")


def _register() -> Settlement:
    return Settlement.objects.filter(store=store(PORTLAND), type="CASHREGISTER").latest("pk")


def _type_parts(album: Album, typed: dict[str, str]) -> None:
    """Types into the parts of a count. Each part is a tab, so the walk opens the tab first. Other fields stay empty."""
    for name, text in typed.items():
        field = album.page.locator(f'[name="{name}"]')
        panel = field.locator("xpath=ancestor::*[@role='tabpanel'][1]").get_attribute("id")
        album.page.locator(f'[role=tab][aria-controls="{panel}"]').click()
        album.fill(**{name: text})
