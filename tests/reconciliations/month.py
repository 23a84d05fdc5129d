"""Generates a month of trade in several shops from a seed, with every kind of event at its usual hour.

Skips an event that the shop refuses. `done` counts the events.
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
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import record_payments
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
    """A reconciliation with the ids of the shop's last movement, session and seal at that time."""

    pk: int
    last_movement: int
    last_session: int
    last_seal: int


@dataclass
class Shop:
    """A shop with two cashiers and a manager. Every second shop settles its registers."""

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
        """All people who handle money."""
        return [self.carla, self.bruno, self.erika]

    def at(self, on: date, hour: int, minute: int = 0) -> datetime:
        """Sets the clock to a time in the shop's time zone and returns it. Hour 26 is 2 o'clock on the next day."""
        wall = datetime.combine(on, time()) + timedelta(hours=hour, minutes=minute)
        self.clock = wall.replace(tzinfo=ZoneInfo(self.store.time_zone)).astimezone(UTC)
        return self.clock

    def tries(self, act: Callable[..., Any], **options: Any) -> Any:
        """Runs an action and returns its result, or None if the shop refuses it."""
        try:
            made = act(**options)
        except DomainError:
            return None
        self.done[act.__name__] += 1
        return made

    def amount(self) -> int:
        """Returns a random amount in minor units, sometimes a very large one."""
        return self.dice.choice([1, 99, 500, 12_345, 10**6 + 1, 10**8 + 7])

    def counted(self) -> CountedAmount:
        """Returns a random count of a drawer."""
        return CountedAmount(currency=self.store.currency, amount=self.amount())

    # --- A day --------------------------------------------------------------------------------------------------------

    def trade(self, on: date) -> None:
        """Trades for a day: from 9:00 to 22:00, or to 2:00 if the business day changes after midnight."""
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
        """Handles the next morning: late money, the close of the day, and reconciliations."""
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
        """Adds more events for closed days: late money, reversals, decisions, and closes without a count."""
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
        """Lets some cashiers hand over their drawers. Others count the drawers in, at once or on the next day."""
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
        """Returns the open sessions."""
        running = CashSession.objects.filter(store=self.store, status=SessionStatus.OPEN)
        return list(running.select_related("user", "store", "register").order_by("pk"))

    def report_payments(self, paid_at: datetime | None = None) -> None:
        """Reports six random payments: for open sessions, for closed sessions, or for no register."""
        sessions = list(CashSession.objects.filter(store=self.store).order_by("-pk").values_list("pk", flat=True)[:4])
        reports = [self.payment(sessions, paid_at or self.clock) for _ in range(6)]
        for outcome in record_payments(reports=reports, by=Principal(user=self.erika), at=self.clock):
            if outcome.payment is not None:
                payment = outcome.payment
                self.done[f"{payment.type} {payment.status} {payment.booked}"] += 1
                self.done["without a register"] += payment.register_id is None

    def payment(self, sessions: list[int], paid_at: datetime) -> PaymentReport:
        """Builds a random report: mostly cash, mostly a sale, mostly in the currency of the shop, mostly approved."""
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
        """Approves or rejects pending payments at random."""
        for name in Payment.objects.filter(store=self.store, status=PaymentStatus.PENDING).values_list(
            "external_id", flat=True
        )[:4]:
            status = self.dice.choice([PaymentStatus.APPROVED, PaymentStatus.REJECTED])
            self.tries(decide_payment, external_id=name, status=status, by=Principal(user=self.erika), at=self.clock)

    def move(self) -> None:
        """Books drops, loans, and money paid in and out, at drawers and at the vault."""
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
        """Opens the settlement of a register or of the vault, or closes it if it is open."""
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
        """Declares an amount for the whole day and for each person."""
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
    """Makes the first `number` shops, all in one account."""
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
    """Lets a shop trade for `days` days. On some mornings it closes several days at once, the newest day first."""
    waiting: list[date] = []
    for number in range(days):
        on = first + timedelta(days=number)
        shop.trade(on)
        waiting.append(on)
        if shop.dice.random() < 0.8:
            for day in reversed(waiting):
                shop.after(day)
            waiting = []
