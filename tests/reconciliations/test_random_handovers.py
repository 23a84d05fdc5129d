"""Random days with many handovers, also overnight, compared with figures that the test keeps itself.

The test reads no rows for its figures. It calculates the expected cash of the day and of each person, the balance of
each place and the owner of each gap from the actions alone (docs/decisions/0016).
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.expected import balances_of_places
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.session.handover import handovers_waiting
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import CASH, MovementKind, PlaceKind, VarianceKind
from cashdesk.errors import Conflict, NothingOpen, SessionAlreadyOpen
from cashdesk.models import CashSession, Movement, User, Variance
from cashdesk.pair import Pair
from cashdesk.queries import sessions
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.proof import faults_of_store
from tests.cashdesk.desk import NOON, close_drawer, counted, move, pay
from tests.lengths import length
from tests.stories import make_cast

STATIONS = (1, 2)
FLOAT = 150_00
STEPS_OF_A_DAY = 22
DAYS = 3
ACTS = {
    "sell": 4, "sell_late": 1, "move": 2, "hand_over": 4, "take_over": 6, "close": 1, "count_by_manager": 1,
    "be_refused": 1, "close_again": 1,
}  # fmt: skip
"""The actions and their relative frequencies."""


class Days:
    """Two registers, three cashiers and a manager, with the figures that the test keeps."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.cast = make_cast(registers=len(STATIONS))
        self.clock: datetime = NOON
        self.cashiers = [self.cast.carla, self.cast.bruno, self.cast.erika]
        self.has: dict[int, CashSession | None] = dict.fromkeys(STATIONS)
        self.left: dict[int, CashSession | None] = dict.fromkeys(STATIONS)
        """By register: the session that handed over the drawer, until somebody counts it."""
        self.drawer = Counter[int]()
        self.vault = self.over_short = self.customers = self.outside = 0
        self.day = Counter[date]()
        self.part = Counter[tuple[date, int]]()
        self.bag, self.left_by = 0, Counter[int]()
        """Cash that drawers brought back today, and cash that each person left, minus the part that was reused."""
        self.own: list[tuple[int, int]] = []
        self.gaps: list[tuple[int, int, int | None]] = []
        self.unseen: dict[int, list[CashSession]] = {station: [] for station in STATIONS}
        self.frozen: dict[int, dict[str, Any]] = {}
        self.movements: dict[int, dict[str, Any]] = {}
        self.done = Counter[str]()

    @property
    def today(self) -> date:
        """The business date. The day changes at midnight."""
        return self.clock.date()

    def tick(self) -> datetime:
        self.clock += timedelta(seconds=30)
        return self.clock

    def step(self) -> None:
        """Runs one random action at a register."""
        act: Callable[[int], bool] = getattr(self, self.dice.choices([*ACTS], [*ACTS.values()])[0])
        self.done[act.__name__] += act(self.dice.choice(STATIONS))

    def found(self, held: int) -> int:
        """Returns a random count of a drawer. It is right half of the time."""
        return max(0, held + self.dice.choice([0, 0, 0, -5_00, 1, 10_00]))

    def earn(self, session: CashSession, amount: int) -> None:
        """Adds an amount to the expected cash of the day and of the person."""
        self.day[self.today] += amount
        self.part[self.today, session.user_id] += amount

    def begin_with(self, person: int, amount: int, *, is_brought: bool) -> None:
        """Adds cash that goes into a drawer. Only the part that was not reused is new."""
        if is_brought:
            again = min(self.bag, amount)
            self.bag -= again
            self.day[self.today] += amount - again
        again = min(self.left_by[person], amount)
        self.left_by[person] -= again
        self.part[self.today, person] += amount - again

    # --- What is done: each returns whether it was possible -----------------------------------------------------------

    def sell(self, station: int) -> bool:
        session, amount = self.has[station], self.dice.choice([1, 99, 30_00, 100_00])
        if session is None:
            return False
        assert pay(session, amount, at=self.tick()).booked == "on_time"
        self.drawer[station] += amount
        self.customers -= amount
        self.earn(session, amount)
        return True

    def sell_late(self, station: int) -> bool:
        """Lets a till report for a session that was handed over. The waiting cash does not change."""
        session = self.left[station]
        if session is None:
            return False
        assert pay(session, 3_00, at=self.tick()).booked == "late"
        self.over_short += 3_00
        self.customers -= 3_00
        self.earn(session, 3_00)
        return True

    def move(self, station: int) -> bool:
        session, amount = self.has[station], self.dice.choice([1, 20_00])
        if session is None:
            return False
        kind = self.dice.choice([MovementKind.DROP, MovementKind.LOAN, MovementKind.PAID_IN, MovementKind.PAID_OUT])
        move(session, kind, amount, at=self.tick())
        sign = 1 if kind in (MovementKind.LOAN, MovementKind.PAID_IN) else -1
        self.drawer[station] += sign * amount
        if kind in (MovementKind.PAID_IN, MovementKind.PAID_OUT):
            self.outside -= sign * amount
        else:
            self.vault -= sign * amount
        if kind == MovementKind.LOAN:
            self.begin_with(session.user_id, amount, is_brought=True)
            return True
        self.part[self.today, session.user_id] += sign * amount
        # A bag that goes to the vault stays in the store.
        self.day[self.today] += sign * amount if kind != MovementKind.DROP else 0
        return True

    def hand_over(self, station: int) -> bool:
        return self._leave(station, hands_over=True)

    def close(self, station: int) -> bool:
        return self._leave(station, hands_over=False)

    def _leave(self, station: int, *, hands_over: bool) -> bool:
        session, held = self.has[station], self.drawer[station]
        if session is None:
            return False
        amount = self.found(held)
        closed = close_drawer(session, amount, at=self.tick(), hands_over=hands_over)
        assert (closed.is_handed_over, closed.expected_amount, closed.difference) == (hands_over, held, amount - held)
        self.over_short -= amount - held
        self.own += [(session.pk, amount - held)] if amount != held else []
        self.has[station], self.left[station] = None, session if hands_over and amount else None
        self.unseen[station] += [session] if hands_over else []
        self.drawer[station] = amount if hands_over else 0
        self.vault += 0 if hands_over else amount
        self.bag += 0 if hands_over else amount
        self.left_by[session.user_id] += amount
        self.frozen[session.pk] = dict(CashSession.objects.values().get(pk=session.pk))
        return True

    def take_over(self, station: int) -> bool:
        """Lets a person without a drawer count this drawer in, or open it with a float if it is empty."""
        if self.has[station] is not None:
            return False
        holders = [session.user_id for session in self.has.values() if session]
        person = self.dice.choice([one for one in self.cashiers if one.pk not in holders])
        held = self.drawer[station]
        amount = self.found(held) if held else FLOAT
        session = self.opened(person, amount, station)
        gap = amount - held if held else 0
        assert session.opening_difference == gap
        self.over_short -= gap
        left = self.left[station]
        has_had_it = left is not None and left.user_id == person.pk
        self.gaps += [(session.pk, gap, person.pk if has_had_it else None)] if gap else []
        self.counted_by(person, station)
        self.vault -= 0 if held else amount
        # Cash that was in the drawer is not new for the store, but it is part of the expected cash of the person.
        self.begin_with(person.pk, amount, is_brought=not held)
        self.has[station], self.left[station], self.drawer[station] = session, None, amount
        return True

    def opened(self, person: User, amount: int, station: int) -> CashSession:
        by = Principal(user=person)
        return open_session(user=person, counted=counted(amount), by=by, at=self.tick(), station=station)

    def count_by_manager(self, station: int) -> bool:
        """Lets the manager count a waiting drawer. The cash goes to the vault, and a gap belongs to custody."""
        session, held = self.left[station], self.drawer[station]
        if session is None:
            return False
        amount = self.found(held)
        count_afterwards(session=session, counted=counted(amount), by=Principal(user=self.cast.anna), at=self.tick())
        self.over_short -= amount - held
        self.gaps += [(session.pk, amount - held, None)] if amount != held else []
        self.counted_by(self.cast.anna, station)
        self.vault += amount
        self.bag += amount
        self.drawer[station], self.left[station] = 0, None
        return True

    def counted_by(self, person: User, station: int) -> None:
        """Shows the results of the sessions before this count to their cashiers, unless the cashier made the count
        themselves.
        """
        self.unseen[station] = [session for session in self.unseen[station] if session.user_id == person.pk]

    def be_refused(self, station: int) -> bool:
        """Asserts that nobody can take over a drawer that somebody has open."""
        session = self.has[station]
        if session is None:
            return False
        with pytest.raises(SessionAlreadyOpen):
            self.opened(next(one for one in self.cashiers if one.pk != session.user_id), FLOAT, station)
        return True

    def close_again(self, _station: int) -> bool:
        """Asserts that a closed session cannot be handed over, and cannot be counted after another count."""
        if not self.frozen:
            return False
        session = CashSession.objects.select_related("user").get(pk=self.dice.choice([*self.frozen]))
        with pytest.raises(NothingOpen):
            close_drawer(session, FLOAT, at=self.tick(), hands_over=True)
        if session.declared_amount and session.pk not in [left.pk for left in self.left.values() if left]:
            with pytest.raises(Conflict):
                count_afterwards(session=session, counted=counted(1), by=SYSTEM, at=self.clock)
        return True

    def night(self) -> None:
        """Ends the day. Most nights all drawers are handed over, and the day is closed while drawers wait."""
        if self.dice.random() < 0.7:
            for station in STATIONS:
                self.hand_over(station)
        over, self.clock = self.today, self.clock.replace(hour=8, minute=0, second=0) + timedelta(days=1)
        if not any(self.has.values()):
            closed = close_business_day(store=self.cast.store, on=over, by=SYSTEM, at=self.clock)
            assert (closed.day.date, [*closed.sessions]) == (over, [])
            self.done["over night"] += any(self.left.values())
        # The new day begins with the cash in the drawers, and each person with the cash of their own drawer.
        self.bag, self.left_by = 0, Counter()
        self.day[self.today] += sum(self.drawer.values())
        for station, session in self.has.items():
            if session is not None:
                self.part[self.today, session.user_id] += self.drawer[station]

    # --- What holds ---------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Checks the balances, the waiting drawers, the visible results, and that old rows have not changed."""
        balances = balances_of_places(store=self.cast.store)
        places = self.cast.store.places.all()
        books = {(place.kind, place.number): balances[place.pk].get(Pair("EUR", CASH), 0) for place in places}
        kept = {(str(PlaceKind.REGISTER), station): self.drawer[station] for station in STATIONS}
        kept[PlaceKind.VAULT, 0], kept[PlaceKind.OVER_SHORT, 0] = self.vault, self.over_short
        kept[PlaceKind.CUSTOMERS, 0], kept[PlaceKind.OUTSIDE, 0] = self.customers, self.outside
        assert sum(kept.values()) == 0
        assert {place: amount for place, amount in books.items() if amount} == {
            place: amount for place, amount in kept.items() if amount
        }
        waiting = [left for left in self.left.values() if left]
        assert handovers_waiting(store=self.cast.store) == waiting
        assert {row["id"]: row for row in CashSession.objects.exclude(status="OPEN").values()} == self.frozen
        movements = {row["id"]: dict(row) for row in Movement.objects.values()}
        assert self.movements.items() <= movements.items()
        self.movements = movements
        for person in (self.cast.carla, self.cast.bruno):
            own: Any = sessions(by=Principal(user=person)).filter(user=person)
            hidden = {one.pk for one in own if not one.shows_result}
            unseen = [session for sessions_left in self.unseen.values() for session in sessions_left]
            assert hidden == {one.pk for one in (*unseen, *self.has.values()) if one and one.user_id == person.pk}

    def check_the_days(self) -> None:
        """Checks the expected cash of every day and every person, and all variances."""
        for number in range(DAYS):
            on = NOON.date() + timedelta(days=number)
            if on > self.today:
                break
            whole = expected_cash(store=self.cast.store, business_date=on)
            assert whole.of("EUR").system_cash == self.day[on]
            for person in self.cashiers:
                part = expected_cash(store=self.cast.store, business_date=on, operator=person)
                assert part.of("EUR").system_cash == self.part[on, person.pk]
        rows = Variance.objects.order_by("pk").values_list("session", "difference", "person")
        assert list(rows.filter(kind=VarianceKind.OPENING)) == self.gaps
        people = dict(CashSession.objects.values_list("pk", "user"))
        assert list(rows.filter(kind=VarianceKind.SESSION)) == [(*one, people[one[0]]) for one in self.own]
        assert list(faults_of_store(self.cast.store)) == []


