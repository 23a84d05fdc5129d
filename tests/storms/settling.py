"""Settlement storms: many people count and close a register while its tills report, and a vault is closed while it is
used.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.storms.house import Server, Shop
from tests.storms.till import Answer, Till, all_at_once
from tests.storms.trading import STATION, Storm, payment_of, raging

PREVIEWERS = 5
CLOSERS = 3
Window = tuple[float, float]
"""The times at which a request was sent and its answer arrived."""


def euros(amount: int) -> list[dict[str, Any]]:
    """Returns this much cash in the format of the settlements API."""
    return [{"value": amount, "currency": "EUR", "method": "CASH"}]


@dataclass(kw_only=True)
class Settling:
    """The answers to the people who settled, and to the tills."""

    storm: Storm = field(default_factory=Storm)
    paid: list[tuple[Window, str]] = field(default_factory=list)
    """For each approved payment, the times of its request, and how it was booked."""
    opened: list[Window] = field(default_factory=list)
    counted: list[Window] = field(default_factory=list)
    closes: int = 0
    """The number of answers that reported a close."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, act: Callable[[], Answer], into: list[Window]) -> Answer:
        """Runs an action and notes its times."""
        sent = time.monotonic()
        answer = act()
        with self.lock:
            into.append((sent, time.monotonic()))
        return answer

    def faults_of_time(self) -> list[str]:
        """Checks that a payment sent after the start of a count is late, and a payment answered before it is on time."""
        faults = []
        for (sent, answered), booked in self.paid:
            for number, (asked, begun) in enumerate(self.counted):
                following = self.opened[number + 1][0] if number + 1 < len(self.opened) else float("inf")
                if begun < sent and answered < following and booked != "late":
                    faults.append(f"a payment sent while settlement {number} was counted was booked {booked}")
                if self.opened[number][1] < sent and answered < asked and booked != "on_time":
                    faults.append(f"a payment answered before settlement {number} was counted was booked {booked}")
        return faults


def report(settling: Settling, till: Till, name: str) -> None:
    """Reports payments one by one until the storm is over, and notes how each was booked."""
    number = 0
    while not settling.storm.is_over:
        payment, turn = payment_of(name, number), settling.storm.turn
        seen: list[Window] = []
        answer = settling.timed(partial(till.post, "/payments", payment), seen)
        settling.storm.note([payment], [answer.status], turn=turn)
        if answer.status == 201 and payment["status"] == "APPROVED":
            with settling.lock:
                settling.paid.append((seen[0], answer.body["booked"]))
        number += 1


def settle_again_and_again(
    settling: Settling, manager: Till, counters: Sequence[Till], *, rounds: int, on_time: int, late: int
) -> None:
    """Opens a register's settlement and lets it trade. Then many clients count, preview and close it at once. Repeats
    this.
    """
    storm = settling.storm
    for number in range(rounds):
        body = {"type": "CASHREGISTER", "station": STATION, "initialCash": euros(100_00 + number)}
        made = settling.timed(partial(manager.post, "/settlements", body), settling.opened)
        storm.expect({201}, made)
        if made.status != 201:
            return
        path = f"/settlements/{made.body['settlementId']}"
        storm.await_more(on_time)
        begun: list[Window] = []
        first, second = counters[:2]
        answers = all_at_once(
            [
                partial(settling.timed, partial(till.patch, path, {"state": "COUNTING"}), begun)
                for till in (first, second)
            ]
        )
        settling.counted.append((min(sent for sent, _ in begun), min(answered for _, answered in begun)))
        if sorted(answer.status for answer in answers) != [200, 409]:
            storm.faults.append(f"two began to count: {[answer.status for answer in answers]}")
        acts = [
            partial(till.patch, path, {"state": "COUNTING", "amounts": euros(1 + place)})
            for place, till in enumerate(counters[:PREVIEWERS])
        ]
        acts += [
            partial(till.patch, path, {"state": "CLOSED", "amounts": euros(90_00 + place)})
            for place, till in enumerate(counters[PREVIEWERS:])
        ]
        if number % 3 == 2:
            acts = acts[:PREVIEWERS]  # nobody closes it: the third preview does
        for answer in all_at_once(acts):
            storm.expect({200, 409}, answer)
            if answer.status == 200 and answer.body["apiResponseStatus"]["responseCode"] == "I06005":
                settling.closes += 1
        storm.await_more(late)


def settle_while_trading(server: Server, shop: Shop, *, tills: int, rounds: int, on_time: int, late: int) -> Settling:
    """Settles one register, which trades only under settlement, while tills report to it. Returns the answers."""
    settling = Settling()
    with ExitStack() as stack:
        manager = stack.enter_context(Till(server.port, shop.manager))
        counters = [stack.enter_context(Till(server.port, shop.manager)) for _ in range(PREVIEWERS + CLOSERS)]
        reporting = [stack.enter_context(Till(server.port, shop.key)) for _ in range(tills)]
        vault = {"type": "VAULT", "initialCash": euros(10_000_00)}
        settling.storm.expect({201}, manager.post("/settlements", vault))
        acts = [partial(report, settling, till, f"till{number}") for number, till in enumerate(reporting)]
        with raging(settling.storm, acts):
            settle_again_and_again(settling, manager, counters, rounds=rounds, on_time=on_time, late=late)
    return settling


def work_a_register(storm: Storm, till: Till, station: int) -> None:
    """Opens a register's settlement, books drops and loans, and closes it, until the storm is over."""
    number = 0
    while not storm.is_over:
        number += 1
        body = {"type": "CASHREGISTER", "station": station, "initialCash": euros(50_00 + number)}
        made = till.post("/settlements", body)
        storm.expect({201}, made)
        if made.status != 201:
            return
        for kind in ("DROP", "LOAN", "DROP"):
            turn = storm.turn
            moved = till.post("/movements", {"kind": kind, "amount": 100 + number, "station": station})
            storm.expect({201}, moved)
            storm.note([{"id": f"{station}-{number}-{kind}", "status": "PENDING"}], [moved.status], turn=turn)
        path = f"/settlements/{made.body['settlementId']}"
        storm.expect({200}, till.patch(path, {"state": "COUNTING"}))
        storm.expect({200}, till.patch(path, {"state": "CLOSED", "amounts": euros(49_00 + number % 3 * 100)}))


def close_the_vault_under_its_registers(server: Server, shop: Shop, *, registers: int, rounds: int) -> Storm:
    """Previews and closes a vault again and again, by two managers at once, while its registers use it."""
    storm = Storm()
    with ExitStack() as stack:
        managers = [stack.enter_context(Till(server.port, shop.manager)) for _ in range(2)]
        workers = [stack.enter_context(Till(server.port, shop.manager)) for _ in range(registers)]
        storm.expect({201}, managers[0].post("/settlements", {"type": "VAULT", "initialCash": euros(1000_00)}))
        acts = [partial(work_a_register, storm, till, number) for number, till in enumerate(workers, start=1)]
        with raging(storm, acts):
            for number in range(rounds):
                storm.await_more(registers)
                page = managers[0].get("/settlements?type=VAULT&state=OPEN").body["settlements"]["content"]
                path = f"/settlements/{page[0]['settlementId']}"
                storm.expect({200}, managers[0].patch(path, {"state": "COUNTING", "amounts": euros(1)}))
                body = {"state": "CLOSED", "amounts": euros(900_00 + number)}
                closed = sorted(
                    answer.status for answer in all_at_once([partial(till.patch, path, body) for till in managers])
                )
                if closed != [200, 409]:
                    storm.faults.append(f"two closed the vault: {closed}")
    return storm
