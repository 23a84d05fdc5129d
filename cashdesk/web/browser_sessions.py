"""Browser sessions in the database. They end some hours after the sign-in, or earlier if nobody uses them.

Django's own sessions end two weeks after the last write. Ours end sooner, because several people share a till. A
session ends `ACCESS_TOKEN_HOURS` after the sign-in (the lifetime), as tokens do. It also ends `SESSION_IDLE_MINUTES`
after the last request (the idle limit). Unsent form input is kept as a draft.

Each row knows its person, browser and address, so that people can see where they are signed in. It knows only the
digest of the key in the cookie.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.db.models import CharField, DateTimeField
from django.http import HttpRequest
from django.utils import timezone

from cashdesk.domain.people.access_token import digest_of
from cashdesk.lock_timeout import without_waiting
from cashdesk.models import BrowserSession
from cashdesk.prepared_query import Parameter, PreparedQuery
from cashdesk.web.middleware import address_of, user_agent_of

SIGNED_IN_AT: Final = "signed_in_at"
SIGNED_IN_FROM: Final = "signed_in_from"
DESK_ONLY: Final = "desk_only"
"""The session's entry that says that the person signed in with a PIN, and may only work at the desk."""
LAST_USE_PRECISION: Final = timedelta(minutes=1)
LOOK_HEADER: Final = "Live-Look"
"""On requests that a page sends by itself. Nobody uses the session by them, so they do not extend the idle limit."""
SESSION_ALIVE: Final = PreparedQuery(
    lambda: BrowserSession.objects.filter(
        pk=Parameter("digest", CharField()), expire_date__gt=Parameter("at", DateTimeField())
    )
)


class SessionStore(db.SessionStore):
    """Django's session store, but the row expires at the end of the lifetime or at the idle limit, whichever is earlier."""

    came_from: tuple[str, str] = ("", "")
    """The address and the user agent of the request."""
    is_looked_at_only: bool = False
    """Whether the page asks by itself, so that nobody uses the session now."""

    @classmethod
    def get_model_class(cls) -> Any:
        return BrowserSession

    @property
    def digest(self) -> str:
        """The key of the session's row, or "" before the session is saved. Nobody can sign in with this digest."""
        return digest_of(self.session_key) if self.session_key else ""

    def load(self) -> dict[str, Any]:
        """Reads the session. Extends its idle limit at most once a minute, and never for a page that asks by itself."""
        row = self._get_session_from_db()
        if row is None:
            return {}
        data = self.decode(row.session_data)
        now = timezone.now()
        if now - row.last_seen_at >= LAST_USE_PRECISION and not self.is_looked_at_only:
            due = min(now + _idle(), _end_of(data) or now + _lifetime())
            # A read must not fail or wait if the database accepts no writes. The session then ends a little earlier.
            with suppress(DatabaseError), without_waiting():
                alive = BrowserSession.objects.filter(pk=row.pk, expire_date__gt=now)
                alive.update(expire_date=due, last_seen_at=now)
        return data

    def _get_session_from_db(self) -> BrowserSession | None:
        row = None
        if self.session_key:
            row = SESSION_ALIVE.first(digest=self.digest, at=timezone.now())
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return BrowserSession.objects.filter(pk=digest_of(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        """Returns the row of the session, with the values that the list of a person's sign-ins shows."""
        key = digest_of(self._get_or_create_session_key())  # type: ignore[attr-defined]  # Django has it, its stubs do not
        address, user_agent = data.get(SIGNED_IN_FROM) or ("", "")
        began = data.get(SIGNED_IN_AT)
        return BrowserSession(
            session_key=key,
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=int(data[SESSION_KEY]) if SESSION_KEY in data else None,
            is_desk_only=bool(data.get(DESK_ONLY)),
            address=address,
            user_agent=user_agent,
            signed_in_at=datetime.fromtimestamp(began, tz=UTC) if began is not None else None,
            last_seen_at=timezone.now(),
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key if session_key is not None else self.session_key
        if key is not None:
            BrowserSession.objects.filter(pk=digest_of(key)).delete()

    def cycle_key(self) -> None:
        """Gives the session a new key at the sign-in, and restarts its lifetime."""
        self.pop(SIGNED_IN_AT, None)
        super().cycle_key()

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 (Django's signature)
        """Writes the session. The first write with a signed-in person starts its lifetime."""
        if SESSION_KEY in self and SIGNED_IN_AT not in self:
            self[SIGNED_IN_AT] = int(timezone.now().timestamp())
            self[SIGNED_IN_FROM] = self.came_from
        super().save(must_create)

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Returns the seconds until the lifetime ends, for the cookie. Only the row in the database has the idle limit."""
        now = timezone.now()
        return max(0, int(((_end_of(self) or now + _lifetime()) - now).total_seconds()))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        now = timezone.now()
        return min(now + _idle(), _end_of(self) or now + _lifetime())


class BrowserSessionMiddleware(SessionMiddleware):
    """Django's session middleware, which also tells the session where the request comes from."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        session: Any = request.session
        session.came_from = address_of(request), user_agent_of(request)
        session.is_looked_at_only = LOOK_HEADER in request.headers


def _lifetime() -> timedelta:
    return timedelta(hours=settings.ACCESS_TOKEN_HOURS)


def _idle() -> timedelta:
    return timedelta(minutes=settings.SESSION_IDLE_MINUTES)


def _end_of(data: Any) -> datetime | None:
    """Returns the end of the session's lifetime, or None if nobody is signed in."""
    began = data.get(SIGNED_IN_AT)
    return datetime.fromtimestamp(began, tz=UTC) + _lifetime() if isinstance(began, int) else None
