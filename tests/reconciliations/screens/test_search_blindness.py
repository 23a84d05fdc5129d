"""Law 5 of the search, of Today and of the variances: nobody learns what a drawer should hold by guessing, adding up or comparing worlds."""

import re
from collections.abc import Callable

import pytest
from django.db import transaction

from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.enums import MovementKind, PaymentStatus, PlaceKind
from cashdesk.models import AuditEntry, CashSession, Payment, Place, User, Variance
from tests.api.blind import all_of, notations
from tests.cashdesk.desk import counted
from tests.reconciliations.floor import ago, at_noon
from tests.screens.desk import Browser
from tests.settlements.desk import CARD, Shop
from tests.stories import Cast

SOLD = ((639_41, 3_38, 17_00), (3_38, 12_99, 5_07))
"""The sales of two worlds. Together with the float of 100.00, a drawer should hold 759.79 or 121.44."""
FLOAT = 100_00
DROPPED = (31_13, 8_09)
VARYING = [(r"Cash session \d+", "<session>"), (r"data-etag=\"[^\"]+\"", "<etag>"), (r"receipt-\d+", "<receipt>"), (r"\b\d\d:\d\d\b", "<time>"), (r"\d+ min\b", "<minutes>"), (r'(datetime|max)="[^"]+"', "<time>"),
           (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
           (r"(payment|cashsession|movement|variance|settlement|place)/\d+/", r"\1/<id>/")]  # fmt: skip


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance, where it is noon."""
    return at_noon(cast)


def guesses() -> list[str]:
    """Returns amounts that a person could try: each sale and drop of both worlds, their sums, and what the drawers hold."""
    tried = {*DROPPED, *(amount for sold in SOLD for amount in sold)}
    for sold, dropped in zip(SOLD, DROPPED, strict=True):
        tried |= {sum(sold), sum(sold[:2]), FLOAT + sum(sold), FLOAT + sum(sold) - dropped}
    return [f"{amount // 100}.{amount % 100:02}" for amount in sorted(tried)]


def leave_open(shop: Shop) -> CashSession:
    return CashSession.objects.get(user=shop.cast.carla)


def force(shop: Shop) -> CashSession:
    session = leave_open(shop)
    return force_close_session(session=session, by=shop.by(), at=shop.tick(), reason="ill")


def hand_over(shop: Shop) -> CashSession:
    session = leave_open(shop)
    expected = session_holds(session)
    return shop.sign_off(session, expected, hands_over=True)


def session_holds(session: CashSession) -> int:
    world = SOLD.index(tuple(payment.amount for payment in Payment.objects.filter(session=session).order_by("pk")))
    return FLOAT + sum(SOLD[world]) - DROPPED[world]


STATES: dict[str, Callable[[Shop], CashSession]] = {
    "open": leave_open, "closed without a count": force, "handed over": hand_over,
}  # fmt: skip


def seen(browser: Browser) -> str:
    text = all_of(browser.page)
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return text


def looked_at(user: User, texts: list[str]) -> list[str]:
    """Returns Today, the variances and the answer to each question, without what varies."""
    browser = Browser(user)
    pages = []
    variances = [f"/variances/{variance.uuid}" for variance in Variance.objects.order_by("pk")]
    whole = ["/today", "/variances", "/variances?show=all&sort=shortage", *variances]
    for path in (*whole, "/search", *(f"/search?q={text}" for text in texts)):
        browser.get(path)
        pages.append(seen(browser))
    return pages


@pytest.mark.parametrize(
    ("name", "state"),
    [*(("erika", state) for state in STATES), ("carla", "open"), ("carla", "handed over"), ("anna", "open")],
)
def test_two_worlds_look_the_same_until_the_drawer_is_counted(cast: Cast, shop: Shop, name: str, state: str) -> None:
    texts = [*guesses(), "Z 1", "register 1", "Carla", "first", "second"]
    worlds = []
    for sold, dropped in zip(SOLD, DROPPED, strict=True):
        with transaction.atomic():
            shop.at = at_noon(cast).at
            session = shop.sign_on(cast.carla, FLOAT)
            for number, amount in enumerate(sold):
                shop.pay(amount, **({"id": ("first", "second")[number]} if number < 2 else {}))
            shop.move(MovementKind.DROP, dropped)
            STATES[state](shop)
            pages = looked_at(getattr(cast, name), texts)
            for page in pages[: -len(texts)] + pages[-5:]:
                for amount in {session_holds(session), *sold, dropped}:
                    for notation in notations(amount):
                        assert len(notation) < 4 or not re.search(rf"(?<!\d){re.escape(notation)}(?!\d)", page), (
                            notation
                        )
            worlds.append(pages)
            assert not AuditEntry.objects.filter(action="expected.seen").exists()
            transaction.set_rollback(True)
    assert worlds[0] == worlds[1]


LIMITS = {
    "tolerance_minor": 1_00, "tolerance_basis_points": 25, "escalation_minor": 2_00, "witness_minor": 10_00,
    "pull_minor": 50_00, "lock_minor": 60_00,
}  # fmt: skip
LOOKS = ("/today", "/board", "/money", "/variances", "/variances?show=all&sort=shortage", "/desk")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ["carla", "bruno", "erika", "anna"])
def test_limits_of_a_register_and_the_safe_tell_the_same_in_both_worlds(
    cast: Cast, shop: Shop, name: str, state: str
) -> None:
    """Both drawers hold more than they should, and by another amount. The words are the same, and so is all else."""
    Place.objects.filter(store=cast.store, kind=PlaceKind.REGISTER).update(**LIMITS)
    Place.objects.filter(store=cast.store, kind=PlaceKind.VAULT).update(least_minor=9_000_00, tolerance_basis_points=25)
    worlds = []
    for sold, dropped in zip(SOLD, DROPPED, strict=True):
        with transaction.atomic():
            shop.at = ago(minutes=55)
            session = shop.sign_on(cast.carla, FLOAT)
            shop.move(MovementKind.DROP, dropped)
            for amount in sold:
                shop.pay(amount)
            STATES[state](shop)
            browser = Browser(getattr(cast, name))
            pages = []
            for path in (*LOOKS, *(f"/variances/{variance.uuid}" for variance in Variance.objects.order_by("pk"))):
                browser.get(path)
                pages.append(seen(browser))
                for amount in {
                    session_holds(session),
                    *sold,
                    *(LIMITS[limit] for limit in ("pull_minor", "lock_minor")),
                }:
                    written = re.escape(f"{amount // 100}.{amount % 100:02}")
                    assert not re.search(rf"(?<!\d){written}(?!\d)", pages[-1]), (path, amount)
            worlds.append(pages)
            assert not AuditEntry.objects.filter(action="expected.seen").exists()
            transaction.set_rollback(True)
    assert worlds[0] == worlds[1]
    if state == "open" and name == "erika":
        assert "holds more cash than it should" in worlds[0][0]
    if state == "open" and name == "anna":
        assert "1 drawer full" in worlds[0][1]


def test_the_comparison_would_tell(cast: Cast, shop: Shop) -> None:
    worlds = []
    for sold in SOLD:
        with transaction.atomic():
            session = shop.sign_on(cast.carla, FLOAT)
            for amount in sold:
                shop.pay(amount)
            shop.sign_off(session, FLOAT + sum(sold))
            worlds.append(looked_at(cast.erika, guesses()))
            transaction.set_rollback(True)
    assert worlds[0] != worlds[1]
    assert "759.79" in worlds[0][0], "Today shows what was counted"


def test_late_money_of_a_counted_drawer_is_found_because_no_open_drawer_holds_it(cast: Cast, shop: Shop) -> None:
    first = shop.sign_on(cast.carla, FLOAT)
    pending = shop.pay(66_66, status=PaymentStatus.PENDING)
    shop.sign_off(first, FLOAT)
    shop.sign_on(cast.carla, FLOAT)
    erika = Browser(cast.erika)
    erika.get("/search?q=66.66")
    assert "Nothing was found" in erika.text, "it may still come into the open drawer"
    decide_payment(external_id=pending.external_id, status=PaymentStatus.APPROVED, by=shop.by(), at=shop.tick())
    assert shop.book(1) == FLOAT
    erika.get("/search?q=66.66")
    assert f"Payment {pending.external_id}" in erika.text


def test_an_uncounted_drawer_is_found_once_somebody_counted_it(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, FLOAT)
    shop.pay(66_66)
    force_close_session(session=session, by=shop.by(), at=shop.tick(), reason="ill")
    erika = Browser(cast.erika)
    for text in ("66.66", "166.66"):
        erika.get(f"/search?q={text}")
        assert "Nothing was found" in erika.text
    count_afterwards(session=session, counted=counted(160_00), by=shop.by(), at=shop.tick())
    erika.get("/search?q=66.66")
    assert "Payments of this amount" in erika.text


def test_cards_wait_for_the_settlement_that_counts_them(cast: Cast, shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(FLOAT)
    session = shop.sign_on(cast.carla, FLOAT)
    shop.pay(66_66, CARD)
    shop.sign_off(session, FLOAT)
    for user in (cast.erika, cast.carla):
        browser = Browser(user)
        browser.get("/search?q=66.66")
        assert "Nothing was found" in browser.text
    shop.close(settlement, FLOAT)
    for user in (cast.erika, cast.carla):
        browser = Browser(user)
        browser.get("/search?q=66.66")
        assert "Payments of this amount" in browser.text


def test_a_look_at_money_of_the_uncounted_safe_is_noted(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, FLOAT)
    shop.move(MovementKind.DROP, 44_44)
    shop.sign_off(session, FLOAT - 44_44)
    erika = Browser(cast.erika)
    erika.get("/search?q=44.44")
    assert "Drop: €44.44" in erika.text
    noted = AuditEntry.objects.get(action="expected.seen")
    assert (noted.user, noted.subject) == (cast.erika, f"store:{cast.store.pk}")
    carla = Browser(cast.carla)
    carla.get("/search?q=44.44")
    assert "Drop: €44.44" in carla.text, "her own drop, after her count"
    assert AuditEntry.objects.filter(action="expected.seen").count() == 1
