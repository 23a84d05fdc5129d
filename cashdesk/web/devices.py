"""Devices on which people signed in before, told by a signed cookie (docs/decisions/0019-signing-in-and-being-held-back.md).

The cookie opens nothing. It only gives those people a counter of wrong passwords on this device that no stranger can use up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from cashdesk.domain.people.sign_in_throttle import Source
from cashdesk.models import User
from cashdesk.web.middleware import address_of

COOKIE: Final = "device"
MAX_AGE_SECONDS: Final = 400 * 24 * 3600
"""As long as browsers keep a cookie at most."""
PEOPLE_MAX: Final = 30
SALT: Final = "cashdesk.device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device by the id that we gave it, and the ids of the people who signed in on it last, newest first."""

    id: str
    people: tuple[int, ...] = ()


def device_of(request: HttpRequest) -> Device | None:
    """Returns the device that the cookie tells; None without one that we signed."""
    try:
        name, people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Device(id=str(name), people=tuple(people))


def source_of(request: HttpRequest | None) -> Source:
    """Returns where a password that came with a request comes from: its address, its device and who is signed in."""
    if request is None:
        return Source(address="")
    device, user = device_of(request), getattr(request, "user", None)
    return Source(
        address=address_of(request),
        device=device.id if device else "",
        people=frozenset(device.people if device else ()),
        # The API's doors put the owner of the token there, as the pages put that of the browser session.
        sender=user if isinstance(user, User) else None,
    )


def remember_device(request: HttpRequest, user: User) -> None:
    """Has the answer tell the device that this person signed in on it."""
    request.signed_in_person = user.pk  # type: ignore[attr-defined]


class DeviceMiddleware:
    """Writes the cookie where somebody signed in, by whichever door."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Adds the person to those of the device; a device that is new gets its id."""
        response = self.get_response(request)
        person = getattr(request, "signed_in_person", None)
        if person is not None:
            device = device_of(request) or Device(id=token_urlsafe(16))
            people = (person, *(other for other in device.people if other != person))[:PEOPLE_MAX]
            response.set_cookie(
                COOKIE,
                signing.dumps([device.id, people], salt=SALT),
                max_age=MAX_AGE_SECONDS,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response
