"""Payment methods, and the integers that clients of the shifts API know them by."""

import pytest
from django.db import DatabaseError, connection, transaction

from cashdesk.enums import Scope
from cashdesk.models import PaymentMethod
from tests import roles
from tests.api.steps import bound_key
from tests.factories import AccountFactory
from tests.stories import Cast, caller, counted_queries, exact, key_caller


def test_the_ways_to_pay_are_the_accounts_active_ones(cast: Cast) -> None:
    PaymentMethod.objects.filter(account=cast.store.account, code="QRIS").update(is_active=False)
    PaymentMethod.objects.create(account=AccountFactory(), code="SHELLS", name="Shells")
    for by in (caller(cast.carla), caller(cast.anna), key_caller(cast.store)):
        codes = [row["code"] for row in exact(by.get("/payment-methods"))["data"]]
        assert codes == ["CASH", "CARD", "QRIS_STATIC", "TRANSFER"]


def test_the_published_numbers_mean_the_same_in_every_account(cast: Cast) -> None:
    for person in (cast.carla, cast.otto):
        rows = exact(caller(person).get("/payment-methods"))["data"]
        assert {row["id"]: row["code"] for row in rows if row["id"] < 100} == {1: "CASH", 2: "QRIS", 3: "QRIS_STATIC"}
        assert len({row["id"] for row in rows}) == len(rows)


def test_every_other_number_is_above_the_published_ones_and_finds_its_method(cast: Cast) -> None:
    for method in PaymentMethod.objects.all():
        assert list(PaymentMethod.objects.filter(PaymentMethod.has_number(method.number), account=method.account)) == [
            method
        ]
    # No method is found by a second number that its primary key would give it.
    cash = PaymentMethod.objects.get(account=cast.store.account, code="CASH")
    assert not PaymentMethod.objects.filter(PaymentMethod.has_number(100 + cash.pk)).exists()
    for nothing in (0, 4, 99, 100, 2**70):
        assert not PaymentMethod.objects.filter(PaymentMethod.has_number(nothing)).exists()


@pytest.mark.parametrize(("column", "value"), [("code", "OTHER"), ("is_cash", True)])
def test_what_a_number_follows_from_never_changes(cast: Cast, column: str, value: object) -> None:
    methods = PaymentMethod.objects.filter(account=cast.store.account, code="QRIS")
    refused = pytest.raises(DatabaseError, match="a payment method keeps its code")
    with refused, transaction.atomic(), roles.owning(connection):
        methods.update(**{column: value})
    assert methods.update(name="QRIS dynamic", is_active=False) == 1


@pytest.mark.parametrize("rows", [1, 3, 10])
def test_the_list_costs_two_statements(cast: Cast, rows: int) -> None:
    PaymentMethod.objects.filter(account=cast.store.account).exclude(code="CASH").update(is_active=False)
    for number in range(rows - 1):
        PaymentMethod.objects.create(account=cast.store.account, code=f"M{number}", name=f"Method {number}")
    carla = caller(cast.carla)
    carla.get("/payment-methods")
    with counted_queries() as queries:
        assert len(exact(carla.get("/payment-methods"))["data"]) == rows
    assert len(queries) == 2


@pytest.mark.parametrize("scope", Scope)
def test_a_key_reads_them_with_its_scope(cast: Cast, scope: Scope) -> None:
    assert bound_key(cast.store, scope).get("/payment-methods").status_code == (
        200 if scope == Scope.PAYMENTS_READ else 403
    )


@pytest.mark.parametrize("wrong", ["?colour=red", "?is_active=false"])
def test_unknown_query_parameters_are_named(cast: Cast, wrong: str) -> None:
    refused = caller(cast.carla).get(f"/payment-methods{wrong}")
    assert refused.status_code == 400
    assert wrong[1:].split("=", maxsplit=1)[0] in exact(refused)["data"]["errors"]


def test_the_door(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert carla.get("/payment-methods/").status_code == 200
    assert carla.post("/payment-methods", {}).status_code == 405
    refused = carla.get("/payment-methods/1")
    assert (refused.status_code, sorted(exact(refused))) == (404, ["error", "message"])
