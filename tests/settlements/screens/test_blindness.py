"""Law 5 on the pages of settlements: two worlds that differ only in the money that moved show equal pages until the
count.

The pages must be equal to the byte, and no page may contain the expected amount.
"""

import re

import pytest
from django.db import transaction

from cashdesk.domain.ledger.expected import moved
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.pair import Pair
from settlements.models import Settlement
from tests.api.blind import all_of, notations
from tests.screens.desk import Browser
from tests.settlements.desk import CARD, EUR, USD, Shop
from tests.settlements.screens.settling import attempt, counts_card_slips, opening_path, path_of
from tests.stories import Cast

SOLD = (639_41, 3_38)
DROPPED = (100_07, 20_19)
ONE_TIME = [
    (r'name="once" value="[^"]+"', "<once>"),
    (r'(name="draft" value="|draft=)[^"]+"', "<draft>"),
    (r"(\d{1,2} [A-Z][a-z]{2} \d{4}, )?\b\d\d:\d\d\b", "<time>"),
    (r'datetime="[^"]+"', "<time>"),
    (r"/settlement/\d+/", "/settlement/<id>/"),
]
Step = tuple[str, str, dict[str, str]]
"""What is done, where ({r} and {v} are the settlements of register and vault), and what is typed."""

LOOKS: list[Step] = [
    ("get", path, {})
    for path in (
        "/desk", "/desk/register", "/vault", "{r}", "{r}?expected=1", "{r}/start", "{r}/count", "{r}/count?attempt=1", "{v}",
        "{v}/count",
    )
]  # fmt: skip
COUNTED: list[Step] = [
    *[
        ("fill", "{r}/count", typed)
        for typed in (
            {}, {"eur-cash-amount": "x"}, {"eur-cash-amount": "1"}, {"eur-cash-amount": "900000"}, {"new-currency": "USD"},
            {"parts": "USD.CASH", "usd-cash-amount": "7"}, {"eur-card-amount": "0"},
        )
    ],
    ("attempt", "{r}", {"eur-cash-amount": "1", "eur-card-amount": "0"}),
    ("follow", "", {}),
    ("get", "{r}", {}),
    ("attempt", "{r}", {"eur-cash-amount": "9000000", "eur-card-amount": "9000000"}),
    ("follow", "", {}),
    ("send", "{r}/count", {"eur-cash-amount": "1", "step": "review"}),
]  # fmt: skip
AT_THE_VAULT: list[Step] = [
    ("fill", "{v}/count", {"eur-cash-amount": "12"}),
    ("attempt", "{v}", {"eur-cash-amount": "1"}),
    ("follow", "", {}),
    ("attempt", "{v}", {"eur-cash-amount": "9000000"}),
    ("follow", "", {}),
    ("get", "/vault", {}),
]


def take(step: Step, browser: Browser, register: Settlement, vault: Settlement) -> None:
    """Does one step."""
    how, where, typed = step
    if how == "attempt":
        attempt(browser, register if where == "{r}" else vault, typed)
    elif how == "follow":
        browser.follow()
    else:
        path = where.format(r=path_of(register), v=path_of(vault))
        getattr(browser, how)(path, *([typed] if how != "get" else []))


def told(cast: Cast, steps: dict[str, list[Step]]) -> list[list[str]]:
    """Lets the same people take the same steps in both worlds. Returns the pages that each world showed."""
    worlds = []
    for sold, dropped in zip(SOLD, DROPPED, strict=True):
        with transaction.atomic():
            shop = Shop(cast=cast)
            counts_card_slips(shop)
            vault, register = shop.vault(), shop.open(200_00, by=cast.carla)
            for pair in (EUR, CARD, ("CHF", CASH)):
                shop.sale(sold, pair)
            shop.move(MovementKind.DROP, dropped)
            pages = []
            for name, taken in steps.items():
                if name == "carla" and shop.register().settling == "OPEN":
                    shop.count(register)
                browser = Browser(getattr(cast, name.strip("+")))
                for step in taken:
                    hidden = _secrets(shop, sold, dropped)
                    take(step, browser, register, vault)
                    pages.append(_seen(browser, hidden))
            worlds.append(pages)
            transaction.set_rollback(True)
    return worlds


def _secrets(shop: Shop, *more: int) -> set[int]:
    places = [shop.register(), shop.cast.place(PlaceKind.VAULT)]
    books = [moved(place=place, after=0) for place in places]
    return {*more, *(abs(amount) for book in books for amount in book.values() if abs(amount) > 99)} - {200_00, 1000_00}


def _seen(browser: Browser, hidden: set[int]) -> str:
    text = all_of(browser.page)
    for pattern, word in ONE_TIME:
        text = re.sub(pattern, word, text)
    for amount in hidden:
        for notation in notations(amount):
            assert len(notation) < 4 or not re.search(rf"(?<!\d){re.escape(notation)}(?!\d)", text), notation
    return text


def test_until_it_is_counted_both_worlds_look_the_same(cast: Cast) -> None:
    steps = {
        "carla+": LOOKS,
        "bruno": LOOKS,
        "erika": LOOKS,
        "carla": [*COUNTED, *LOOKS],
        "erika+": [*LOOKS, *AT_THE_VAULT],
    }
    first, second = told(cast, steps)
    for number, (one, other) in enumerate(zip(first, second, strict=True)):
        assert one == other, number
        assert one.startswith(("200", "303", "400", "403", "404")), one[:200]
    assert any("These amounts are not equal:" in page for page in first)


def test_once_it_is_closed_the_figures_are_told(shop: Shop) -> None:
    shop.vault()
    register = shop.open(200_00, by=shop.cast.carla)
    shop.sale(SOLD[0])
    shop.count(register)
    carla = Browser(shop.cast.carla)
    attempt(carla, register, {"eur-cash-amount": "1"}, step="close")
    carla.follow()
    assert "Expected €839.41" in carla.text
    with pytest.raises(AssertionError, match=r"839\.41"):
        _seen(carla, {839_41})


def test_what_was_forced_closed_tells_its_cashier_nothing(shop: Shop) -> None:
    shop.vault()
    register = shop.open(200_00, by=shop.cast.carla)
    shop.sale(SOLD[0])
    shop.force(register)
    carla, erika = Browser(shop.cast.carla), Browser(shop.cast.erika)
    carla.get(path_of(register))
    assert "This was closed without a count." in carla.text
    assert "839.41" not in carla.text
    erika.get(path_of(register))
    assert "EUR cash Counted not counted Expected €839.41" in erika.text
    carla.get(opening_path(shop))
    assert "839.41" not in carla.text


def test_a_part_stands_there_for_what_it_was_opened_with_and_not_for_what_came(shop: Shop) -> None:
    shop.vault()
    register = shop.open({Pair("EUR", CASH): 1_00, USD: 2_00}, by=shop.cast.carla)
    shop.sale(5_55, ("CHF", CASH))
    shop.sale(5_55, CARD)
    shop.count(register)
    carla = Browser(shop.cast.carla)
    sheet = carla.get(path_of(register, "/count")).content.decode()
    assert re.findall(r'id="part-([a-z0-9-]+)"', sheet) == ["eur-cash", "usd-cash"]
