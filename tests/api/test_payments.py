"""Payments as points of sale report them: kept once, booked where the money is, each answered by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.enums import PlaceKind, Role, Scope
from cashdesk.models import CashSession, Movement, Payment
from tests.api.steps import bound_key, closed, named_fields, opened, paid, payment, told
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, caller, exact, key_caller


def drawer(cast: Cast, number: int = 1) -> int:
    return cast.book(PlaceKind.REGISTER, number)


# --- once --------------------------------------------------------------------------------------------------------------------


def test_the_same_event_again_is_200_and_booked_once(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    first = carla.post("/payments", payment())
    again = carla.post("/payments", payment())
    assert (first.status_code, again.status_code) == (201, 200)
    assert exact(first) == exact(again)
    assert drawer(cast) == 1000
    assert Movement.objects.count() == 1


def test_a_key_may_repeat_what_the_cashier_reported(cast: Cast) -> None:
    opened(caller(cast.carla))
    paid(caller(cast.carla))
    assert bound_key(cast.store).post("/payments", payment(station=1)).status_code in (200, 409)
    assert drawer(cast) == 1000


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 1001}, {"method": "CARD"}, {"currency": "USD"}, {"status": "PENDING"}, {"type": "REFUND"}, {"order": "7"}, {"tendered": 1500},
        {"tax": 1}, {"discount": 1}, {"channel": "web"}, {"service": "x"}, {"paid_at": "2026-01-01T10:00:00Z"},
    ],
)  # fmt: skip
def test_the_same_id_with_other_figures_is_409(cast: Cast, other: dict[str, Any]) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid(carla)
    refused = carla.post("/payments", payment(**other))
    assert refused.status_code == 409
    assert exact(refused)["code"] == "payment_differs"
    assert drawer(cast) == 1000


def test_an_id_is_a_stores_own(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account, number="1338")
    dora = caller(UserFactory(store=second, username="dora"))
    opened(caller(cast.carla))
    opened(dora)
    paid(caller(cast.carla), "7", 100)
    paid(dora, "7", 200)
    assert Payment.objects.filter(external_id="7").count() == 2


def test_a_retry_after_the_close_still_finds_the_first_answer(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    first = paid(carla)
    closed(carla, 10)
    again = carla.post("/payments", payment())
    assert (again.status_code, exact(again)) == (200, first)
    assert not Movement.objects.filter(is_late=True).exists()


# --- status -------------------------------------------------------------------------------------------------------------------


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


# --- figures ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "moved"),
    [
        ({"amount": 1998, "tendered": 2000, "change": 2}, 1998),
        ({"amount": 1998, "tendered": 5000}, 1998),
        ({"amount": 1998, "tendered": 2000, "change": 0}, 2000),
        ({"amount": 1998, "tendered": 2000, "change": 5}, 1995),
        ({"amount": 2002, "tendered": 2000, "change": 0}, 2000),
        ({"amount": 1998, "tendered": 1998, "change": None}, 1998),
        ({"amount": 1998, "tendered": None, "change": None}, 1998),
        ({"amount": 2, "tendered": 0, "change": 0}, 0),
        ({"amount": 0}, 0),
        ({"amount": 10**15 - 1}, 10**15 - 1),
        ({"method": "EFECTIVO"}, 1000),
        ({"method": "efectivo"}, 1000),
        ({"method": "cash"}, 1000),
        ({"type": "REFUND"}, -1000),
        ({"method": "CARD"}, 0),
        ({"method": "CARD", "tendered": 1000}, 0),
        ({"tax": 190, "discount": 50}, 1000),
    ],
)
def test_what_comes_into_the_drawer(cast: Cast, fields: dict[str, Any], moved: int) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert carla.post("/payments", payment(**fields)).status_code == 201
    assert drawer(cast) == moved


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tendered": 999}, "tendered"), ({"tendered": 1500, "change": 1501}, "change"), ({"change": 500}, "tendered"),
        ({"method": "CARD", "tendered": 1500}, "change"), ({"method": "CARD", "tendered": 1500, "change": 500}, "change"),
        ({"type": "REFUND", "tendered": 1000}, "tendered"), ({"type": "EXCHANGE"}, "type"), ({"status": "approved"}, "status"), ({"status": "DONE"}, "status"),
        ({"method": ""}, "method"), ({"method": "x" * 33}, "method"), ({"method": 5}, "method"), ({"id": ""}, "id"), ({"id": None}, "id"),
        ({"id": "x" * 129}, "id"), ({"id": 1.5}, "id"), ({"id": True}, "id"), ({"id": "a\x00"}, "id"), ({"id": "\ud800"}, "id"), ({"order": "x" * 129}, "order"),
        ({"channel": "x" * 65}, "channel"), ({"channel": 5}, "channel"), ({"service": "\x00"}, "service"), ({"paid_at": "yesterday"}, "paid_at"),
        ({"paid_at": "2026-02-30T10:00:00Z"}, "paid_at"), ({"paid_at": 1767225600}, "paid_at"), ({"paid_at": "0001-01-01T00:00:00+14:00"}, "paid_at"),
        ({"paid_at": "9999-12-31T23:59:59-14:00"}, "paid_at"), ({"station": 0}, "station"), ({"station": 9}, "station"), ({"station": "x"}, "station"),
        ({"station": 2**31}, "station"), ({"store": "9999"}, "store"), ({"session": "999999"}, "session"), ({"session": "x"}, "session"),
        ({"session": "9" * 36}, "session"), ({"operator": "nobody"}, "operator"), ({"ammount": 5}, "ammount"), ({"\ud800": 5}, "ud800"),
    ],
)  # fmt: skip
def test_a_payment_that_cannot_be_read_is_refused_by_name_and_moves_nothing(
    cast: Cast, fields: dict[str, Any], field: str
) -> None:
    carla = caller(cast.carla)
    opened(carla)
    refused = carla.post("/payments", payment(**fields))
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert field in named_fields(refused)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("missing", ["id", "method", "currency", "amount", "status"])
def test_what_must_be_there_is_named(cast: Cast, missing: str) -> None:
    body = payment()
    del body[missing]
    refused = caller(cast.carla).post("/payments", body)
    assert refused.status_code == 400
    assert exact(refused)["errors"][0]["pointer"] == f"/{missing}"


# --- clocks -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("off", "status"),
    [
        (timedelta(hours=1), 201),
        (timedelta(hours=-1), 201),
        (timedelta(hours=23), 201),
        (timedelta(days=-30), 201),
        (timedelta(days=1, minutes=5), 400),
        (timedelta(days=400), 400),
    ],
)
def test_a_tills_clock_may_be_off(cast: Cast, off: timedelta, status: int) -> None:
    """The register decides whose sale it is, not the till's clock; only a day ahead and more is nonsense."""
    carla = caller(cast.carla)
    session = opened(carla)
    reported = carla.post("/payments", payment(paid_at=(timezone.now() + off).isoformat()))
    assert reported.status_code == status
    if status == 201:
        assert (exact(reported)["session"], exact(reported)["booked"], drawer(cast)) == (session["id"], "on_time", 1000)
        assert Movement.objects.get().business_date <= CashSession.objects.get().business_date
    else:
        assert "/paid_at" in named_fields(reported)


