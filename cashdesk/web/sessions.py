"""Browser sessions, in the database: they end some hours after signing in, and earlier where nobody uses them.

Django's own end two weeks after they were last written. A till is shared, so ours end after `ACCESS_TOKEN_HOURS`, as a
token does, and after `SESSION_IDLE_MINUTES` without a request. What was typed into a form is saved as a draft.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import DatabaseError
from django.utils import timezone

from cashdesk.lock_timeout import without_waiting

SIGNED_IN_AT: Final = "signed_in_at"
LAST_USE_PRECISION: Final = timedelta(minutes=1)


class SessionStore(db.SessionStore):
    """Django's, whose row expires at the earlier of the two ends. The row alone decides: no request asks for more."""

    def load(self) -> dict[str, Any]:
        """Reads the session, and puts off its idle end once a minute at most."""
        row = self._get_session_from_db()  # type: ignore[attr-defined]  # Django has it, its stubs do not
        if row is None:
            return {}
        data = self.decode(row.session_data)
        if SESSION_KEY in data and SIGNED_IN_AT not in data:
            # Made by an earlier version: it would last two weeks.
            self._session_key = None
            return {}
        now = timezone.now()
        due = min(now + _idle(), _end_of(data) or now + _lifetime())
        if due - row.expire_date >= LAST_USE_PRECISION:
            # A read must neither fail nor wait where nothing can be written: then the session just ends a little earlier.
            with suppress(DatabaseError), without_waiting():
                self.model.objects.filter(pk=row.pk, expire_date__gt=now).update(expire_date=due)
        return data

    def cycle_key(self) -> None:
        """Gives the session a new key when somebody signs in; its hours begin again."""
        self.pop(SIGNED_IN_AT, None)
        super().cycle_key()

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 (Django's signature)
        """Writes the session. The first time with somebody in it, its hours begin."""
        if SESSION_KEY in self and SIGNED_IN_AT not in self:
            self[SIGNED_IN_AT] = int(timezone.now().timestamp())
        super().save(must_create)

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Returns the seconds that the cookie lasts: until the hours are over. The idle end is the server's alone."""
        now = timezone.now()
        return max(0, int(((_end_of(self) or now + _lifetime()) - now).total_seconds()))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """Returns when the row expires."""
        now = timezone.now()
        return min(now + _idle(), _end_of(self) or now + _lifetime())


def _lifetime() -> timedelta:
    return timedelta(hours=settings.ACCESS_TOKEN_HOURS)


def _idle() -> timedelta:
    return timedelta(minutes=settings.SESSION_IDLE_MINUTES)


def _end_of(data: Any) -> datetime | None:
    """Returns when the hours of a session are over; None while nobody is signed in."""
    began = data.get(SIGNED_IN_AT)
    return datetime.fromtimestamp(began, tz=UTC) + _lifetime() if isinstance(began, int) else None
