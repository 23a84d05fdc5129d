"""A month of shops, generated from a seed: everything that may happen, at the hours at which it does.

What a shop refuses just then is not done; `done` tells how often each thing was.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Max

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.cash_movement import move_cash, move_money
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.recording import record_payments
from cashdesk.domain.payment.report import PaymentReport
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.session.handover import handovers_waiting
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import CASH, MovementKind, PaymentStatus, PaymentType, PlaceKind, Reason, Role, SessionStatus
from cashdesk.errors import DomainError
from cashdesk.models import CashSession, Movement, Payment, Place, Seal, Store, User
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from settlements.domain.closing import close_settlement
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementState, SettlementType
from settlements.models import Settlement
from tests.factories import AccountFactory, StoreFactory, UserFactory

SHOPS: Final = (
    ("EUR", "Europe/Berlin", 0),
    ("USD", "America/New_York", 4),
    ("CLP", "America/Santiago", 6),
    ("IDR", "Asia/Jakarta", 3),
    ("BRL", "America/Sao_Paulo", 0),
    ("EUR", "Europe/Berlin", 5),
    ("USD", "America/New_York", 0),
    ("CLP", "America/Santiago", 0),
    ("IDR", "Asia/Jakarta", 0),
    ("BRL", "America/Sao_Paulo", 5),
)
"""Currency, zone and cut-off hour. Clocks change in New York on 8 March 2026, in Berlin on the 29th, in Santiago on 5 April."""

DAYS_LATE: Final = 8
"""How late the latest money comes."""

BY_HAND: Final = (MovementKind.DROP, MovementKind.LOAN, MovementKind.PAID_IN, MovementKind.PAID_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A reconciliation, and what was there when it was posted: the last movement, session and seal of the shop."""

    pk: int
    last_movement: int
    last_session: int
    last_seal: int


