"""Creates weeks of demonstration data for a store that trades under settlement.

The vault is counted every Saturday. A register is settled every day around one cashier's session. The history has two
currencies, deposit bags, and change orders.
"""

import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import record_payments
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import CASH, MovementKind, PaymentStatus
from cashdesk.models import PaymentMethod, Store, User
from cashdesk.pair import Pair
from settlements.domain.change_order import order_change, receive_change
from settlements.domain.closing import close_settlement
from settlements.domain.counting import preview_settlement, start_counting
from settlements.domain.deposit import collect_deposit, credit_deposit, prepare_deposit
from settlements.domain.no_sale import note_no_sale
from settlements.domain.opening import open_settlement
from settlements.domain.store_movement import move_in_store
from settlements.domain.target import targets_of
from settlements.enums import ChangeOrderState, SettlementState, SettlementType
from settlements.management.demo_payouts import pay_out
from settlements.models import ChangeOrder, Settlement

FOREIGN: Final = "CAD"
FLOAT: Final = 150_00
VAULT: Final = 2_000_00
KEPT: Final = 2_500_00
"""The cash that stays in the vault when a bag is packed, in minor units."""

CHANGE: Final = ((5_00, 40), (1_00, 100), (25, 160), (10, 100))
"""The change ordered from the bank: (value in minor units, pieces), in whole bundles and rolls if they exist."""

SATURDAY: Final = 5


def make_history(*, store: Store, manager: User, cashiers: list[User], days: int, seed: int, at: datetime) -> None:
    """Records `days` days of trading in a store, up to the day before `at`.

    The store's currency must have two decimals.
    """
    chance = random.Random(f"{seed}{store.number}")  # noqa: S311 (the same seed gives the same data)
    zone = ZoneInfo(store.time_zone)
    yesterday = at.astimezone(zone).date() - timedelta(days=1)
    PaymentMethod.objects.filter(account=store.account, code="CARD").update(is_counted=True)
    boss = Principal(user=manager)
    first = datetime.combine(yesterday - timedelta(days=days - 1), time(7), zone)
    vault = [_cash(store, VAULT), CountedAmount(currency=FOREIGN, amount=200_00)]
    open_settlement(type=SettlementType.VAULT, store=store, initial=vault, by=boss, at=first)
    for number in range(days):
        morning = first + timedelta(days=number)
        pay_out(store=store, by=boss, morning=morning)
        cashier = cashiers[number % len(cashiers)]
        _change(store, boss=boss, morning=morning, days_left=days - 1 - number)
        _register_day(store, cashier=cashier, boss=boss, morning=morning, chance=chance)
        if number % 3 == 2:
            _bag(store, boss=boss, at=morning + timedelta(hours=11, minutes=30), chance=chance)
        if morning.weekday() == SATURDAY:
            _count_vault(store, boss=boss, at=morning + timedelta(hours=12), chance=chance)


def _register_day(store: Store, *, cashier: User, boss: Principal, morning: datetime, chance: random.Random) -> None:
    by = Principal(user=cashier)
    opened_at = morning + timedelta(minutes=30 + chance.randrange(20))
    settlement = open_settlement(
        type=SettlementType.CASHREGISTER,
        store=store,
        initial=[_cash(store, FLOAT), CountedAmount(currency=FOREIGN, amount=20_00)],
        by=boss,
        at=opened_at,
        station=1,
    )
    session = open_session(
        user=cashier, counted=_cash(store, FLOAT), by=by, at=opened_at + timedelta(minutes=9), station=1
    )
    evening = morning + timedelta(hours=10)
    reports = list(_sales(store, session=str(session.pk), morning=opened_at, chance=chance))
    record_payments(reports=reports, by=by, at=evening)
    noon = morning + timedelta(hours=5)
    drop = MovementKind.DROP
    move_in_store(
        store=store, kind=drop, amount=200_00, currency=store.currency, by=by, at=noon, note="Bag to the safe"
    )
    if chance.random() < 0.3:
        note_no_sale(store=store, station=1, by=by, at=noon, reason="change for a customer")
    expected = targets_of(settlement).get(Pair(store.currency, CASH), 0)
    counted = expected + chance.choice((0, 0, 0, -100, 50))
    close_session(session=session, counted=_cash(store, counted), by=by, at=evening + timedelta(minutes=5))
    _settle(settlement, by=by, at=evening + timedelta(minutes=10), chance=chance)