def test_the_same_instant_in_another_offset_is_the_same_event(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    paid(carla, paid_at="2026-01-05T12:00:00+02:00")
    assert carla.post("/payments", payment(paid_at="2026-01-05T10:00:00Z")).status_code == 200


# --- late ---------------------------------------------------------------------------------------------------------------------


def test_a_sale_after_the_close_is_late_and_changes_nothing_that_was_sealed(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 10)
    session = closed(carla, 30)
    late = paid(carla, amount=2000)
    assert (late["booked"], late["session"], late["station"]) == ("late", session["id"], 1)
    (row,) = exact(carla.get("/cash/sessions"))
    assert {name: row[name] for name in session} == session
    assert (drawer(cast), cast.book(PlaceKind.OVER_SHORT)) == (0, 2000 - 2000)


@pytest.mark.parametrize("by_uuid", [False, True])
def test_a_closed_session_named_outright_gets_it_late_though_the_next_one_trades(cast: Cast, by_uuid: bool) -> None:
    carla = caller(cast.carla)
    opened(carla)
    old = closed(carla)
    opened(carla)
    reference = str(CashSession.objects.get(pk=old["id"]).uuid) if by_uuid else old["id"]
    late = paid(carla, session=reference)
    assert (late["booked"], late["session"]) == ("late", old["id"])
    assert drawer(cast) == 0
    assert closed(carla)["final_cash_system"] == 0


def test_a_register_that_never_traded_takes_it_late(cast: Cast) -> None:
    late = paid(bound_key(cast.store), station=2)
    assert (late["booked"], late["session"], late["station"]) == ("late", None, 2)
    assert cast.book(PlaceKind.OVER_SHORT) == 1000


def test_a_cashier_who_never_worked_reports_late_too(cast: Cast) -> None:
    late = paid(caller(cast.carla))
    assert (late["booked"], late["session"], late["station"]) == ("late", None, None)


def test_a_refund_after_the_close_is_late(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 10)
    closed(carla, 10)
    assert paid(carla, type="REFUND")["booked"] == "late"
    assert cast.book(PlaceKind.OVER_SHORT) == -1000


# --- batches ------------------------------------------------------------------------------------------------------------------


def test_a_batch_answers_each_by_itself(cast: Cast) -> None:
    carla = caller(cast.carla)
    session = opened(carla)
    paid(carla, "old")
    batch = [
        payment("a"),
        payment("b", "12,50"),
        payment("old"),
        payment("old", 5),
        payment("a"),
        payment("a", 5),
        payment("c", 12.5),
        payment("d", station=77),
        payment("e", session=999_999),
        payment("f", status="REJECTED"),
        payment("g", paid_at="2999-01-01T00:00:00Z"),
        payment("h", tendered=1),
        None,
        5,
        "text",
        [],
        {},
        {"id": True},
        {"id": "\ud800"},
        {**payment("i"), "\ud800": 1},
        payment("z"),
    ]
    answer = carla.post("/payments/batch", {"payments": batch})
    assert answer.status_code == 200
    results = exact(answer)["results"]
    codes = [201, 400, 200, 409, 200, 409, 400, 400, 400, 201, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 201]
    assert [result["status_code"] for result in results] == codes
    assert [result["id"] for result in results[:4]] == ["a", "b", "old", "old"]
    assert {result["session"] for result in results if "session" in result} == {session["id"]}
    assert all(("problem" in result) == (result["status_code"] >= 400) for result in results)
    assert drawer(cast) == 3000


def test_a_bare_array_is_a_batch(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert [
        result["status_code"]
        for result in exact(carla.post("/payments/batch", [payment("a"), payment("b")]))["results"]
    ] == [201, 201]
    assert [
        result["status_code"]
        for result in exact(carla.post("/payments/batch", [payment("b"), payment("c")]))["results"]
    ] == [200, 201]
    assert drawer(cast) == 3000


@pytest.mark.parametrize(
    "body",
    [[], {"payments": []}, {}, {"payments": None}, {"payments": {}}, "x", None, {"payments": [], "store": "1337"}],
)
def test_what_is_no_batch_is_400(cast: Cast, body: Any) -> None:
    refused = caller(cast.carla).post("/payments/batch", body if body != "x" else '"x"')
    assert refused.status_code == 400


def test_five_thousand_are_taken_and_one_more_is_not(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    batch = [payment(str(number), 1) for number in range(5001)]
    refused = carla.post("/payments/batch", batch)
    assert refused.status_code == 400
    assert "payments" in named_fields(refused)
    assert not Payment.objects.exists()
    taken = exact(carla.post("/payments/batch", batch[:5000]))["results"]
    assert {result["status_code"] for result in taken} == {201}
    assert [result["id"] for result in taken] == [str(number) for number in range(5000)]
    assert drawer(cast) == 5000


def test_a_body_beyond_reason_is_413(cast: Cast) -> None:
    refused = caller(cast.carla).post("/payments/batch", "[" + " " * (8 * 1024 * 1024) + "]")
    assert refused.status_code == 413
    assert exact(refused)["status"] == 413


# --- whose ---------------------------------------------------------------------------------------------------------------------


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
