"""The shifts API: the same sessions in other words, and cash in and out of them."""

from typing import Any

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.enums import PlaceKind, Role
from cashdesk.errors import Forbidden
from cashdesk.models import CashSession, Movement, Store, Variance
from tests.api.steps import closed, opened, paid, sent
from tests.factories import PASSWORD, AccountFactory, StoreFactory, UserFactory
from tests.stories import Caller, Cast, caller, exact, key_caller, make_cast


def started(cashier: Caller, start_cash: Any = 0) -> dict[str, Any]:
    response = cashier.post("/shifts/start", {"start_cash": start_cash, "password": PASSWORD})
    assert response.status_code == 201, response.content
    return dict(exact(response)["data"])


def ended(cashier: Caller, actual_cash_end: Any = 0) -> dict[str, Any]:
    response = cashier.post("/shifts/end", {"actual_cash_end": actual_cash_end, "password": PASSWORD})
    assert response.status_code == 200, response.content
    return dict(exact(response)["data"])


def moved(cashier: Caller, **fields: Any) -> dict[str, Any]:
    response = cashier.post("/shifts/cash-transaction", fields)
    assert response.status_code == 201, response.content
    return dict(exact(response)["data"])


def test_a_shift_from_start_to_end(cast: Cast) -> None:
    carla = caller(cast.carla)
    shift = started(carla, 10_000)
    paid(carla, amount=2_000)
    result = ended(carla, 11_900)
    assert result["id"] == shift["id"]
    assert (result["expected_cash_end"], result["actual_cash_end"], result["difference"]) == (12_000, 11_900, -100)


def test_the_ids_are_uuids_and_the_user_is_too(cast: Cast) -> None:
    shift = started(caller(cast.carla))
    session = CashSession.objects.get()
    assert (shift["id"], shift["user_id"]) == (str(session.uuid), str(cast.carla.uuid))


@pytest.mark.parametrize("path", ["/shifts/start", "/shifts/end"])
@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("wrong", 400),
        (PASSWORD + " ", 400),
        (PASSWORD.upper(), 400),
        ("", 400),
        (None, 400),
        ([], 400),
        (True, 400),
        ("x" * 5000, 400),
    ],
)
def test_the_password_is_asked_and_a_wrong_one_moves_nothing(cast: Cast, path: str, password: Any, status: int) -> None:
    carla = caller(cast.carla)
    if path == "/shifts/end":
        opened(carla, 1)
    before = (CashSession.objects.filter(status="OPEN").count(), Movement.objects.count())
    refused = carla.post(
        path, {"password": password, "start_cash" if path == "/shifts/start" else "actual_cash_end": 5}
    )
    assert refused.status_code == status
    assert "password" in exact(refused)["data"]["errors"]
    assert (CashSession.objects.filter(status="OPEN").count(), Movement.objects.count()) == before


def test_somebody_elses_password_is_wrong(cast: Cast) -> None:
    cast.bruno.set_password("another-password")
    cast.bruno.save()
    assert (
        caller(cast.carla).post("/shifts/start", {"start_cash": 1, "password": "another-password"}).status_code == 400
    )


def test_a_wrong_password_is_said_before_anything_else_is(cast: Cast) -> None:
    """Otherwise the holder of a stolen token could learn whether a shift is open, without a counted wrong password."""
    carla = caller(cast.carla)
    for body in ({"actual_cash_end": -5}, {}, {"colour": "red"}):
        refused = carla.post("/shifts/end", {"password": "wrong", **body})
        assert (refused.status_code, exact(refused)["error"]) == (400, "wrong_password")
        assert exact(refused)["data"]["errors"] == {"password": "The password is wrong."}
    assert carla.get("/auth/me").status_code == 200


def test_a_second_start_is_409(cast: Cast) -> None:
    carla = caller(cast.carla)
    started(carla)
    refused = carla.post("/shifts/start", {"start_cash": 1, "password": PASSWORD})
    assert (refused.status_code, exact(refused)["error"]) == (409, "session_already_open")


