"""A shop with weeks of closes, made by the domain: each close sells a few times for cash and is counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import CASH, MovementKind, PaymentStatus, PaymentType
from cashdesk.models import CashSession, Store, User
from settlements.domain.no_sale import note_no_sale
from tests.cashdesk.desk import move
from tests.factories import UserFactory
from tests.stories import Cast

BERLIN = ZoneInfo("Europe/Berlin")
FLOAT = 100_00


@dataclass
class Weeks:
    """Writes closes into the store of a cast. Dora is a third cashier."""

    cast: Cast
    number: int = 0
    people: dict[str, User] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dora = UserFactory(username="dora", name="Dora", store=self.cast.store)
        self.people = {"carla": self.cast.carla, "bruno": self.cast.bruno, "dora": dora}

    @property
    def store(self) -> Store:
        return self.cast.store

    def close(
        self,
        who: User,
        on: date,
        difference: int = 0,
        *,
        station: int = 1,
        hour: int = 9,
        sales: int = 2,
        refunds: int = 0,
        paid_outs: int = 0,
        no_sales: int = 0,
        by: User | None = None,
    ) -> CashSession:
        """Opens a drawer, sells, and closes it with this difference. `by` counts, by default its cashier."""
        at = datetime.combine(on, datetime.min.time(), BERLIN) + timedelta(hours=hour)
        session = open_session(
            user=who,
            counted=CountedAmount(currency="EUR", amount=FLOAT),
            by=Principal(user=who),
            at=at,
            station=station,
        )
        for kind, number, amount in ((PaymentType.SALE, sales, 5_00), (PaymentType.REFUND, refunds, 1_00)):
            for _one in range(number):
                self.pay(session, amount, kind, at=at + timedelta(minutes=5))
        for _one in range(paid_outs):
            move(session, MovementKind.PAID_OUT, 2_00, at=at + timedelta(minutes=10))
        for _one in range(no_sales):
            at_drawer = at + timedelta(minutes=15)
            note_no_sale(store=self.store, station=station, by=Principal(user=who), at=at_drawer, reason="change")
        counted = FLOAT + sales * 5_00 - refunds * 1_00 - paid_outs * 2_00 + difference
        return close_session(
            session=session,
            counted=CountedAmount(currency="EUR", amount=counted),
            by=Principal(user=by or who),
            at=at + timedelta(hours=1),
        )

    def pay(self, session: CashSession, amount: int, kind: PaymentType = PaymentType.SALE, *, at: datetime) -> None:
        """Reports a cash payment of a session."""
        self.number += 1
        report = PaymentReport(
            id=f"weeks-{self.number}",
            amount=amount,
            method=CASH,
            currency="EUR",
            status=PaymentStatus.APPROVED,
            type=kind,
            session=str(session.pk),
        )
        outcome = record_payment(report=report, by=SYSTEM, at=at)
        assert outcome.payment is not None, outcome

    def month(self, first: date, differences: Mapping[str, Mapping[int, int]], *, days: int = 28) -> None:
        """Lets everybody close register 1 on each workday from `first` on. Differences are by name and weekday."""
        for number in range(days):
            on = first + timedelta(days=number)
            for hour, (name, who) in zip((8, 10, 12), self.people.items(), strict=True):
                if on.weekday() < 5:
                    self.close(who, on, differences.get(name, {}).get(on.weekday(), 0), hour=hour)
