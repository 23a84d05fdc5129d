"""Lets pages of other origins call the API, if the setting CORS_ALLOWED_ORIGINS names their origins."""

from corsheaders import middleware
from django.conf import settings
from django.http import HttpRequest


class CorsMiddleware(middleware.CorsMiddleware):
    """Answers preflights under /api/, and adds the CORS headers to every answer there, errors included.

    It comes before sign-in, before the trailing slash is removed and before any redirect. Without an allowed origin it does
    nothing, so that no answer differs.
    """

    def is_enabled(self, request: HttpRequest) -> bool:
        """Whether the path is one of the API and any other origin is allowed."""
        return bool(settings.CORS_ALLOWED_ORIGINS) and super().is_enabled(request)