@pytest.mark.parametrize("body", [{"actual_cash_end": None}, {"counts": [{"currency": "USD", "amount": 5}]}])
def test_an_empty_amount_and_other_currencies_alone_are_no_count(cast: Cast, body: dict[str, Any]) -> None:
    carla = caller(cast.carla)
    started(carla, 100)
    refused = carla.post("/shifts/end", {"password": PASSWORD, **body})
    assert refused.status_code == 400
    assert list(exact(refused)["data"]["errors"]) == ["actual_cash_end"]
    assert ended(carla, 0)["difference"] == -100


def test_without_an_amount_a_shift_ends_uncounted_and_waits_for_somebody_else(cast: Cast) -> None:
    carla = caller(cast.carla)
    started(carla, 100)
    paid(carla, amount=2_000)
    answered = carla.post("/shifts/end", {"password": PASSWORD})
    assert answered.status_code == 200
    shown = exact(answered)["data"]
    assert sorted(shown) == ["end_time", "id", "is_counted", "start_cash", "start_time", "status", "user_id"]
    assert (shown["status"], shown["is_counted"]) == ("closed", False)
    session = CashSession.objects.get()
    assert (session.status, session.expected_amount, session.declared_amount) == ("CLOSED_SYSTEM", 2_100, 0)
    assert [(variance.kind, variance.session) for variance in Variance.objects.all()] == [("UNCOUNTED", session)]
    assert cast.book(PlaceKind.REGISTER, 1) == 2_100
    counted = CountedAmount(currency="EUR", amount=2_000)
    with pytest.raises(Forbidden):
        count_afterwards(session=session, counted=counted, by=Principal(user=cast.carla), at=timezone.now())
    count_afterwards(session=session, counted=counted, by=Principal(user=cast.erika), at=timezone.now())
    assert cast.book(PlaceKind.REGISTER, 1) == 0
    (row,) = exact(carla.get("/cash/sessions"))
    assert (row["final_cash_system"], row["is_counted"]) == (21, False)


