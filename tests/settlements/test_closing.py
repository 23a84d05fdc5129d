"""Counting and closing: the pairs that are counted by hand, the bookings and the seal of a close, and a close without
a count.
"""

import pytest

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.enums import MovementKind
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import Count, Movement, PaymentMethod, Seal
from cashdesk.pair import Pair
from settlements.domain.closing import force_close_settlement
from settlements.domain.counting import preview_settlement
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementType
from settlements.models import ClosingAmount, Settlement
from tests.cashdesk.desk import counted, kinds
from tests.settlements.desk import CARD, EUR, USD, Shop, figures

CLP = Pair("CLP", "CASH")


def test_slips_that_are_counted_by_hand_are_missed_where_they_are_not_named(shop: Shop) -> None:
    PaymentMethod.objects.filter(account=shop.cast.store.account, code="CARD").update(is_counted=True)
    shop.vault()
    settlement = shop.open()
    shop.sale(30_00, CARD)
    shop.count(settlement)
    assert shop.preview(settlement, {EUR: 200_00}).results == ((EUR, True), (CARD, False))
    assert shop.preview(settlement, {EUR: 200_00, CARD: 29_00}).unequal == (CARD,)
    closed = shop.close(settlement, {EUR: 200_00})
    assert figures(closed) == {EUR: (200_00, 200_00, 0), CARD: (30_00, 0, -30_00)}
    assert not ClosingAmount.objects.filter(is_assumed=True).exists()