def _settle(settlement: Settlement, *, by: Principal, at: datetime, chance: random.Random) -> None:
    """Counts a register correctly on most days. Sometimes cash is missing, and the register is counted three times."""
    start_counting(settlement=settlement, by=by, at=at)
    missing = chance.choice((0, 0, 0, 0, 5_00))
    counted = [
        CountedAmount(currency=currency, method=method, amount=max(0, amount - (missing if currency == FOREIGN else 0)))
        for (currency, method), amount in targets_of(settlement).items()
    ]
    for attempt in range(1, 4):
        done = preview_settlement(settlement=settlement, counted=counted, by=by, at=at + timedelta(minutes=3 * attempt))
        if done.settlement.is_closed:
            return


def _bag(store: Store, *, boss: Principal, at: datetime, chance: random.Random) -> None:
    """Deposits the vault's cash above KEPT. Sometimes the bank credits a different amount."""
    amount = targets_of(_vault_of(store)).get(Pair(store.currency, CASH), 0) - KEPT
    if amount <= 0:
        return
    amount -= amount % 100
    deposit = prepare_deposit(
        store=store,
        amount=amount,
        currency=store.currency,
        bag_number=f"B{at:%y%m%d}",
        slip_number=f"S{chance.randrange(10_000, 99_999)}",
        by=boss,
        at=at,
    )
    collect_deposit(deposit=deposit, courier="Rose City Couriers", by=boss, at=at + timedelta(minutes=20))
    credited = amount + chance.choice((0, 0, 0, -20_00))
    credit_deposit(deposit=deposit, amount=credited, by=boss, at=at + timedelta(hours=20))


def _change(store: Store, *, boss: Principal, morning: datetime, days_left: int) -> None:
    """Orders notes and coins from the bank, and receives them.

    The first order arrives a day later, with a roll of quarters missing. The order of the last day is still pending.
    """
    if days_left in (3, 0):
        wanted_on = morning.date() + timedelta(days=1 if days_left else 3)
        order_change(
            store=store,
            ordered=_pieces(store, CHANGE),
            wanted_on=wanted_on,
            by=boss,
            at=morning,
            note="For the weekend",
        )
    elif days_left == 2:
        came = tuple((worth, number - 40 if worth == 25 else number) for worth, number in CHANGE)
        order = ChangeOrder.objects.get(store=store, state=ChangeOrderState.ORDERED)
        at = morning + timedelta(hours=2)
        receive_change(order=order, received=_pieces(store, came), note="Rose City Couriers", by=boss, at=at)


def _count_vault(store: Store, *, boss: Principal, at: datetime, chance: random.Random) -> None:
    vault = _vault_of(store)
    counted = [
        CountedAmount(currency=currency, method=method, amount=max(0, amount + chance.choice((0, 0, -1_00))))
        for (currency, method), amount in targets_of(vault).items()
    ]
    preview_settlement(settlement=vault, counted=counted, by=boss, at=at)
    close_settlement(settlement=vault, counted=counted, by=boss, at=at + timedelta(minutes=4))


def _sales(store: Store, *, session: str, morning: datetime, chance: random.Random) -> Iterator[PaymentReport]:
    minutes = sorted(chance.randrange(15, 540) for _ in range(chance.randrange(14, 26)))
    for number, minute in enumerate(minutes):
        is_foreign = chance.random() < 0.08
        amount = chance.randrange(8_00, 70_00)
        tendered = -(-amount // 5_00) * 5_00
        is_cash = is_foreign or chance.random() < 0.55
        yield PaymentReport(
            id=f"{store.number}-{session}-{number}",
            order=f"{session}{number:03}",
            method=CASH if is_cash else "CARD",
            currency=FOREIGN if is_foreign else store.currency,
            amount=amount,
            tendered=tendered if is_cash else None,
            change=tendered - amount if is_cash else None,
            status=PaymentStatus.APPROVED,
            session=session,
            paid_at=morning + timedelta(minutes=minute),
            channel="counter",
        )


def _vault_of(store: Store) -> Settlement:
    return Settlement.objects.get(store=store, type=SettlementType.VAULT, state=SettlementState.OPEN)


def _cash(store: Store, amount: int) -> CountedAmount:
    return CountedAmount(currency=store.currency, amount=amount)


def _pieces(store: Store, pieces: tuple[tuple[int, int], ...]) -> CountedAmount:
    return CountedAmount(
        currency=store.currency,
        amount=sum(worth * number for worth, number in pieces),
        pieces=tuple(Pieces(denomination=worth, pieces=number) for worth, number in pieces),
    )
