"""The errors that a form shows. Some have their own text for the desk, with people's names and the store's local time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cashdesk.errors import DomainError, TooManyAttempts
from cashdesk.models import Store
from cashdesk.templatetags.figures import minute
from cashdesk.web.errors import status_of

MINUTE_SECONDS: Final = 60


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The reason why a form was refused: errors by field, or one message."""

    status: int
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str = ""

    @classmethod
    def of(cls, error: DomainError) -> "Refusal":
        """Returns the refusal for a domain error: its field errors, else its message."""
        return cls(status=status_of(error), errors=error.on_pages, message="" if error.errors else error.page_message)


def refusal_of(error: DomainError, *, store: Store) -> Refusal:
    """Returns the refusal for a domain error. If the desk has its own text for the error, the refusal has that text."""
    message = _sentence(error, store=store)
    return Refusal(status=status_of(error), message=message) if message else Refusal.of(error)


def _sentence(error: DomainError, *, store: Store) -> str:
    running = error.facts.get("running")
    if running is not None:
        words = _(
            "%(name)s has had register %(number)s open since %(since)s. Ask them to close it or hand it over first."
        )
        return words % {
            "name": running.user,
            "number": running.register.number,
            "since": minute(running.opened_at, store),
        }
    if "register_of_another" in error.facts:
        words = _("Register %(number)s is assigned to somebody else. Choose another one, or ask your manager.")
        return words % {"number": error.facts["register_of_another"]}
    if isinstance(error, TooManyAttempts):
        return wait_sentence(error)
    return ""


def wait_sentence(error: TooManyAttempts) -> str:
    """Returns the sentence that tells how long to wait after too many wrong tries, in seconds or in minutes."""
    seconds = error.retry_after_seconds
    if seconds < MINUTE_SECONDS:
        words = ngettext(
            "Too many wrong tries with a name and password. Wait %(seconds)s second, then try again.",
            "Too many wrong tries with a name and password. Wait %(seconds)s seconds, then try again.",
            seconds,
        )
        return words % {"seconds": seconds}
    minutes = -(-seconds // MINUTE_SECONDS)
    words = ngettext(
        "Too many wrong tries with a name and password. Wait %(minutes)s minute, then try again.",
        "Too many wrong tries with a name and password. Wait %(minutes)s minutes, then try again.",
        minutes,
    )
    return words % {"minutes": minutes}


def code_wait_sentence(error: TooManyAttempts) -> str:
    """Returns the sentence that tells how long to wait after too many wrong codes, in seconds or in minutes."""
    seconds = error.retry_after_seconds
    if seconds < MINUTE_SECONDS:
        words = ngettext(
            "Too many wrong codes. Wait %(seconds)s second, then try again.",
            "Too many wrong codes. Wait %(seconds)s seconds, then try again.",
            seconds,
        )
        return words % {"seconds": seconds}
    minutes = -(-seconds // MINUTE_SECONDS)
    words = ngettext(
        "Too many wrong codes. Wait %(minutes)s minute, then try again.",
        "Too many wrong codes. Wait %(minutes)s minutes, then try again.",
        minutes,
    )
    return words % {"minutes": minutes}
