"""Short helpers for the domain tests of settlements.

Amounts are euros in cash (minor units), unless a test names pairs of currency and method. Every action moves the clock
by a minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import CASH, MovementKind, PaymentStatus, PlaceKind
from cashdesk.models import CashSession, Movement, Payment, Place, User
from cashdesk.pair import Pair
from settlements.domain.closing import close_settlement, force_close_settlement
from settlements.domain.count_settlement_afterwards import count_settlement_afterwards
from settlements.domain.counting import Preview, preview_settlement, start_counting
from settlements.domain.late_after_count import late_amounts_of
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementType
from settlements.models import Settlement
from tests.cashdesk.desk import NOON, counted, report_of
from tests.stories import Cast

EUR = Pair("EUR", CASH)
USD = Pair("USD", CASH)
CARD = Pair("EUR", "CARD")
Amounts = int | Mapping[Pair, int]
Figures = dict[Pair, tuple[int, int, int]]


def found(amounts: Amounts) -> list[CountedAmount]:
    """Returns counted amounts."""
    pairs = {EUR: amounts} if isinstance(amounts, int) else amounts
    return [
        CountedAmount(currency=currency, method=method, amount=amount) for (currency, method), amount in pairs.items()
    ]


def figures(settlement: Settlement) -> Figures:
    """Returns target, actual and difference of a closed settlement by pair."""
    return {line.pair: (line.target, line.actual, line.difference) for line in settlement.closing_amounts.all()}


def late(settlement: Settlement) -> dict[Pair, int]:
    """Returns the late amounts of a settlement, without zeros."""
    return {pair: amount for pair, amount in late_amounts_of(settlement).items() if amount}


@dataclass
class Shop:
    """Store 1337 with a clock.

    Erika, the manager, takes every action for which the test names no cashier.
    """

    cast: Cast
    at: datetime = NOON
    sessions: list[CashSession] = field(default_factory=list)

    def tick(self) -> datetime:
        """Moves the clock by a minute and returns the new time."""
        self.at += timedelta(minutes=1)
        return self.at

    def by(self, user: User | None = None) -> Principal:
        """Returns the principal of a person, by default of Erika."""
        return Principal(user=user or self.cast.erika)

    def register(self, number: int = 1) -> Place:
        """Returns the current row of a register."""
        return self.cast.place(PlaceKind.REGISTER, number)

    def vault(self, amounts: Amounts = 1000_00) -> Settlement:
        """Opens the vault's settlement."""
        return open_settlement(
            type=SettlementType.VAULT, store=self.cast.store, initial=found(amounts), by=self.by(), at=self.tick()
        )

    def open(self, amounts: Amounts = 200_00, *, station: int = 1, by: User | None = None) -> Settlement:
        """Opens a register's settlement."""
        return open_settlement(
            type=SettlementType.CASHREGISTER,
            store=self.cast.store,
            initial=found(amounts),
            by=self.by(by),
            at=self.tick(),
            station=station,
        )

    def count(self, settlement: Settlement) -> Settlement:
        """Starts the count of a settlement."""
        return start_counting(settlement=settlement, by=self.by(), at=self.tick())

    def preview(self, settlement: Settlement, amounts: Amounts) -> Preview:
        """Previews these amounts."""
        return preview_settlement(settlement=settlement, counted=found(amounts), by=self.by(), at=self.tick())

    def close(self, settlement: Settlement, amounts: Amounts) -> Settlement:
        """Closes a settlement with these amounts. Starts the count of a register first if necessary."""
        now = Settlement.objects.get(pk=settlement.pk)
        if now.type == SettlementType.CASHREGISTER and now.state == "OPEN":
            self.count(now)
        return close_settlement(settlement=now, counted=found(amounts), by=self.by(), at=self.tick())

    def force(self, settlement: Settlement) -> Settlement:
        """Closes a settlement without a count."""
        return force_close_settlement(settlement=settlement, by=self.by(), at=self.tick(), reason="power cut")

    def count_later(self, settlement: Settlement, amounts: Amounts) -> dict[Pair, int]:
        """Counts the drawer of a settlement that was closed without a count, and returns the differences."""
        compared = count_settlement_afterwards(
            settlement=settlement, counted=found(amounts), by=self.by(), at=self.tick()
        )
        return {pair.pair: pair.difference for pair in compared}

    def pay(self, amount: int, pair: Pair = EUR, *, station: int = 1, **fields: Any) -> Payment:
        """Reports a payment at a register."""
        currency, method = pair
        report = report_of(
            amount,
            **{"currency": currency, "method": method, "station": station, "status": PaymentStatus.APPROVED, **fields},
        )
        payment = record_payment(report=report, by=self.by(), at=self.tick()).payment
        assert payment is not None
        return payment

    def sale(self, amount: int, pair: Pair = EUR, **fields: Any) -> Movement:
        """Reports a sale and returns its movement."""
        return Movement.objects.get(payment=self.pay(amount, pair, **fields))

    def move(self, kind: MovementKind, amount: int, *, here: Place | None = None) -> Movement:
        """Moves cash at register 1, or at the given place."""
        return move_money(
            here=here or self.register(),
            store=self.cast.store,
            kind=kind,
            amount=amount,
            currency="EUR",
            by=self.by(),
            at=self.tick(),
            reason="test",
        )

    def reverse(self, movement: Movement) -> Movement:
        """Reads a movement again and reverses it."""
        again = Movement.objects.select_related("store", "source", "destination", "session", "late_for").get(
            pk=movement.pk
        )
        return reverse(movement=again, by=self.by(), at=self.tick(), reason="a mistake")

    def sign_on(self, user: User, amount: int, *, station: int = 1) -> CashSession:
        """Opens a cashier's session."""
        session = open_session(
            user=user, counted=counted(amount), by=Principal(user=user), at=self.tick(), station=station
        )
        self.sessions.append(session)
        return session

    def sign_off(self, session: CashSession, amount: int, *, hands_over: bool = False) -> CashSession:
        """Closes a session with the counted amount, or hands the drawer over."""
        by = Principal(user=session.user)
        return close_session(session=session, counted=counted(amount), by=by, at=self.tick(), hands_over=hands_over)

    def book(self, number: int | None = None, *, pair: Pair = EUR) -> int:
        """Returns the balance of the vault, or of a register, by the whole ledger."""
        from_the = (PlaceKind.VAULT, 0) if number is None else (PlaceKind.REGISTER, number)
        return balance(self.cast.place(*from_the), pair)


def balance(place: Place, pair: Pair = EUR) -> int:
    """Returns the balance of a place: the sum of its movements, added up one by one."""
    currency, method = pair
    rows = Movement.objects.filter(currency=currency, method=method)
    into = sum(rows.filter(destination=place).values_list("amount", flat=True))
    return into - sum(rows.filter(source=place).values_list("amount", flat=True))
