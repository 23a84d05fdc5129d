"""Counts in the middle of a shift over the API: who takes and reads them, once, blind, and with the books of that moment."""

from typing import Any

import pytest

from cashdesk.domain.session.audit_count import audit_count
from cashdesk.enums import CountMoment, Role, Scope
from cashdesk.models import AuditEntry, CashSession, Count, Movement
from tests.cashdesk.desk import counted
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.floor import at_noon
from tests.settlements.desk import Shop
from tests.stories import Cast, caller, counted_queries, exact, key_caller

PATH = "/registers/1/audit-counts"
CREATE, READ = 17, 13


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return at_noon(cast)


@pytest.fixture
def session(shop: Shop) -> CashSession:
    """Carla's drawer: a float of 200.00 and a sale of 50.00."""
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.sale(50_00)
    return session


def kept() -> int:
    return Count.objects.filter(moment=CountMoment.AUDIT).count()


def looks(cast: Cast) -> int:
    return AuditEntry.objects.filter(action="expected.seen", store=cast.store).count()


def test_a_manager_counts_blind_and_compares_later(cast: Cast, shop: Shop, session: CashSession) -> None:
    erika = caller(cast.erika)
    before = Movement.objects.count()
    answer = erika.post(PATH, {"count": [{"denomination": 20_000, "pieces": 1}, {"denomination": 1_00, "pieces": 47}]})
    assert answer.status_code == 201
    found = {
        "store": "1337", "station": 1, "session": session.pk, "attempt": 1, "counted_at": answer.json()["counted_at"],
        "counted_by": "Erika Mustermann", "user_id": cast.erika.pk, "currency": "EUR", "amount": 247_00,
        "count": [{"denomination": 20_000, "pieces": 1}, {"denomination": 1_00, "pieces": 47}],
    }  # fmt: skip
    assert exact(answer) == found
    assert (Movement.objects.count(), looks(cast)) == (before, 0)
    shop.sale(99_00)
    shop.sign_off(session, 349_00)
    compared = erika.get(f"{PATH}/{session.pk}/1")
    assert exact(compared) == {**found, "expected_amount": 250_00, "difference": -3_00}
    assert looks(cast) == 1
    (row,) = exact(erika.get("/counts?moment=AUDIT"))
    assert erika.get(f"/registers/{row['station']}/audit-counts/{row['session']}/{row['attempt']}").status_code == 200


def test_the_same_request_twice_keeps_one_count(cast: Cast, session: CashSession) -> None:
    erika = caller(cast.erika)
    first, second = (erika.post(PATH, {"amount": 247_00}, idempotency_key="audit-1") for _time in range(2))
    assert (first.status_code, second.status_code, kept()) == (201, 201, 1)
    assert first.content == second.content
    assert erika.post(PATH, {"amount": 1}, idempotency_key="audit-1").status_code == 422
    assert exact(erika.post(PATH, {"amount": 250_00}))["attempt"] == 2


