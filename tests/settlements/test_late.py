"""Money that arrives after a settlement explains its frozen difference and changes nothing that was sealed."""

from functools import partial

import pytest

from cashdesk.domain.ledger.expected import late_cash_of
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.payment.decision import decide_payment
from cashdesk.enums import MovementKind, PaymentStatus
from cashdesk.errors import Conflict
from tests.settlements.desk import CARD, EUR, Shop, figures, late


def test_what_is_told_while_it_is_counted_is_late_and_in_no_target(shop: Shop) -> None:
    shop.vault()
    settlement = shop.count(shop.open())
    payment = shop.pay(30_00)
    assert payment.booked == "late"
    closed = shop.close(settlement, 230_00)
    assert figures(closed) == {EUR: (200_00, 230_00, 30_00)}
    assert late(closed) == {EUR: 30_00}


@pytest.mark.parametrize("next_float", [0, 50_00])
def test_what_is_told_between_two_settlements_is_the_earlier_ones(shop: Shop, next_float: int) -> None:
    """This holds even if the next settlement opens with 0, and no float marks its beginning."""
    shop.vault()
    first = shop.close(shop.open(), 230_00)
    shop.pay(30_00)
    second = shop.open(next_float)
    assert (late(first), late(second)) == ({EUR: 30_00}, {})
    shop.count(second)
    shop.pay(7_00)
    assert (late(first), late(second)) == ({EUR: 30_00}, {EUR: 7_00})
    assert figures(first) == {EUR: (200_00, 230_00, 30_00)}
    assert list(faults_of_store(shop.cast.store)) == []


def test_what_is_told_late_at_another_register_is_not_this_ones(shop: Shop) -> None:
    shop.vault()
    first, second = shop.open(), shop.open(station=2)
    shop.close(first, 200_00)
    shop.close(second, 200_00)
    shop.pay(3_00, station=2)
    shop.pay(4_00, CARD, station=2)
    assert (late(first), late(second)) == ({}, {EUR: 3_00, CARD: 4_00})


