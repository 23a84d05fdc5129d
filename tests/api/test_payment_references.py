"""The store, station, session and operator of a payment, and who may name which."""

import pytest

from cashdesk.enums import Role, Scope
from cashdesk.models import CashSession, Payment
from tests.api.steps import bound_key, drawer, named_fields, opened, paid, payment, told
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, caller, key_caller


def test_a_key_names_the_register_the_session_or_the_operator(cast: Cast) -> None:
    session = opened(caller(cast.carla), station=2)
    till = key_caller(cast.store)
    for number, reference in enumerate(
        [
            {"store": "1337", "station": 2},
            {"store": str(cast.store.uuid), "station": 2},
            {"session": session["id"]},
            {"session": str(CashSession.objects.get().uuid)},
            {"store": "1337", "operator": str(cast.carla.pk)},
            {"store": "1337", "operator": cast.carla.pk},
        ]
    ):
        kept = paid(till, str(number), **reference)
        assert (kept["session"], kept["booked"], kept["station"], kept["operator"]) == (
            session["id"],
            "on_time",
            2,
            str(cast.carla.pk),
        )


def test_an_operator_code_stands_for_the_person(cast: Cast) -> None:
    cast.carla.operator_code = "K-07"
    cast.carla.save()
    session = opened(caller(cast.carla))
    assert paid(key_caller(cast.store), store="1337", operator="K-07")["session"] == session["id"]
    assert paid(caller(cast.carla), "2")["operator"] == "K-07"


def test_a_key_that_names_nothing_is_told_what_to_name(cast: Cast) -> None:
    refused = key_caller(cast.store).post("/payments", payment())
    assert (refused.status_code, "/store" in named_fields(refused)) == (400, True)
    refused = key_caller(cast.store).post("/payments", payment(store="1337"))
    assert (refused.status_code, "/station" in named_fields(refused)) == (400, True)


@pytest.mark.parametrize("who", ["carla", "erika", "anna", "key"])
def test_what_belongs_to_another_account_never_was(cast: Cast, who: str) -> None:
    cast.otto.operator_code = "OTTO"
    cast.otto.save()
    theirs = opened(caller(cast.otto))
    their_uuid = str(CashSession.objects.get(pk=theirs["id"]).uuid)
    if who != "anna":
        opened(caller(cast.carla))
    till = key_caller(cast.store) if who == "key" else caller(getattr(cast, who))
    never = "5e60a2d9-0000-4000-8000-000000000000"
    pairs = [
        ({"store": str(cast.otto.store.uuid), "station": 1}, {"store": never, "station": 1}),
        ({"session": theirs["id"]}, {"session": 999_999}),
        ({"session": their_uuid}, {"session": never}),
        ({"store": "1337", "operator": "OTTO"}, {"store": "1337", "operator": "NEVER"}),
        ({"store": "1337", "operator": cast.otto.pk}, {"store": "1337", "operator": 999_999}),
    ]
    for real, unused in pairs:
        found = told(till.post("/payments", payment(**real)), apart_from=real.values())
        assert found == told(till.post("/payments", payment(**unused)), apart_from=unused.values())
        assert found[0] == 400
    assert not Payment.objects.exists()


def test_a_cashier_reports_only_for_themselves(cast: Cast) -> None:
    brunos = opened(caller(cast.bruno), station=2)
    carla = caller(cast.carla)
    opened(carla, station=1)
    assert carla.post("/payments", payment(session=brunos["id"])).status_code == 400
    assert carla.post("/payments", payment(operator=str(cast.bruno.pk))).status_code == 400
    assert carla.post("/payments", payment(station=2)).status_code == 403
    assert paid(carla, station=1)["operator"] == str(cast.carla.pk)
    assert paid(caller(cast.erika), "2", session=brunos["id"])["operator"] in (str(cast.bruno.pk), str(cast.erika.pk))


def test_a_cashier_of_another_store_reaches_nothing_here(cast: Cast) -> None:
    session = opened(caller(cast.carla))
    dora = caller(
        UserFactory(store=StoreFactory(account=cast.store.account, number="1338"), username="dora", role=Role.MANAGER)
    )
    for reference in ({"store": "1337", "station": 1}, {"session": session["id"]}, {"operator": str(cast.carla.pk)}):
        assert dora.post("/payments", payment(**reference)).status_code in (400, 403)
    assert drawer(cast) == 0


def test_references_that_contradict_each_other_are_refused(cast: Cast) -> None:
    session = opened(caller(cast.carla), station=1)
    erika = caller(cast.erika)
    refused = erika.post("/payments", payment(session=session["id"], station=2))
    assert (refused.status_code, "/station" in named_fields(refused)) == (400, True)
    second = StoreFactory(account=cast.store.account, number="1338")
    refused = caller(cast.anna).post("/payments", payment(session=session["id"], store=second.number))
    assert (refused.status_code, "/store" in named_fields(refused)) == (400, True)


@pytest.mark.parametrize("scope", Scope)
def test_only_the_scope_to_write_payments_writes_payments(cast: Cast, scope: Scope) -> None:
    till = bound_key(cast.store, scope)
    wanted = {True: (201, 200, 404), False: (403, 403, 403)}[scope == Scope.PAYMENTS_WRITE]
    body = payment(station=1)
    answers = (
        till.post("/payments", body),
        till.post("/payments/batch", [body]),
        till.patch("/payments/T-9", {"status": "APPROVED"}),
    )
    assert tuple(answer.status_code for answer in answers) == wanted


def test_trailing_slash(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert carla.post("/payments/", payment(status="PENDING")).status_code == 201
    assert carla.post("/payments/batch/", [payment("b")]).status_code == 200
    assert carla.patch("/payments/T-1/", {"status": "APPROVED"}).status_code == 200
