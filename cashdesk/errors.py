"""What can go wrong in the domain. Doors never build these into answers themselves: `cashdesk.web.errors` has the table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class DomainError(Exception):
    """A request that the domain refuses. The message is written for the person or program that made it.

    `code` is stable and for programs; `errors` names fields of the request, where the fault is in one. `facts` is what a
    page needs to say it in words of its own, such as the register; no answer of an API tells them.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        errors: Mapping[str, str] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.errors = dict(errors or {})
        self.facts = dict(facts or {})


class InvalidInput(DomainError):
    """A value is missing, malformed or out of bounds."""

    code = "invalid"

    @classmethod
    def of(cls, field: str, text: str) -> "InvalidInput":
        """Builds the error for one field of the request."""
        return cls(f"{field}: {text}", errors={field: text})


class NotSignedIn(DomainError):
    """Who asks is not known: no, a wrong or an expired credential."""

    code = "not_signed_in"


class Forbidden(DomainError):
    """Who asks is known and may not."""

    code = "forbidden"


class NotFound(DomainError):
    """There is no such thing, or none that who asks may know of."""

    code = "not_found"


class NothingOpen(NotFound):
    """No cash session is open for the person."""

    code = "no_open_session"


class Conflict(DomainError):
    """The state of things does not allow it now; nothing was changed."""

    code = "conflict"


class SessionAlreadyOpen(Conflict):
    """The cashier, or the register, already has an open cash session (law 3)."""

    code = "session_already_open"


class StillRunning(Conflict):
    """The first request with this idempotency key has not finished."""

    code = "idempotency_still_running"


class DraftChanged(Conflict):
    """What a person types was changed by themselves on another device, at `changed_at`, to `version`."""

    code = "draft_changed"

    def __init__(self, message: str, *, version: int, changed_at: datetime) -> None:
        super().__init__(message)
        self.version = version
        self.changed_at = changed_at


class DraftGone(Conflict):
    """What a person types was sent, or thrown away, on another page of theirs."""

    code = "draft_gone"


class KeyReused(DomainError):
    """An idempotency key came again with another request."""

    code = "idempotency_key_reused"


class TooManyAttempts(DomainError):
    """Too many wrong sign-ins for a name or an address."""

    code = "too_many_attempts"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class InvalidMovement(DomainError):
    """A movement that the ledger does not take: law 2, or ends that its kind may not have."""

    code = "invalid_movement"


class OutOfLine(DomainError):
    """An amount is out of line and nobody has looked at it again. Pages show it once more; `facts` has the doubts."""

    code = "out_of_line"


class PlaceMovedOn(Exception):
    """The place made a transition after it was looked at. Internal: who catches it looks again."""
