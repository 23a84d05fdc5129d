"""Compares the expected cash of a business day with an independent sum in plain Python (tests/reconciliations/paper.py)."""

import json
import random
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.enums import CASH, MovementKind, PlaceKind, Reason
from cashdesk.errors import DomainError
from cashdesk.models import AuditEntry, CashSession, Movement, Place, User
from reconciliations import queries
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from settlements.domain.closing import close_settlement
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementState, SettlementType
from settlements.models import Settlement
from tests.cashdesk.desk import NOON, close_drawer, counted, force_close, move, open_drawer, pay
from tests.lengths import length
from tests.reconciliations.desk import PATH
from tests.reconciliations.paper import Paper
from tests.stories import Cast, caller, counted_queries, make_cast

DAY = date(2026, 3, 10)
CURRENCIES = ("EUR", "USD", "CLP")
GROUPS = ("byPaymentMethod", "byOperator", "byDevice", "byChannelAndService")


def on_paper(cast: Cast, operator: User | None, *, on: date = DAY) -> dict[str, int]:
    """Returns the expected cash by currency (minor units), from the exported rows alone."""
    return Paper(cast.store).expected(on=on, operator=operator.pk if operator else None)


class Shop:
    """A shop with random events. The shop refuses impossible events."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.cast = make_cast(registers=3)
        self.clock = NOON
        self.people = [self.cast.carla, self.cast.bruno, self.cast.erika]

    def step(self) -> None:
        """Does one random event."""
        self.clock += timedelta(seconds=1)
        acts = [self.open, self.close, self.pay, self.pay, self.pay, self.move, self.move, self.money, self.settle]
        with suppress(DomainError):
            self.dice.choice([*acts, self.reverse, self.force_close])()

    def amount(self) -> int:
        return self.dice.choice([1, 99, 5_000, 10**8 + 1])

    def session(self, **status: Any) -> CashSession:
        rows = list(CashSession.objects.select_related("user", "register", "store").filter(**status))
        return self.dice.choice(rows) if rows else self.open()

    def open(self) -> CashSession:
        return open_drawer(
            self.dice.choice(self.people), self.amount(), at=self.clock, station=self.dice.randint(1, 3),
            force_close_previous=self.dice.random() < 0.2,
        )  # fmt: skip

    def close(self) -> None:
        hands_over = self.dice.random() < 0.5
        close_drawer(self.session(status="OPEN"), self.amount(), at=self.clock, hands_over=hands_over)

    def force_close(self) -> None:
        force_close(self.session(status="OPEN"))

    def pay(self) -> None:
        fields: dict[str, Any] = {"at": self.clock, "currency": self.dice.choice(CURRENCIES)}
        fields["method"] = self.dice.choice([CASH, CASH, "CARD"])
        fields["type"] = self.dice.choice(["SALE", "SALE", "REFUND"])
        fields["status"] = self.dice.choice(["APPROVED", "APPROVED", "PENDING", "REJECTED"])
        fields["operator"] = self.dice.choice(["", str(self.dice.choice(self.people).pk)])
        fields["channel"], fields["service"] = self.dice.choice(["", "web"]), self.dice.choice(["", "delivery"])
        if self.dice.random() < 0.2:
            fields["paid_at"] = NOON - timedelta(days=1)
        amount = self.amount()
        if fields["method"] == CASH and self.dice.random() < 0.5:
            fields["tendered"], fields["change"] = amount + 1 + self.dice.randint(-2, 2), 1
        # An open session or a closed one: then the money is late.
        pay(self.session(), amount, **fields)

    def move(self) -> None:
        kind = self.dice.choice([MovementKind.DROP, MovementKind.LOAN, MovementKind.PAID_IN, MovementKind.PAID_OUT])
        move(self.session(status="OPEN"), kind, self.amount(), at=self.clock)

    def money(self) -> None:
        kinds = [MovementKind.PAID_IN, MovementKind.PAID_OUT, MovementKind.DEPOSIT, MovementKind.DROP]
        here = self.dice.choice(list(Place.objects.filter(store=self.cast.store, kind__in=("VAULT", "REGISTER"))))
        move_money(
            here=here, store=self.cast.store, kind=self.dice.choice(kinds), amount=self.amount(),
            currency=self.dice.choice(CURRENCIES), by=Principal(user=self.cast.erika), at=self.clock,
        )  # fmt: skip

    def settle(self) -> None:
        erika = Principal(user=self.cast.erika)
        station = self.dice.randint(0, 3)
        running = Settlement.objects.filter(place__number=station).exclude(state=SettlementState.CLOSED).first()
        found = [counted(self.amount())]
        if running is not None and self.dice.random() < 0.5:
            close_settlement(settlement=running, counted=found, by=erika, at=self.clock)
            return
        kind = SettlementType.CASHREGISTER if station else SettlementType.VAULT
        open_settlement(
            type=kind, store=self.cast.store, initial=found, by=erika, at=self.clock, station=station or None
        )

    def reverse(self) -> None:
        movements = list(Movement.objects.select_related("source", "destination", "session", "store", "payment"))
        if not movements:
            return
        reverse(movement=self.dice.choice(movements), by=SYSTEM, at=self.clock, reason="wrong")

    def scopes(self) -> list[User | None]:
        """The whole store, and each person of it."""
        return [None, *self.people]


def expected(cast: Cast, operator: User | None, *, on: date = DAY) -> dict[str, int]:
    """Returns the expected cash of the product by currency, without zeros."""
    found = expected_cash(store=cast.store, business_date=on, operator=operator)
    assert all(type(cash.system_cash) is int for cash in found.currencies.values())
    return {currency: cash.system_cash for currency, cash in found.currencies.items() if cash.system_cash}


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(length(short=2, long=10)))
def test_a_random_day_is_expected_as_it_is_on_paper(seed: int) -> None:
    shop = Shop(seed)
    cast, erika = shop.cast, Principal(user=shop.cast.erika)
    for _ in range(60):
        shop.step()
    for operator in shop.scopes():
        for on in (DAY, DAY - timedelta(days=1)):
            assert expected(cast, operator, on=on) == on_paper(cast, operator, on=on)
    assert_the_parts_re_add(shop)

    made = {}
    for operator in shop.scopes():
        system = on_paper(cast, operator)
        for currency in CURRENCIES:
            declared = Declaration(
                store=cast.store, currency=currency, declared=7, business_date=DAY, operator=operator,
                reason=Reason.OTHER,
            )  # fmt: skip
            row = record_reconciliation(declaration=declared, by=erika, at=shop.clock)
            assert row.system_amount == system.get(currency, 0)
            made[row.pk] = (operator, currency, row.system_amount)

    for _ in range(30):
        shop.step()
    for row in queries.reconciliations(by=erika, store=cast.store):
        operator, currency, system_amount = made[row.pk]
        assert row.system_amount == system_amount
        assert row.system_amount + row.late_amount == on_paper(cast, operator).get(currency, 0)


def assert_the_parts_re_add(shop: Shop) -> None:
    """Asserts that the parts in the answer of the API add up exactly."""
    erika = caller(shop.cast.erika)
    for operator in shop.scopes():
        who = f"&operatorUid={operator.pk}" if operator else ""
        path = f"/cash-management/expected?storeId={shop.cast.store.uuid}&businessDayDate={DAY}{who}"
        body = erika.get(path).content
        answer = json.loads(body, parse_float=_cents)
        for cash in answer["currencies"]:
            # Whole units come as int; a fraction is kept as a tuple of its cents.
            money = {name: _minor(value, cash["currency"]) for name, value in cash["parts"].items()}
            assert money["systemCash"] == (
                money["openingFloat"] + money["sales"] - money["refunds"] + money["rounding"]
                + money["paidIn"] - money["paidOut"] - money["drops"]
            )  # fmt: skip
            sales = {
                name: _minor(value, cash["currency"]) for name, value in cash["sales"].items() if name != "orderCount"
            }
            assert sales["gross"] - sales["discounts"] == sales["net"]
            for rows in groups_of(cash):
                total = sum(_minor(row["expectedCashOnHand"] or 0, cash["currency"]) for row in rows)
                assert total == money["sales"] - money["refunds"] + money["rounding"]
                assert sum(_minor(row["totalBilled"], cash["currency"]) for row in rows) == sales["net"]
                if "orderCount" in rows[0]:
                    assert sum(row["orderCount"] for row in rows) == cash["sales"]["orderCount"]
                for name in ("transactionCount", "approvedCount", "rejectedCount", "pendingCount"):
                    assert all(type(row[name]) is int for row in rows)
        summary = answer["summary"]
        states = ("completedOrders", "openOrders", "cancelledOrders", "forceClosedOrders")
        assert summary["totalOrders"] == sum(summary[name] for name in states)
        for name in ("transactionCount", "approvedCount", "rejectedCount", "pendingCount"):
            whole = sum(row[name] for cash in answer["currencies"] for row in cash["byDevice"])
            assert answer["summary"][name] == whole


def groups_of(cash: Any) -> list[list[Any]]:
    """Returns each list of groups of payments in the answer for a currency, also the nested ones."""
    lists = [cash[name] for name in GROUPS]
    lists.append([row for channel in cash["byChannelAndService"] for row in channel["services"]])
    lists.append([row for person in cash["byOperatorAndPaymentMethod"] for row in person["byPaymentMethod"]])
    return [rows for rows in lists if rows]


def _cents(text: str) -> tuple[int]:
    whole, _point, rest = text.partition(".")
    assert 1 <= len(rest) <= 2, text
    # "-0.05" keeps its sign: int() reads "-005".
    return (int(whole + rest.ljust(2, "0")),)


def _minor(value: Any, currency: str) -> int:
    return int(value[0]) if isinstance(value, tuple) else int(value) * (1 if currency == "CLP" else 100)


def test_asking_costs_the_same_however_much_happened(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100, station=1)
    erika = caller(cast.erika)
    path = f"/cash-management/expected?storeId={cast.store.uuid}&businessDayDate={DAY}"
    pay(session, 100)
    erika.get(path)
    with counted_queries() as few:
        erika.get(path)
    other = open_drawer(cast.bruno, 100, station=2)
    for currency in CURRENCIES:
        pay(session, 100, currency=currency, channel=currency)
        pay(other, 100, currency=currency, method="CARD")
    with counted_queries() as many:
        erika.get(path)
    assert len(many) == len(few)


def test_money_of_the_vault_is_in_no_drawer_also_when_it_is_reversed_late(cast: Cast) -> None:
    erika = Principal(user=cast.erika)
    vault = cast.place(PlaceKind.VAULT)
    running = open_settlement(type=SettlementType.VAULT, store=cast.store, initial=[], by=erika, at=NOON)
    paid = move_money(
        here=vault, store=cast.store, kind=MovementKind.PAID_IN, amount=500, currency="EUR", by=erika, at=NOON
    )
    assert expected(cast, None) == expected(cast, cast.erika) == {}
    close_settlement(settlement=running, counted=[counted(500)], by=erika, at=NOON)
    reversed_ = reverse(
        movement=Movement.objects.select_related("source", "destination", "store").get(pk=paid.pk),
        by=erika, at=NOON, reason="wrong",
    )  # fmt: skip
    assert reversed_.is_late
    assert expected(cast, None) == expected(cast, cast.erika) == {}


def test_every_look_is_on_record_and_a_reconciliation_gets_what_was_shown(cast: Cast) -> None:
    erika = caller(cast.erika)
    caller(cast.carla).post("/cash/open", {"start_amount": 12.5})
    shown = json.loads(erika.get(f"/cash-management/expected?storeId={cast.store.uuid}").content)
    assert AuditEntry.objects.filter(action="expected.seen", user=cast.erika, store=cast.store).count() == 1
    body = {"storeId": str(cast.store.uuid), "currency": "EUR", "declaredCash": 12.5}
    recorded = json.loads(erika.post(PATH, body).content)
    assert recorded["systemCash"] == shown["currencies"][0]["parts"]["systemCash"] == 12.5
    assert (recorded["discrepancyType"], shown["businessDay"]["state"]) == ("MATCH", "OPEN")
