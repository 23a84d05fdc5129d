"""Payouts of acquirers: what they book, who may record them, how they are taken back, and what the database refuses."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.enums import MovementKind, Scope
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import AuditEntry, Event, Movement, PaymentMethod
from cashdesk.pair import Pair
from settlements.domain.payout import record_payout, reverse_payout
from settlements.domain.proof import faults_of_store
from settlements.domain.reversal_by_manager import reverse_movement
from settlements.models import Payout
from tests.cashdesk.desk import NOON, books, close_drawer, minutes, open_drawer, pay, refusal_of
from tests.screens.desk import Browser
from tests.settlements.desk import EUR, Shop
from tests.stories import Cast, caller, counted_queries, exact, key_caller


@pytest.fixture
def owed(cast: Cast) -> Cast:
    """A shop whose acquirer owes 100.00."""
    session = open_drawer(cast.carla, 0)
    pay(session, 100_00, method="CARD")
    close_drawer(session, 0)
    return cast


def pay_out(cast: Cast, amount: int, **fields: Any) -> Payout:
    """Lets Erika record a payout of cards."""
    usual: dict[str, Any] = {"store": cast.store, "method": "card", "currency": "EUR", "at": minutes(60)}
    return record_payout(**{"amount": amount, "by": Principal(user=cast.erika), **usual, **fields})


def cards(cast: Cast) -> dict[str, int]:
    """Returns the balances of all places for cards."""
    return books(cast.store, method="CARD")


def test_a_payout_goes_to_the_bank_and_its_fee_outside(owed: Cast) -> None:
    payout = pay_out(owed, 98_80, fee=1_20, reference="A-7", paid_on=date(2026, 3, 9))
    assert cards(owed) == {"Bank": 98_80, "Outside": 1_20, "Customers": -100_00}
    assert (payout.amount, payout.fee, payout.recorded_by, payout.is_reversed) == (98_80, 1_20, owed.erika, False)
    assert AuditEntry.objects.get(action="payout.recorded").detail["fee"] == 1_20
    assert [event.body["kind"] for event in Event.objects.filter(type="movement.recorded")] == ["PAYOUT"]
    call_command("verify")


def test_a_payout_is_taken_back_with_its_fee_once(owed: Cast) -> None:
    payout, by = pay_out(owed, 98_80, fee=1_20), Principal(user=owed.erika)
    reversal = reverse_movement(movement=payout.movement, by=by, at=minutes(70), reason="wrong day")
    assert (reversal.kind, reversal.reverses) == (MovementKind.PAYOUT, payout.movement)
    assert cards(owed) == {"Clearing": 100_00, "Customers": -100_00}
    with pytest.raises(Conflict):
        reverse_payout(payout=payout, by=by, at=minutes(71), reason="again")
    assert Movement.objects.filter(reverses__isnull=False).count() == 2
    call_command("verify")


def test_more_than_is_owed_may_be_paid_out(owed: Cast) -> None:
    pay_out(owed, 130_00)
    assert cards(owed) == {"Bank": 130_00, "Clearing": -30_00, "Customers": -100_00}


def test_a_payout_of_nothing_is_refused(owed: Cast) -> None:
    with pytest.raises(InvalidInput) as refused:
        pay_out(owed, 0)
    assert set(refused.value.errors) == {"amount"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"method": "CASH"}, "method"), ({"method": "EFECTIVO"}, "method"),
        ({"fee": -1}, "fee"), ({"paid_on": date(2026, 3, 11)}, "paid_on"), ({"currency": "XXX"}, "currency"),
    ],
)  # fmt: skip
def test_a_wrong_payout_books_nothing(owed: Cast, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pay_out(owed, 98_80, **fields)
    assert set(refused.value.errors) == {named}
    assert cards(owed) == {"Clearing": 100_00, "Customers": -100_00}


def test_a_cashier_records_and_reverses_no_payout(owed: Cast) -> None:
    payout, carla = pay_out(owed, 1_00), Principal(user=owed.carla)
    with pytest.raises(Forbidden):
        pay_out(owed, 1_00, by=carla)
    with pytest.raises(Forbidden):
        reverse_payout(payout=payout, by=carla, at=NOON, reason="mine")


def test_the_database_keeps_payouts_as_they_are(owed: Cast) -> None:
    payout = pay_out(owed, 98_80, fee=1_20)
    table = "settlements_payout"
    assert "a payout is never changed" in refusal_of(f"UPDATE {table} SET reference = 'x'")
    assert refusal_of(f"DELETE FROM {table}")
    sale = Movement.objects.get(kind=MovementKind.SALE)
    wrong = "out of clearing"
    columns = "uuid, store_id, movement_id, fee_movement_id, reference, recorded_at"
    insert = f"INSERT INTO {table} ({columns}) VALUES (%s, %s, %s, %s, '', %s)"
    uuid, at = str(sale.uuid).replace("-", ""), NOON
    for movement, fee in ((sale.pk, None), (payout.fee_movement_id, None)):
        assert wrong in refusal_of(insert, [uuid, owed.store.pk, movement, fee, at])


def test_verify_names_a_payout_whose_fee_was_not_taken_back(owed: Cast) -> None:
    payout = pay_out(owed, 98_80, fee=1_20)
    assert list(faults_of_store(owed.store)) == []
    reverse(movement=payout.movement, by=Principal(user=owed.erika), at=minutes(70), reason="past the domain")
    assert list(faults_of_store(owed.store)) == [f"{payout} of store 1337: only one of payout and fee is reversed."]


# --- Pages --------------------------------------------------------------------------------------------------------------


def test_a_manager_records_a_payout_and_takes_it_back(owed: Cast) -> None:
    erika = Browser(owed.erika)
    path, typed = "/money/payouts/new", {"method": "CARD", "amount": "98.80", "fee": "1.20", "paid_on": "2026-03-09"}
    erika.fill(path, {**typed, "reference": "A-7"})
    erika.follow()
    assert "The payout is recorded." in erika.text
    assert cards(owed) == {"Bank": 98_80, "Outside": 1_20, "Customers": -100_00}
    payout = Payout.objects.get()
    assert f"/money/payouts/{payout.uuid}/reverse" in erika.page.content.decode()
    erika.fill(f"/money/payouts/{payout.uuid}/reverse", {"reason": "wrong day"})
    erika.follow()
    assert "The payout is reversed." in erika.text
    assert cards(owed) == {"Clearing": 100_00, "Customers": -100_00}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"amount": ""}, "Enter an amount"), ({"amount": "1,2,3"}, "Enter an amount such as"),
        ({"method": "CASH"}, "Choose a payment method."), ({"method": ""}, "Choose a payment method."),
        ({"fee": "x"}, "Enter an amount such as"), ({"paid_on": "2999-01-01"}, "not in the future"),
    ],
)  # fmt: skip
def test_a_wrong_form_is_shown_again(owed: Cast, typed: dict[str, str], told: str) -> None:
    erika = Browser(owed.erika)
    erika.fill("/money/payouts/new", {"method": "CARD", "amount": "98.80", **typed})
    assert (erika.page.status_code, Payout.objects.count()) == (400, 0)
    assert told in erika.text


def test_a_list_of_payouts_costs_the_same_for_one_and_many(owed: Cast) -> None:
    erika, costs = Browser(owed.erika), []
    for number in (1, 5):
        for _ in range(number):
            pay_out(owed, 1_00, at=minutes(60) + timedelta(seconds=number))
        with counted_queries() as queries:
            erika.get("/money/payouts")
        costs.append(len(queries))
    assert costs[0] == costs[1]


# --- The API ------------------------------------------------------------------------------------------------------------


def test_the_api_shows_and_takes_payouts_of_its_own_stores_only(owed: Cast) -> None:
    payout, otto = pay_out(owed, 1_00), caller(owed.otto)
    assert exact(otto.get("/payouts")) == []
    assert otto.get(f"/payouts/{payout.uuid}").status_code == otto.get(f"/payouts/{uuid4()}").status_code == 404
    elsewhere = {"store": str(owed.store.uuid), "method": "CARD", "amount": 100}
    assert otto.post("/payouts", elsewhere).status_code == 400
    reader = key_caller(owed.store, Scope.SETTLEMENTS_READ, store=owed.store)
    assert [row["id"] for row in exact(reader.get("/payouts"))] == [str(payout.uuid)]
    assert reader.post("/payouts", {"method": "CARD", "amount": 100}).status_code == 403
    assert Payout.objects.count() == 1


def test_a_payout_that_is_sent_twice_is_booked_once(owed: Cast) -> None:
    erika, sent = caller(owed.erika), {"method": "card", "amount": 98_80, "fee": 1_20}
    answers = [erika.post("/payouts", sent, idempotency_key="p-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert cards(owed) == {"Bank": 98_80, "Outside": 1_20, "Customers": -100_00}


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"amount": 0}, "/amount"), ({"amount": 1.5}, "/amount"), ({"fee": -1}, "/fee"), ({"method": "cash"}, "/method"),
        ({"currency": "EU"}, "/currency"), ({"paid_on": "2999-01-01"}, "/paid_on"), ({"bank": "x"}, "/bank"),
    ],
)  # fmt: skip
def test_a_wrong_request_names_its_field(owed: Cast, sent: dict[str, Any], pointer: str) -> None:
    answer = caller(owed.erika).post("/payouts", {"method": "CARD", "amount": 98_80, **sent})
    assert answer.status_code == 400
    assert [error["pointer"] for error in exact(answer)["errors"]] == [pointer]
    assert not Payout.objects.exists()


def offered(browser: Browser) -> list[str]:
    """Returns the currencies that the form offers."""
    html = browser.page.content.decode()
    select = re.search(r'<select id="currency".*?</select>', html, re.DOTALL)
    return re.findall(r'<option value="([A-Z]+)"', select.group()) if select else []


def test_a_payout_is_recorded_in_a_currency_that_clearing_holds(owed: Cast) -> None:
    session = open_drawer(owed.carla, 0, at=minutes(20))
    pay(session, 8_000, method="GIFT", currency="JPY", at=minutes(21))
    close_drawer(session, 0, at=minutes(30))
    erika, path = Browser(owed.erika), "/money/payouts/new"
    erika.get(path)
    assert offered(erika) == ["EUR", "JPY"]
    erika.fill(path, {"method": "GIFT", "currency": "JPY", "amount": "7,900", "fee": "100"})
    erika.follow()
    payout = Payout.objects.get()
    assert (payout.movement.currency, payout.amount, payout.fee) == ("JPY", 7_900, 100)
    erika.get(path)
    assert offered(erika) == [], "all yen are paid out"
    erika.fill(path, {"method": "CARD", "currency": "JPY", "amount": "1"})
    assert (erika.page.status_code, Payout.objects.count()) == (400, 1)
    assert "Choose a currency." in erika.text


def test_a_currency_that_only_an_uncounted_drawer_took_is_not_offered(cast: Cast) -> None:
    PaymentMethod.objects.filter(account=cast.store.account, code="CARD").update(is_counted=True)
    shop = Shop(cast)
    shop.vault()
    usd = Pair("USD", "CARD")
    settlement = shop.open(100_00)
    shop.sale(40_00, usd)
    shop.force(settlement)
    erika = Browser(cast.erika)
    erika.get("/money/payouts/new")
    assert offered(erika) == []
    shop.count_later(settlement, {EUR: 100_00, usd: 40_00})
    erika.get("/money/payouts/new")
    assert offered(erika) == ["EUR", "USD"]


def test_the_form_costs_the_same_whatever_clearing_holds(owed: Cast) -> None:
    costs = []
    for more in range(2):
        erika = Browser(owed.erika)
        erika.get("/money/payouts/new")
        with counted_queries() as queries:
            erika.get("/money/payouts/new")
        costs.append(len(queries))
        for number in range(2 - more):
            session = open_drawer(owed.carla, 0, at=minutes(20 + 5 * number))
            pay(session, 8_000, method=f"GIFT{number}", currency="JPY", at=minutes(21 + 5 * number))
            close_drawer(session, 0, at=minutes(22 + 5 * number))
    assert costs[0] == costs[1]
