"""Random days with drawers open overnight, compared with the cash that a person would find in the shop in the evening.

The test reads no rows for its figures. It keeps the cash of each drawer and two bags. One bag has the cash that
drawers brought back that day; floats are taken from it first. The other bag has the drops. In the evening, all of this
together is the expected cash of the day. The part of a person is the cash that they hold, plus the cash that they
left, minus the part of it that they took again.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import Booked, MovementKind, PaymentType, PlaceKind
from cashdesk.models import CashSession, Movement, User
from reconciliations import queries
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.proof import faults_of_store
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.models import Reconciliation
from settlements.domain.closing import close_settlement
from settlements.domain.counting import start_counting
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementType
from settlements.models import Settlement
from tests.cashdesk.desk import NOON, close_drawer, counted, move, open_drawer, report_of
from tests.factories import UserFactory
from tests.lengths import length
from tests.stories import make_cast

STATIONS = (1, 2, 3)
SETTLED = 3
"""The register that a settlement may hold."""

DAYS = 4
STEPS_OF_A_DAY = 28
ACTS = {
    "open": 6, "sell": 6, "sell_untold": 2, "tell": 2, "ring_for": 2, "refund": 1, "move": 5, "take_back": 5, "close": 3,
    "hand_over": 2, "force": 1, "steal": 1, "settle": 1, "vault_money": 1, "declare": 2,
}  # fmt: skip


class Nights:
    """A shop that trades until four in the morning, with the figures that the test keeps."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.cast = make_cast(registers=len(STATIONS), cut_off_hour=4)
        self.erika = Principal(user=self.cast.erika)
        self.people = [self.cast.carla, self.cast.bruno, UserFactory(store=self.cast.store)]
        self.clock: datetime = NOON
        self.session: dict[int, CashSession | None] = dict.fromkeys(STATIONS)
        self.left = set[int]()
        """The registers whose cash waits in the drawer for the next count."""
        self.settlement: Settlement | None = None
        self.drawer, self.gap = Counter[int](), Counter[int]()
        """The cash in each drawer, and the cash that was stolen there since its last count."""
        self.untold: list[tuple[CashSession, int, datetime]] = []
        self.day = Counter[date]()
        self.part = Counter[tuple[date, int]]()
        self.done = Counter[str]()
        self.drops: list[tuple[Movement, int]] = []
        self.morning()

    # --- Days ---------------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The business date, from the shop's local time."""
        return (self.clock.astimezone(ZoneInfo("Europe/Berlin")) - timedelta(hours=4)).date()

    def tick(self) -> datetime:
        self.clock += timedelta(minutes=self.dice.randint(1, 9))
        return self.clock

    def morning(self) -> None:
        """Empties the bags. Cash that was stolen and not yet noticed is missing all day."""
        self.bag = self.dropped = 0
        self.pool = Counter[int]()
        self.missing = sum(self.gap.values())
        self.missing_of = Counter({one.user_id: self.gap[at] for at, one in self.session.items() if one is not None})
        self.drops = []

    def evening(self) -> None:
        """Records all cash that is in the shop."""
        on = self.today
        self.day[on] = sum(self.drawer.values()) + self.bag + self.dropped + self.missing
        for person in self.people:
            held = sum(self.drawer[at] for at, one in self.session.items() if one and one.user_id == person.pk)
            self.part[on, person.pk] = held + self.pool[person.pk] + self.missing_of[person.pk]
        # Five minutes after the cut-off, on a night when no clock is changed.
        self.clock = datetime(on.year, on.month, on.day, 3, 5, tzinfo=UTC) + timedelta(days=1)
        self.morning()

    # --- Acts: each says whether it was possible ------------------------------------------------------------------------

    def step(self) -> None:
        act: Callable[[int], bool] = getattr(self, self.dice.choices([*ACTS], [*ACTS.values()])[0])
        self.done[act.__name__] += act(self.dice.choice(STATIONS))

    def open(self, station: int) -> bool:
        free = [one for one in self.people if all(s is None or s.user_id != one.pk for s in self.session.values())]
        if self.session[station] is not None or not free:
            return False
        person = self.dice.choice(free)
        lies_there = station in self.left or (station == SETTLED and self.settlement is not None)
        if lies_there:
            # The count finds the cash that is there and books the missing cash.
            amount, self.gap[station] = self.drawer[station], 0
        else:
            amount = self.dice.choice([100_00, 200_00])
            self.put_in(station, amount)
        self.session[station] = open_drawer(person, amount, at=self.tick(), station=station)
        self.pool[person.pk] -= min(self.pool[person.pk], amount)
        self.left.discard(station)
        return True

    def put_in(self, station: int, amount: int) -> None:
        """Takes cash from the bag first, and the rest from the vault."""
        self.bag -= min(self.bag, amount)
        self.drawer[station] += amount

    def pay(self, session: CashSession, amount: int, *, by: User | None = None, **fields: Any) -> str:
        report = report_of(amount, session=str(session.pk), **fields)
        payment = record_payment(report=report, by=Principal(user=by or session.user), at=self.tick()).payment
        assert payment is not None
        return payment.booked

    def sell(self, station: int) -> bool:
        session, amount = self.session[station], self.dice.choice([1, 99, 30_00])
        if session is None:
            return False
        assert self.pay(session, amount) == Booked.ON_TIME
        self.drawer[station] += amount
        return True

    def ring_for(self, station: int) -> bool:
        """Lets the manager ring a sale at another person's drawer. The cash is part of that person's expected cash."""
        session = self.session[station]
        if session is None:
            return False
        assert self.pay(session, 10_00, by=self.cast.erika) == Booked.ON_TIME
        self.drawer[station] += 10_00
        return True

    def refund(self, station: int) -> bool:
        session = self.session[station]
        if session is None or self.drawer[station] < 5_00:
            return False
        self.pay(session, 5_00, type=PaymentType.REFUND)
        self.drawer[station] -= 5_00
        return True

    def sell_untold(self, station: int) -> bool:
        """Sells at a till without a connection. The money is in the drawer, and the till reports it later."""
        session = self.session[station]
        if session is None:
            return False
        self.untold.append((session, 7_00, self.tick()))
        self.drawer[station] += 7_00
        return True

    def tell(self, _station: int) -> bool:
        """Reports an old sale. It is on time while its session is open, otherwise late. It belongs to the day of its
        payment.
        """
        if not self.untold:
            return False
        session, amount, at = self.untold.pop(self.dice.randrange(len(self.untold)))
        self.pay(session, amount, paid_at=at)
        return True

    def move(self, station: int) -> bool:
        session, amount = self.session[station], self.dice.choice([1, 20_00])
        kind = self.dice.choice([MovementKind.DROP, MovementKind.LOAN, MovementKind.PAID_IN, MovementKind.PAID_OUT])
        if session is None or self.drawer[station] < 50_00:
            return False
        made = move(session, kind, amount, at=self.tick())
        if kind == MovementKind.LOAN:
            self.put_in(station, amount)
            self.pool[session.user_id] -= min(self.pool[session.user_id], amount)
            return True
        self.drawer[station] += amount if kind == MovementKind.PAID_IN else -amount
        if kind == MovementKind.DROP:
            self.dropped += amount
            self.drops.append((made, station))
        return True

    def take_back(self, _station: int) -> bool:
        """Reverses a drop of today that was a mistake. The money was in the drawer all the time."""
        drop, station = self.drops.pop() if self.drops else (None, 0)
        session = self.session[station] if drop else None
        if drop is None or session is None or session.pk != drop.session_id:
            return False
        found = Movement.objects.select_related("source", "destination", "session", "store", "payment").get(pk=drop.pk)
        reverse(movement=found, by=self.erika, at=self.tick(), reason="mistake")
        self.drawer[station] += drop.amount
        self.dropped -= drop.amount
        return True

    def close(self, station: int) -> bool:
        session = self.session[station]
        if session is None:
            return False
        amount, self.gap[station] = self.drawer[station], 0
        close_drawer(session, amount, at=self.tick())
        if station != SETTLED or self.settlement is None:
            self.bag += amount
            self.drawer[station] = 0
        self.leave(station, session, amount)
        return True

    def hand_over(self, station: int) -> bool:
        session = self.session[station]
        if session is None or not self.drawer[station]:
            return False
        self.gap[station] = 0
        close_drawer(session, self.drawer[station], at=self.tick(), hands_over=True)
        self.left.add(station)
        self.leave(station, session, self.drawer[station])
        return True

    def force(self, station: int) -> bool:
        session = self.session[station]
        is_told = all(one.pk != (session.pk if session else 0) for one, _amount, _at in self.untold)
        if session is None or self.gap[station] or not is_told or not self.drawer[station]:
            return False
        force_close_session(session=session, by=SYSTEM, at=self.tick(), reason="went home")
        self.left.add(station)
        self.leave(station, session, self.drawer[station])
        return True

    def leave(self, station: int, session: CashSession, amount: int) -> None:
        self.session[station] = None
        self.pool[session.user_id] += amount

    def steal(self, station: int) -> bool:
        session = self.session[station]
        if session is None or self.drawer[station] < 50_00:
            return False
        self.drawer[station] -= 3_00
        self.gap[station] += 3_00
        self.missing += 3_00
        self.missing_of[session.user_id] += 3_00
        return True

    def settle(self, _station: int) -> bool:
        if self.session[SETTLED] is not None or SETTLED in self.left:
            return False
        if self.settlement is None:
            if not Settlement.objects.filter(type=SettlementType.VAULT).exists():
                open_settlement(
                    type=SettlementType.VAULT, store=self.cast.store, initial=[], by=self.erika, at=self.tick()
                )
            self.settlement = open_settlement(
                type=SettlementType.CASHREGISTER, store=self.cast.store, initial=[counted(200_00)], by=self.erika,
                at=self.tick(), station=SETTLED,
            )  # fmt: skip
            self.put_in(SETTLED, 200_00)
            return True
        self.gap[SETTLED] = 0
        found = [counted(self.drawer[SETTLED])]
        start_counting(settlement=self.settlement, by=self.erika, at=self.tick())
        close_settlement(settlement=self.settlement, counted=found, by=self.erika, at=self.tick())
        self.settlement = None
        self.bag += self.drawer[SETTLED]
        self.drawer[SETTLED] = 0
        return True

    def vault_money(self, _station: int) -> bool:
        vault = self.cast.place(PlaceKind.VAULT)
        kind = self.dice.choice([MovementKind.PAID_IN, MovementKind.PAID_OUT])
        move_money(
            here=vault, store=self.cast.store, kind=kind, amount=500_00, currency="EUR", by=self.erika, at=self.tick()
        )
        return True

    def declare(self, _station: int) -> bool:
        """Records a reconciliation for today or the day before. It must not change later, and the proof must accept it."""
        on = self.today - timedelta(days=self.dice.choice([0, 0, 1]))
        declaration = Declaration(
            store=self.cast.store, currency="EUR", declared=0, business_date=on, reason="OTHER",
            operator=self.dice.choice([None, *self.people]),
        )  # fmt: skip
        record_reconciliation(declaration=declaration, by=self.erika, at=self.tick())
        return True

    # --- What must hold -------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Checks every day, every part and every reconciliation against the kept figures."""
        while self.untold:
            self.tell(0)
        for on, found in self.day.items():
            assert expected_cash(store=self.cast.store, business_date=on).of("EUR").system_cash == found, on
            for person in self.people:
                part = expected_cash(store=self.cast.store, business_date=on, operator=person).of("EUR").system_cash
                assert part == self.part[on, person.pk], (on, person)
        assert list(faults_of_store(self.cast.store)) == []
        for row in queries.reconciliations(by=self.erika, store=self.cast.store):
            now = expected_cash(store=self.cast.store, business_date=row.business_date, operator=row.operator)
            told: Any = row
            assert row.system_amount + told.late_amount == now.of("EUR").system_cash, row.pk


@pytest.mark.long
@pytest.mark.django_db
def test_what_is_found_in_the_evening_is_what_the_day_should_hold() -> None:
    done = Counter[str]()
    recorded = 0
    for seed in range(length(short=1, long=20)):
        with transaction.atomic():
            nights = Nights(seed)
            for _day in range(DAYS):
                for _step in range(STEPS_OF_A_DAY):
                    nights.step()
                nights.evening()
            nights.check()
            done += nights.done
            recorded += Reconciliation.objects.count()
            # The next nights begin in a new shop.
            transaction.set_rollback(True)
    assert ACTS.keys() - {name for name, times in done.items() if times} == set()
    assert recorded > length(short=3, long=30)
