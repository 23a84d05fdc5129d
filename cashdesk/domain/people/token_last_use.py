"""When a token or key was used last: noted now and then, and never at the cost of a request."""

import time
from datetime import datetime, timedelta
from typing import Final

from django.db import Error

from cashdesk.lock_timeout import without_waiting
from cashdesk.models import AccessToken

PRECISION: Final = timedelta(minutes=5)
PAUSE_SECONDS: Final = 60
"""How long a process leaves it after the database refused: on a read-only one every try would fail."""

_not_before: float = 0


def note_use(*, token: AccessToken, at: datetime) -> None:
    """Notes that a token was used, every five minutes at most. Where the database cannot do that at once, it stays unnoted.

    It is called after the request's own work, outside its transaction: a read must never wait for a write, nor fail with it.
    """
    global _not_before  # noqa: PLW0603 (one pause per process)
    if token.last_used_at is not None and at - token.last_used_at < PRECISION:
        return
    if time.monotonic() < _not_before:
        return
    try:
        with without_waiting():
            AccessToken.objects.filter(pk=token.pk).update(last_used_at=at)
    except Error:
        _not_before = time.monotonic() + PAUSE_SECONDS
