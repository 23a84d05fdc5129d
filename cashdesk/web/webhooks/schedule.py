"""Decides when a failed delivery is sent again, and when it is given up (docs/contracts.md, section 6)."""

import secrets
from datetime import datetime, timedelta
from typing import Final

DELAYS: Final[tuple[timedelta, ...]] = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
"""The waits after the first failures. After these, a delivery is tried every LAST_DELAY."""
LAST_DELAY: Final = timedelta(hours=1)
JITTER_PERCENT: Final = 20
"""Each wait is up to this much longer, so that many deliveries do not arrive together."""
GIVEN_UP_AFTER: Final = timedelta(days=3)
RETRY_AFTER_LEAST: Final = timedelta(minutes=1)
RETRY_AFTER_MOST: Final = timedelta(hours=6)


def next_attempt_at(
    *, failures: int, first_attempt_at: datetime, at: datetime, retry_after: timedelta | None = None
) -> datetime | None:
    """Returns the time of the next attempt after `failures` failed ones, or None if the delivery is given up.

    `retry_after` is the wait that the receiver asked for. It replaces our own wait, within bounds. The last attempt is
    GIVEN_UP_AFTER after the first one.
    """
    ends_at = first_attempt_at + GIVEN_UP_AFTER
    if at >= ends_at:
        return None
    own = DELAYS[failures - 1] if failures <= len(DELAYS) else LAST_DELAY
    asked = own if retry_after is None else max(retry_after, min(own, RETRY_AFTER_LEAST))
    wait = min(asked, RETRY_AFTER_MOST)
    return min(at + wait * (100 + secrets.randbelow(JITTER_PERCENT + 1)) // 100, ends_at)