def test_slips_that_nobody_counts_are_taken_as_the_books_say(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    shop.sale(30_00, CARD)
    shop.count(settlement)
    done = shop.preview(settlement, {EUR: 200_00})
    assert (done.unequal, done.settlement.is_closed) == ((), True)
    (assumed,) = ClosingAmount.objects.filter(is_assumed=True)
    assert (assumed.method, assumed.target, assumed.actual, assumed.difference) == ("CARD", 30_00, 30_00, 0)


def test_cards_of_the_period_before_are_not_counted_again(shop: Shop) -> None:
    shop.vault()
    first = shop.open()
    shop.sale(30_00, CARD)
    shop.close(first, {EUR: 200_00, CARD: 31_00})
    second = shop.open()
    shop.sale(4_00, CARD)
    assert figures(shop.close(second, {EUR: 200_00, CARD: 4_00}))[CARD] == (4_00, 4_00, 0)


def test_what_the_books_do_not_know_is_compared_with_nothing(shop: Shop) -> None:
    shop.vault()
    closed = shop.close(shop.open(), {EUR: 200_00, USD: 7_00, CLP: 0})
    assert figures(closed) == {EUR: (200_00, 200_00, 0), USD: (0, 7_00, 7_00), CLP: (0, 0, 0)}
    assert (shop.book(1, pair=USD), shop.book(pair=USD)) == (0, 7_00)


def test_a_currency_that_came_and_went_is_none(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    shop.sale(5_00, USD)
    shop.pay(5_00, USD, type="REFUND")
    assert figures(shop.close(settlement, 200_00)) == {EUR: (200_00, 200_00, 0)}


def test_what_a_close_books(shop: Shop) -> None:
    shop.vault({EUR: 500_00, USD: 50_00})
    settlement = shop.open({EUR: 200_00, USD: 20_00})
    before = Movement.objects.count()
    closed = shop.close(settlement, {EUR: 190_00, USD: 21_00})
    assert kinds()[before:] == ["OVER_SHORT", "RETURN", "OVER_SHORT", "RETURN"]
    assert (shop.book(1), shop.book(1, pair=USD)) == (0, 0)
    assert (shop.book(), shop.book(pair=USD)) == (490_00, 51_00)
    assert closed.seal is not None
    assert (closed.seal.number, closed.seal.balances) == (1, [])
    assert [count.moment for count in Count.objects.filter(place=shop.register()).order_by("pk")] == [
        "OPENING",
        "CLOSING",
    ]


def test_a_vaults_close_opens_the_next_with_what_was_found(shop: Shop) -> None:
    vault = shop.vault({EUR: 500_00, USD: 50_00})
    closed = shop.close(vault, {EUR: 499_00})
    following = Settlement.objects.get(place=vault.place, state="OPEN")
    assert figures(closed) == {EUR: (500_00, 499_00, -1_00), USD: (50_00, 0, -50_00)}
    assert {one.pair: one.amount for one in following.initial_amounts.all()} == {EUR: 499_00, USD: 0}
    assert following.opened_at == closed.closed_at
    assert following.opened_after == Movement.objects.latest("pk").pk
    assert figures(shop.close(following, {EUR: 499_00}))[EUR] == (499_00, 499_00, 0)


def test_a_vault_that_gave_more_than_it_had(shop: Shop) -> None:
    vault = shop.vault(10_00)
    shop.open(200_00)
    assert shop.book() == -190_00
    assert figures(shop.close(vault, 0)) == {EUR: (-190_00, 0, 190_00)}
    assert shop.book() == 0


def test_the_third_attempt_counts_and_no_other(shop: Shop) -> None:
    shop.vault()
    settlement = shop.count(shop.open())
    for amount in (1, 2):
        assert not shop.preview(settlement, amount).settlement.is_closed
    with pytest.raises(InvalidInput, match="a second time"):
        preview_settlement(settlement=settlement, counted=[counted(3), counted(3)], by=shop.by(), at=shop.tick())
    done = shop.preview(settlement, 4)
    assert (done.attempt, done.settlement.closing) == (3, "ATTEMPTS_USED")
    assert [(kept.attempt, kept.is_equal) for kept in settlement.counts.all()] == [
        (0, True),
        (1, False),
        (2, False),
        (3, False),
    ]
    moments = Count.objects.filter(settlement_count__attempt__gt=0).order_by("pk")
    assert list(moments.values_list("moment", flat=True)) == [
        "PREVIEW",
        "PREVIEW",
        "CLOSING",
    ]


# --- Without a count -----------------------------------------------------------------------------------------------------


def test_a_close_without_a_count_books_nothing_and_leaves_the_cash(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open()
    shop.sale(15_00)
    before = Movement.objects.count()
    closed = shop.force(settlement)
    assert Movement.objects.count() == before
    assert figures(closed) == {EUR: (215_00, 0, -215_00)}
    assert (closed.is_counted, shop.book(1), shop.register().settling) == (False, 215_00, "NONE")


def test_it_may_be_forced_while_it_is_counted(shop: Shop) -> None:
    shop.vault()
    settlement = shop.count(shop.open())
    shop.preview(settlement, 1)
    assert figures(shop.force(settlement)) == {EUR: (200_00, 0, -200_00)}


@pytest.mark.parametrize(("found_", "difference"), [(215_00, 0), (210_00, -5_00), (0, -215_00)])
def test_counted_afterwards_the_difference_is_booked_and_the_seal_stays(
    shop: Shop, found_: int, difference: int
) -> None:
    shop.vault()
    settlement = shop.open()
    shop.sale(15_00)
    shop.sale(3_00, CARD)
    closed = shop.force(settlement)
    as_it_was = Settlement.objects.values().get(pk=closed.pk)
    assert shop.count_later(closed, found_) == {EUR: difference, CARD: 0}
    assert Settlement.objects.values().get(pk=closed.pk) == as_it_was
    assert (shop.book(1), shop.book()) == (0, 800_00 + found_)
    assert Seal.objects.filter(place=shop.register()).count() == 2
    with pytest.raises(Conflict, match="opened or counted since"):
        shop.count_later(closed, found_)
    assert list(faults_of_store(shop.cast.store)) == []


def test_not_afterwards_once_somebody_else_has_counted(shop: Shop) -> None:
    shop.vault()
    closed = shop.force(shop.open())
    shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), 200_00)
    with pytest.raises(Conflict, match="opened or counted since"):
        shop.count_later(closed, 200_00)


def test_not_afterwards_while_the_next_one_runs(shop: Shop) -> None:
    shop.vault()
    closed = shop.force(shop.open())
    shop.open()
    with pytest.raises(Conflict, match="opened or counted since"):
        shop.count_later(closed, 200_00)


def test_only_what_was_forced_is_counted_afterwards(shop: Shop) -> None:
    shop.vault()
    with pytest.raises(Conflict, match="You can count a settlement afterwards only if it was closed without a count"):
        shop.count_later(shop.close(shop.open(), 200_00), 200_00)


def test_forcing_is_a_managers_and_never_the_vaults(shop: Shop) -> None:
    vault = shop.vault()
    settlement = shop.open()
    with pytest.raises(Forbidden):
        force_close_settlement(settlement=settlement, by=shop.by(shop.cast.carla), at=shop.tick(), reason="x")
    with pytest.raises(Conflict, match="The VAULT settlement is OPEN"):
        shop.force(vault)


def test_the_vault_is_not_a_cashiers_to_open(shop: Shop) -> None:
    with pytest.raises(Forbidden, match="Only a manager"):
        open_settlement(
            type=SettlementType.VAULT,
            store=shop.cast.store,
            initial=[counted(1)],
            by=shop.by(shop.cast.carla),
            at=shop.tick(),
        )


def test_drops_and_loans_are_in_both_targets(shop: Shop) -> None:
    vault = shop.vault()
    register = shop.open()
    shop.move(MovementKind.DROP, 50_00)
    shop.move(MovementKind.LOAN, 20_00)
    assert figures(shop.close(register, 170_00)) == {EUR: (170_00, 170_00, 0)}
    assert figures(shop.close(vault, 1000_00)) == {EUR: (1000_00, 1000_00, 0)}