def test_an_uncounted_end_answers_a_repetition_with_the_same(cast: Cast) -> None:
    carla = caller(cast.carla)
    started(carla, 100)
    first, again = (carla.post("/shifts/end", {"password": PASSWORD}, idempotency_key="k") for _time in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert carla.post("/shifts/end", {"password": PASSWORD}).status_code == 404


def test_of_two_ends_at_once_the_second_finds_nothing_open(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    carla = caller(cast.carla)
    started(carla, 100)
    seen = CashSession.objects.select_related("register", "store", "user").get()
    ended(carla, 100)
    monkeypatch.setattr("cashdesk.api.shifts.open_session_of", lambda _user, **_by: seen)
    refused = carla.post("/shifts/end", {"password": PASSWORD})
    assert (refused.status_code, exact(refused)["error"]) == (404, "no_open_session")
    assert CashSession.objects.get().status == "CLOSED"


def test_no_shift_is_null_at_one_name_and_404_at_the_other(cast: Cast) -> None:
    carla = caller(cast.carla)
    active = carla.get("/shifts/active")
    assert (active.status_code, exact(active)["data"]) == (200, None)
    assert carla.get("/shifts/current").status_code == 404
    shift = started(carla)
    assert exact(carla.get("/shifts/active"))["data"] == exact(carla.get("/shifts/current"))["data"] == shift


def test_an_open_shift_has_no_key_for_what_is_not_known_yet(cast: Cast) -> None:
    carla = caller(cast.carla)
    for shown in (started(carla), exact(carla.get("/shifts/active"))["data"]):
        assert sorted(shown) == ["id", "start_cash", "start_time", "status", "user_id"]


@pytest.mark.parametrize(
    ("kind", "category", "drawer", "vault", "outside"),
    [
        ("cash_in", "opening", 500, 0, -500),
        ("cash_in", "deposit", 500, 0, -500),
        ("cash_in", "other", 500, 0, -500),
        ("cash_in", "drop", 500, 0, -500),
        ("cash_out", "expense", -500, 0, 500),
        ("cash_out", "refund", -500, 0, 500),
        ("cash_out", "other", -500, 0, 500),
        ("cash_out", "deposit", -500, 0, 500),
        ("cash_out", "drop", -500, 500, 0),
        ("cash_out", "DROP", -500, 500, 0),
    ],
)
def test_the_type_decides_the_direction_and_a_drop_goes_to_the_vault(
    cast: Cast, kind: str, category: str, drawer: int, vault: int, outside: int
) -> None:
    carla = caller(cast.carla)
    started(carla, 0)
    shown = moved(carla, type=kind, amount=500, category=category, description="because")
    assert (shown["type"], shown["category"], shown["description"], shown["amount"]) == (kind, category, "because", 500)
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.VAULT), cast.book(PlaceKind.OUTSIDE)) == (
        drawer,
        vault,
        outside,
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "sideways"}, "type"), ({"type": "CASH_IN"}, "type"), ({"type": None}, "type"), ({"type": ["cash_in"]}, "type"),
        ({"category": ""}, "category"), ({"category": " "}, "category"), ({"category": "x" * 51}, "category"), ({"category": None}, "category"),
        ({"category": 5}, "category"), ({"category": "a\x00"}, "category"), ({"category": "\ud800"}, "category"),
        ({"description": "x" * 501}, "description"), ({"description": 5}, "description"), ({"description": "\x00"}, "description"),
        ({"amount": 0}, "amount"), ({"amount": -5}, "amount"), ({"amount": 0.5}, "amount"), ({"shift_id": "x"}, "shift_id"), ({"amount": None}, "amount"),
    ],
)  # fmt: skip
def test_a_cash_transaction_that_cannot_be_read_names_the_field(cast: Cast, change: dict[str, Any], field: str) -> None:
    carla = caller(cast.carla)
    started(carla)
    refused = carla.post("/shifts/cash-transaction", {"type": "cash_in", "amount": 5, "category": "other", **change})
    assert refused.status_code == 400
    assert field in exact(refused)["data"]["errors"]
    assert not Movement.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["x" * 50, "ñandú – 現金", "<script>alert(1)</script>", "=SUM(A1)", "'; DROP TABLE cashdesk_movement; --", "🧾"],
)
def test_any_text_comes_back_as_it_was_sent(cast: Cast, text: str) -> None:
    carla = caller(cast.carla)
    started(carla)
    shown = moved(carla, type="cash_in", amount=1, category=text, description=text)
    assert (shown["category"], shown["description"]) == (text, text)


def test_a_missing_description_is_empty_and_null_is_one_too_or_refused(cast: Cast) -> None:
    carla = caller(cast.carla)
    started(carla)
    assert moved(carla, type="cash_in", amount=1, category="x")["description"] == ""
    assert carla.post(
        "/shifts/cash-transaction", {"type": "cash_in", "amount": 1, "category": "x", "description": None}
    ).status_code in (201, 400)


