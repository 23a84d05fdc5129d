"""A plain payment is one guarded statement, and has the rows and the answer of the long road (docs/decisions/0050)."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone

from cashdesk.api import payments
from cashdesk.api.payment_rows import PaymentSerializer, payment_row
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.payment.at_once import REGISTER_AND_SESSION, plain_payment, store_at_once, with_session
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.people.access_token import TOKEN_AND_DRAWER, authenticate, tokens, with_drawer
from cashdesk.domain.store.place_lock import mark_transition
from cashdesk.enums import Booked, PaymentStatus, PlaceKind, Scope
from cashdesk.models import AccessToken, IdempotentAnswer, Movement, Payment, Place
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementType
from tests.api.steps import bound_key, closed, opened, paid, payment
from tests.cashdesk.test_prepared_query import everything_of
from tests.stories import Caller, Cast, caller, counted_queries, make_cast
from tests.web.side_by_side import at_once, database_for_threads

TURNS = 90
OF_A_ROW = ("id", "uuid", "payment_id")
STATEMENTS_OF_A_PERSON = {"postgresql": 2, "sqlite": 5}
"""The token with the drawer, and the payment. On SQLite BEGIN, payment, movement and COMMIT; with a key, the answer."""


def test_the_short_road_answers_and_writes_what_the_long_road_does(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    at, dice = timezone.now(), random.Random(50)
    monkeypatch.setattr(timezone, "now", lambda: at)
    till = cast.place(PlaceKind.REGISTER, 1)
    callers = [caller(cast.carla), caller(cast.carla, store=cast.store, register=till), caller(cast.erika)]
    callers += [bound_key(cast.store), bound_key(cast.store, register=till), caller(cast.bruno), caller(cast.anna)]
    short: list[bool] = []
    store = payments.store_at_once

    def noted(*args: Any, **told: Any) -> bool:
        short.append(store(*args, **told))
        return short[-1]

    monkeypatch.setattr(payments, "store_at_once", noted)
    for turn in range(TURNS):
        if turn in STATES:
            STATES[turn](cast, callers)
        body, key = report_of(dice, cast, at=at), dice.choice(["", "", f"k{turn}", "k-same"])
        ask = partial(dice.choice(callers).post, "/payments", body, **({"idempotency_key": key} if key else {}))
        with monkeypatch.context() as long:
            long.setattr(payments, "plain_payment", lambda **_told: None)
            expected = undone(ask)
        assert undone(ask) == expected, body
        if dice.random() < 0.7:
            ask()
    assert 20 < sum(short) < len(short), "both the short and the long road must be compared"


STATES: dict[int, Callable[[Cast, list[Caller]], Any]] = {
    5: lambda _cast, callers: opened(callers[0], station=1),
    35: lambda _cast, callers: closed(callers[0]),
    40: lambda cast, _callers: settled(cast),
    50: lambda _cast, callers: opened(callers[0], station=1),
    60: lambda _cast, callers: opened(callers[2], station=2),
}
"""What happens before a turn: at first no drawer is open, then one, then a settlement, a drawer under it, two drawers."""


def settled(cast: Cast) -> None:
    for kind, station in ((SettlementType.VAULT, None), (SettlementType.CASHREGISTER, 1)):
        initial = [CountedAmount(currency="EUR", amount=0)]
        open_settlement(type=kind, store=cast.store, initial=initial, by=SYSTEM, at=timezone.now(), station=station)


def report_of(dice: random.Random, cast: Cast, *, at: datetime) -> Any:
    """Returns a report that is plain more often than not, and that may name anything or be wrong."""
    body = payment(f"id-{dice.randrange(90)}", dice.choice([0, 1, 999, 1000]))
    often: list[dict[str, Any]] = [{}] * 50
    rares: tuple[list[dict[str, Any]], ...] = (
        [{"status": "PENDING"}, {"status": "REJECTED"}, {"status": "PAID"}],
        [{"type": "REFUND"}, {"method": "CARD"}, {"method": "EFECTIVO"}, {"currency": "USD"}, {"currency": "DEM"}],
        [{"tendered": 2000}, {"tendered": 1000, "change": 1}, {"change": 5}, {"tendered": 1000, "change": 0}],
        [{"paid_at": (at + timedelta(hours=hours)).isoformat()} for hours in (-30, -2, 2, 40)] + [{"paid_at": "today"}],
        [{"station": station} for station in (1, 1, 1, 2, 9, 2**31 - 1, 2**31, None)],
        [{"store": name} for name in ("1337", "1337", str(cast.store.uuid), "0", "")],
        [{"operator": name} for name in (cast.carla.operator_uid, cast.bruno.operator_uid, "nobody")],
        [
            {"session": "1"},
            {"order": "A-17", "tax": 19, "discount": 0, "channel": "ü", "service": "x"},
            {"surprise": 1},
        ],
    )
    for rare in rares:
        body |= dice.choice(often + rare)
    return dice.choice([body] * 30 + ["", "{", "[]", {**body, "amount": None}])


def undone(ask: Callable[[], HttpResponse]) -> Any:
    """Returns the answer to a request, and all rows that tell of payments afterwards. Then undoes the request."""
    with transaction.atomic():
        answer = ask()
        rows = [
            [
                {name: without_request_id(value) for name, value in row.items() if name not in OF_A_ROW}
                for row in model.objects.order_by("pk").values(*columns)
            ]
            for model, columns in (
                (Payment, ()),
                (Movement, (*(field.attname for field in Movement._meta.concrete_fields), "payment__external_id")),
                (IdempotentAnswer, ()),
            )
        ]
        transaction.set_rollback(True)
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    return answer.status_code, headers, without_request_id(answer.content), rows


def without_request_id(value: Any) -> Any:
    """Returns a value of a row. In the body of an answer every request has its own id."""
    return re.sub(rb'"request_id":"[^"]*"', b"", bytes(value)) if isinstance(value, bytes | memoryview) else value


def test_a_row_of_an_answer_is_what_its_serializer_writes(cast: Cast) -> None:
    carla, till = caller(cast.carla), bound_key(cast.store)
    paid(till, "late", station=2)
    opened(carla, station=1)
    paid(carla, "full", tendered=2000, order="A", tax=1, discount=2, channel="web", service="x", type="SALE")
    paid(carla, "waits", status="PENDING", paid_at="2026-01-02T03:04:05.678Z")
    for row in Payment.objects.all():
        assert list(payment_row(row)) == list(PaymentSerializer().fields)
        assert payment_row(row) == {
            **PaymentSerializer(row).data,
            "paid_at": row.paid_at.astimezone(UTC),
            "reported_at": row.reported_at.astimezone(UTC),
        }


def test_what_is_read_with_the_caller_is_what_django_reads(cast: Cast) -> None:
    caller(cast.carla), caller(cast.erika), bound_key(cast.store)
    opened(caller(cast.carla), station=1)
    for token in AccessToken.objects.all():
        expected = everything_of(with_drawer(tokens()).filter(pk=token.pk))
        assert everything_of(TOKEN_AND_DRAWER.rows(digest=token.digest)) == expected
    for number in (1, 2):
        rows = with_session(Place.objects.filter(store=cast.store, kind=PlaceKind.REGISTER, number=number))
        assert everything_of(REGISTER_AND_SESSION.rows(store=cast.store.pk, number=number)) == everything_of(rows)


def ready_to_store(cast: Cast) -> tuple[Principal, dict[str, Any]]:
    """Returns a cashier with an open drawer as their request finds them, and the arguments that store their payment."""
    carla = caller(cast.carla)
    opened(carla)
    by = authenticate(secret=carla.secret, at=timezone.now(), with_standing=True)
    assert by is not None
    report = PaymentReport(id="T-1", method="CASH", currency="EUR", amount=5, status=PaymentStatus.APPROVED)
    plain = plain_payment(report=report, by=by, at=timezone.now())
    assert plain is not None
    return by, {"plain": plain, "by": by, "at": timezone.now(), "answer": None}


def test_nothing_is_stored_once_the_register_moved_on(cast: Cast) -> None:
    _by, told = ready_to_store(cast)
    mark_transition(cast.place(PlaceKind.REGISTER, 1))
    assert store_at_once(**told) is False
    assert (Payment.objects.count(), Movement.objects.filter(kind="SALE").count()) == (0, 0)


def test_nothing_is_stored_if_the_store_knows_the_id(cast: Cast) -> None:
    _by, told = ready_to_store(cast)
    assert [store_at_once(**told), store_at_once(**told)] == [True, False]
    assert (Payment.objects.count(), Movement.objects.filter(kind="SALE").count()) == (1, 1)


def test_nothing_is_stored_if_the_key_is_in_use(cast: Cast) -> None:
    _by, told = ready_to_store(cast)
    row = {"principal": "user:1", "key": "k", "fingerprint": "x", "status_code": 201, "body": b"", "content_type": ""}
    IdempotentAnswer.objects.create(**row, created_at=timezone.now())
    answer = IdempotentAnswer(**row, created_at=timezone.now())
    assert store_at_once(**{**told, "answer": answer}) is False
    assert (Payment.objects.count(), Movement.objects.filter(kind="SALE").count()) == (0, 0)


def test_what_was_read_before_the_locks_is_read_again_under_them(cast: Cast) -> None:
    by, told = ready_to_store(cast)
    closed(caller(cast.carla))
    assert store_at_once(**told) is False
    report = PaymentReport(id="T-1", method="CASH", currency="EUR", amount=5, status=PaymentStatus.APPROVED)
    outcome = payments.record_payment(report=report, by=replace(by), at=timezone.now())
    assert outcome.payment is not None
    assert outcome.payment.booked == Booked.LATE


@pytest.mark.parametrize("key", ["", "k"])
def test_the_same_payment_sent_at_once_is_stored_once(transactional_db: None, tmp_path: Path, key: str) -> None:
    with database_for_threads(tmp_path):
        cast = make_cast()
        carla = caller(cast.carla)
        opened(carla)
        headers = {"idempotency_key": key} if key else {}
        asks = [partial(Caller(carla.secret).post, "/payments", payment(), **headers) for _ in range(4)]
        answers = at_once([lambda ask=ask: ask().status_code for ask in asks])  # type: ignore[misc]
        assert answers.count(201) == 1 or key
        assert set(answers) <= ({201, 409} if key else {201, 200})
        assert (Payment.objects.count(), Movement.objects.filter(kind="SALE").count()) == (1, 1)
        assert IdempotentAnswer.objects.count() == (1 if key else 0)


def test_statements_of_a_payment_outside_of_tests(transactional_db: None, tmp_path: Path) -> None:
    """Counts without the savepoints of a test: what a server sends to its database, BEGIN and COMMIT too."""
    with database_for_threads(tmp_path):
        cast = make_cast()
        carla, till = caller(cast.carla), bound_key(cast.store, Scope.PAYMENTS_WRITE)
        opened(carla)
        for warm_up in (carla, till):
            paid(warm_up, f"first of {warm_up.header}", station=1)
        cost = STATEMENTS_OF_A_PERSON[connection.vendor]
        answer = 0 if connection.vendor == "postgresql" else 1
        for by, key, expected in (
            (carla, "", cost), (carla, "k", cost + answer), (till, "", cost + 1), (till, "k", cost + 1 + answer),
        ):  # fmt: skip
            headers = {"idempotency_key": key} if key else {}
            with counted_queries() as queries:
                assert by.post("/payments", payment(f"{by.header}{key}", station=1), **headers).status_code == 201
            assert len(queries) == expected, [query["sql"] for query in queries]
