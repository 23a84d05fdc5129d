"""Each cause writes exactly one event, in its own transaction, and without a figure that nobody has counted."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from cashdesk.domain.caller.event_types import EVENT_RULES
from cashdesk.domain.ledger import cash_movement
from cashdesk.domain.session import closing
from cashdesk.domain.session.cancel_opening import cancel_opening
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import MovementKind, PaymentStatus, PlaceKind, VarianceKind
from cashdesk.errors import DomainError
from cashdesk.models import BusinessDay, Event, Movement, Variance
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.late_after_day_close import raise_late_for_closed_days
from reconciliations.models import Reconciliation
from settlements.domain.change_order import receive_change
from settlements.domain.deposit import cancel_deposit, collect_deposit, correct_credit
from settlements.models import Deposit, Settlement
from tests.cashdesk.desk import count_later, counted, force_close, pay
from tests.reconciliations.queue import (
    THE_DAY,
    credit,
    declare,
    escalate,
    explain,
    of_kind,
    only,
    pack,
    recount,
    reject,
    short_drawer,
    signed_off,
    witness,
)
from tests.settlements.desk import Shop
from tests.settlements.ordering import ordered, told
from tests.stories import Cast, caller, counted_queries

FIGURES = ("expected_amount", "counted_amount", "difference")


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return Shop(cast)


def since(number: int = 0) -> list[Event]:
    """Returns the events after the first `number`, in the order of their ids, and checks the fields of each."""
    rows = list(Event.objects.select_related("store", "place").order_by("pk"))[number:]
    for row in rows:
        assert set(row.body) == set(EVENT_RULES[row.type].fields)
        assert (row.account_id, row.position) == (row.store.account_id, None)
    return rows


def types(rows: Iterable[Event]) -> list[str]:
    """Returns the types of events."""
    return [row.type for row in rows]


def made(act: Callable[[], Any]) -> list[Event]:
    """Returns the events that an act writes."""
    before = Event.objects.count()
    act()
    return since(before)


def figures(row: Event) -> tuple[Any, ...]:
    """Returns the expected and the counted amount and the difference of an event."""
    return tuple(row.body[field] for field in FIGURES)


# --- Cash sessions ------------------------------------------------------------------------------------------------------------


def test_a_session_is_opened_and_closed_with_the_figures_of_its_count(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    opened_at = shop.at
    pay(session, 12_34)
    closed = shop.sign_off(session, 212_34)
    first, second = since()
    assert types([first, second]) == ["session.opened", "session.closed"]
    named = {"session_id": session.pk, "shift_id": str(session.uuid), "user_id": shop.cast.carla.pk}
    assert first.body == {
        **named,
        "opened_by": shop.cast.carla.pk,
        "business_date": "2026-03-10",
        "currency": "EUR",
        "start_amount": 200_00,
    }
    assert (first.occurred_at, first.place, first.store) == (opened_at, shop.register(), shop.cast.store)
    assert second.body == {
        **named,
        "closed_by": shop.cast.carla.pk,
        "business_date": "2026-03-10",
        "status": "CLOSED",
        "is_counted": True,
        "is_cancelled": False,
        "currency": "EUR",
        "start_amount": 200_00,
        "expected_amount": 212_34,
        "counted_amount": 212_34,
        "difference": 0,
    }
    assert second.occurred_at == closed.closed_at


def test_a_handover_tells_neither_what_was_counted_nor_what_was_missing(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    handed, raised = made(lambda: shop.sign_off(session, 187_65, hands_over=True))
    assert types([handed, raised]) == ["session.handed_over", "variance.raised"]
    assert not {"expected_amount", "counted_amount", "declared_amount", "difference"} & set(handed.body)
    assert figures(raised) == (None, None, None)
    assert "18765" not in str([handed.body, raised.body])
    assert only(kind=VarianceKind.SESSION).counted_amount == 187_65
    # The next cashier has counted it, so the opening difference is told.
    opened, opening = made(lambda: shop.sign_on(shop.cast.bruno, 187_00))
    assert types([opened, opening]) == ["session.opened", "variance.raised"]
    assert (opening.body["kind"], figures(opening)) == ("OPENING", (187_65, 187_00, -65))


def test_a_forced_close_has_no_figures_and_the_later_count_has(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    pay(session, 12_34)
    closed, raised = made(lambda: force_close(session))
    assert (closed.type, closed.body["status"], closed.body["is_counted"]) == ("session.closed", "CLOSED_SYSTEM", False)
    assert figures(closed) == (None, None, None)
    assert (raised.type, raised.body["kind"], figures(raised)) == ("variance.raised", "UNCOUNTED", (None, None, None))
    (later,) = made(lambda: count_later(session, 200_00, by=shop.cast.erika))
    assert (later.type, figures(later)) == ("variance.raised", (212_34, 200_00, -12_34))


def test_opening_again_closes_the_old_session_first_and_writes_all_events_at_once(shop: Shop) -> None:
    shop.sign_on(shop.cast.carla, 200_00)
    carla = caller(shop.cast.carla)
    with counted_queries() as queries:
        rows = made(lambda: carla.post("/cash/open", {"start_amount": 150, "force_close_previous": True}))
    assert types(rows) == ["session.closed", "variance.raised", "session.opened", "variance.raised"]
    assert len([query for query in queries if 'INSERT INTO "cashdesk_event"' in query["sql"]]) == 1


def test_a_cancelled_opening_is_a_close_without_figures(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    by = shop.by(shop.cast.carla)
    (closed,) = made(lambda: cancel_opening(session=session, by=by, at=shop.tick(), reason="wrong drawer"))
    assert (closed.type, closed.body["is_cancelled"], closed.body["is_counted"]) == ("session.closed", True, False)
    assert figures(closed) == (None, None, None)


# --- Settlements --------------------------------------------------------------------------------------------------------------


def test_a_settlement_is_opened_counted_and_closed_and_the_vault_opens_again(shop: Shop) -> None:
    (opened,) = made(lambda: shop.vault(1000_00))
    assert (opened.type, opened.place.kind if opened.place else "") == ("settlement.opened", PlaceKind.VAULT)
    assert opened.body["amounts"] == [{"currency": "EUR", "method": "CASH", "amount": 1000_00}]
    register = shop.open(200_00)
    (counting,) = made(lambda: shop.count(register))
    assert counting.body == {
        "settlement_id": str(register.uuid),
        "settlement_type": "CASHREGISTER",
        "business_date": "2026-03-10",
        "counted_by": shop.cast.erika.pk,
    }
    closed, raised = made(lambda: shop.close(register, 150_00))
    assert types([closed, raised]) == ["settlement.closed", "variance.raised"]
    assert closed.body["amounts"] == [
        {
            "currency": "EUR",
            "method": "CASH",
            "expected_amount": 200_00,
            "counted_amount": 150_00,
            "difference": -50_00,
            "is_assumed": False,
        }
    ]
    vault = Settlement.objects.get(type="VAULT")
    rows = made(lambda: shop.close(vault, 950_00))
    assert types(rows) == ["settlement.closed", "settlement.opened"]
    assert rows[1].body["amounts"] == [{"currency": "EUR", "method": "CASH", "amount": 950_00}]


def test_a_preview_tells_nothing_until_it_closes(shop: Shop) -> None:
    shop.vault(1000_00)
    register = shop.open(200_00)
    shop.count(register)
    assert made(lambda: shop.preview(register, 1)) == []
    assert types(made(lambda: shop.preview(register, 200_00))) == ["settlement.closed"]


def test_a_settlement_closed_without_a_count_has_no_figures(shop: Shop) -> None:
    shop.vault(1000_00)
    register = shop.open(200_00)
    closed, raised = made(lambda: shop.force(register))
    assert (closed.type, closed.body["is_counted"], closed.body["amounts"]) == ("settlement.closed", False, None)
    assert figures(raised) == (None, None, None)
    (later,) = made(lambda: shop.count_later(register, 199_00))
    assert (later.type, figures(later)) == ("variance.raised", (200_00, 199_00, -1_00))


# --- Movements ----------------------------------------------------------------------------------------------------------------


def test_a_movement_by_hand_and_its_reversal_are_told_but_no_sale(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    assert made(lambda: pay(session, 12_34)) == []
    drop, back = made(lambda: shop.reverse(shop.move(MovementKind.DROP, 50_00)))
    (first, second) = Movement.objects.filter(kind="DROP").order_by("pk")
    assert types([drop, back]) == ["movement.recorded"] * 2
    assert drop.place == back.place == shop.register()
    assert drop.body == {
        "movement_id": str(first.uuid),
        "kind": "DROP",
        "source": {"kind": "REGISTER", "station": 1},
        "destination": {"kind": "VAULT", "station": 0},
        "amount": 50_00,
        "currency": "EUR",
        "method": "CASH",
        "session_id": session.pk,
        "business_date": "2026-03-10",
        "recorded_by": shop.cast.erika.pk,
        "reason": "test",
        "is_late": False,
        "reverses": None,
    }
    assert (back.body["movement_id"], back.body["reverses"]) == (str(second.uuid), str(first.uuid))
    assert (back.body["source"], back.body["destination"]) == (drop.body["destination"], drop.body["source"])


@pytest.mark.parametrize("kind", [MovementKind.PAID_IN, MovementKind.PAID_OUT, MovementKind.DROP, MovementKind.LOAN])
def test_each_kind_by_hand_is_told_once(shop: Shop, kind: MovementKind) -> None:
    shop.sign_on(shop.cast.carla, 200_00)
    (row,) = made(lambda: shop.move(kind, 7_00))
    assert (row.type, row.body["kind"], row.place) == ("movement.recorded", kind, shop.register())


def test_a_reversed_sale_is_told_because_a_person_reversed_it(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    sale = Movement.objects.get(payment=pay(session, 12_34))
    (row,) = made(lambda: shop.reverse(sale))
    assert (row.body["kind"], row.body["reverses"]) == ("SALE", str(sale.uuid))


def test_a_late_reversal_belongs_to_the_place_that_is_left(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    drop = shop.move(MovementKind.DROP, 50_00)
    shop.sign_off(session, 150_00)
    moved, raised = reversed(made(lambda: shop.reverse(drop)))
    assert (moved.type, moved.body["is_late"], moved.place) == (
        "movement.recorded",
        True,
        shop.cast.place(PlaceKind.VAULT),
    )
    assert (raised.type, raised.body["kind"]) == ("variance.raised", "LATE")


# --- Deposits and change ------------------------------------------------------------------------------------------------------


def test_a_bag_is_collected_credited_and_corrected(shop: Shop) -> None:
    cast = shop.cast
    (packed,) = made(lambda: pack(shop, 300_00))
    assert (packed.type, packed.body["kind"]) == ("movement.recorded", "DEPOSIT")
    deposit = Deposit.objects.get()
    (collected,) = made(lambda: collect_deposit(deposit=deposit, courier="Max", by=shop.by(), at=shop.tick()))
    named = {
        "deposit_id": str(deposit.uuid),
        "bag_number": deposit.bag_number,
        "slip_number": "",
        "currency": "EUR",
        "amount": 300_00,
    }
    assert (collected.type, collected.body) == ("deposit.collected", {**named, "collected_by": cast.erika.pk})
    credited, raised = made(lambda: credit(shop, deposit, 299_00))
    assert credited.body == {
        **named, "credited_amount": 299_00, "difference": -1_00, "credited_by": cast.erika.pk, "is_correction": False,
    }  # fmt: skip
    assert (raised.body["kind"], figures(raised)) == ("DEPOSIT", (300_00, 299_00, -1_00))
    rows = made(
        lambda: correct_credit(deposit=deposit, amount=300_00, reason="typo", by=shop.by(cast.anna), at=shop.tick())
    )
    assert types(rows) == ["deposit.credited", "variance.decided"]
    assert (rows[0].body["credited_amount"], rows[0].body["is_correction"]) == (300_00, True)
    assert rows[1].body["state"] == "SUPERSEDED"
    assert {row.place for row in (packed, collected, credited, *rows)} == {cast.place(PlaceKind.VAULT)}


def test_a_cancelled_bag_is_a_reversed_movement_and_change_is_a_withdrawal(shop: Shop) -> None:
    pack(shop, 300_00)
    rows = made(lambda: cancel_deposit(deposit=Deposit.objects.get(), by=shop.by(), at=shop.tick(), reason="torn"))
    assert (types(rows), rows[0].body["kind"]) == (["movement.recorded"], "DEPOSIT")
    order = ordered(shop.cast, at=shop.at)
    (row,) = made(lambda: receive_change(order=order, received=told(66_00), by=shop.by(), at=shop.tick()))
    assert (row.body["kind"], row.body["amount"]) == ("WITHDRAWAL", 66_00)


# --- Variances, reconciliations and days --------------------------------------------------------------------------------------


def test_a_variance_is_raised_and_decided_and_nothing_is_told_between(shop: Shop) -> None:
    variance = short_drawer(shop)
    raised = since()[-1]
    named = {
        "variance_id": str(variance.uuid),
        "kind": "SESSION",
        "subject": variance.subject,
        "session_id": variance.session_id,
        "user_id": shop.cast.carla.pk,
        "business_date": "2026-03-10",
        "currency": "EUR",
        "method": "CASH",
    }
    assert raised.body == {
        **named,
        "counted_by": shop.cast.carla.pk,
        "expected_amount": 200_00,
        "counted_amount": 199_00,
        "difference": -1_00,
    }
    anna = shop.cast.anna
    assert made(lambda: explain(shop, variance)) == []
    assert made(lambda: escalate(shop, variance)) == []
    assert made(lambda: witness(shop, variance, by=anna)) == []
    assert made(lambda: recount(shop, variance, 199_00, by=anna)) == []
    (rejected,) = made(lambda: reject(shop, variance, by=anna))
    assert rejected.body == {**named, "state": "REJECTED", "reason": "COUNTING_ERROR", "decided_by": anna.pk}


def test_an_approval_is_told_with_who_gave_it(shop: Shop) -> None:
    variance = short_drawer(shop)
    explain(shop, variance)
    (approved,) = made(lambda: signed_off(shop, variance))
    assert (approved.type, approved.body["state"]) == ("variance.decided", "APPROVED")
    assert (approved.body["decided_by"], approved.place) == (shop.cast.erika.pk, shop.register())


def test_a_reconciliation_tells_what_was_declared_and_nothing_that_was_expected(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    pay(session, 12_34)
    recorded, raised = made(lambda: declare(shop, 100_00))
    row = Reconciliation.objects.get()
    assert recorded.body == {
        "reconciliation_id": str(row.uuid),
        "business_date": "2026-03-10",
        "operator_id": None,
        "operator_uid": "",
        "currency": "EUR",
        "declared_amount": 100_00,
        "reported_by": f"user:{shop.cast.erika.pk}",
        "supersedes": None,
    }
    assert (raised.body["kind"], figures(raised), raised.place) == ("RECONCILIATION", (None, None, None), None)
    rows = made(lambda: declare(shop, 212_34))
    assert types(rows) == ["reconciliation.recorded", "variance.decided"]
    assert rows[0].body["supersedes"] == str(row.uuid)


def test_a_closed_day_names_what_nobody_counted(shop: Shop) -> None:
    shop.vault(1000_00)
    register = shop.open(100_00)
    session = shop.sign_on(shop.cast.carla, 100_00)
    by, store = shop.by(), shop.cast.store
    with counted_queries() as queries:
        rows = made(lambda: close_business_day(store=store, on=THE_DAY, by=by, at=shop.tick()))
    assert types(rows) == [
        "session.closed", "variance.raised", "settlement.closed", "variance.raised", "day.closed",
    ]  # fmt: skip
    assert rows[-1].body == {
        "business_date": "2026-03-10",
        "closed_by": shop.cast.erika.pk,
        "uncounted_sessions": [session.pk],
        "uncounted_settlements": [str(register.uuid)],
    }
    assert rows[-1].place is None
    assert len([query for query in queries if 'INSERT INTO "cashdesk_event"' in query["sql"]]) == 1


# --- Payments -----------------------------------------------------------------------------------------------------------------


def test_a_payment_costs_no_statement_and_only_the_first_late_one_is_told(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.sign_off(session, 200_00)
    late = {"session": str(session.pk), "paid_at": session.opened_at}
    (raised,) = made(lambda: shop.pay(5_00, station=None, **late))
    assert (raised.body["kind"], figures(raised), raised.place) == ("LATE", (None, None, None), shop.register())
    assert raised.body["subject"] == f"session:{session.pk}"
    assert made(lambda: shop.pay(6_00, station=None, **late)) == []
    signed_off(shop, of_kind(VarianceKind.LATE))
    (again,) = made(lambda: shop.pay(7_00, station=None, **late))
    assert again.body["variance_id"] != raised.body["variance_id"]
    assert Variance.objects.filter(kind=VarianceKind.LATE).count() == 2


def test_late_money_of_a_closed_day_is_told_once(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    pending = pay(session, 5_00, status=PaymentStatus.PENDING)
    assert pending.status == PaymentStatus.PENDING
    shop.sign_off(session, 200_00)
    close_business_day(store=shop.cast.store, on=THE_DAY, by=shop.by(), at=shop.tick())
    assert BusinessDay.objects.exists()
    other = shop.sign_on(shop.cast.bruno, 100_00)
    assert other.business_date == THE_DAY
    pay(other, 9_00)
    (raised,) = made(lambda: raise_late_for_closed_days(store=shop.cast.store, at=shop.tick()))
    assert (raised.body["kind"], raised.body["subject"].split(":")[0]) == ("LATE", "business_day")
    assert made(lambda: raise_late_for_closed_days(store=shop.cast.store, at=shop.tick())) == []


# --- All or nothing, and once -------------------------------------------------------------------------------------------------


def test_no_event_is_left_of_a_transaction_that_fails(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)

    def broken(**_facts: Any) -> None:
        raise DatabaseError("the connection is gone")

    monkeypatch.setattr(closing.audit, "note", broken)
    with pytest.raises(DatabaseError), transaction.atomic():
        shop.sign_off(session, 150_00)
    assert types(since()) == ["session.opened"]
    monkeypatch.undo()
    # Nothing of the failed close is written with the next one.
    assert types(made(lambda: shop.sign_off(session, 200_00))) == ["session.closed"]


def test_no_event_is_written_for_a_refusal(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.sign_off(session, 200_00)
    before = Event.objects.count()
    for act in (
        lambda: close_session(session=session, counted=counted(1), by=shop.by(), at=shop.at),
        lambda: force_close_session(session=session, by=shop.by(), at=shop.at, reason="again"),
        lambda: cash_movement.move_cash(
            session=session, kind=MovementKind.DROP, amount=1, by=shop.by(), at=shop.at, reason="late"
        ),
        lambda: close_business_day(store=shop.cast.store, on=THE_DAY, by=shop.by(shop.cast.carla), at=shop.at),
    ):
        with pytest.raises(DomainError):
            act()
    assert Event.objects.count() == before


def test_a_repeated_request_writes_no_second_event(shop: Shop) -> None:
    carla, erika = caller(shop.cast.carla), caller(shop.cast.erika)
    today = business_date(store=shop.cast.store, at=timezone.now())
    for number, (by, path, body) in enumerate(
        (
            (carla, "/cash/open", {"start_amount": 200}),
            (carla, "/movements", {"kind": "DROP", "amount": 7_00}),
            (carla, "/cash/close", {"final_cash_declared": 100}),
            (erika, f"/business-days/{today}/close", {"store": shop.cast.store.number}),
        )
    ):
        answers = [by.post(path, body, idempotency_key=f"key-{number}") for _ in range(2)]
        assert [answer.status_code for answer in answers] in ([200, 200], [201, 201]), answers[0].content
    assert types(since()) == [
        "session.opened", "movement.recorded", "session.closed", "variance.raised", "day.closed",
    ]  # fmt: skip
    assert len({row.uid for row in since()}) == 5
    assert all(isinstance(row.uid, UUID) for row in since())
