"""The cash-sessions API: open a drawer, count it blind and close it, for oneself or for another person."""

from decimal import Decimal
from typing import Any

import pytest

from cashdesk.enums import PlaceKind, Scope
from cashdesk.models import CashSession, Count, Place
from tests.api.steps import closed, opened, paid, told
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, caller, exact, key_caller


def test_a_drawer_is_opened_counted_and_closed(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert exact(carla.post("/cash/open", '{"start_amount": 150.50}'))["start_amount"] == Decimal("150.5")
    paid(carla, amount=1990)
    session = exact(carla.post("/cash/close", '{"final_cash_declared": 170.30}'))
    assert (session["final_cash_system"], session["final_cash_declared"], session["difference"]) == (
        Decimal("170.4"),
        Decimal("170.3"),
        Decimal("-0.1"),
    )
    assert cast.book(PlaceKind.REGISTER, 1) == 0
    assert cast.book(PlaceKind.OVER_SHORT) == 10
    assert cast.book(PlaceKind.VAULT) == 1980


def test_while_it_is_open_the_three_amounts_are_null(cast: Cast) -> None:
    carla = caller(cast.carla)
    session = opened(carla, 100)
    paid(carla)
    for shown in (session, exact(carla.get("/cash/status")), exact(carla.get("/cash/sessions"))[0]):
        assert {shown[name] for name in ("final_cash_system", "final_cash_declared", "difference", "end_time")} == {
            None
        }


def test_a_second_opening_is_409_and_changes_nothing(cast: Cast) -> None:
    carla = caller(cast.carla)
    session = opened(carla, 100)
    refused = carla.post("/cash/open", {"start_amount": 200})
    assert refused.status_code == 409
    assert f"Cash session {session['id']} has been open since {session['start_time'][:19]}Z" in exact(refused)["detail"]
    assert exact(carla.get("/cash/status")) == session
    assert Count.objects.count() == 1


def test_a_register_holds_one_session(cast: Cast) -> None:
    opened(caller(cast.carla), station=2)
    refused = caller(cast.bruno).post("/cash/open", {"start_amount": 1, "station": 2})
    assert refused.status_code == 409
    opened(caller(cast.bruno), station=1)


def test_nobody_pushes_a_colleague_out_of_the_drawer(cast: Cast) -> None:
    session = opened(caller(cast.carla), station=2)
    refused = caller(cast.bruno).post("/cash/open", {"start_amount": 1, "station": 2, "force_close_previous": True})
    assert refused.status_code == 409
    assert exact(caller(cast.carla).get("/cash/status"))["id"] == session["id"]


@pytest.mark.parametrize("yes", [True, "true", "True", 1, "1", "yes"])
def test_a_forgotten_session_is_closed_by_the_system_on_the_way(cast: Cast, yes: Any) -> None:
    carla = caller(cast.carla)
    first = opened(carla, 100)
    paid(carla, amount=5000)
    second = opened(carla, 150, force_close_previous=yes)
    rows = {row["id"]: row for row in exact(caller(cast.erika).get("/cash/sessions"))}
    assert rows[first["id"]]["status"] == "CLOSED_SYSTEM"
    assert (
        rows[first["id"]]["final_cash_declared"],
        rows[first["id"]]["final_cash_system"],
        rows[first["id"]]["difference"],
    ) == (0, 150, -150)
    assert rows[second["id"]]["status"] == "OPEN"
    assert closed(carla, 150)["difference"] == 0


@pytest.mark.parametrize("strange", ["maybe", 2, None, [], {}, ""])
def test_a_strange_flag_is_refused_by_name(cast: Cast, strange: Any) -> None:
    refused = caller(cast.carla).post("/cash/open", {"start_amount": 1, "force_close_previous": strange})
    assert refused.status_code == 400
    assert "force_close_previous" in exact(refused)["detail"]


def test_force_without_a_previous_session_just_opens(cast: Cast) -> None:
    opened(caller(cast.carla), 5, force_close_previous=True)
    assert CashSession.objects.count() == 1


def test_a_refused_opening_leaves_the_previous_session_open(cast: Cast) -> None:
    carla = caller(cast.carla)
    session = opened(carla, 100, station=1)
    opened(caller(cast.bruno), station=2)
    assert carla.post("/cash/open", {"start_amount": 1, "station": 2, "force_close_previous": True}).status_code == 409
    assert carla.post("/cash/open", {"start_amount": 1, "station": 9, "force_close_previous": True}).status_code == 400
    assert carla.post("/cash/open", {"start_amount": -1, "force_close_previous": True}).status_code == 400
    assert exact(carla.get("/cash/status")) == session


# --- for whom ---------------------------------------------------------------------------------------------------------


def test_the_own_id_may_be_said(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, user_id=cast.carla.pk)
    assert carla.get(f"/cash/status?user_id={cast.carla.pk}").status_code == 200


def test_a_manager_opens_for_a_cashier_of_the_store_and_looks(cast: Cast) -> None:
    erika = caller(cast.erika)
    session = opened(erika, 10, user_id=cast.carla.pk, station=2)
    assert session["user_id"] == cast.carla.pk
    assert exact(erika.get(f"/cash/status?user_id={cast.carla.pk}"))["id"] == session["id"]
    assert erika.get("/cash/status").status_code == 404
    assert closed(caller(cast.carla), 10)["id"] == session["id"]


def test_an_admin_opens_for_people_of_the_account(cast: Cast) -> None:
    assert opened(caller(cast.anna), 10, user_id=cast.carla.pk)["user_id"] == cast.carla.pk


def strangers_of_erika(cast: Cast) -> dict[str, int]:
    second = StoreFactory(account=cast.store.account, number="1338")
    left = UserFactory(store=cast.store, username="lena")
    left.is_active = False
    left.save()
    return {
        "other store": UserFactory(store=second, username="dora").pk,
        "other account": cast.otto.pk,
        "left": left.pk,
        "never used": 999_999,
        "huge": 10**15 - 1,
    }


def test_people_whom_one_may_not_name_are_all_refused_as_one_that_never_was(cast: Cast) -> None:
    erika, strangers = caller(cast.erika), strangers_of_erika(cast)
    to_open = [
        told(erika.post("/cash/open", {"start_amount": 1, "user_id": pk}), apart_from=[pk]) for pk in strangers.values()
    ]
    to_look = [told(erika.get(f"/cash/status?user_id={pk}"), apart_from=[pk]) for pk in strangers.values()]
    for answers in (to_open, to_look):
        assert answers[0][0] == 403
        assert answers == answers[:1] * len(strangers)


def test_a_cashier_names_nobody_else(cast: Cast) -> None:
    carla = caller(cast.carla)
    answers = [
        carla.post("/cash/open", {"start_amount": 1, "user_id": pk})
        for pk in (cast.bruno.pk, cast.erika.pk, cast.otto.pk, 999_999)
    ]
    answers += [carla.get(f"/cash/status?user_id={pk}") for pk in (cast.bruno.pk, cast.otto.pk, 999_999)]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("user_id", [0, -1, 1.5, "x", "", True, [], {}, 10**15, 2**63, None])
def test_a_strange_user_id_is_refused_by_name(cast: Cast, user_id: Any) -> None:
    refused = caller(cast.erika).post("/cash/open", {"start_amount": 1, "user_id": user_id})
    assert refused.status_code in (400, 403)
    assert "user_id" in exact(refused)["detail"]


@pytest.mark.parametrize("text", ["x", "", "1.5", "-1", "1e400", "NaN", "%00", "1%27--", "9" * 5000])
def test_a_strange_user_id_in_the_query_is_refused_by_name(cast: Cast, text: str) -> None:
    for path in ("/cash/status", "/cash/sessions"):
        refused = caller(cast.erika).get(f"{path}?user_id={text}")
        if not (text == "" and path == "/cash/sessions"):  # an empty filter filters nothing
            assert refused.status_code in (400, 403), path
            assert "user_id" in exact(refused)["detail"]


@pytest.mark.parametrize("station", [0, -1, 3, 1.5, "x", True, [], 2**31, 10**15 - 1, None])
def test_a_register_that_is_not_there_is_refused_by_name(cast: Cast, station: Any) -> None:
    refused = caller(cast.carla).post("/cash/open", {"start_amount": 1, "station": station})
    assert refused.status_code == 400
    assert "station" in exact(refused)["detail"]
    assert not CashSession.objects.exists()


def test_a_register_of_somebody_else_is_refused(cast: Cast) -> None:
    cast.bruno.register = cast.place(PlaceKind.REGISTER, 2)
    cast.bruno.save()
    assert caller(cast.carla).post("/cash/open", {"start_amount": 1, "station": 2}).status_code == 403
    opened(caller(cast.carla))
    opened(caller(cast.bruno))
    assert CashSession.objects.get(user=cast.bruno).register.number == 2


def test_who_has_no_register_gets_the_next_free_one_and_a_new_one_in_the_end(cast: Cast) -> None:
    for person in (cast.carla, cast.bruno, cast.erika):
        opened(caller(person))
    assert [session.register.number for session in CashSession.objects.order_by("pk")] == [1, 2, 3]
    assert Place.objects.filter(store=cast.store, kind=PlaceKind.REGISTER).count() == 3


# --- programs ---------------------------------------------------------------------------------------------------------


def test_a_key_opens_for_a_person_and_looks(cast: Cast) -> None:
    till = key_caller(cast.store, Scope.SESSIONS_WRITE, Scope.SESSIONS_READ)
    nobody = till.post("/cash/open", {"start_amount": 1})
    assert nobody.status_code == 403
    assert "user_id" in exact(nobody)["detail"]
    session = opened(till, 1, user_id=cast.carla.pk)
    assert exact(till.get(f"/cash/status?user_id={cast.carla.pk}"))["id"] == session["id"]
    assert [row["id"] for row in exact(till.get("/cash/sessions"))] == [session["id"]]
    assert till.post("/cash/open", {"start_amount": 1, "user_id": cast.otto.pk}).status_code == 403


def test_a_key_never_counts(cast: Cast) -> None:
    opened(caller(cast.carla))
    assert key_caller(cast.store).post("/cash/close", {"final_cash_declared": 1}).status_code == 403


# --- closing ----------------------------------------------------------------------------------------------------------


def test_closing_twice_is_404_and_one_count(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 10)
    closed(carla, 10)
    again = carla.post("/cash/close", {"final_cash_declared": 10})
    assert again.status_code == 404
    assert Count.objects.count() == 2
    assert cast.book(PlaceKind.VAULT) == 0


@pytest.mark.parametrize(
    "body", [{}, {"final_cash_declared": None}, {"declared": 5}, {"final_cash_declared": 5, "user_id": 1}]
)
def test_a_close_that_cannot_be_read_closes_nothing(cast: Cast, body: Any) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert carla.post("/cash/close", body).status_code == 400
    assert carla.get("/cash/status").status_code == 200


def test_the_system_amount_is_the_float_plus_in_minus_out_in_cash(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 100)
    paid(carla, "1", 2000)
    paid(carla, "2", 500, type="REFUND")
    paid(carla, "3", 9900, method="CARD")
    paid(carla, "4", 700, status="PENDING")
    paid(carla, "5", 300, status="REJECTED")
    paid(carla, "6", 1998, tendered=2000, change=0)
    paid(carla, "7", 100, currency="USD")
    carla.post("/shifts/cash-transaction", {"type": "cash_out", "amount": 1000, "category": "drop"})
    carla.post("/shifts/cash-transaction", {"type": "cash_in", "amount": 50, "category": "other"})
    assert closed(carla, 0)["final_cash_system"] == Decimal("125.5")
