"""A settlement that was closed without a count and opened again by the same person.

The person learns nothing, and the opening difference is theirs.
"""

from typing import Any

import pytest

from cashdesk import queries as ledger_queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.models import User, Variance
from settlements import queries
from settlements.models import Settlement
from tests.settlements.desk import Shop


def is_shown(settlement: Settlement, user: User) -> bool:
    found: Any = queries.settlements(by=Principal(user=user)).get(pk=settlement.pk)
    return bool(found.shows_result)


@pytest.fixture
def forced(shop: Shop) -> Settlement:
    """Carla opens with 200.00 and sells 50.00. The manager closes the settlement without a count."""
    shop.vault()
    settlement = shop.open(200_00, by=shop.cast.carla)
    shop.sale(50_00)
    return shop.force(settlement)


def test_opened_again_by_the_same_it_stays_hidden(shop: Shop, forced: Settlement) -> None:
    again = shop.open(240_00, by=shop.cast.carla)
    assert not is_shown(forced, shop.cast.carla)
    assert is_shown(forced, shop.cast.erika)
    shop.close(again, 240_00)  # by the manager
    assert is_shown(forced, shop.cast.carla)


@pytest.mark.parametrize("who", ["carla", "bruno"])
def test_the_gap_is_of_who_opened_the_settlement_only_if_they_had_the_drawer(shop: Shop, who: str) -> None:
    shop.vault()
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.sign_off(session, 200_00, hands_over=True)
    shop.open(150_00, by=getattr(shop.cast, who))
    gap = Variance.objects.get(kind="OPENING")
    assert (gap.difference, gap.person) == (-50_00, shop.cast.carla if who == "carla" else None)


def test_who_opened_the_settlement_has_the_drawer_until_a_session_begins(shop: Shop) -> None:
    shop.vault()
    shop.open(200_00, by=shop.cast.carla)
    shop.sign_on(shop.cast.carla, 150_00)
    gap = Variance.objects.get(kind="OPENING")
    assert (gap.difference, gap.person) == (-50_00, shop.cast.carla)


def test_a_session_after_another_persons_count_is_custody_again(shop: Shop) -> None:
    shop.vault()
    shop.open(200_00, by=shop.cast.bruno)
    shop.sign_on(shop.cast.carla, 150_00)
    assert Variance.objects.get(kind="OPENING").person is None


def test_a_session_left_uncounted_is_known_after_the_settlement_was_counted_by_another(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(200_00, by=shop.cast.erika)
    left = shop.sign_on(shop.cast.carla, 200_00)
    shop.sale(30_00)
    shop.sign_off(left, 230_00, hands_over=True)
    assert not own_result(left, shop.cast.carla)
    shop.close(settlement, 230_00)
    assert own_result(left, shop.cast.carla)


def own_result(session: Any, user: User) -> bool:
    from_list: Any = ledger_queries.sessions(by=Principal(user=user)).get(pk=session.pk)
    return bool(from_list.shows_result)
