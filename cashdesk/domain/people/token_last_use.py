"""Records when a token or key was last used: rarely, and never at the cost of a request."""

import time
from datetime import datetime, timedelta
from typing import Final

from django.db import Error

from cashdesk.lock_timeout import without_waiting
from cashdesk.models import AccessToken

PRECISION: Final = timedelta(minutes=5)
PAUSE_SECONDS: Final = 60
"""How long a process pauses after a failed write. On a read-only database every attempt would fail."""

_not_before: float = 0


def note_use(*, token: AccessToken, at: datetime) -> None:
    """Records that a token was used, at most every five minutes. If the database cannot write at once, nothing is
    recorded.

    Called after the request's work, outside its transaction, so that a read never waits for this write or fails with
    it.
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