def test_what_is_late_for_a_session_within_explains_that_sessions_difference(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    session = shop.sign_on(shop.cast.carla, 200_00)
    session = shop.sign_off(session, 210_00)
    shop.pay(10_00, session=str(session.pk), station=None)
    closed = shop.close(settlement, 210_00)
    assert (session.difference, late_cash_of(session)) == (10_00, 10_00)
    # The session's overage is in the book already, so the settlement finds what it expects.
    assert figures(closed) == {EUR: (210_00, 210_00, 0)}
    assert late(closed) == {}


def test_a_late_refund_explains_a_shortage(shop: Shop) -> None:
    shop.vault()
    closed = shop.close(shop.open(), 190_00)
    shop.pay(10_00, type="REFUND")
    assert figures(closed)[EUR][2] - late(closed)[EUR] == 0


# --- Reversals -----------------------------------------------------------------------------------------------------------


def test_a_reversal_after_the_registers_close_is_late_for_the_register(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    sale = shop.sale(20_00)
    closed = shop.close(settlement, 200_00)
    assert figures(closed) == {EUR: (220_00, 200_00, -20_00)}
    shop.open(0)
    reversal = shop.reverse(sale)
    assert (reversal.is_late, reversal.late_for_id) == (True, shop.register().pk)
    # Of the period in which the mistake was made, though another one runs by now.
    assert late(closed) == {EUR: -20_00}
    assert shop.book(1) == 0


def test_a_drop_that_only_the_vault_has_counted_is_late_for_the_vault(shop: Shop) -> None:
    vault = shop.vault()
    register = shop.open()
    drop = shop.move(MovementKind.DROP, 50_00)
    counted_vault = shop.close(vault, 800_00)  # the bag never came: 50.00 are missing there
    assert figures(counted_vault)[EUR] == (850_00, 800_00, -50_00)
    reversal = shop.reverse(drop)
    assert (reversal.is_late, reversal.late_for_id) == (True, vault.place_id)
    assert late(counted_vault) == {EUR: -50_00}
    assert late(register) == {}
    # It was in the drawer all the time.
    assert figures(shop.close(register, 200_00)) == {EUR: (200_00, 200_00, 0)}
    assert list(faults_of_store(shop.cast.store)) == []


def test_a_drop_that_only_the_register_has_counted_is_late_for_the_register(shop: Shop) -> None:
    vault = shop.vault()
    register = shop.open()
    drop = shop.move(MovementKind.DROP, 50_00)
    closed = shop.close(register, 200_00)
    assert figures(closed)[EUR] == (150_00, 200_00, 50_00)
    shop.reverse(drop)
    assert (late(closed), late(vault)) == ({EUR: 50_00}, {})
    # 1000 - 200 + 50 (the drop) + 200 (the return) - 50 (its reversal)
    assert figures(shop.close(vault, 1000_00)) == {EUR: (1000_00, 1000_00, 0)}


def test_where_both_have_counted_there_is_nothing_left_to_reverse(shop: Shop) -> None:
    vault = shop.vault()
    register = shop.open()
    drop = shop.move(MovementKind.DROP, 50_00)
    shop.close(register, 200_00)
    shop.close(vault, 1000_00)
    before = shop.book(), shop.book(1)
    with pytest.raises(Conflict, match="Both places were counted"):
        shop.reverse(drop)
    assert (shop.book(), shop.book(1)) == before


def test_while_a_register_is_counted_a_reversal_at_it_is_late(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    sale = shop.sale(20_00)
    shop.count(settlement)
    assert shop.reverse(sale).is_late
    closed = shop.close(settlement, 200_00)
    assert figures(closed)[EUR] == (220_00, 200_00, -20_00)
    assert late(closed) == {EUR: -20_00}


def test_what_a_session_has_counted_since_explains_nothing_in_the_settlement(shop: Shop) -> None:
    """A mistaken sale was booked before a session of the same settlement. The session's opening count already showed it."""
    shop.vault()
    settlement = shop.open()
    sale, card = shop.sale(20_00), shop.sale(5_00, CARD)
    session = shop.sign_on(shop.cast.carla, 200_00)
    assert session.opening_difference == -20_00
    shop.sign_off(session, 200_00)
    shop.reverse(sale)
    shop.reverse(card)
    closed = shop.close(settlement, {EUR: 200_00, CARD: 0})
    assert figures(closed) == {EUR: (200_00, 200_00, 0), CARD: (5_00, 0, -5_00)}
    # No session counts cards, so there the difference is the settlement's own.
    assert late(closed) == {CARD: -5_00}


def test_a_mistake_is_reversed_late_while_a_cashier_works_who_has_counted_since(shop: Shop) -> None:
    """Otherwise the reversal would belong to the open session, and its cashier would be 20.00 over."""
    shop.vault()
    shop.open()
    sale, card = shop.sale(20_00), shop.sale(5_00, CARD)
    session = shop.sign_on(shop.cast.carla, 200_00)
    assert shop.reverse(sale).is_late
    assert not shop.reverse(card).is_late
    assert shop.sign_off(session, 200_00).difference == 0


def test_a_card_payment_that_waited_through_a_session_is_on_time_in_its_settlement(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    shop.pay(5_00, CARD, id="waits", status="PENDING")
    shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), 200_00)
    decide = partial(decide_payment, external_id="waits", status=PaymentStatus.APPROVED, by=shop.by())
    assert decide(at=shop.tick()).booked == "on_time"
    closed = shop.close(settlement, {EUR: 200_00, CARD: 5_00})
    assert figures(closed)[CARD] == (5_00, 5_00, 0)


def test_a_payment_that_waited_through_a_close_is_late_though_the_next_one_trades(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    shop.pay(5_00, CARD, id="waits", status="PENDING")
    closed = shop.close(settlement, {EUR: 200_00, CARD: 5_00})
    following = shop.open()
    made = decide_payment(external_id="waits", status=PaymentStatus.APPROVED, by=shop.by(), at=shop.tick())
    assert made.booked == "late"
    assert figures(closed)[CARD] == (0, 5_00, 5_00)
    assert (late(closed), late(following)) == ({CARD: 5_00}, {})
