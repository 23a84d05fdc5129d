"""The server dies in the middle of a storm, twice; its tills then send everything again."""

import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.storms.house import House, Server, Shop, serving
from tests.storms.judge import faults_in, faults_of_reports
from tests.storms.till import Answer, Till

PAYMENTS_OF_A_SESSION = 4
SECONDS_TO_ANSWER = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of a cashier's day. A payment is known by its own id, everything else by its key."""

    path: str
    body: dict[str, Any]
    key: str = ""


@dataclass(kw_only=True)
class Run:
    """One run of all cashiers through their days, until they are through or the server dies."""

    days: list[list[Step]]
    answers: dict[tuple[int, int], Answer] = field(default_factory=dict)
    """By cashier and step."""
    unanswered: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def work(self, port: int, device: str, cashier: int) -> None:
        """Sends a cashier's day, step by step, each once its predecessor was answered."""
        try:
            with Till(port, device) as till:
                for number, step in enumerate(self.days[cashier]):
                    answer = _ask_until_done(till, step)
                    with self._changed:
                        self.answers[cashier, number] = answer
                        self._changed.notify_all()
        except (OSError, http.client.HTTPException):
            with self._changed:
                self.unanswered += 1
                self._changed.notify_all()

    def await_answers(self, count: int) -> None:
        """Waits for so many answers."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answers) >= count, SECONDS_TO_ANSWER)


def day_of(cashier: int, *, sessions: int) -> Iterator[Step]:
    """A cashier opens a drawer, sells, gets change and counts to the cent, several times a day."""
    for session in range(sessions):
        name = f"{cashier}-{session}"
        sales = _sales(name)
        yield Step(path="/cash/open", body={"start_amount": 100, "station": cashier + 1}, key=f"open-{name}")
        yield from (Step(path="/payments", body=sale) for sale in sales)
        yield Step(
            path="/shifts/cash-transaction",
            body={"type": "cash_in", "amount": 1000, "category": "change"},
            key=f"in-{name}",
        )
        counted = (10_000 + 1000 + sum(sale["amount"] for sale in sales)) // 100
        yield Step(path="/cash/close", body={"final_cash_declared": counted}, key=f"close-{name}")


def _sales(name: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{name}-{number}",
            "method": "CASH",
            "currency": "EUR",
            "amount": 100 * (number + 1),
            "status": "APPROVED",
        }
        for number in range(PAYMENTS_OF_A_SESSION)
    ]


def _ask_until_done(till: Till, step: Step) -> Answer:
    """Sends a step again while its first sending, whose server is dead, still runs in the database."""
    while True:
        answer = till.post(step.path, step.body, key=step.key)
        if answer.status != 409 or b"still" not in answer.content:
            return answer


@pytest.mark.parametrize(
    ("cashiers", "sessions", "cuts"),
    [
        pytest.param(6, 2, (20, 50), id="two cuts"),
        pytest.param(
            8, 10, (50, 150, 250, 350, 450), id="five cuts", marks=[pytest.mark.storm, pytest.mark.timeout(1200)]
        ),
    ],
)
def test_a_server_that_dies_loses_nothing_and_books_nothing_twice(
    own_house: House, shop: Shop, cashiers: int, sessions: int, cuts: tuple[int, ...]
) -> None:
    days = [list(day_of(cashier, sessions=sessions)) for cashier in range(cashiers)]
    runs: list[Run] = []
    for answers in cuts:
        runs.append(_run_until_cut(Server(own_house), shop, days, answers=answers))
        # What the dead server left is whole: no session without its float, no seal without its close.
        assert faults_in(own_house.books(shop)) == []
    with serving(own_house) as server:
        runs.append(_run(server, shop, days))

    _expect_the_same_answers(runs)
    books = own_house.books(shop)
    assert faults_in(books) == []
    names = [f"{cashier}-{session}" for cashier in range(cashiers) for session in range(sessions)]
    assert faults_of_reports(books, {sale["id"]: sale["amount"] for name in names for sale in _sales(name)}) == []
    assert [(row["status"], row["difference"]) for row in books["sessions"]] == [("CLOSED", 0)] * len(names)
    assert [row["kind"] for row in books["movements"]].count("PAID_IN") == len(names)


def _run(server: Server, shop: Shop, days: list[list[Step]]) -> Run:
    """Lets every cashier come to the end of the day."""
    run = Run(days=days)
    with ThreadPoolExecutor(len(days)) as threads:
        _begin(threads, run, server, shop)
    assert run.unanswered == 0
    return run


def _run_until_cut(server: Server, shop: Shop, days: list[list[Step]], *, answers: int) -> Run:
    """Kills the server after so many answers."""
    run = Run(days=days)
    with ThreadPoolExecutor(len(days)) as threads:
        _begin(threads, run, server, shop)
        try:
            run.await_answers(answers)
        finally:
            server.kill()
    assert run.unanswered > 0, "the cut came when everybody was through"
    return run


def _begin(threads: ThreadPoolExecutor, run: Run, server: Server, shop: Shop) -> None:
    for cashier in range(len(run.days)):
        threads.submit(run.work, server.port, shop.cashiers[cashier].devices[0], cashier)


def _expect_the_same_answers(runs: list[Run]) -> None:
    """Whatever was answered once is answered the same ever after; the last run answers everything."""
    steps = {(cashier, number): step for cashier, day in enumerate(runs[0].days) for number, step in enumerate(day)}
    assert runs[-1].answers.keys() == steps.keys()
    for place, step in steps.items():
        answers = [run.answers[place] for run in runs if place in run.answers]
        assert {answer.status for answer in answers} <= {200, 201}
        assert len({answer.content for answer in answers}) == 1
        if step.key:
            assert all(answer.is_replay for answer in answers[1:])
