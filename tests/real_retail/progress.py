"""Shows the progress of a run on standard error: one redrawn bar on a terminal, and plain lines elsewhere."""

import sys
import threading
import time

BAR_WIDTH = 30
SECONDS_BETWEEN_REDRAWS = 0.2
SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Counts the work of this run. Days of an earlier run only shorten the rest.

    ``seconds`` is the playing time when the bar was last shown. So at the end it does not include the comparison.
    """

    def __init__(self, *, days: int, days_before: int) -> None:
        self._lock = threading.Lock()
        self._redrawn = sys.stderr.isatty()
        self._pause_seconds = SECONDS_BETWEEN_REDRAWS if self._redrawn else SECONDS_BETWEEN_LINES
        self._days = days
        self._days_before = days_before
        self._started = self._shown = time.monotonic()
        self.days_played = 0
        self.payments = 0
        self.requests = 0
        self.seconds = 0.0

    def day_played(self, *, payments: int, requests: int) -> None:
        with self._lock:
            self.days_played += 1
            self.payments += payments
            self.requests += requests
            if time.monotonic() - self._shown >= self._pause_seconds:
                self._show()

    def finish(self) -> None:
        """Shows the last figures, which the last redraw may not show."""
        with self._lock:
            self._show()
            if self._redrawn:
                print(file=sys.stderr)

    def _show(self) -> None:
        self._shown = time.monotonic()
        self.seconds = self._shown - self._started
        done = self._days_before + self.days_played
        full = BAR_WIDTH * done // self._days
        line = f"[{'#' * full}{'.' * (BAR_WIDTH - full)}] {done}/{self._days} store-days"
        if self.days_played:
            pace = self.days_played / self.seconds
            line += (
                f", {self.payments / self.seconds:.0f} payments/s, {pace:.1f} store-days/s,"
                f" {(self._days - done) / pace:.0f} s left"
            )
        # A shorter bar would leave the end of a longer one standing on the terminal.
        sys.stderr.write(f"\r{line}\033[K" if self._redrawn else f"{line}\n")
        sys.stderr.flush()