@pytest.mark.long
@pytest.mark.django_db
def test_however_often_drawers_are_handed_on_the_books_are_those_kept_by_hand() -> None:
    done = Counter[str]()
    # In the days of seed 6 everything happens.
    first, seeds = length(short=6, long=0), length(short=1, long=20)
    for seed in range(first, first + seeds):
        with transaction.atomic():
            days = Days(seed)
            for _day in range(DAYS):
                for _step in range(STEPS_OF_A_DAY):
                    days.step()
                    days.check()
                days.night()
                days.check_the_days()
            done += days.done
            # The next days begin in a new shop.
            transaction.set_rollback(True)
    assert {*ACTS, "over night"} - {name for name, times in done.items() if times} == set()
    assert done["take_over"] > done["close"] + done["count_by_manager"] + 2 * len(STATIONS)


@pytest.mark.django_db
@pytest.mark.parametrize("handovers", [0, 1, 4])
def test_a_float_and_sales_are_the_same_cash_however_often_the_drawer_changes_hands(handovers: int) -> None:
    """The day expects the float of 150.00 and sales of 130.00, with any gaps. Each person's part begins with their count."""
    days = Days(seed=0)
    people = [days.cast.carla, days.cast.bruno]
    session, held = days.opened(people[0], FLOAT, 1), FLOAT
    parts, left_by = Counter({people[0].pk: FLOAT}), Counter[int]()
    for number in range(handovers + 1):
        sold = 30_00 if number else 130_00 - handovers * 30_00
        pay(session, sold, at=days.tick())
        held, parts[session.user_id] = held + sold, parts[session.user_id] + sold
        if number < handovers:
            close_drawer(session, held - 1, at=days.tick(), hands_over=True)
            left_by[session.user_id] = held - 1
            session, held = days.opened(people[(number + 1) % 2], held - 3, 1), held - 3
            # Of what somebody counts in again only what they had not left themselves is new.
            parts[session.user_id] += max(0, held - left_by[session.user_id])
    assert expected_cash(store=days.cast.store, business_date=days.today).of("EUR").system_cash == 280_00
    for person in people:
        part = expected_cash(store=days.cast.store, business_date=days.today, operator=person)
        assert part.of("EUR").system_cash == parts[person.pk]
