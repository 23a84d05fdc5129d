"""Finds the open session of a person."""

from typing import Final

from django.db.models import BigIntegerField
from django.utils.translation import gettext as _

from cashdesk.enums import (
    SessionStatus,
)
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


def open_session_of(user: User) -> CashSession | None:
    """Returns the person's open session with its register and store, or None."""
    return OPEN_SESSION_OF_PERSON.first(user=user.pk)


def current_session(*, user: User) -> CashSession:
    """Returns the person's open session. Raises NothingOpen if there is none."""
    session = open_session_of(user)
    if session is None:
        raise NothingOpen(_("No active cash session found for the current user"))
    return session
