"""The server dies twice during a storm. Then the tills and browsers send everything again."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.storms.browser import Browser, Form, Page, count_in, count_out
from tests.storms.house import Cashier, House, Server, Shop, serving
from tests.storms.judge import faults_in, faults_of_reports
from tests.storms.till import Answer, Till

PAYMENTS_OF_A_SESSION = 4
SECONDS_TO_ANSWER = 60
FLOAT = 10_000
CHANGE = 1_000
GAP = 100
"""The cash that is missing between each count out and count in, in minor units."""

Place = tuple[int, int]
"""The number of the day, and the number of the step in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request in the day of a register, by one of its two cashiers.

    A payment has its own id, a form its own one-time key, and every other request an idempotency key.
    """

    who: int
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    counted: int = 0
    """The amount that is counted on a page, in minor units."""


@dataclass(kw_only=True)
class Run:
    """One run of all days, until they end or the server dies."""

    days: list[list[Step]]
    forms: dict[Place, Form]
    """The forms that were filled in, in this run or an earlier one. A browser keeps them and sends them again."""
    answers: dict[Place, Answer | Page] = field(default_factory=dict)
    unanswered: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def work(self, port: int, pair: tuple[Cashier, ...], day: int) -> None:
        """Sends the steps of a register's day, each after the answer to the step before it."""
        try:
            with ExitStack() as stack:
                tills = [stack.enter_context(Till(port, one.devices[0])) for one in pair]
                browsers = [stack.enter_context(Browser(port, one.cookie)) for one in pair]
                for number, step in enumerate(self.days[day]):
                    answer: Answer | Page
                    if step.counted:
                        answer = self._send_form((day, number), browsers[step.who])
                    else:
                        answer = _ask_until_done(tills[step.who], step)
                    with self._changed:
                        self.answers[day, number] = answer
                        self._changed.notify_all()
        except (OSError, http.client.HTTPException):
            with self._changed:
                self.unanswered += 1
                self._changed.notify_all()

    def _send_form(self, place: Place, browser: Browser) -> Page:
        """Sends a form. Fills it in first if no earlier run has done that."""
        day, number = place
        step = self.days[day][number]
        if place not in self.forms:
            made = count_out(browser, step.counted) if step.path == "/desk/hand-over" else None
            self.forms[place] = made or count_in(browser, step.counted, station=day + 1)
        return browser.send(self.forms[place])

    def await_answers(self, count: int) -> None:
        """Waits for this many answers."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answers) >= count, SECONDS_TO_ANSWER)


def day_of(register: int, *, sessions: int) -> Iterator[Step]:
    """Yields the steps of a register's day.

    Two cashiers take turns. Each sells, gets change and counts exactly. The drawer is handed over until the last
    session, and some cash is missing at each counting-in.
    """
    held = FLOAT
    for session in range(sessions):
        name, who, is_last = f"{register}-{session}", session % 2, session == sessions - 1
        sales = _sales(name)
        if session:
            held -= GAP
            yield Step(who=who, path="/desk/open", counted=held)
        else:
            body = {"start_amount": FLOAT // 100, "station": register + 1}
            yield Step(who=who, path="/cash/open", body=body, key=f"open-{name}")
        yield from (Step(who=who, path="/payments", body=sale) for sale in sales)
        change = {"type": "cash_in", "amount": CHANGE, "category": "change"}
        yield Step(who=who, path="/shifts/cash-transaction", body=change, key=f"in-{name}")
        held += CHANGE + sum(sale["amount"] for sale in sales)
        if is_last:
            yield Step(who=who, path="/cash/close", body={"final_cash_declared": held // 100}, key=f"close-{name}")
        else:
            yield Step(who=who, path="/desk/hand-over", counted=held)


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
    """Sends a step again while the first request, from the dead server, still runs in the database."""
    while True:
        answer = till.post(step.path, step.body, key=step.key)
        if answer.status != 409 or b"still" not in answer.content:
            return answer


@pytest.mark.parametrize(
    ("registers", "sessions", "cuts"),
    [
        pytest.param(3, 3, (15, 40), id="two cuts"),
        pytest.param(
            4, 20, (50, 150, 250, 350, 450), id="five cuts", marks=[pytest.mark.storm, pytest.mark.timeout(1200)]
        ),
    ],
)
def test_a_server_that_dies_loses_nothing_and_books_nothing_twice(
    own_house: House, shop: Shop, registers: int, sessions: int, cuts: tuple[int, ...]
) -> None:
    days = [list(day_of(register, sessions=sessions)) for register in range(registers)]
    forms: dict[Place, Form] = {}
    runs: list[Run] = []
    for answers in cuts:
        runs.append(_run_until_cut(Server(own_house), shop, Run(days=days, forms=forms), answers=answers))
        # What the dead server left is whole: no session without its float, no seal without its close.
        assert faults_in(own_house.books(shop)) == []
    with serving(own_house) as server:
        runs.append(_run(server, shop, Run(days=days, forms=forms)))

    _expect_the_same_answers(runs)
    books = own_house.books(shop)
    assert faults_in(books) == []
    names = [f"{register}-{session}" for register in range(registers) for session in range(sessions)]
    assert faults_of_reports(books, {sale["id"]: sale["amount"] for name in names for sale in _sales(name)}) == []
    assert [(row["status"], row["difference"]) for row in books["sessions"]] == [("CLOSED", 0)] * len(names)
    assert [row["kind"] for row in books["movements"]].count("PAID_IN") == len(names)
    handed_on = Counter((row["is_handed_over"], row["opening_difference"]) for row in books["sessions"])
    middle = registers * (sessions - 2)
    assert handed_on == {(True, 0): registers, (True, -GAP): middle, (False, -GAP): registers}


def _run(server: Server, shop: Shop, run: Run) -> Run:
    """Lets every cashier finish the day."""
    with ThreadPoolExecutor(len(run.days)) as threads:
        _begin(threads, run, server, shop)
    assert run.unanswered == 0
    return run


def _run_until_cut(server: Server, shop: Shop, run: Run, *, answers: int) -> Run:
    """Kills the server after this many answers."""
    with ThreadPoolExecutor(len(run.days)) as threads:
        _begin(threads, run, server, shop)
        try:
            run.await_answers(answers)
        finally:
            server.kill()
    assert run.unanswered > 0, "the cut came when everybody was through"
    return run


def _begin(threads: ThreadPoolExecutor, run: Run, server: Server, shop: Shop) -> None:
    for day in range(len(run.days)):
        threads.submit(run.work, server.port, shop.cashiers[2 * day : 2 * day + 2], day)


def _expect_the_same_answers(runs: list[Run]) -> None:
    """Asserts that each step gets the same answer in every run, and that the last run answers everything."""
    steps = {(day, number): step for day, made in enumerate(runs[0].days) for number, step in enumerate(made)}
    assert runs[-1].answers.keys() == steps.keys()
    for place, step in steps.items():
        found = [run.answers[place] for run in runs if place in run.answers]
        pages = [page for page in found if isinstance(page, Page)]
        answers = [answer for answer in found if isinstance(answer, Answer)]
        assert {page.status for page in pages} <= {303}
        assert {answer.status for answer in answers} <= {200, 201}
        assert len({page.leads_to for page in pages} | {answer.content for answer in answers}) == 1
        if step.key:
            assert all(answer.is_replay for answer in answers[1:])
