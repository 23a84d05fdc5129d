"""The approval or rejection of a pending payment, once."""

from typing import Any

import pytest

from cashdesk.enums import PlaceKind
from cashdesk.models import Payment
from tests.api.steps import closed, drawer, named_fields, opened, paid, told
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, caller, exact, key_caller


def test_a_pending_payment_moves_money_when_it_is_approved_and_only_once(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert paid(carla, status="PENDING")["booked"] == "none"
    assert drawer(cast) == 0
    approved = carla.patch("/payments/T-1", {"status": "APPROVED"})
    assert (approved.status_code, exact(approved)["booked"], drawer(cast)) == (200, "on_time", 1000)
    assert exact(carla.patch("/payments/T-1", {"status": "APPROVED"})) == exact(approved)
    assert drawer(cast) == 1000


def test_a_rejected_payment_never_moves_money(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid(carla, status="PENDING")
    assert carla.patch("/payments/T-1", {"status": "REJECTED"}).status_code == 200
    assert carla.patch("/payments/T-1", {"status": "REJECTED"}).status_code == 200
    assert carla.patch("/payments/T-1", {"status": "APPROVED"}).status_code == 409
    assert drawer(cast) == 0


@pytest.mark.parametrize(
    ("status", "decision", "answer"),
    [("APPROVED", "REJECTED", 409), ("REJECTED", "APPROVED", 409), ("APPROVED", "APPROVED", 200)],
)
def test_what_was_decided_stays(cast: Cast, status: str, decision: str, answer: int) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid(carla, status=status)
    before = drawer(cast)
    assert carla.patch("/payments/T-1", {"status": decision}).status_code == answer
    assert drawer(cast) == before


@pytest.mark.parametrize(
    "body",
    [{}, {"status": "PENDING"}, {"status": "approved"}, {"status": None}, {"status": "APPROVED", "amount": 5}, []],
)
def test_a_decision_that_cannot_be_read_decides_nothing(cast: Cast, body: Any) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid(carla, status="PENDING")
    assert carla.patch("/payments/T-1", body).status_code == 400
    assert Payment.objects.get().status == "PENDING"


def test_approved_after_the_close_it_is_late(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid(carla, status="PENDING")
    session = closed(carla, 0)
    approved = exact(carla.patch("/payments/T-1", {"status": "APPROVED"}))
    assert (approved["booked"], approved["session"]) == ("late", session["id"])
    assert (drawer(cast), cast.book(PlaceKind.OVER_SHORT)) == (0, 1000)


def test_a_payment_that_one_may_not_know_of_is_one_that_never_was(cast: Cast) -> None:
    opened(caller(cast.carla))
    paid(caller(cast.carla), status="PENDING")
    for stranger in (caller(cast.otto), caller(cast.bruno), key_caller(cast.otto.store)):
        never = told(stranger.patch("/payments/T-9", {"status": "APPROVED"}), apart_from=["T-9"])
        assert told(stranger.patch("/payments/T-1", {"status": "APPROVED"}), apart_from=["T-1"]) == never
        assert never[0] == 404
    assert caller(cast.erika).patch("/payments/T-1", {"status": "APPROVED"}).status_code == 200


@pytest.mark.parametrize("name", ["a/b", "a b", "ñ", "%", "a.b", "?x", "#", "a%2Fb", "..", "x" * 128])
def test_an_id_of_any_signs_can_be_decided(cast: Cast, name: str) -> None:
    from urllib.parse import quote

    carla = caller(cast.carla)
    opened(carla)
    paid(carla, name, status="PENDING")
    assert carla.patch(f"/payments/{quote(name, safe='')}", {"status": "REJECTED"}).status_code == 200


@pytest.mark.parametrize("name", ["%00", "%FF", "x" * 129, "x" * 5000, "%ED%A0%80", "batch"])
def test_an_id_that_cannot_be_is_nothing(cast: Cast, name: str) -> None:
    assert caller(cast.carla).patch(f"/payments/{name}", {"status": "APPROVED"}).status_code in (400, 404, 405)


def test_several_stores_with_one_id_are_told_apart_by_the_store(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account, number="1338")
    dora = caller(UserFactory(store=second, username="dora"))
    for till in (caller(cast.carla), dora):
        opened(till)
        paid(till, status="PENDING")
    anna = caller(cast.anna)
    ambiguous = anna.patch("/payments/T-1", {"status": "APPROVED"})
    assert ambiguous.status_code == 400
    assert "/store" in named_fields(ambiguous)
    assert exact(anna.patch("/payments/T-1", {"status": "APPROVED", "store": "1338"}))["store"] == "1338"
    assert exact(anna.patch("/payments/T-1", {"status": "APPROVED", "store": str(cast.store.uuid)}))["store"] == "1337"


def test_several_registers_with_one_id_are_told_apart_by_the_station(cast: Cast) -> None:
    for person in (cast.carla, cast.bruno):
        till = caller(person)
        opened(till, station=1 if person == cast.carla else 2)
        paid(till, status="PENDING")
    erika = caller(cast.erika)
    ambiguous = erika.patch("/payments/T-1", {"status": "APPROVED"})
    assert ambiguous.status_code == 400
    assert "/station" in named_fields(ambiguous)
    assert exact(erika.patch("/payments/T-1", {"status": "APPROVED", "station": 2}))["station"] == 2
    assert (drawer(cast, 1), drawer(cast, 2)) == (0, 1000)
    # A cashier's own is meant, and no other's can be named.
    assert caller(cast.carla).patch("/payments/T-1", {"status": "APPROVED", "station": 2}).status_code == 404
    assert exact(caller(cast.carla).patch("/payments/T-1", {"status": "APPROVED"}))["station"] == 1
