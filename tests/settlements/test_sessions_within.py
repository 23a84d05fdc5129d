"""Sessions within a register's settlement: the settlement's figures are the sum of its parts."""

import pytest

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import MovementKind
from cashdesk.errors import Conflict
from cashdesk.models import Movement
from tests.settlements.desk import CARD, EUR, Shop, figures


def test_two_cashiers_one_after_the_other(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(200_00)
    carla = shop.sign_on(shop.cast.carla, 199_00)  # 1.00 was lost between the settlement's opening and hers
    shop.sale(50_00)
    shop.move(MovementKind.DROP, 30_00)
    carla = shop.sign_off(carla, 218_00)  # 219.00 should be there
    assert shop.book(1) == 218_00, "what she counted stays in the drawer"
    shop.sale(5_00)  # nobody is signed on
    bruno = shop.sign_on(shop.cast.bruno, 223_00)
    shop.sale(70_00)
    shop.sale(11_00, CARD)
    bruno = shop.sign_off(bruno, 295_00)  # 293.00 should be there
    shop.count(settlement)
    assert not shop.preview(settlement, 290_00).settlement.is_closed
    closed = shop.close(settlement, 294_00)
    assert [(one.opening_difference, one.expected_amount, one.difference) for one in (carla, bruno)] == [
        (-1_00, 219_00, -1_00),
        (0, 293_00, 2_00),
    ]
    # 200.00 + sales 50.00 + 5.00 + 70.00 - drop 30.00, and the differences -1.00 - 1.00 + 0 + 2.00
    assert figures(closed) == {EUR: (295_00, 294_00, -1_00), CARD: (11_00, 11_00, 0)}
    assert shop.book(1) == 0
    assert shop.book() == 1000_00 - 200_00 + 30_00 + 294_00
    over_short = sum(
        movement.amount * (1 if movement.source == shop.register() else -1)
        for movement in Movement.objects.filter(kind="OVER_SHORT")
    )
    assert over_short == 1_00 + 1_00 - 2_00 + 1_00
    assert list(faults_of_store(shop.cast.store)) == []


def test_a_session_in_a_drawer_opened_empty_brings_its_float(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(0)
    session = shop.sign_on(shop.cast.carla, 80_00)
    assert (shop.book(), shop.book(1)) == (920_00, 80_00)
    session = shop.sign_off(session, 80_00)
    assert session.difference == 0
    assert (shop.book(), shop.book(1)) == (920_00, 80_00), "it does not go back while the settlement runs"
    assert figures(shop.close(settlement, 80_00)) == {EUR: (80_00, 80_00, 0)}
    assert shop.book() == 1000_00
    assert list(faults_of_store(shop.cast.store)) == []


def test_a_session_closed_without_a_count_leaves_its_difference_to_the_settlement(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.sale(10_00)
    force_close_session(session=session, by=shop.by(), at=shop.tick(), reason="power cut")
    assert figures(shop.close(settlement, 205_00)) == {EUR: (210_00, 205_00, -5_00)}
    assert list(faults_of_store(shop.cast.store)) == []


def test_nothing_begins_while_a_session_is_open(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    session = shop.sign_on(shop.cast.carla, 200_00)
    named = f"Cash session {session.pk} of Carla is open at register 1"
    with pytest.raises(Conflict, match=named):
        shop.count(settlement)
    with pytest.raises(Conflict, match=named):
        shop.force(settlement)
    shop.sign_off(session, 200_00)
    shop.count(settlement)
    with pytest.raises(Conflict, match="is being counted"):
        shop.sign_on(shop.cast.carla, 200_00)


def test_after_the_settlement_a_session_takes_its_float_from_the_vault_again(shop: Shop) -> None:
    shop.vault()
    shop.close(shop.open(), 200_00)
    session = shop.sign_off(shop.sign_on(shop.cast.carla, 40_00), 41_00)
    assert (session.expected_amount, session.difference) == (40_00, 1_00)
    assert (shop.book(), shop.book(1)) == (1001_00, 0)
    assert list(faults_of_store(shop.cast.store)) == []
