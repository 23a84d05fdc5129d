"""The migration cancels old deposits whose movement was reversed before the state CANCELLED existed."""

from importlib import import_module

from django.apps import apps

from cashdesk.domain.ledger.ledger import reverse
from settlements.domain.deposit import prepare_deposit
from settlements.domain.proof import faults_of_store
from settlements.models import Deposit
from tests.settlements.desk import Shop

migration = import_module("settlements.migrations.0004_credit_corrections")


def test_a_deposit_whose_movement_was_reversed_is_cancelled_and_no_other(shop: Shop) -> None:
    for bag in ("B-1", "B-2"):
        prepare_deposit(
            store=shop.cast.store, amount=100_00, currency="EUR", bag_number=bag, by=shop.by(), at=shop.tick()
        )
    first, second = Deposit.objects.select_related("movement").order_by("pk")
    # As every version before did it: the reversal alone, which told the state.
    reverse(movement=first.movement, by=shop.by(), at=shop.tick(), reason="unpacked")
    assert ["disagree" in fault for fault in faults_of_store(shop.cast.store)] == [True]
    migration.cancel_reversed(apps, None)
    assert [deposit.state for deposit in (Deposit.objects.get(pk=first.pk), Deposit.objects.get(pk=second.pk))] == [
        "CANCELLED", "PREPARED",
    ]  # fmt: skip
    assert list(faults_of_store(shop.cast.store)) == []
