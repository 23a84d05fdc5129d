"""The limits of the cash in a drawer and a safe: what is told, when, and that nobody can measure cash with them (0047)."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import cash_limits
from cashdesk.domain.ledger.cash_limits import STRICTER_MAX, Past, past_limits
from cashdesk.domain.ledger.cash_movement import move_cash, move_money
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.errors import Conflict
from cashdesk.models import CashSession, Place
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries

NOON: Final = datetime(2026, 11, 27, 12, 1, tzinfo=UTC)
LIMIT: Final = 500_00


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """Carla opens a drawer with 100.00 at one minute past noon. The store asks for a drop above 500.00."""
    cast.store.pull_minor = LIMIT
    cast.store.save(update_fields=["pull_minor"])
    shop = Shop(cast, at=NOON)
    shop.sign_on(cast.carla, 100_00)
    return shop


def told(shop: Shop, *, at: datetime, kind: PlaceKind = PlaceKind.REGISTER, number: int = 1) -> frozenset[Past]:
    place = shop.cast.place(kind, number)
    return past_limits(stores=[shop.cast.store], places=[place], at=at).get(place.pk, frozenset())


def quarter(number: int) -> datetime:
    """Returns an instant just after a quarter of an hour since noon."""
    return NOON.replace(minute=0) + timedelta(minutes=15 * number, seconds=1)


def test_a_drawer_asks_for_a_drop_at_the_next_quarter_of_an_hour(shop: Shop) -> None:
    shop.sale(500_00)
    assert told(shop, at=shop.at) == frozenset(), "not at the moment of the sale"
    assert told(shop, at=quarter(1)) == {Past.PULL}


def test_a_drawer_below_its_limit_asks_for_nothing(shop: Shop) -> None:
    shop.sale(300_00)
    assert told(shop, at=quarter(1)) == frozenset()


def test_the_prompt_goes_with_a_drop_and_comes_back_if_it_was_too_small(shop: Shop) -> None:
    shop.sale(900_00)
    assert told(shop, at=quarter(1)) == {Past.PULL}
    shop.at = quarter(1)
    shop.move(MovementKind.DROP, 1_00)
    assert told(shop, at=shop.at) == frozenset()
    assert told(shop, at=quarter(2)) == {Past.PULL}
    shop.at = quarter(2)
    shop.move(MovementKind.DROP, 700_00)
    assert told(shop, at=quarter(3)) == frozenset()


def test_a_register_has_a_limit_of_its_own(shop: Shop) -> None:
    shop.sale(500_00)
    Place.objects.filter(pk=shop.register().pk).update(pull_minor=9_000_00)
    assert told(shop, at=quarter(1)) == frozenset()


def test_a_safe_tells_too_much_and_too_little(shop: Shop) -> None:
    shop.vault(1_000_00)
    vault = shop.cast.place(PlaceKind.VAULT)
    Place.objects.filter(pk=vault.pk).update(most_minor=100_00, least_minor=50_00)
    assert told(shop, at=quarter(1), kind=PlaceKind.VAULT, number=0) == {Past.MOST}
    Place.objects.filter(pk=vault.pk).update(most_minor=None, least_minor=5_000_00)
    assert told(shop, at=quarter(1), kind=PlaceKind.VAULT, number=0) == {Past.LEAST}


# --- The lock ---------------------------------------------------------------------------------------------------------


def test_a_locked_drawer_takes_no_money_by_hand_and_sales_go_on(shop: Shop) -> None:
    shop.cast.store.lock_minor = 600_00
    shop.cast.store.save(update_fields=["lock_minor"])
    shop.sale(900_00)
    shop.at = quarter(1)
    session = CashSession.objects.get(user=shop.cast.carla)
    for kind in (MovementKind.PAID_IN, MovementKind.PAID_OUT):
        with pytest.raises(Conflict, match="Bring cash to the safe first"):
            move_cash(session=session, kind=kind, amount=1, by=Principal(user=shop.cast.carla), at=shop.at, reason="x")
    for kind in (MovementKind.PAID_IN, MovementKind.LOAN):
        with pytest.raises(Conflict, match="Bring cash to the safe first"):
            move_money(here=shop.register(), store=shop.cast.store, kind=kind, amount=1, currency="EUR", by=shop.by(), at=shop.at)  # fmt: skip
    shop.sale(10_00)
    shop.move(MovementKind.DROP, 800_00)
    shop.move(MovementKind.PAID_IN, 1_00)
    shop.sign_off(session, 211_00)
    assert CashSession.objects.get(pk=session.pk).difference == 0


# --- Law 5 ------------------------------------------------------------------------------------------------------------


def test_money_by_hand_cannot_measure_the_drawer(shop: Shop) -> None:
    """A cashier who pays in until the prompt appears would learn the expected amount."""
    shop.sale(200_00)
    for number in range(1, 9):
        shop.at = quarter(number)
        shop.move(MovementKind.PAID_IN, 100_00)
        assert told(shop, at=shop.at) == frozenset()


def test_the_answer_is_the_same_whatever_the_amount(shop: Shop) -> None:
    shop.sale(400_01)
    first = told(shop, at=quarter(1))
    shop.at = quarter(1)
    shop.sale(98_765_43)
    assert first == told(shop, at=quarter(2)) == {Past.PULL}


def test_the_limit_is_stricter_by_an_unknown_share_that_changes_with_each_drop(shop: Shop) -> None:
    """Two crossings of one limit would tell what was sold in between."""
    shares = set()
    for number in range(1, 13):
        (place,) = cash_limits._periods([shop.register().pk])
        share = cash_limits._stricter_by(place)
        assert 0 <= share < STRICTER_MAX
        shares.add(share)
        shop.at = quarter(number)
        shop.move(MovementKind.DROP, 1)
    assert len(shares) > 6


def test_a_look_costs_the_same_whatever_was_sold(shop: Shop) -> None:
    counts = []
    for _number in range(2):
        shop.sale(1_00)
        with counted_queries() as statements:
            past_limits(stores=[shop.cast.store], places=[shop.cast.place(PlaceKind.REGISTER, 1), shop.cast.place(PlaceKind.VAULT)], at=quarter(9))  # fmt: skip
        counts.append(len(statements) - 2)  # the two places
    assert counts == [3, 3]
