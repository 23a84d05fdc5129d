"""GET /variances by its filters and by the scope of the caller, on one queue that all tests share."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta

import pytest

from cashdesk.enums import Reason, VarianceKind
from cashdesk.models import Variance
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.reconciliations.queue import approve, declare, explain, limits, of_kind, only, short_drawer
from tests.settlements.desk import USD, Shop
from tests.stories import caller, exact, key_caller, make_cast


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A shop in which an admin decides differences above 20.00, and its variances by a short name."""

    shop: Shop
    variances: dict[str, Variance]


@pytest.fixture(scope="module")
def _queue(module_world: ModuleWorld) -> Queue:
    return module_world.make(make_queue)


@pytest.fixture
def queue(db: None, _queue: Queue) -> Queue:
    """Variances of nearly every kind."""
    return deepcopy(_queue)


def make_queue() -> Queue:
    """Makes the shop and the variances."""
    shop = Shop(make_cast())
    limits(shop.cast.store, second=20_00)
    found = {"drawer": short_drawer(shop, by=1_00)}
    shop.at += timedelta(days=1)
    found["above"] = short_drawer(shop, by=21_00, cashier=shop.cast.bruno)
    explain(shop, found["above"])
    vault = shop.vault({USD: 100_00})
    shop.close(vault, {USD: 99_00})
    found["dollars"] = only(currency="USD")
    shop.at += timedelta(days=1)
    declare(shop, 5_00, reason=Reason.OTHER, notes="x")
    found["reported"] = of_kind(VarianceKind.RECONCILIATION)
    approve(shop, found["reported"], by=shop.cast.anna)
    elsewhere = StoreFactory(account=shop.cast.store.account, number="77")
    other = UserFactory(store=elsewhere, username="ulf")
    shop.sign_off(shop.sign_on(other, 10_00), 9_00)
    found["elsewhere"] = only(store=elsewhere)
    return Queue(shop=shop, variances=found)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "drawer above dollars reported elsewhere"),
        ("state=OPEN", "drawer dollars elsewhere"), ("state=ESCALATED", "above"), ("state=APPROVED", "reported"),
        ("waiting=true", "drawer above dollars elsewhere"), ("waiting=false", "reported"),
        ("kind=SESSION", "drawer above elsewhere"), ("kind=SETTLEMENT", "dollars"), ("kind=LATE", ""),
        ("reason=COUNTING_ERROR", "above"), ("reason=OTHER", "reported"),
        ("escalated=true", "above"), ("escalated=false", "drawer dollars reported elsewhere"),
        ("store=77", "elsewhere"), ("store=1337", "drawer above dollars reported"), ("store={elsewhere}", "elsewhere"),
        ("store=9999", ""), ("station=0", "dollars"), ("station=1", "drawer above elsewhere"), ("station=9", ""),
        ("user_id={bruno}", "above"), ("user_id=999999", ""), ("currency=USD", "dollars"), ("currency=GBP", ""),
        ("from=2026-03-11", "above dollars reported elsewhere"), ("to=2026-03-10", "drawer"),
        ("from=2026-03-11&to=2026-03-11", "above dollars"),
        ("kind=SESSION&escalated=true&waiting=true&station=1&currency=EUR&store=1337", "above"),
    ],
)  # fmt: skip
def test_it_is_narrowed_by(queue: Queue, query: str, names: str) -> None:
    query = query.format(elsewhere=queue.variances["elsewhere"].store.uuid, bruno=queue.shop.cast.bruno.pk)
    rows = exact(caller(queue.shop.cast.anna).get(f"/variances?{query}"))
    assert [row["id"] for row in rows] == [str(queue.variances[name].uuid) for name in reversed(names.split())]


def test_a_program_of_the_account_sees_every_store_a_manager_their_own(queue: Queue) -> None:
    cast = queue.shop.cast
    assert len(exact(key_caller(cast.store).get("/variances"))) == 5
    assert len(exact(caller(cast.erika).get("/variances"))) == 4
    assert len(exact(caller(cast.erika).get("/variances?store=77"))) == 0
