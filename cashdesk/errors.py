"""The errors of the domain. Views let them pass: `cashdesk.web.errors` maps each one to an HTTP answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class DomainError(Exception):
    """Base class of the domain's errors. The message is written for the person or program that made the request.

    `code` is stable, for programs. `errors` maps each wrong field of the request to an error text. `on_pages` are the
    same errors in whole sentences for pages. They differ where a published text follows the name of its field, such as
    "is not ...". `page_message` is the message for pages, which write dates as their reader does. `facts` holds values
    that a page needs for its own text, such as the register. No API answer contains `on_pages`, `page_message` or
    `facts`.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        errors: Mapping[str, str] | None = None,
        on_pages: Mapping[str, str] | None = None,
        page_message: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.page_message = page_message or message
        self.code = code or self.code
        self.errors = dict(errors or {})
        self.on_pages = {**self.errors, **(on_pages or {})}
        self.facts = dict(facts or {})


class InvalidInput(DomainError):
    """A value is missing, malformed or out of bounds."""

    code = "invalid"

    @classmethod
    def of(cls, field: str, text: str, *, on_pages: str = "") -> "InvalidInput":
        """Builds the error for one field of the request. `on_pages` is its text on pages, if that differs."""
        return cls(f"{field}: {text}", errors={field: text}, on_pages={field: on_pages or text})


class WrongPassword(InvalidInput):
    """The password that confirms an act of the signed-in person is wrong. The person stays signed in."""

    code = "wrong_password"


class NotSignedIn(DomainError):
    """The request has no credential, or a wrong or expired one."""

    code = "not_signed_in"


class CodeNeeded(NotSignedIn):
    """The password is right, and the person has a second factor. The code is missing."""

    code = "otp_required"


class WrongCode(NotSignedIn):
    """The code of the second factor is wrong, or it was used already."""

    code = "otp_wrong"


class PinLocked(NotSignedIn):
    """There were too many wrong PINs. The person needs their password."""


class Forbidden(DomainError):
    """The caller is known but has no permission."""

    code = "forbidden"


class SecondFactorNeeded(Forbidden):
    """The person must add a second factor before they can sign in."""

    code = "second_factor_required"


class PasswordSignInOff(Forbidden):
    """The password is right, but only superusers may sign in with one. Everybody else signs in at the provider."""

    code = "password_sign_in_off"


class NotFound(DomainError):
    """The object does not exist, or it is outside the caller's scope. The answer is the same for both."""

    code = "not_found"


class NothingOpen(NotFound):
    """The person has no open cash session."""

    code = "no_open_session"


class Gone(DomainError):
    """The requested data is no longer there. It was deleted because it was old, or the restore of a backup removed it."""

    code = "events_gone"


class Conflict(DomainError):
    """The current state does not allow the request. Nothing was changed."""

    code = "conflict"


class SessionAlreadyOpen(Conflict):
    """The cashier or the register already has an open cash session (law 3)."""

    code = "session_already_open"


class ChangedMeanwhile(Conflict):
    """Somebody else changed the row since the person saw it. `facts` names the fields."""


class TryAgain(Conflict):
    """Another request was in the way. Nothing was changed, and the same request can succeed a moment later.

    So the answer is not stored for an idempotency key.
    """

    code = "busy"


class StillRunning(TryAgain):
    """The first request with this idempotency key has not finished yet."""

    code = "idempotency_still_running"


class DraftChanged(Conflict):
    """The person changed the draft on another device, at `changed_at`. The draft now has `version`."""

    code = "draft_changed"

    def __init__(self, message: str, *, version: int, changed_at: datetime) -> None:
        super().__init__(message)
        self.version = version
        self.changed_at = changed_at


class DraftGone(Conflict):
    """The person submitted or discarded the draft on another page."""

    code = "draft_gone"


class KeyReused(DomainError):
    """An idempotency key was sent again with a different request."""

    code = "idempotency_key_reused"


class TooManyRequests(DomainError):
    """The caller sent more requests than its limit allows. The same request succeeds after `retry_after_seconds`."""

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooManyAttempts(TooManyRequests):
    """There were too many failed sign-ins for one name or from one address."""

    code = "too_many_attempts"


class GatewayUnavailable(DomainError):
    """The payment gateway did not answer, refused, or is not configured. `code` says which."""

    code = "gateway_unavailable"


class InvalidMovement(DomainError):
    """The ledger refuses the movement: it breaks law 2, or its kind does not allow these places."""

    code = "invalid_movement"


class OutOfLine(DomainError):
    """The amount is unusually large, and nobody has confirmed it. Pages ask for confirmation; `facts` has the reason."""

    code = "out_of_line"


class PlaceMovedOn(Exception):
    """Another transaction opened, counted or closed the place after we read it.

    This error is internal: the calling function reads the place again and retries.
    """
