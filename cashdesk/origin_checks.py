"""Checks the origins whose pages may call the API with a person's cookie."""

from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

FROM_ANYWHERE: Final = ("null", "file://")
"""The origin that browsers send for local files and sandboxed frames, which any site can make."""

HINT: Final = "Name each origin in full, such as https://till.example, separated by commas."


@register(Tags.security)
def check_origins(**_options: Any) -> list[CheckMessage]:
    """Reports a wildcard, because CORS allows credentials: any site could then act as the person who visits it."""
    if not settings.CORS_ALLOW_CREDENTIALS:
        return []
    found = [origin for origin in settings.CORS_ALLOWED_ORIGINS if "*" in origin or origin in FROM_ANYWHERE]
    errors: list[CheckMessage] = [
        Error(
            f"CORS_ALLOWED_ORIGINS has {origin!r}, but every allowed origin may use people's cookies.",
            hint=HINT,
            id="cashdesk.E030",
        )
        for origin in found
    ]
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False):
        message = "CORS_ALLOW_ALL_ORIGINS is on, but every allowed origin may use people's cookies."
        errors.append(Error(message, hint=HINT, id="cashdesk.E031"))
    return errors
