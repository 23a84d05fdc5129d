"""Opening a settlement: the float, cash that was still in the book, and the first settlement of a vault."""

import pytest

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.enums import MovementKind
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.formats import style
from cashdesk.models import Movement, PaymentMethod
from settlements.models import Settlement
from tests.cashdesk.desk import kinds
from tests.settlements.desk import CARD, EUR, USD, Shop, figures


def differences(settlement: Settlement) -> dict[tuple[str, str], tuple[int, int]]:
    """Returns amount and opening difference by pair."""
    return {line.pair: (line.amount, line.opening_difference) for line in settlement.initial_amounts.all()}


def test_a_vault_begins_with_what_lies_in_it(shop: Shop) -> None:
    vault = shop.vault({EUR: 1000_00, USD: 50_00})
    assert kinds() == ["OPENING_BALANCE", "OPENING_BALANCE"]
    assert differences(vault) == {EUR: (1000_00, 0), USD: (50_00, 0)}
    assert (shop.book(), shop.book(pair=USD)) == (1000_00, 50_00)
    assert figures(shop.close(vault, {EUR: 1000_00, USD: 50_00})) == {
        EUR: (1000_00, 1000_00, 0),
        USD: (50_00, 50_00, 0),
    }


@pytest.mark.parametrize(("found", "kind", "told"), [(250_00, "OPENING_BALANCE", 0), (50_00, "OVER_SHORT", -100_00)])
def test_a_vault_that_sessions_used_before(shop: Shop, found: int, kind: str, told: int) -> None:
    """A session took 50.00 and returned 200.00, so the book has 150.00. More is an opening balance; less is a shortage."""
    session = shop.sign_on(shop.cast.carla, 50_00)
    shop.pay(150_00)
    shop.sign_off(session, 200_00)
    assert shop.book() == 150_00
    vault = shop.vault(found)
    assert kinds()[-1] == kind
    assert differences(vault) == {EUR: (found, told)}
    assert shop.book() == found


def test_a_vault_found_as_booked_books_nothing(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 0)
    shop.pay(150_00)
    shop.sign_off(session, 150_00)
    before = Movement.objects.count()
    assert differences(shop.vault(150_00)) == {EUR: (150_00, 0)}
    assert Movement.objects.count() == before


def test_money_of_the_vault_that_is_not_named_is_not_there(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 0)
    shop.pay(150_00)
    shop.sign_off(session, 150_00)
    assert differences(shop.vault({USD: 5_00})) == {USD: (5_00, 0), EUR: (0, -150_00)}
    assert (shop.book(), shop.book(pair=USD)) == (0, 5_00)


@pytest.mark.parametrize(("counted", "difference"), [(200_00, -20_00), (220_00, 0), (230_00, 10_00), (0, -220_00)])
def test_a_drawer_that_still_holds_money_takes_no_float(shop: Shop, counted: int, difference: int) -> None:
    """After a forced close, the opening amount minus the book is the opening difference."""
    shop.vault()
    first = shop.open()
    shop.sale(20_00)
    shop.force(first)
    vault = shop.book()
    second = shop.open(counted)
    assert differences(second) == {EUR: (counted, difference)}
    assert shop.book() == vault
    assert shop.book(1) == counted
    closed = shop.close(second, counted)
    assert figures(closed) == {EUR: (counted, counted, 0)}
    assert list(faults_of_store(shop.cast.store)) == []


def test_a_drawer_below_nothing(shop: Shop) -> None:
    """More was paid out than the book had, so the book is negative. The counted cash is an overage between the periods."""
    shop.vault()
    first = shop.open(10_00)
    shop.move(MovementKind.PAID_OUT, 50_00)
    shop.force(first)
    assert shop.book(1) == -40_00
    second = shop.open(10_00)
    assert differences(second) == {EUR: (10_00, 50_00)}
    assert figures(shop.close(second, 10_00)) == {EUR: (10_00, 10_00, 0)}


def test_each_pair_by_itself(shop: Shop) -> None:
    """The drawer still has euros, which give a difference. It has no dollars, which come as a float."""
    shop.vault({EUR: 500_00, USD: 100_00})
    shop.force(shop.open(20_00))
    second = shop.open({EUR: 15_00, USD: 30_00})
    assert differences(second) == {EUR: (15_00, -5_00), USD: (30_00, 0)}
    assert kinds()[-2:] == ["OVER_SHORT", "FLOAT"]
    assert (shop.book(pair=USD), shop.book(1, pair=USD)) == (70_00, 30_00)


def test_money_left_that_is_not_named_is_not_there(shop: Shop) -> None:
    shop.vault({EUR: 500_00, USD: 100_00})
    shop.force(shop.open({USD: 30_00}))
    second = shop.open({EUR: 20_00})
    assert differences(second) == {EUR: (20_00, 0), USD: (0, -30_00)}
    assert figures(shop.close(second, {EUR: 20_00})) == {EUR: (20_00, 20_00, 0), USD: (0, 0, 0)}


def test_cards_of_an_earlier_period_are_no_opening_difference(shop: Shop) -> None:
    shop.vault()
    first = shop.open()
    shop.sale(20_00, CARD)
    shop.force(first)
    assert differences(shop.open(200_00)) == {EUR: (200_00, 0)}


def test_a_register_is_opened_with_cash_alone(shop: Shop) -> None:
    PaymentMethod.objects.filter(code="CARD").update(is_counted=True)
    shop.vault()
    with pytest.raises(InvalidInput, match="must be CASH") as error:
        shop.open({EUR: 1, CARD: 5})
    assert list(error.value.on_pages.values()) == ["Enter cash only. A register opens without other methods."]
    assert differences(shop.open({EUR: 1, CARD: 0}, station=2))[CARD] == (0, 0)


def test_who_may_not(shop: Shop) -> None:
    with pytest.raises(Conflict, match="A manager must open it"):
        shop.open()
    shop.vault()
    with pytest.raises(Conflict, match="has had settlement"):
        shop.vault()
    shop.cast.bruno.register = shop.register()
    shop.cast.bruno.save()
    with pytest.raises(Forbidden, match="assigned to somebody else"):
        shop.open(by=shop.cast.carla)
    assert shop.open(by=shop.cast.bruno).opened_by_name == "Bruno"


def test_not_in_the_middle_of_a_session(shop: Shop) -> None:
    shop.vault()
    session = shop.sign_on(shop.cast.carla, 50_00)
    before = Movement.objects.count()
    with pytest.raises(Conflict, match=f"Cash session {session.pk} of Carla is open at register 1"):
        shop.open()
    assert (Movement.objects.count(), Settlement.objects.count()) == (before, 1)


@pytest.mark.parametrize("is_vault", [True, False])
def test_people_read_in_their_own_way_since_when_a_settlement_is_open(shop: Shop, *, is_vault: bool) -> None:
    opened = shop.vault()
    if not is_vault:
        opened = shop.open()
    with pytest.raises(Conflict) as refused:
        (shop.vault if is_vault else shop.open)()
    assert f"{opened.opened_at:%Y-%m-%dT%H:%M:%SZ}" in refused.value.message
    assert f"since {style().instant(opened.opened_at, opened.store.time_zone)}. " in refused.value.page_message
