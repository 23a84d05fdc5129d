"""Limits the requests of an API key per minute (docs/decisions/0031-request-limits.md).

People have no limit, so their requests run no statement for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from django.conf import settings
from django.db import Error, connection, transaction

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.api_key import refuse_ended, refuse_others, refuse_wrong_limit
from cashdesk.errors import Conflict, InvalidInput, TooManyRequests
from cashdesk.lock_timeout import without_waiting
from cashdesk.models import AccessToken

WINDOW_SECONDS: Final = 60

CLOCKS_APART_MINUTES: Final = 5
"""Clocks of servers may differ by this much."""

_COUNT: Final = """
    INSERT INTO cashdesk_requestcount (token_id, minute, requests)
    VALUES (%(token)s, %(minute)s, %(requests)s)
    ON CONFLICT (token_id) DO UPDATE SET
        requests = CASE
            WHEN excluded.minute BETWEEN cashdesk_requestcount.minute - %(apart)s AND cashdesk_requestcount.minute
            THEN cashdesk_requestcount.requests + excluded.requests
            ELSE excluded.requests
        END,
        minute = CASE
            WHEN excluded.minute BETWEEN cashdesk_requestcount.minute - %(apart)s AND cashdesk_requestcount.minute
            THEN cashdesk_requestcount.minute
            ELSE excluded.minute
        END
    RETURNING requests
"""
"""Adds to the count in one statement.

The minute does not go back by CLOCKS_APART_MINUTES or less, so that two servers with different clocks do not reset each
other. It goes back by more. Otherwise a clock that was hours ahead would make requests fail for hours after its
correction.
"""


@dataclass(slots=True)
class Known:
    """The requests of a key in one minute, as far as this process knows. `unsaved` ones are not in the table yet."""

    minute: int = 0
    used: int = 0
    unsaved: int = 0


_known: dict[str, Known] = {}
"""By the digest of the key."""
_lock = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The limit of a key, and how much of it this minute has used, this request included."""

    limit: int
    used: int
    reset_seconds: int

    @property
    def remaining(self) -> int:
        """How many requests are left in this minute."""
        return max(0, self.limit - self.used)

    def refuse_exceeded(self) -> None:
        """Raises TooManyRequests if this request is above the limit."""
        if self.used > self.limit:
            raise TooManyRequests(
                f"This API key may send {self.limit} requests a minute. Wait until the minute is over.",
                retry_after_seconds=self.reset_seconds,
            )


def limit_of(key: AccessToken) -> int:
    """Returns how many requests a key may send in a minute, or 0 if it has no limit."""
    own = key.requests_per_minute
    return settings.API_KEY_REQUESTS_PER_MINUTE if own is None else own


def count_request(*, by: Principal, at: datetime) -> Quota | None:
    """Counts a request of an API key. Returns None for people, and for a key without a limit.

    Runs one statement, outside the transaction of the request, or none if this process knows that the limit is reached.
    If the database cannot count at once, counts in this process only, and adds this count to the table with a later
    request. So a busy database neither delays nor refuses a request.
    """
    if not by.is_program or by.token is None:
        return None
    limit = limit_of(by.token)
    if not limit:
        return None
    minute, second = divmod(int(at.timestamp()), WINDOW_SECONDS)
    key = by.token
    with _lock:
        known = _known.setdefault(key.digest, Known())
        if known.minute != minute:
            known.minute, known.used, known.unsaved = minute, 0, 0
        known.used += 1
        used, unsaved = known.used, known.unsaved + 1
        known.unsaved = 0
    if used <= limit:
        counted = _count_for_all(key=key, minute=minute, requests=unsaved)
        used = max(used, counted)
        with _lock:
            if known.minute == minute:
                known.used = max(known.used, counted)
                known.unsaved += 0 if counted else unsaved
    return Quota(limit=limit, used=used, reset_seconds=WINDOW_SECONDS - second)


def _count_for_all(*, key: AccessToken, minute: int, requests: int) -> int:
    """Adds requests to the count of all processes and returns it, or 0 if the database cannot count at once."""
    try:
        if connection.vendor == "postgresql":
            return _counted(key=key, minute=minute, requests=requests)
        # SQLite has one writer at a time. The request must not wait for it only to be counted.
        with without_waiting():
            return _counted(key=key, minute=minute, requests=requests)
    except Error:
        return 0


def _counted(*, key: AccessToken, minute: int, requests: int = 1) -> int:
    with connection.cursor() as cursor:
        given = {"token": key.pk, "minute": minute, "requests": requests, "apart": CLOCKS_APART_MINUTES}
        cursor.execute(_COUNT, given)
        # All rows must be read: SQLite ends its write with the last one.
        ((counted,),) = cursor.fetchall()
    return int(counted)


def is_limitable(token: AccessToken, *, at: datetime) -> bool:
    """Whether `token` is a valid API key. For display only: `set_request_limit` checks again under its lock."""
    try:
        refuse_ended(token, at=at)
    except (Conflict, InvalidInput):
        return False
    return True


@transaction.atomic
def set_request_limit(
    *,
    token: AccessToken,
    requests_per_minute: int | None,
    by: Principal,
    at: datetime,
    seen: Mapping[str, str] | None = None,
) -> None:
    """Sets how many requests an API key may send in a minute: None for the default of the installation, 0 for no limit.

    Raises Forbidden if the caller is not an admin of the account. Raises InvalidInput if the number is out of bounds or
    `token` is not an API key, Conflict if the key has ended, and ChangedMeanwhile if the key does not have the values in
    `seen` any more.
    """
    refuse_others(account_id=token.account_id, by=by)
    refuse_wrong_limit(requests_per_minute)
    key = AccessToken.objects.select_for_update(no_key=True).get(pk=token.pk)
    refuse_ended(key, at=at)
    refuse_stale(key, seen)
    before, key.requests_per_minute = key.requests_per_minute, requests_per_minute
    key.save(update_fields=["requests_per_minute"])
    audit.note(
        action="api_key.limited",
        subject=f"token:{key.pk}",
        by=by,
        at=at,
        store=key.store,
        account=key.account,
        detail={"requests_per_minute": requests_per_minute, "before": before},
    )
