"""Finds the open session of a person."""

from typing import Final

from django.db.models import BigIntegerField
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import SessionStatus
from cashdesk.errors import NothingOpen
from cashdesk.models import CashSession, User
from cashdesk.prepared_query import Parameter, PreparedQuery

OPEN_SESSION_OF_PERSON: Final = PreparedQuery(
    lambda: (
        CashSession.objects.select_related("register", "store", "user")
        .filter(user=Parameter("user", BigIntegerField()), status=SessionStatus.OPEN)
        .order_by()
    )
)


def open_session_of(user: User, *, by: Principal | None = None) -> CashSession | None:
    """Returns the person's open session with its register and store, or None.

    If the person is the caller `by`, and the session was read together with their token, runs no query.
    """
    if by is not None and by.standing is not None and by.user == user:
        return by.standing.session
    return OPEN_SESSION_OF_PERSON.first(user=user.pk)


def current_session(*, user: User, by: Principal | None = None) -> CashSession:
    """Returns the person's open session. Raises NothingOpen if there is none."""
    session = open_session_of(user, by=by)
    if session is None:
        raise NothingOpen(_("No active cash session found for the current user"))
    return session
