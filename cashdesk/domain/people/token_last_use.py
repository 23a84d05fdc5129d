"""Records the time of the last use of a token or API key, without slowing down a request."""

import time
from datetime import datetime, timedelta
from typing import Final

from django.db import Error

from cashdesk.lock_timeout import without_waiting
from cashdesk.models import AccessToken

PRECISION: Final = timedelta(minutes=5)
PAUSE_SECONDS: Final = 60
"""After a failed write the process does not try again for this time, because the database may be read-only."""

_not_before: float = 0


def note_use(*, token: AccessToken, at: datetime) -> None:
    """Records that a token was used, at most every five minutes. Records nothing if the database cannot write at once.

    Call it after the work of the request and outside its transaction. Then the request never waits for this write, and
    never fails because of it.
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
