"""Browser sessions of people who must enter a code after the password (docs/decisions/0039-second-factor.md).

The password signs such a person in to the session, but not to a page: until the code is right, `request.user` is
anonymous. So no page, no admin page and no API needs to know of the second factor. Only the pages that ask for the code
call `person_to_verify`.
"""

from collections.abc import Callable
from typing import Final

from django.contrib.auth import get_user
from django.contrib.auth.middleware import get_user as get_user_once
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from cashdesk.domain.people.second_factor import is_missing_second_factor, needs_verification
from cashdesk.models import User
from cashdesk.web.browser_sessions import DESK_ONLY

VERIFIED: Final = "verified_by"
"""The session's entry that says how the person was verified: `app`, `recovery` or `provider`.

Only a sign-in with a second factor sets it. A session that began with a PIN never has it.
"""


class SecondFactorMiddleware:
    """Makes `request.user` anonymous while the session waits for a code. It must come after AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replaces the lazy person of the request by another lazy one, so that no request reads more than before."""
        request.user = SimpleLazyObject(lambda: _verified(request))  # type: ignore[assignment]
        return self.get_response(request)


def _verified(request: HttpRequest) -> User | AnonymousUser:
    user = get_user_once(request)
    if not isinstance(user, User) or is_waiting(request, user):
        return AnonymousUser()
    user.is_desk_only = bool(request.session.get(DESK_ONLY))
    return user


def person_of_session(request: HttpRequest) -> User | None:
    """Returns the person who signed in to the session, verified or not. Use it only for harmless things like the language.

    It is the person at the start of the request, and costs no second query.
    """
    user = get_user_once(request)
    return user if isinstance(user, User) else None


def is_waiting(request: HttpRequest, user: User) -> bool:
    """Whether the session of this person still waits for a code.

    A session that began with a PIN never counts as verified. It opens only the desk, so it waits for no code, unless
    the person has to add a second factor first.
    """
    if request.session.get(DESK_ONLY):
        return is_missing_second_factor(user)
    return needs_verification(user) and VERIFIED not in request.session


def person_to_verify(request: HttpRequest) -> User | None:
    """Returns the person whose session waits for a code, or None. None after a PIN, because a PIN proves too little."""
    if request.session.get(DESK_ONLY):
        return None
    user = get_user(request)
    return user if isinstance(user, User) and is_waiting(request, user) else None


def mark_verified(request: HttpRequest, *, by: str) -> None:
    """Marks the session as verified. Gives it a new key, so that a person who knew the old key cannot use it."""
    request.session.cycle_key()
    request.session[VERIFIED] = by
