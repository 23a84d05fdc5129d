"""`manage.py worker`: sends events to webhook endpoints."""

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cashdesk.web.webhooks.worker import THREADS, Worker

THREADS_MAX = 100


class Command(BaseCommand):
    """Runs the worker in the foreground. Any number of workers may run at the same time."""

    help = (
        "Sends events to webhook endpoints until it is told to stop (SIGTERM or Ctrl+C). Several may run at once. "
        "With --once it sends what is due and ends, for cron."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="End when nothing is due any more.")
        parser.add_argument(
            "--threads", type=int, default=THREADS, help=f"Requests at the same time. Default: {THREADS}."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["threads"] <= THREADS_MAX:
            raise CommandError(f"--threads: Choose a number from 1 to {THREADS_MAX}.")
        stop = threading.Event()
        with _told_by_signals(stop):
            Worker(stop=stop, once=options["once"], threads=options["threads"]).run()


@contextmanager
def _told_by_signals(stop: threading.Event) -> Iterator[None]:
    before = {
        number: signal.signal(number, lambda *_received: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