def test_no_open_shift_is_404(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(caller(cast.bruno))
    assert carla.post("/shifts/cash-transaction", {"type": "cash_in", "amount": 1, "category": "x"}).status_code == 404
    assert carla.post("/shifts/end", {"password": PASSWORD, "actual_cash_end": 1}).status_code == 404


def test_a_shift_belongs_to_the_one_who_asks(cast: Cast) -> None:
    started(caller(cast.carla))
    for person in (cast.bruno, cast.erika, cast.otto):
        assert exact(caller(person).get("/shifts/active"))["data"] is None


def test_a_manager_works_a_shift_too(cast: Cast) -> None:
    erika = caller(cast.erika)
    started(erika, 5)
    assert ended(erika, 5)["difference"] == 0


@pytest.mark.parametrize("path", ["/shifts/start", "/shifts/end", "/shifts/cash-transaction"])
def test_a_program_works_no_shift(cast: Cast, path: str) -> None:
    assert key_caller(cast.store).post(path, {"password": PASSWORD, "start_cash": 1}).status_code == 403
    assert key_caller(cast.store).get("/shifts/active").status_code == 403


def test_an_admin_starts_a_shift_in_the_only_store_of_the_account(cast: Cast) -> None:
    switched_off = StoreFactory(account=cast.store.account, number="1338")
    Store.objects.filter(pk=switched_off.pk).update(is_active=False)
    anna = caller(cast.anna)
    started(anna, 5)
    assert CashSession.objects.get().store == cast.store
    moved(anna, type="cash_in", amount=7, category="other")
    assert ended(anna, 12)["difference"] == 0


def test_an_admin_of_several_stores_is_told_how_to_name_one(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="1338")
    body = {"start_cash": 1, "password": PASSWORD}
    refused = caller(cast.anna).post("/shifts/start", body)
    assert refused.status_code == 400
    assert "sign in with `store`" in exact(refused)["data"]["errors"]["store"]
    assert not CashSession.objects.exists()
    signed_in = Caller().post("/auth/login", {"username": "anna", "password": PASSWORD, "store": "1338"})
    assert Caller(exact(signed_in)["access_token"]).post("/shifts/start", body).status_code == 201
    ended(Caller(exact(signed_in)["access_token"]), 1)
    assert caller(cast.anna).post("/shifts/start", body, x_tenant_id=str(cast.store.pk)).status_code == 201
    assert {session.store.number for session in CashSession.objects.all()} == {"1337", "1338"}


def test_an_admin_without_any_store_is_told_so_too(cast: Cast) -> None:
    nina = UserFactory(store=None, account=AccountFactory(), username="nina", role=Role.ADMIN)
    assert caller(nina).post("/shifts/start", {"start_cash": 1, "password": PASSWORD}).status_code == 400


@pytest.mark.django_db
def test_rupiah_are_whole_here_and_everywhere_else() -> None:
    cast = make_cast(currency="IDR", time_zone="Asia/Jakarta")
    carla = caller(cast.carla)
    started(carla, 500_000)
    assert moved(carla, type="cash_out", amount=50_000, category="drop")["amount"] == 50_000
    assert cast.book(PlaceKind.VAULT) == -45_000_000
    assert closed(carla, 450_000)["difference"] == 0


@pytest.mark.django_db
def test_the_largest_amount_holds_in_rupiah_too() -> None:
    carla = caller(make_cast(currency="IDR").carla)
    assert carla.post("/shifts/start", {"start_cash": 10**10 + 1, "password": PASSWORD}).status_code == 400
    started(carla, 10**10)
    assert ended(carla, 0)["difference"] == -(10**10)


def test_trailing_slashes_media_types_and_methods(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert carla.get("/shifts/active/").status_code == 200
    assert carla.post("/shifts/start/", {"start_cash": 1, "password": PASSWORD}).status_code == 201
    assert carla.post("/shifts/cash-transaction/", {"type": "cash_in", "amount": 1, "category": "x"}).status_code == 201
    assert (
        sent(carla, "POST", "/shifts/end", "password=x", content_type="application/x-www-form-urlencoded").status_code
        == 415
    )
    for method, path in (("GET", "/shifts/end"), ("PUT", "/shifts/start"), ("POST", "/shifts/active")):
        refused = carla.send(method, path, {})
        assert (refused.status_code, sorted(exact(refused))) == (405, ["error", "message"])


@pytest.mark.parametrize(
    "path", ["/shifts/start", "/shifts/end", "/shifts/cash-transaction", "/shifts/active", "/shifts/current"]
)
def test_unknown_query_parameters_are_named(cast: Cast, path: str) -> None:
    carla = caller(cast.carla)
    refused = (carla.get if path in ("/shifts/active", "/shifts/current") else carla.post)(f"{path}?colour=red")
    assert refused.status_code == 400
    assert "colour" in exact(refused)["data"]["errors"]


def test_another_colleague_of_another_store_is_no_concern(cast: Cast) -> None:
    dora = UserFactory(username="dora")
    started(caller(dora), 7)
    assert ended(caller(dora), 7)["difference"] == 0
    assert not CashSession.objects.filter(store=cast.store).exists()
