"""A trading storm: tills report payments without a pause while their register is opened and closed."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from tests.storms.house import Server, Shop
from tests.storms.till import Answer, Till

STATION = 1
SECONDS_TO_ANSWER = 60
Payment = Mapping[str, object]


class TillsStopped(Exception):
    """The tills got no more answers. The message says how many payments they sent."""


@dataclass(kw_only=True)
class Storm:
    """The payments that were sent, and the wrong answers."""

    sent: dict[str, int] = field(default_factory=dict)
    """The minor units that each answered payment moves into a drawer, by payment id."""
    faults: list[str] = field(default_factory=list)
    """The wrong answers, one sentence each."""
    is_over: bool = False
    turn: int = 0
    """The number of waits. A till reads it before it sends, so that a wait counts only payments sent after its start."""
    _answered: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, payments: Sequence[Payment], statuses: Sequence[int], *, turn: int) -> None:
        """Notes payments with the status of their answers: 201 for a new payment, 200 for a known payment."""
        with self._changed:
            if turn == self.turn:
                self._answered += len(payments)
            for payment, status in zip(payments, statuses, strict=True):
                if status in (200, 201):
                    self.sent[str(payment["id"])] = into_drawer(payment)
                else:
                    self.faults.append(f"payment {payment['id']} was answered {status}")
            self._changed.notify_all()

    def expect(self, statuses: Collection[int], answer: Answer) -> None:
        """Notes an answer with any other status as a fault."""
        if answer.status not in statuses:
            with self._changed:
                self.faults.append(f"answered {answer.status}: {answer.content.decode()[:500]}")

    def await_more(self, count: int) -> None:
        """Waits until `count` payments were sent and answered from now on, so that a round has trade in it without a
        sleep.
        """
        with self._changed:
            self.turn, self._answered = self.turn + 1, 0
            self._changed.wait_for(lambda: self._answered >= count or self.is_over, SECONDS_TO_ANSWER)
            if self._answered < count:
                raise TillsStopped(f"after {len(self.sent)} payments, with {self.faults[:10]}")

    def end(self) -> None:
        """Tells every till that the storm is over."""
        with self._changed:
            self.is_over = True
            self._changed.notify_all()


def into_drawer(payment: Payment) -> int:
    """Returns the minor units that a payment moves into a drawer."""
    if payment["status"] != "APPROVED":
        return 0
    amount = int(str(payment["amount"]))
    return amount if payment["type"] == "SALE" else -amount


def payment_of(name: str, number: int, *, station: int = STATION) -> Payment:
    """Returns payment number `number` of a till: cash or card, sometimes a refund or a pending payment."""
    return {
        "id": f"{name}-{number}",
        "station": station,
        "method": "CARD" if number % 5 == 4 else "CASH",
        "currency": "EUR",
        "amount": 100 + number % 977,
        "status": "PENDING" if number % 11 == 10 else "APPROVED",
        "type": "REFUND" if number % 7 == 6 else "SALE",
    }


def report_singly(storm: Storm, till: Till, name: str) -> None:
    """Reports payments one by one until the storm is over."""
    number = 0
    while not storm.is_over:
        payment, turn = payment_of(name, number), storm.turn
        storm.note([payment], [till.post("/payments", payment).status], turn=turn)
        number += 1


def report_in_batches(
    storm: Storm, till: Till, name: str, *, size: int = 20, stations: Sequence[int] = (STATION,)
) -> None:
    """Reports batches until the storm is over. Each batch has payments of all these stations."""
    number = 0
    while not storm.is_over:
        numbers = range(number, number + size)
        payments = [payment_of(name, each, station=stations[each % len(stations)]) for each in numbers]
        turn = storm.turn
        answer = till.post("/payments/batch", {"payments": payments})
        storm.note(
            payments,
            [answer.status] * size
            if answer.status != 200
            else [result["status_code"] for result in answer.body["results"]],
            turn=turn,
        )
        number += size


def move_cash(storm: Storm, till: Till) -> None:
    """Pays in, pays out and drops cash from a cashier's second device, until the storm is over."""
    number = 0
    while not storm.is_over:
        kind, category = (("cash_in", "change"), ("cash_out", "supplies"), ("cash_out", "drop"))[number % 3]
        answer = till.post("/shifts/cash-transaction", {"type": kind, "amount": 1 + number % 50, "category": category})
        # Without an open session the answer is 404, which is no fault.
        storm.expect({201, 404}, answer)
        number += 1


@contextmanager
def raging(storm: Storm, acts: Sequence[Callable[[], None]]) -> Iterator[None]:
    """Runs the actions in threads beside the block, and ends the storm after it. A failed action ends the storm and is
    raised.
    """

    def ending(act: Callable[[], None]) -> None:
        try:
            act()
        finally:
            storm.end()

    with ThreadPoolExecutor(len(acts)) as threads:
        running = [threads.submit(ending, act) for act in acts]
        try:
            yield
        except TillsStopped:
            # The error of the action says more than TillsStopped.
            for act in running:
                act.result(SECONDS_TO_ANSWER)
            raise
        finally:
            storm.end()
    for act in running:
        act.result()


def open_and_close(storm: Storm, till: Till, *, rounds: int, on_time: int, late: int) -> None:
    """Opens and closes a register again and again. Waits for this many payments after each opening and each close."""
    for number in range(rounds):
        storm.expect({200}, till.post("/cash/open", {"start_amount": 100 + number, "station": STATION}))
        storm.await_more(on_time)
        storm.expect({200}, till.post("/cash/close", {"final_cash_declared": 120.5 if number % 3 else 0}))
        storm.await_more(late)


def trade_while_closing(server: Server, shop: Shop, *, tills: int, rounds: int, on_time: int, late: int) -> Storm:
    """Lets `tills` clients report to one register while its cashier opens and closes it. Returns the storm.

    One client sends batches. Another client moves cash from the cashier's second device.
    """
    storm = Storm()
    carla = shop.cashiers[0]
    with ExitStack() as stack:
        first_device, second_device = (stack.enter_context(Till(server.port, device)) for device in carla.devices)
        reporting = [stack.enter_context(Till(server.port, shop.key)) for _ in range(tills - 1)]
        # Opens and closes once without trade, so that an early payment can be late for a closed session.
        open_and_close(storm, first_device, rounds=1, on_time=0, late=0)
        acts = [partial(report_singly, storm, till, f"till{number}") for number, till in enumerate(reporting[1:])]
        acts += [partial(report_in_batches, storm, reporting[0], "batch"), partial(move_cash, storm, second_device)]
        with raging(storm, acts):
            open_and_close(storm, first_device, rounds=rounds, on_time=on_time, late=late)
    return storm