@dataclass
class Shop:
    """One shop with two cashiers and a manager. Every second one settles its registers."""

    store: Store
    carla: User
    bruno: User
    erika: User
    dice: random.Random
    settles: bool
    clock: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    receipts: int = 0
    posted: list[Posted] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def people(self) -> list[User]:
        """Everybody who handles money."""
        return [self.carla, self.bruno, self.erika]

    def at(self, on: date, hour: int, minute: int = 0) -> datetime:
        """Turns the clock to a time on the shop's wall, 26 o'clock being 2 in the night after, and returns it."""
        wall = datetime.combine(on, time()) + timedelta(hours=hour, minutes=minute)
        self.clock = wall.replace(tzinfo=ZoneInfo(self.store.time_zone)).astimezone(UTC)
        return self.clock

    def tries(self, act: Callable[..., Any], **options: Any) -> Any:
        """Does something, unless the shop refuses it, and returns what it made."""
        try:
            made = act(**options)
        except DomainError:
            return None
        self.done[act.__name__] += 1
        return made

    def amount(self) -> int:
        """An amount of minor units, now and then a very large one."""
        return self.dice.choice([1, 99, 500, 12_345, 10**6 + 1, 10**8 + 7])

    def counted(self) -> CountedAmount:
        """What somebody finds in a drawer."""
        return CountedAmount(currency=self.store.currency, amount=self.amount())

    # --- A day --------------------------------------------------------------------------------------------------------

    def trade(self, on: date) -> None:
        """A day from nine in the morning until, where the day changes after midnight, two in the night."""
        self.at(on, 9)
        if self.settles and self.dice.random() < 0.5:
            self.settle(station=2)
        for person in (self.carla, self.bruno):
            if self.dice.random() < 0.9:
                counts = {"counted": self.counted(), "by": Principal(user=person), "at": self.clock}
                forced = self.dice.random() < 0.8
                station = 2 if person == self.bruno else 1
                self.tries(open_session, user=person, station=station, force_close_previous=forced, **counts)
        for hour in (11, 15, 20, 26 if self.store.cut_off_hour else 22):
            self.at(on, hour, self.dice.randint(0, 59))
            self.report_payments()
            self.move()
            self.correct()
            if self.dice.random() < 0.15:
                self.reconcile(on)
            if hour == 15:
                self.relieve()
        for session in self.open_sessions():
            if self.dice.random() < 0.7:
                by, counts = Principal(user=session.user), {"counted": self.counted(), "at": self.clock}
                # Now and then nobody comes before the night, and the drawer waits over the end of the day.
                hands_over = self.dice.random() < 0.3
                self.tries(close_session, session=session, by=by, hands_over=hands_over, **counts)
        if self.settles and self.dice.random() < 0.7:
            self.settle(station=self.dice.choice([0, 2]))

    def after(self, on: date) -> None:
        """The morning after: what comes late for the day, its close, and what is declared for it."""
        self.at(on, 31)
        if self.settles:
            self.settle(station=0)
        self.report_payments(paid_at=self.clock - timedelta(hours=self.dice.choice([2, 12, 20])))
        self.decide()
        if self.dice.random() < 0.3:
            self.reconcile(on)
        if self.dice.random() < 0.8:
            self.tries(close_business_day, store=self.store, on=on, by=SYSTEM, at=self.clock)
        self.reconcile(on)
        uncounted = CashSession.objects.filter(store=self.store, status=SessionStatus.CLOSED_SYSTEM)[:1]
        waiting = handovers_waiting(store=self.store) if self.dice.random() < 0.5 else []
        for session in [*uncounted, *waiting]:
            made = self.tries(count_afterwards, session=session, counted=self.counted(), by=SYSTEM, at=self.clock)
            self.done["nobody came"] += made is not None and made.is_handed_over

    def aftermath(self, on: date) -> None:
        """More of what explains closed days: late money, corrections, decisions, drawers closed uncounted."""
        self.at(on, 33)
        for back in (0, 1, 3, DAYS_LATE):
            self.report_payments(paid_at=self.clock - timedelta(days=back))
        for _ in range(10):
            self.correct()
        self.decide()
        by = Principal(user=self.carla)
        self.tries(open_session, user=self.carla, station=1, counted=self.counted(), by=by, at=self.clock)
        for session in self.open_sessions():
            self.tries(force_close_session, session=session, by=SYSTEM, at=self.clock, reason="over")

    def relieve(self) -> None:
        """Some hand their drawer over, and whoever has none counts it in, at once or only the next day."""
        for session in self.open_sessions():
            if self.dice.random() < 0.4:
                by, counts = Principal(user=session.user), {"counted": self.counted(), "at": self.clock}
                left = self.tries(close_session, session=session, by=by, hands_over=True, **counts)
                self.done["handed over"] += left is not None
        for left in handovers_waiting(store=self.store):
            person = self.dice.choice(self.people)
            if self.dice.random() < 0.8 and person != left.user:
                found = left.declared_amount if self.dice.random() < 0.5 else self.amount()
                counted = CountedAmount(currency=left.currency, amount=found or 0)
                taken = self.tries(
                    open_session, user=person, station=left.register.number, counted=counted, by=Principal(user=person),
                    at=self.clock,
                )  # fmt: skip
                self.done["counted in, a gap" if taken and taken.opening_difference else "counted in"] += bool(taken)

    # --- What is done -------------------------------------------------------------------------------------------------

    def open_sessions(self) -> list[CashSession]:
        """The drawers that trade."""
        running = CashSession.objects.filter(store=self.store, status=SessionStatus.OPEN)
        return list(running.select_related("user", "store", "register").order_by("pk"))

    def report_payments(self, paid_at: datetime | None = None) -> None:
        """A handful of payments from tills that are open, closed, or none."""
        sessions = list(CashSession.objects.filter(store=self.store).order_by("-pk").values_list("pk", flat=True)[:4])
        reports = [self.payment(sessions, paid_at or self.clock) for _ in range(6)]
        for outcome in record_payments(reports=reports, by=Principal(user=self.erika), at=self.clock):
            if outcome.payment is not None:
                payment = outcome.payment
                self.done[f"{payment.type} {payment.status} {payment.booked}"] += 1
                self.done["without a register"] += payment.register_id is None

    def payment(self, sessions: list[int], paid_at: datetime) -> PaymentReport:
        """One of them: mostly cash, mostly a sale, mostly the shop's currency, mostly approved."""
        self.receipts += 1
        dice = self.dice
        amount, kind = self.amount(), dice.choice([PaymentType.SALE, PaymentType.SALE, PaymentType.REFUND])
        fields: dict[str, Any] = {}
        if kind == PaymentType.SALE and dice.random() < 0.3:
            fields = {"tendered": amount + 55, "change": 55}
        elif dice.random() < 0.2:
            fields = {"method": "CARD"}
        if sessions and dice.random() < 0.7:
            fields["session"] = str(dice.choice(sessions))
        elif dice.random() < 0.6:
            fields["station"] = dice.randint(1, 3)
        if dice.random() < 0.3:
            fields["operator"] = str(dice.choice(self.people).pk)
        return PaymentReport(
            **{"method": CASH, **fields}, id=f"{self.store.number}-{self.receipts}", store=self.store.number,
            currency=self.store.currency if dice.random() < 0.9 else "USD", amount=amount, type=kind, paid_at=paid_at,
            status=dice.choice([*[PaymentStatus.APPROVED] * 4, PaymentStatus.PENDING, PaymentStatus.REJECTED]),
        )  # fmt: skip

    def decide(self) -> None:
        """Half of what waited is approved."""
        for name in Payment.objects.filter(store=self.store, status=PaymentStatus.PENDING).values_list(
            "external_id", flat=True
        )[:4]:
            status = self.dice.choice([PaymentStatus.APPROVED, PaymentStatus.REJECTED])
            self.tries(decide_payment, external_id=name, status=status, by=Principal(user=self.erika), at=self.clock)

    def move(self) -> None:
        """Drops, loans, money paid in and out, at drawers and at the vault."""
        for session in self.open_sessions():
            self.tries(
                move_cash, session=session, kind=self.dice.choice(BY_HAND), amount=self.amount(),
                by=Principal(user=session.user), at=self.clock, reason="test",
            )  # fmt: skip
        here = self.dice.choice(list(Place.objects.filter(store=self.store, kind__in=("VAULT", "REGISTER"))))
        self.tries(
            move_money, here=here, store=self.store, kind=self.dice.choice([*BY_HAND, MovementKind.DEPOSIT]),
            amount=self.amount(), currency=self.store.currency, by=Principal(user=self.erika), at=self.clock,
        )  # fmt: skip

    def correct(self) -> None:
        """Reverses one of the last movements."""
        last = Movement.objects.select_related("source", "destination", "session", "store", "payment")
        found = list(last.filter(store=self.store).order_by("-pk")[:25])
        if found:
            made = self.tries(reverse, movement=self.dice.choice(found), by=SYSTEM, at=self.clock, reason="wrong")
            self.done["reversed late"] += made is not None and made.is_late

    def settle(self, *, station: int) -> None:
        """Closes the settlement of a register or of the vault, or opens it."""
        by, kind = Principal(user=self.erika), SettlementType.CASHREGISTER if station else SettlementType.VAULT
        place = Place.objects.get(
            store=self.store, kind=PlaceKind.REGISTER if station else PlaceKind.VAULT, number=station
        )
        running = Settlement.objects.filter(place=place).exclude(state=SettlementState.CLOSED).first()
        if running is None:
            opening = {"initial": [self.counted()], "station": station or None}
            self.tries(open_settlement, type=kind, store=self.store, by=by, at=self.clock, **opening)
        else:
            self.tries(close_settlement, settlement=running, counted=[self.counted()], by=by, at=self.clock)

    def reconcile(self, on: date) -> None:
        """Declares something for the whole day and for each person."""
        for operator in (None, *self.people):
            declared = Declaration(
                store=self.store, currency=self.store.currency, declared=self.amount(), business_date=on,
                operator=operator, reason=self.dice.choice(["", *Reason.values]),
            )  # fmt: skip
            last_movement = Movement.objects.filter(store=self.store).aggregate(last=Max("pk"))["last"] or 0
            last_session = CashSession.objects.filter(store=self.store).aggregate(last=Max("pk"))["last"] or 0
            last_seal = Seal.objects.filter(place__store=self.store).aggregate(last=Max("pk"))["last"] or 0
            made = self.tries(record_reconciliation, declaration=declared, by=Principal(user=self.erika), at=self.clock)
            if made is not None:
                told = {"last_movement": last_movement, "last_session": last_session, "last_seal": last_seal}
                self.posted.append(Posted(pk=made.pk, **told))


def make_shops(number: int, *, seed: int) -> list[Shop]:
    """Makes the first so many shops, all of one account."""
    account = AccountFactory(name="Ten shops")
    shops = []
    for index, (currency, zone, cut_off_hour) in enumerate(SHOPS[:number]):
        store = StoreFactory(
            account=account, currency=currency, time_zone=zone, cut_off_hour=cut_off_hour, registers=3,
            tolerance_minor=1000,
        )  # fmt: skip
        shops.append(
            Shop(
                store=store,
                carla=UserFactory(store=store),
                bruno=UserFactory(store=store),
                erika=UserFactory(store=store, role=Role.MANAGER),
                dice=random.Random(f"{seed}/{index}"),
                settles=index % 2 == 0,
            )
        )
    return shops


def live(shop: Shop, *, first: date, days: int) -> None:
    """Lets a shop trade so many days; some mornings two days are closed at once, the newer one first."""
    waiting: list[date] = []
    for number in range(days):
        on = first + timedelta(days=number)
        shop.trade(on)
        waiting.append(on)
        if shop.dice.random() < 0.8:
            for day in reversed(waiting):
                shop.after(day)
            waiting = []
