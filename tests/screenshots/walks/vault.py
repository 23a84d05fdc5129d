"""The money of the vault: change, bags for the bank, money for and from registers, paid in and out, and its movements."""

from typing import Final

from cashdesk.models import Movement
from settlements.models import ChangeOrder, Deposit
from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import AFAR, BERLIN, PORTLAND, open_drawer, store

PAGES: Final = frozenset({
    "vault", "vault-of", "vault-change", "vault-orders", "vault-order-new", "vault-order", "vault-order-arrive", "vault-loan",
    "vault-order-cancel", "vault-fetch", "vault-pay-in", "vault-pay-out", "vault-movements", "vault-movement-reverse",
    "vault-deposits", "vault-deposit-new", "vault-deposit", "vault-deposit-collect", "vault-deposit-credit",
    "vault-deposit-correct",
})  # fmt: skip


def walk(album: Album) -> None:
    """Walks through Erika's morning in Berlin with empty lists, and then through the long lists of Portland."""
    album.enter("erika")
    with album.story("empty"):
        for name in ("vault-orders", "vault-deposits", "vault-movements"):
            album.visit(name)
            album.take("empty")
    with album.story("orders"):
        _orders(album)
    with album.story("registers"):
        _registers(album)
    with album.story("cashbook"):
        _cashbook(album)
    with album.story("deposits"):
        _deposits(album)
    with album.story("movements"):
        _movements(album)
    with album.story("full"):
        album.enter("grace")
        for name in ("vault-orders", "vault-deposits"):
            album.visit(name)
            album.take("full")
        album.visit("vault-of", store(PORTLAND).uuid)
        album.take("change is under way")
        album.enter("admin")
        album.go("/vault")
        album.take("which store")
        album.visit("vault-change")
        album.take("which store")


def _form(album: Album, name: str, *named: object, query: str = "") -> None:
    """Photographs a form, empty and with errors."""
    album.visit(name, *named, query=query)
    album.take()
    album.send(status=400)
    album.take("refused")


def _orders(album: Album) -> None:
    album.visit("vault-of", store(BERLIN).uuid)
    album.take("without settlements")
    _form(album, "vault-order-new")
    for note in ("For the weekend", "Too much"):
        album.forget()
        album.visit("vault-order-new")
        album.page.locator(".switched").first.click()
        album.fill(packs_100="4", packs_50="2", pieces_500="40", note=note)
        if note == "Too much":
            album.take("filled in")
        album.send()
    album.take("ordered", prints=True)
    album.go(f"{album.path.partition('?')[0]}?paper=a4")
    album.take("ordered, on A4", prints=True, paper=A4)
    late, first = ChangeOrder.objects.filter(store=store(BERLIN)).order_by("-pk")
    _form(album, "vault-order-cancel", late.uuid)
    album.fill(reason="Ordered twice")
    album.send()
    album.take("cancelled")
    _form(album, "vault-order-arrive", first.uuid)
    album.fill(amount="330")
    album.send()
    album.take("less came than was ordered")
    album.send("main button[name=step][value^=book]")
    album.take("arrived")
    _form(album, "vault-change")
    album.fill(amount=AFAR)
    album.send()
    album.take("second look")
    album.forget()
    album.visit("vault-change")
    album.fill(amount="500")
    album.send()
    album.take("booked")


def _registers(album: Album) -> None:
    album.enter("carla")
    open_drawer(album, "200")
    album.enter("erika")
    _form(album, "vault-loan")
    album.fill(amount="50")
    album.send()
    album.take("booked")
    _form(album, "vault-fetch")


def _cashbook(album: Album) -> None:
    _form(album, "vault-pay-in")
    _form(album, "vault-pay-out")
    album.page.locator("[name=reason]").select_option(index=1)
    album.fill(amount="12.90", note="Two parcels")
    album.send()
    album.take("booked")


def _deposits(album: Album) -> None:
    _form(album, "vault-deposit-new")
    album.fill(amount=AFAR, bag_number="B-1")
    album.send()
    album.take("second look")
    album.forget()
    album.visit("vault-deposit-new")
    album.fill(amount="850", bag_number="B-4711", slip_number="S-11", note="Monday's round")
    album.send()
    album.take("prepared", prints=True)
    bag = Deposit.objects.latest("pk")
    album.visit("vault-deposit-collect", bag.uuid)
    album.take()
    album.fill(courier="Brinks")
    album.send()
    album.take("collected")
    _form(album, "vault-deposit-credit", bag.uuid)
    album.fill(amount="845")
    album.send()
    album.take("credited, short")
    # Whoever recorded the credit does not correct it.
    album.enter("admin")
    _form(album, "vault-deposit-correct", bag.uuid, query=f"?store={BERLIN}")
    album.fill(amount="850", reason="The bank counted again")
    album.send()
    album.take("credit corrected")
    album.enter("erika")


def _movements(album: Album) -> None:
    album.visit("vault-movements")
    album.take("full")
    paid_out = Movement.objects.filter(store=store(BERLIN), kind="PAID_OUT", source__kind="VAULT").latest("pk")
    _form(album, "vault-movement-reverse", paid_out.uuid)
    album.fill(reason="Paid privately")
    album.send()
    album.take("one was reversed")
    album.visit("vault-movement-reverse", paid_out.uuid)
    album.take("reversed already")
