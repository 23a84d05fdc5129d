"""Change from the bank: an order moves no money, the received change is booked as counted, and an order ends once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.enums import PlaceKind
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import AuditEntry, Movement, Variance
from settlements.domain.change_order import cancel_change, order_change, receive_change
from settlements.domain.proof import faults_of_store
from settlements.domain.reversal_by_manager import reverse_movement
from settlements.models import ChangeOrder
from tests import roles
from tests.settlements.desk import Shop
from tests.settlements.ordering import ROLLS, ordered, told


def now(order: ChangeOrder) -> ChangeOrder:
    """Returns the current row of the order."""
    return ChangeOrder.objects.select_related("movement").get(pk=order.pk)


def test_an_order_moves_no_money(shop: Shop) -> None:
    order = ordered(shop.cast, at=shop.tick(), wanted_on=shop.at.date(), note="for Saturday")
    assert (order.state, order.amount, order.currency) == ("ORDERED", 66_00, "EUR")
    assert now(order).ordered_by_worth == ROLLS
    assert order.ordered_by == shop.cast.erika
    assert order.is_under_way
    assert not Movement.objects.exists()
    entry = AuditEntry.objects.get(subject=f"change_order:{order.pk}")
    assert (entry.action, entry.detail["amount"]) == ("change_order.ordered", 66_00)


@pytest.mark.parametrize(
    ("came", "difference", "pieces"),
    [
        (ROLLS, 0, ROLLS),
        ({100: 50, 20: 40}, -8_00, {100: 50, 20: 40}),
        ({100: 75}, 9_00, {100: 75}),
        (60_00, -6_00, {}),
    ],
)
def test_what_came_is_booked_as_it_was_counted(shop: Shop, came: Any, difference: int, pieces: dict[int, int]) -> None:
    order = ordered(shop.cast, at=shop.tick())
    done = receive_change(order=order, received=told(came), by=shop.by(), at=shop.tick(), note="Brinks")
    assert now(order).received_by_worth == pieces
    movement = Movement.objects.select_related("source", "destination").get()
    assert done.movement == movement
    assert (done.state, done.received, done.difference) == ("ARRIVED", 66_00 + difference, difference)
    assert (movement.kind, movement.amount, movement.note) == ("WITHDRAWAL", 66_00 + difference, "Brinks")
    assert (movement.source.kind, movement.destination.kind) == ("BANK", "VAULT")
    assert shop.book() == 66_00 + difference
    assert (done.ended_by, done.ended_at) == (shop.cast.erika, shop.at)
    assert not Variance.objects.exists()
    entry = AuditEntry.objects.get(action="change_order.arrived")
    assert entry.detail == {"received": 66_00 + difference, "difference": difference}
    call_command("verify")


def test_a_vault_is_counted_with_what_came(shop: Shop) -> None:
    vault = shop.vault(1000_00)
    order = ordered(shop.cast, at=shop.tick())
    assert shop.preview(vault, 1000_00).unequal == ()
    receive_change(order=order, received=told(ROLLS), by=shop.by(), at=shop.tick())
    assert shop.preview(vault, 1066_00).unequal == ()


def test_what_nobody_waits_for_is_cancelled_with_a_reason(shop: Shop) -> None:
    order = ordered(shop.cast, at=shop.tick())
    with pytest.raises(InvalidInput, match="reason"):
        cancel_change(order=order, reason="", by=shop.by(), at=shop.tick())
    done = cancel_change(order=order, reason="typed twice", by=shop.by(), at=shop.tick())
    assert (done.state, done.reason, done.ended_by) == ("CANCELLED", "typed twice", shop.cast.erika)
    assert not Movement.objects.exists()


@pytest.mark.parametrize("first", ["arrived", "cancelled"])
def test_an_order_ends_once(shop: Shop, first: str) -> None:
    """A caller with an outdated row gets a Conflict, because the row is read again under the lock."""
    order = ordered(shop.cast, at=shop.tick())
    if first == "arrived":
        receive_change(order=order, received=told(ROLLS), by=shop.by(), at=shop.tick())
    else:
        cancel_change(order=order, reason="enough", by=shop.by(), at=shop.tick())
    with pytest.raises(Conflict, match=f"already {first}"):
        receive_change(order=order, received=told(ROLLS), by=shop.by(), at=shop.tick())
    with pytest.raises(Conflict, match=f"already {first}"):
        cancel_change(order=order, reason="again", by=shop.by(), at=shop.tick())
    assert Movement.objects.count() == (1 if first == "arrived" else 0)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": 0, "pieces": ()}, "amount"),
        ({"amount": -5, "pieces": ()}, "amount"),
        ({"amount": 65_00}, "amount"),
        ({"method": "CARD"}, "amount"),
        ({"pieces": (Pieces(denomination=3, pieces=1),), "amount": 3}, "amount"),
    ],
)
def test_what_nobody_can_order_or_bring(shop: Shop, fields: dict[str, Any], field: str) -> None:
    wrong = replace(told(ROLLS), **fields)
    with pytest.raises(InvalidInput) as refused:
        order_change(store=shop.cast.store, ordered=wrong, by=shop.by(), at=shop.tick())
    assert list(refused.value.errors) == [field]
    order = ordered(shop.cast, at=shop.tick())
    for one in (wrong, CountedAmount(currency="USD", amount=66_00)):
        with pytest.raises(InvalidInput) as refused:
            receive_change(order=order, received=one, by=shop.by(), at=shop.tick())
        assert list(refused.value.errors) == ["received"]
    assert now(order).state == "ORDERED"


def test_it_is_wanted_today_at_the_earliest(shop: Shop) -> None:
    day = shop.at.date()
    with pytest.raises(InvalidInput) as refused:
        ordered(shop.cast, at=shop.tick(), wanted_on=day - timedelta(days=1))
    assert refused.value.errors == {"wanted_on": "This day is over. Enter today or a later day."}
    assert ordered(shop.cast, at=shop.tick(), wanted_on=day).wanted_on == day


def test_the_vault_is_no_cashiers(shop: Shop) -> None:
    order, carla = ordered(shop.cast, at=shop.tick()), Principal(user=shop.cast.carla)
    with pytest.raises(Forbidden):
        order_change(store=shop.cast.store, ordered=told(ROLLS), by=carla, at=shop.tick())
    with pytest.raises(Forbidden):
        receive_change(order=order, received=told(ROLLS), by=carla, at=shop.tick())
    with pytest.raises(Forbidden):
        cancel_change(order=order, reason="x", by=carla, at=shop.tick())
    assert now(order).state == "ORDERED"
    assert not Movement.objects.exists()


def test_what_was_booked_back_is_shown_so(shop: Shop) -> None:
    done = receive_change(order=ordered(shop.cast, at=shop.tick()), received=told(ROLLS), by=shop.by(), at=shop.tick())
    assert done.movement is not None
    reverse_movement(movement=done.movement, by=shop.by(), at=shop.tick(), reason="counted wrong")
    assert now(done).shown_state == "REVERSED"
    assert shop.book() == 0
    assert list(faults_of_store(shop.cast.store)) == []


def test_the_proof_finds_what_was_booked_otherwise(shop: Shop) -> None:
    done = receive_change(order=ordered(shop.cast, at=shop.tick()), received=told(ROLLS), by=shop.by(), at=shop.tick())
    other = shop.move(done.movement.kind, 5_00, here=shop.cast.place(PlaceKind.VAULT))  # type: ignore[union-attr,arg-type]
    roles.lift_laws(connection)
    for changes in ({"received": 65_00}, {"received": 5_00, "currency": "USD", "movement": other}):
        ChangeOrder.objects.filter(pk=done.pk).update(**changes)
        assert list(faults_of_store(shop.cast.store)) == [
            f"Change order {done.number} of store 1337: the received amount is not the booked amount."
        ]
