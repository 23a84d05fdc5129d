"""The database is away, busy, or takes no writes: the same request may succeed in a moment."""

from typing import Final

from django.db import InterfaceError, OperationalError
from rest_framework import status

from cashdesk.web.dialects import Fault

READ_ONLY_STATES: Final = frozenset({"25006"})
OUTAGE_STATES: Final = READ_ONLY_STATES | {"25P03", "25P04"}
"""PostgreSQL's codes that Django does not raise as OperationalError: a read-only server, and connections that were ended."""
READ_ONLY_WORDS: Final = "readonly database"
"""SQLite has no code for it."""


def is_outage(exc: BaseException) -> bool:
    """Whether an exception says that the database cannot serve now, rather than that we asked something wrong."""
    return isinstance(exc, OperationalError | InterfaceError) or _state_of(exc) in OUTAGE_STATES


def is_read_only(exc: BaseException) -> bool:
    """Whether the database refused because it takes no writes, as a standby does after a fail-over."""
    return _state_of(exc) in READ_ONLY_STATES or (isinstance(exc, OperationalError) and READ_ONLY_WORDS in str(exc))


def fault_of_outage(exc: BaseException, *, request_id: str) -> Fault:
    """Returns the 503 for an outage. It never repeats what the database said, which names hosts and people."""
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
