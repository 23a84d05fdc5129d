"""Remembers in a signed cookie who signed in on a device (docs/decisions/0019-signing-in-and-being-held-back.md).

The cookie grants no access. It only gives the people in it a separate counter of wrong passwords on this device. So a
stranger cannot use up their attempts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from cashdesk.domain.people.sign_in_throttle import NOWHERE, Source
from cashdesk.models import User
from cashdesk.web.middleware import address_of, user_agent_of

COOKIE: Final = "device"
MAX_AGE_SECONDS: Final = 400 * 24 * 3600
"""400 days: the longest time that browsers keep a cookie."""
PEOPLE_MAX: Final = 30
SALT: Final = "cashdesk.device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device: a random id, and the ids of the last people who signed in on it, newest first."""

    id: str
    people: tuple[int, ...] = ()


def device_of(request: HttpRequest) -> Device | None:
    """Returns the device in the signed cookie, or None if the cookie is missing or not signed by us."""
    try:
        name, people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Device(id=str(name), people=tuple(people))


def source_of(request: HttpRequest | None) -> Source:
    """Returns the source of a sign-in attempt: the request's address, its device and the signed-in person."""
    if request is None:
        return NOWHERE
    device, user = device_of(request), getattr(request, "user", None)
    return Source(
        address=address_of(request),
        user_agent=user_agent_of(request),
        device=device.id if device else "",
        people=frozenset(device.people if device else ()),
        # API views set `user` to the owner of the token; pages set it to the person of the browser session.
        sender=user if isinstance(user, User) else None,
    )


def remember_device(request: HttpRequest, user: User) -> str:
    """Marks the request, so that DeviceMiddleware adds this person to the device cookie. Returns the id of the device."""
    device = device_of(request) or Device(id=token_urlsafe(16))
    people = (user.pk, *(other for other in device.people if other != user.pk))[:PEOPLE_MAX]
    request.signed_in_device = Device(id=device.id, people=people)  # type: ignore[attr-defined]
    return device.id


class DeviceMiddleware:
    """Writes the device cookie after a sign-in, on pages and in the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """After a sign-in, moves the person to the start of the device's list. A new device gets a random id."""
        response = self.get_response(request)
        device = getattr(request, "signed_in_device", None)
        if device is not None:
            response.set_cookie(
                COOKIE,
                signing.dumps([device.id, device.people], salt=SALT),
                max_age=MAX_AGE_SECONDS,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response
