"""The shifts API: the same sessions in other words, and cash in and out of them."""

from typing import Any

import pytest

from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, Movement
from tests.api.steps import closed, opened, paid, sent
from tests.factories import PASSWORD, UserFactory
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
        ("wrong", 401),
        (PASSWORD + " ", 401),
        (PASSWORD.upper(), 401),
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
        caller(cast.carla).post("/shifts/start", {"start_cash": 1, "password": "another-password"}).status_code == 401
    )


def test_a_wrong_password_is_said_before_anything_else_is(cast: Cast) -> None:
    """Otherwise a stolen token could ask whether a shift is open, or which fields are wrong, without ever being counted."""
    carla = caller(cast.carla)
    assert carla.post("/shifts/end", {"password": "wrong", "actual_cash_end": -5}).status_code == 401
    assert carla.post("/shifts/end", {"password": "wrong", "actual_cash_end": 5}).status_code == 401


def test_a_second_start_is_409(cast: Cast) -> None:
    carla = caller(cast.carla)
    started(carla)
    refused = carla.post("/shifts/start", {"start_cash": 1, "password": PASSWORD})
    assert (refused.status_code, exact(refused)["error"]) == (409, "session_already_open")


def test_saying_no_amount_at_the_end_is_not_counting_zero(cast: Cast) -> None:
    carla = caller(cast.carla)
    started(carla, 100)
    for body in ({"password": PASSWORD}, {"password": PASSWORD, "actual_cash_end": None}):
        refused = carla.post("/shifts/end", body)
        assert refused.status_code == 400
        assert "actual_cash_end" in exact(refused)["data"]["errors"]
    assert ended(carla, 0)["difference"] == -100


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


def test_an_admin_without_a_store_is_told_so(cast: Cast) -> None:
    refused = caller(cast.anna).post("/shifts/start", {"start_cash": 1, "password": PASSWORD})
    assert refused.status_code == 400


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
