"""Checks the origins whose pages may call the API with a person's cookie."""

import re
from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

ORIGIN: Final = re.compile(r"(?!file:)[a-z][a-z0-9+.-]*://[^\s/?#@*]+", re.IGNORECASE)
"""A scheme and a host, perhaps with a port.

Browsers send `null` or `file://` for local files and sandboxed frames, which any site can make. An entry without a scheme
would match `null` too, because the CORS middleware compares only scheme and host.
"""

HINT: Final = "Name each origin in full, such as https://till.example, separated by commas."


def is_one_site(origin: str) -> bool:
    """Whether the text is the complete origin of one site: no wildcard, and no origin that any page can have."""
    return ORIGIN.fullmatch(origin) is not None


def origin_faults(origins: Iterable[str]) -> list[str]:
    """Returns one sentence per value of CORS_ALLOWED_ORIGINS that is not the origin of one site."""
    return [
        f"CORS_ALLOWED_ORIGINS has {origin!r}, but every allowed origin may use people's cookies. {HINT}"
        for origin in origins
        if not is_one_site(origin)
    ]


@register(Tags.security)
def check_origins(**_options: Any) -> list[CheckMessage]:
    """Returns an error for each setting that lets the pages of any site call the API, such as a wildcard.

    Browsers send the person's cookie with calls from allowed origins. With a wildcard, any site that a person visits could
    act in their name.
    """
    if not settings.CORS_ALLOW_CREDENTIALS:
        return []
    faults = origin_faults(settings.CORS_ALLOWED_ORIGINS)
    errors: list[CheckMessage] = [Error(fault, id="cashdesk.E030") for fault in faults]
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False):
        message = "CORS_ALLOW_ALL_ORIGINS is on, but every allowed origin may use people's cookies."
        errors.append(Error(message, hint=HINT, id="cashdesk.E031"))
    return errors
