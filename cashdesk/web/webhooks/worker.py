"""The worker: one loop that gives events their order, hands them to endpoints, and sends the deliveries that are due.

The loop's own thread alone uses the database. The threads of a pool only send requests. Between the rounds the loop does
the other work that apps declare (`settings.WORKER_TASKS`), a little at a time. So no transaction is open while
a request is under way. The worker may end at any point: another worker claims its deliveries when their leases end.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from cashdesk.domain.caller.event_sequence import last_position, sequence_events
from cashdesk.web.outages import is_outage
from cashdesk.web.outgoing_http import Rules
from cashdesk.web.webhooks.endpoint import rules
from cashdesk.web.webhooks.failing_endpoint import note_health
from cashdesk.web.webhooks.fan_out import fan_out
from cashdesk.web.webhooks.lane import Claim, Outcome, claim, record
from cashdesk.web.webhooks.sender import attempt, request_of

IDLE: Final = timedelta(seconds=1)
"""How long the worker sleeps when nothing is due."""
UNREACHABLE: Final = timedelta(seconds=5)
"""How long it waits after the database could not be reached."""
LOOK_EVERY: Final = timedelta(seconds=5)
"""How often it looks at all endpoints while nothing new happens."""
WORK_EVERY: Final = timedelta(seconds=20)
"""How often it looks for other work, such as mails that are due."""
THREADS: Final = 16
EACH: Final = 4
"""The most requests to one endpoint at the same time."""

log = structlog.get_logger(__name__)


class Worker:
    """Sends until `stop` is set, or with `once` until nothing is due."""

    def __init__(
        self,
        *,
        stop: threading.Event,
        once: bool = False,
        threads: int = THREADS,
        clock: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._stop, self._once, self._threads, self._clock = stop, once, threads, clock
        self._under_way: dict[Future[Outcome], Claim] = {}
        self._unrecorded: list[tuple[Claim, Outcome]] = []
        self._newest, self._handed_out, self._looks_again = -1, -1, time.monotonic()
        self._works_again = time.monotonic()

    def run(self) -> None:
        """Runs the loop. On `stop`, it claims nothing more, records what is under way, and returns."""
        log.info("worker_started", threads=self._threads)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="webhook") as pool:
            while self._goes_on():
                try:
                    is_busy = self._step(pool)
                except Exception as error:
                    # An outage of the database ends. Anything else is a fault that somebody must see.
                    if not is_outage(error) or self._once:
                        raise
                    log.warning("worker_waits_for_database", error=type(error).__name__)
                    connection.close()
                    self._stop.wait(UNREACHABLE.total_seconds())
                    continue
                if not is_busy and self._once:
                    break
                if not is_busy:
                    close_old_connections()
                    self._stop.wait(IDLE.total_seconds())
        log.info("worker_stopped")

    def _goes_on(self) -> bool:
        return not self._stop.is_set() or bool(self._under_way or self._unrecorded)

    def _step(self, pool: ThreadPoolExecutor) -> bool:
        """Runs one round, and waits for requests for at most IDLE. Returns whether more work may be waiting."""
        self._record()
        is_busy = False
        if not self._stop.is_set():
            is_left, before = sequence_events(), self._newest
            self._newest = last_position()
            # Without progress, another process is in the way or the database takes no writes. The loop must not spin then.
            is_busy = is_left and self._newest != before
            is_busy |= self._hand_out(self._newest)
            is_busy |= self._other_work()
            is_busy |= self._send(pool)
        if self._under_way:
            # An outcome makes the next event of its lane due, so there may be more to do at once.
            is_busy = True
            wait(self._under_way, timeout=IDLE.total_seconds(), return_when=FIRST_COMPLETED)
        self._collect()
        self._record()
        return is_busy

    def _hand_out(self, newest: int) -> bool:
        """Hands new events to the endpoints. Reads all endpoints only if there is a new event, or after LOOK_EVERY."""
        now = time.monotonic()
        if newest == self._handed_out and now < self._looks_again:
            return False
        is_busy = fan_out(newest=newest, at=self._clock())
        # An endpoint that was changed or switched on may hear of old events.
        self._handed_out, self._looks_again = (-1 if is_busy else newest), now + LOOK_EVERY.total_seconds()
        return is_busy

    def _other_work(self) -> bool:
        """Does a turn of each task of `settings.WORKER_TASKS`, at most every WORK_EVERY. Returns whether more waits."""
        now = time.monotonic()
        if now < self._works_again:
            return False
        is_busy = False
        for task in settings.WORKER_TASKS:
            is_busy |= import_string(task)(clock=self._clock)
        self._works_again = now if is_busy else now + WORK_EVERY.total_seconds()
        return is_busy

    def _send(self, pool: ThreadPoolExecutor) -> bool:
        free = self._threads - len(self._under_way)
        if not free:
            return False
        called = [claimed.delivery.endpoint for claimed in self._under_way.values()]
        busy = Counter(endpoint.pk for endpoint in called)
        failing = {endpoint.pk for endpoint in called if endpoint.failing_since is not None}
        claims = claim(limit=free, busy=busy, each=EACH, failing=failing, at=self._clock())
        allowed = rules()
        for claimed in claims:
            self._under_way[pool.submit(_sent, claimed, self._clock(), allowed)] = claimed
        return bool(claims)

    def _collect(self) -> None:
        for future in [future for future in self._under_way if future.done()]:
            claimed = self._under_way.pop(future)
            self._unrecorded.append((claimed, future.result()))

    def _record(self) -> None:
        """Records outcomes. During an outage they stay in the list and are recorded afterwards."""
        while self._unrecorded:
            claimed, outcome = self._unrecorded[0]
            at = self._clock()
            delivery = record(claimed, outcome, at=at)
            del self._unrecorded[0]
            _log_outcome(claimed, outcome, is_kept=delivery is not None)
            if delivery is not None:
                note_health(claimed.delivery.endpoint, outcome, at=at)


def _sent(claimed: Claim, at: datetime, allowed: Rules) -> Outcome:
    """Sends a delivery. An exception in our own code is a failed attempt, so that one event cannot end the worker."""
    try:
        return attempt(request_of(claimed.delivery, at=at), allowed)
    except Exception:
        log.exception("webhook_fault", event_id=str(claimed.delivery.event.uid))
        return Outcome(error="fault", text="Cashdesk could not build or send the request. Its log says why.")


def _log_outcome(claimed: Claim, outcome: Outcome, *, is_kept: bool) -> None:
    delivery = claimed.delivery
    write = log.info if outcome.is_delivered else log.warning
    write(
        "webhook_delivered" if outcome.is_delivered else "webhook_failed",
        endpoint=str(delivery.endpoint.uuid),
        event_id=str(delivery.event.uid),
        event_type=delivery.event.type,
        attempt=delivery.attempts + 1,
        status=outcome.status,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
        lease_lost=not is_kept,
    )
