"""A day at register 1 of the cast's shop, for the tests of reports.

It has two currencies, two methods, two sessions within a settlement, a drop, a reversal, and openings without a sale.
Amounts are minor units. Each step takes a minute.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import CASH, MovementKind, PaymentType, PlaceKind
from cashdesk.models import CashSession, Movement, Place, User
from cashdesk.pair import Pair
from settlements.domain.closing import close_settlement
from settlements.domain.counting import preview_settlement, start_counting
from settlements.domain.no_sale import note_no_sale
from settlements.domain.opening import open_settlement
from settlements.domain.store_movement import move_in_store
from settlements.enums import SettlementType
from settlements.models import Settlement
from tests.cashdesk.desk import NOON, report_of
from tests.stories import Cast

EUR, CARD, USD = Pair("EUR", CASH), Pair("EUR", "CARD"), Pair("USD", CASH)


def found(amount: int, pair: Pair = EUR, pieces: dict[int, int] | None = None) -> CountedAmount:
    """Returns the counted amount of a currency and method."""
    told = tuple(Pieces(denomination=worth, pieces=number) for worth, number in (pieces or {}).items())
    return CountedAmount(currency=pair[0], method=pair[1], amount=amount, pieces=told)


class Day:
    """A day at one register of the shop. `now` is the current time."""

    def __init__(self, cast: Cast, *, station: int = 1, start: datetime = NOON) -> None:
        self.cast = cast
        self.station = station
        self.register = cast.place(PlaceKind.REGISTER, station)
        self.vault = cast.place(PlaceKind.VAULT)
        self._minutes = (start + timedelta(minutes=number) for number in count())
        self.now = start

    @property
    def tick(self) -> datetime:
        """Moves the clock by a minute and returns the new time."""
        self.now = next(self._minutes)
        return self.now

    def by(self, user: User | None = None) -> Principal:
        """Returns the principal of a person, by default of the manager."""
        return Principal(user=user or self.cast.erika)

    def open_vault(self, amount: int = 100_000) -> Settlement:
        """Opens the vault's settlement."""
        return open_settlement(
            type=SettlementType.VAULT, store=self.cast.store, initial=[found(amount)], by=self.by(), at=self.tick
        )

    def open_register(self, *initial: CountedAmount, by: User | None = None) -> Settlement:
        """Opens the register's settlement."""
        return open_settlement(
            type=SettlementType.CASHREGISTER,
            store=self.cast.store,
            initial=initial,
            by=self.by(by),
            at=self.tick,
            station=self.station,
        )

    def sell(self, amount: int, pair: Pair = EUR, *, refund: bool = False) -> Movement:
        """Sells at the register, with or without a session."""
        report = report_of(
            amount,
            currency=pair[0],
            method=pair[1],
            store=self.cast.store.number,
            station=self.station,
            type=PaymentType.REFUND if refund else PaymentType.SALE,
        )
        payment = record_payment(report=report, by=self.by(), at=self.tick).payment
        return Movement.objects.get(payment=payment)

    def move(self, kind: MovementKind, amount: int, **more: Any) -> Movement:
        """Books a movement by hand."""
        return move_in_store(
            store=self.cast.store,
            kind=kind,
            amount=amount,
            currency="EUR",
            by=self.by(),
            at=self.tick,
            station=self.station,
            **more,
        )

    def undo(self, movement: Movement) -> Movement:
        """Reverses a movement."""
        fresh = Movement.objects.select_related("store", "source", "destination", "session", "payment", "late_for")
        return reverse(movement=fresh.get(pk=movement.pk), by=self.by(), at=self.tick, reason="mistake")

    def no_sale(self) -> None:
        """Opens the drawer without a sale."""
        note_no_sale(store=self.cast.store, station=self.station, by=self.by(), at=self.tick, reason="change")

    def start(self, user: User, amount: int) -> CashSession:
        """Opens the session of a cashier."""
        return open_session(user=user, counted=found(amount), by=self.by(user), at=self.tick, station=self.station)

    def end(self, session: CashSession, *counted: CountedAmount) -> CashSession:
        """Closes a session with the counted amount."""
        (amount,) = counted
        return close_session(session=session, counted=amount, by=self.by(session.user), at=self.tick)

    def close(self, settlement: Settlement, *counted: CountedAmount) -> Settlement:
        """Closes a settlement with the counted amounts."""
        if settlement.type == SettlementType.CASHREGISTER:
            start_counting(settlement=settlement, by=self.by(), at=self.tick)
        fresh = Settlement.objects.get(pk=settlement.pk)
        return close_settlement(settlement=fresh, counted=counted, by=self.by(), at=self.tick)

    def preview(self, settlement: Settlement, *counted: CountedAmount) -> Settlement:
        """Previews the counted amounts."""
        fresh = Settlement.objects.get(pk=settlement.pk)
        return preview_settlement(settlement=fresh, counted=counted, by=self.by(), at=self.tick).settlement

    def trade(self) -> Settlement:
        """Opens the register's settlement, runs a morning with two cashiers, and returns the settlement.

        Cash in EUR: 20000 + 5000 - 500 + 12345 - 3000 = 33845, of which Carla counts 33800. A sale of 2000 is
        reversed. Cards: 7700. Cash in USD: 1500.
        """
        settlement = self.open_register(found(20_000))
        self.sell(5_000)
        self.no_sale()
        carla = self.start(self.cast.carla, 25_000)
        self.sell(500, refund=True)
        self.sell(12_345)
        self.sell(7_700, CARD)
        self.undo(self.sell(2_000))
        self.move(MovementKind.DROP, 3_000)
        self.end(carla, found(33_800))
        bruno = self.start(self.cast.bruno, 33_800)
        self.no_sale()
        self.sell(1_500, USD)
        self.end(bruno, found(33_800))
        return settlement


def by_hand(place: Place, *, after: int, until: int = 2**62) -> dict[tuple[str, Pair], tuple[int, int, int]]:
    """Adds up a place's movements one by one. Returns (count, in, out) per kind and pair."""
    added: dict[tuple[str, Pair], list[int]] = defaultdict(lambda: [0, 0, 0])
    for movement in Movement.objects.filter(pk__gt=after, pk__lte=until).select_related("source", "destination"):
        if place not in (movement.source, movement.destination):
            continue
        line = added[movement.kind, Pair(movement.currency, movement.method)]
        line[0] += 1
        line[1 if movement.destination == place else 2] += movement.amount
    return {key: tuple(line) for key, line in added.items()}  # type: ignore[misc]