@pytest.mark.parametrize(("body", "field"), [
    ({}, "/amount"), ({"amount": -1}, "/amount"), ({"amount": 10**18}, "/amount"), ({"amount": 1.5}, "/amount"),
    ({"amount": 5, "currency": "USD"}, "/currency"), ({"amount": 5, "expected": 5}, "/expected"),
    ({"amount": 5, "count": [{"denomination": 2_00, "pieces": 1}]}, "/amount"),
    ({"count": [{"denomination": 3, "pieces": 1}]}, "/count"), ({"amount": 5, "store": "9999"}, "/store"),
])  # fmt: skip
def test_a_wrong_count_is_refused_by_its_field(
    cast: Cast, session: CashSession, body: dict[str, Any], field: str
) -> None:
    answer = caller(cast.erika).post(PATH, body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [field]
    assert kept() == 0


def test_only_another_manager_of_the_store_counts_and_reads(cast: Cast, shop: Shop, session: CashSession) -> None:
    audit_count(session=session, counted=counted(247_00), by=shop.by(), at=shop.tick())
    own = shop.sign_on(cast.erika, 100_00, station=2)
    audit_count(session=own, counted=counted(1), by=shop.by(cast.anna), at=shop.tick())
    next_door = UserFactory(store=StoreFactory(account=cast.store.account), role=Role.MANAGER)
    named = {"amount": 1, "store": str(cast.store.uuid)}
    for who, station, of, statuses in (
        (cast.carla, 1, session, (403, 403)), (cast.bruno, 1, session, (403, 403)), (cast.erika, 2, own, (403, 403)),
        (cast.erika, 1, session, (201, 200)), (cast.anna, 2, own, (201, 200)), (next_door, 1, session, (400, 400)),
        (cast.otto, 1, session, (400, 400)),
    ):  # fmt: skip
        before = kept()
        asked = caller(who)
        posted = asked.post(f"/registers/{station}/audit-counts", named)
        read = asked.get(f"/registers/{station}/audit-counts/{of.pk}/1?store={cast.store.uuid}")
        assert (posted.status_code, read.status_code) == statuses, who
        assert kept() - before == (statuses[0] == 201), who
    for scope in Scope:
        key = key_caller(cast.store, scope)
        assert key.post(PATH, named).status_code == 403, scope
        assert key.get(f"{PATH}/{session.pk}/1").status_code == 403, scope


def test_without_a_drawer_there_is_nothing_to_count(cast: Cast, shop: Shop, session: CashSession) -> None:
    erika = caller(cast.erika)
    shop.sign_off(session, 250_00)
    for station in (0, 1):
        answer = erika.post(f"/registers/{station}/audit-counts", {"amount": 1})
        assert (answer.status_code, answer.json()["code"]) == (404, "no_open_session"), station
    for path in ("/registers/9/audit-counts/1/1", f"{PATH}/{session.pk}/1", f"{PATH}/{2**80}/1", f"{PATH}/1/{2**80}"):
        assert erika.get(path).status_code == 404, path
    assert (kept(), looks(cast)) == (0, 0)


@pytest.mark.parametrize("second", [7_777_00, 1_00])
def test_the_answer_and_its_size_tell_nothing_of_what_was_sold(cast: Cast, shop: Shop, second: int) -> None:
    """Two drawers with the same float: one sold nothing, and one sold something. Only the ids and the hour differ."""
    erika, told = caller(cast.erika), []
    for station, cashier, sold in ((1, cast.carla, 0), (2, cast.bruno, second)):
        session = shop.sign_on(cashier, 200_00, station=station)
        if sold:
            shop.pay(sold, station=station)
        answer = erika.post(f"/registers/{station}/audit-counts", {"amount": 247_00})
        body = exact(answer)
        assert body.pop("session") == session.pk
        told.append((answer.status_code, {**body, "station": 1, "counted_at": len(body["counted_at"])}))
    assert told[0] == told[1]


def test_the_cashier_reads_the_same_with_and_without_it(cast: Cast, session: CashSession) -> None:
    carla = caller(cast.carla)
    paths = ("/cash/status", "/cash/sessions", f"/counts?session={session.pk}", "/registers", "/registers/1")
    before = [carla.get(path).content for path in paths]
    assert caller(cast.erika).post(PATH, {"amount": 247_00}).status_code == 201
    assert [carla.get(path).content for path in paths] == before


def test_counting_and_reading_cost_the_same_however_much_was_sold(cast: Cast, shop: Shop, session: CashSession) -> None:
    erika = caller(cast.erika)
    assert erika.post(PATH, {"amount": 1}).status_code == 201  # the first request of a token notes its use
    for more in (0, 12):
        for _sale in range(more):
            shop.sale(1_00)
        with counted_queries() as queries:
            posted = exact(erika.post(PATH, {"amount": 1}))
        assert len(queries) == CREATE
        with counted_queries() as queries:
            assert erika.get(f"{PATH}/{session.pk}/{posted['attempt']}").status_code == 200
        assert len(queries) == READ
