"""Browser sessions in the database. They end some hours after the sign-in, or earlier if nobody uses them.

Django's own sessions end two weeks after the last write. Ours end sooner, because several people share a till. A session
ends `ACCESS_TOKEN_HOURS` after the sign-in (the lifetime), as tokens do. It also ends `SESSION_IDLE_MINUTES` after the
last request (the idle limit). Unsent form input is kept as a draft.
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
    """Django's session store, but the row expires at the end of the lifetime or at the idle limit, whichever is earlier."""

    def load(self) -> dict[str, Any]:
        """Reads the session and extends its idle limit, at most once a minute."""
        row = self._get_session_from_db()  # type: ignore[attr-defined]  # Django has it, its stubs do not
        if row is None:
            return {}
        data = self.decode(row.session_data)
        if SESSION_KEY in data and SIGNED_IN_AT not in data:
            # An earlier version of Cashdesk created this session, and it would last two weeks.
            self._session_key = None
            return {}
        now = timezone.now()
        due = min(now + _idle(), _end_of(data) or now + _lifetime())
        if due - row.expire_date >= LAST_USE_PRECISION:
            # A read must not fail or wait if the database accepts no writes. The session then ends a little earlier.
            with suppress(DatabaseError), without_waiting():
                self.model.objects.filter(pk=row.pk, expire_date__gt=now).update(expire_date=due)
        return data

    def cycle_key(self) -> None:
        """Gives the session a new key at the sign-in, and restarts its lifetime."""
        self.pop(SIGNED_IN_AT, None)
        super().cycle_key()

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 (Django's signature)
        """Writes the session. The first write with a signed-in person starts its lifetime."""
        if SESSION_KEY in self and SIGNED_IN_AT not in self:
            self[SIGNED_IN_AT] = int(timezone.now().timestamp())
        super().save(must_create)

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Returns the seconds until the lifetime ends, for the cookie. Only the row in the database has the idle limit."""
        now = timezone.now()
        return max(0, int(((_end_of(self) or now + _lifetime()) - now).total_seconds()))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        now = timezone.now()
        return min(now + _idle(), _end_of(self) or now + _lifetime())


def _lifetime() -> timedelta:
    return timedelta(hours=settings.ACCESS_TOKEN_HOURS)


def _idle() -> timedelta:
    return timedelta(minutes=settings.SESSION_IDLE_MINUTES)


def _end_of(data: Any) -> datetime | None:
    """Returns the end of the session's lifetime, or None if nobody is signed in."""
    began = data.get(SIGNED_IN_AT)
    return datetime.fromtimestamp(began, tz=UTC) + _lifetime() if isinstance(began, int) else None
