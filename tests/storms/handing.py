"""Handover storms: a drawer changes hands while tills report sales, and several people want to count it in."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from tests.storms.browser import Browser, NoForm, Page, count_afterwards, count_in, count_out
from tests.storms.house import Cashier, Server, Shop
from tests.storms.till import Answer, Till, all_at_once
from tests.storms.trading import STATION, Storm, raging, report_in_batches, report_singly

TABS = 2
"""The number of tabs from which a browser sends the same form at once."""

BATCH_SIZE = 10


@dataclass(kw_only=True)
class Worker:
    """A person with a browser of several tabs, and with a client of the API."""

    tabs: Sequence[Browser]
    till: Till


@dataclass(kw_only=True)
class Handing:
    """The answers to the people who handed over and took over, and to the tills."""

    storm: Storm = field(default_factory=Storm)
    handed_over: int = 0
    closed: int = 0
    """Drawers that were closed over the API at the moment of their handover."""
    won: Counter[str] = field(default_factory=Counter)
    """How often a waiting drawer was counted on a page, over the API, and by the manager."""

    def fault(self, words: str) -> None:
        """Notes a fault."""
        self.storm.faults.append(words)

    def hand_over(self, holder: Worker, amount: int, *, and_closes: bool) -> bool:
        """Sends one handover form from all tabs at once, sometimes with a close over the API. Returns whether the
        drawer now waits.

        Exactly one request may have an effect, and all tabs must get the same answer.
        """
        form = count_out(holder.tabs[0], amount)
        acts: list[Callable[[], Page | Answer]] = [partial(tab.send, form) for tab in holder.tabs]
        if and_closes:
            acts.append(partial(holder.till.post, "/cash/close", {"final_cash_declared": amount // 100}))
        answers = all_at_once(acts)
        pages = [answer for answer in answers if isinstance(answer, Page)]
        if {page.status for page in pages} != {303} or len({page.leads_to for page in pages}) != 1:
            self.fault(f"a handover was answered {[(page.status, page.leads_to) for page in pages]}")
        is_closed = [answer.status for answer in answers if isinstance(answer, Answer)] == [200]
        if is_closed != all("closed-meanwhile" in page.leads_to for page in pages):
            self.fault(f"closed over the API: {is_closed}, and the pages led to {pages[0].leads_to}")
        self.closed += is_closed
        self.handed_over += not is_closed
        return not is_closed

    def count_in(
        self,
        takers: Sequence[Worker],
        amounts: Sequence[int],
        *,
        caller: Worker | None,
        managers: Sequence[Callable[[], Page]],
    ) -> Worker | None:
        """Lets several people count the drawer at once. Returns the person who has it now, or None.

        Each taker sends one form from all tabs, `caller` uses the API, and the managers count for the vault. Exactly
        one person gets the drawer, and at most one manager counts it before.
        """
        forms = [
            count_in(taker.tabs[0], amount, station=STATION) for taker, amount in zip(takers, amounts, strict=True)
        ]
        acts: list[Callable[[], Page | Answer]] = [
            partial(tab.send, form) for taker, form in zip(takers, forms, strict=True) for tab in taker.tabs
        ]
        acts += managers
        if caller is not None:
            acts.append(partial(caller.till.post, "/cash/open", {"start_amount": 77, "station": STATION}))
        answers = all_at_once(acts)
        have: list[Worker] = []
        notices = []
        for number, taker in enumerate(takers):
            tabs = [answer for answer in answers[number * TABS : (number + 1) * TABS] if isinstance(answer, Page)]
            if len({(tab.status, tab.leads_to) for tab in tabs}) != 1 or tabs[0].status not in (303, 409):
                self.fault(f"a count in was answered {[(tab.status, tab.leads_to) for tab in tabs]}")
            if tabs[0].status == 303:
                have.append(taker)
                notices.append(tabs[0].leads_to.rpartition("=")[2])
        for answer in answers:
            if isinstance(answer, Answer):
                self.storm.expect({200, 409}, answer)
                have += [caller] if answer.status == 200 and caller is not None else []
        counted = answers[len(takers) * TABS :][: len(managers)]
        self._judge_managers([answer for answer in counted if isinstance(answer, Page)], notices)
        if len(have) != 1:
            self.fault(f"{len(have)} have the drawer: {[answer.status for answer in answers]}")
            return have[0] if have else None
        return have[0]

    def _judge_managers(self, counted: Sequence[Page], notices: Sequence[str]) -> None:
        """Checks that somebody counted the drawer in, or that one manager counted it and the next opening brought a
        float.
        """
        by_manager = [page.status for page in counted].count(302)
        if {page.status for page in counted} - {200, 302} or by_manager > 1:
            self.fault(f"managers were answered {[page.status for page in counted]}")
        if any(page.status == 200 and "errornote" not in page.text for page in counted):
            self.fault("a manager who came too late was told nothing")
        if notices and notices != ["opened" if by_manager else "counted-in"]:
            self.fault(f"{by_manager} managers counted, and the pages said {notices}")
        self.won["the manager" if by_manager else "a page" if notices else "the API"] += 1


def hand_on(
    handing: Handing, staff: Sequence[Worker], office: Sequence[Browser], *, rounds: int, on_time: int, late: int
) -> None:
    """Hands one register over, again and again. Two cashiers count it in at once, sometimes with a third over the API
    and two managers.
    """
    storm, holder = handing.storm, staff[0]
    storm.expect({200}, holder.till.post("/cash/open", {"start_amount": 150, "station": STATION}))
    for number in range(rounds):
        storm.await_more(on_time)
        for worker in staff:
            # The server closes an idle connection after a while, so each worker connects again.
            worker.till.close()
        standing = holder.till.get("/cash/status")
        storm.expect({200}, standing)
        if standing.status != 200:
            return
        session = standing.body["id"]
        left = 200_00 + number
        waits = handing.hand_over(holder, left, and_closes=number % 4 == 3)
        storm.await_more(late)
        others = [worker for worker in staff if worker is not holder]
        takers, caller = others[:2], others[2] if number % 3 == 2 else None
        if not waits:
            form = count_in(takers[0].tabs[0], left, station=STATION)
            holder = takers[0]
            if (page := holder.tabs[0].send(form)).status != 303:
                handing.fault(f"a closed drawer was not opened: {page.status}")
            continue
        managers = [partial(browser.send, count_afterwards(session, left - 1)) for browser in office]
        # The first taker counts the right amount, the second taker less.
        found = handing.count_in(takers, [left, left - 3_00], caller=caller, managers=managers if number % 2 else [])
        if found is None:
            return
        holder = found


def hand_on_while_trading(server: Server, shop: Shop, *, tills: int, rounds: int, on_time: int, late: int) -> Handing:
    """Hands one register over while `tills` clients report to it. Returns the answers."""
    handing = Handing()
    with ExitStack() as stack:

        def worker_of(cashier: Cashier) -> Worker:
            tabs = [stack.enter_context(Browser(server.port, cashier.cookie)) for _ in range(TABS)]
            return Worker(tabs=tabs, till=stack.enter_context(Till(server.port, cashier.devices[0])))

        staff = [worker_of(cashier) for cashier in shop.cashiers[:4]]
        office = [stack.enter_context(Browser(server.port, shop.manager_cookie)) for _ in range(2)]
        reporting = [stack.enter_context(Till(server.port, shop.key)) for _ in range(tills)]
        storm = handing.storm
        # Opens and closes once without trade, so that an early payment can be late for a closed session.
        storm.expect({200}, staff[0].till.post("/cash/open", {"start_amount": 0, "station": STATION}))
        storm.expect({200}, staff[0].till.post("/cash/close", {"final_cash_declared": 0}))
        acts = [partial(report_singly, storm, till, f"till{number}") for number, till in enumerate(reporting[1:])]
        acts.append(partial(report_in_batches, storm, reporting[0], "batch", size=BATCH_SIZE))
        with raging(storm, acts):
            try:
                hand_on(handing, staff, office, rounds=rounds, on_time=on_time, late=late)
            except NoForm as error:
                handing.fault(str(error))
    return handing
