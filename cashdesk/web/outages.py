"""Recognises database outages and answers them with 503. The same request may succeed a moment later."""

from typing import Final

from django.db import InterfaceError, OperationalError
from rest_framework import status

from cashdesk.web.dialects import Fault

READ_ONLY_STATES: Final = frozenset({"25006"})
OUTAGE_STATES: Final = READ_ONLY_STATES | {"25P03", "25P04"}
"""PostgreSQL codes for outages that Django does not raise as OperationalError: read-only server, terminated connections."""
READ_ONLY_WORDS: Final = "readonly database"
"""SQLite has no code for a read-only database, only this text."""


def is_outage(exc: BaseException) -> bool:
    """Whether the database raised the exception because it cannot serve now, and not because the query is wrong."""
    return isinstance(exc, OperationalError | InterfaceError) or _state_of(exc) in OUTAGE_STATES


def is_read_only(exc: BaseException) -> bool:
    """Whether the database refused a write because it is read-only, as a standby is after a fail-over."""
    return _state_of(exc) in READ_ONLY_STATES or (isinstance(exc, OperationalError) and READ_ONLY_WORDS in str(exc))


def fault_of_outage(exc: BaseException, *, request_id: str) -> Fault:
    """Returns the 503 error for an outage. It never repeats the database's message, which names hosts and users."""
    code, message = "busy", "The database is busy or cannot be reached."
    if is_read_only(exc):
        code, message = "read_only", "The database takes no changes right now."
    return Fault(
        status=status.HTTP_503_SERVICE_UNAVAILABLE,
        code=code,
        message=f"{message} Send the request again with the same Idempotency-Key.",
        request_id=request_id,
    )


def _state_of(exc: BaseException) -> str:
    return getattr(exc.__cause__, "sqlstate", None) or ""
