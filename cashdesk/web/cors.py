"""Lets pages of other origins call the API, if the setting CORS_ALLOWED_ORIGINS names their origins."""

from corsheaders import middleware
from django.conf import settings
from django.http import HttpRequest


class CorsMiddleware(middleware.CorsMiddleware):
    """Answers preflight requests under /api/, and adds the CORS headers to all answers there, also to errors.

    It runs before the sign-in check, before the removal of a trailing slash and before any redirect. If
    CORS_ALLOWED_ORIGINS is empty, it does nothing, and no answer has CORS headers.
    """

    def is_enabled(self, request: HttpRequest) -> bool:
        """Whether CORS_ALLOWED_ORIGINS names an origin and the path belongs to the API."""
        return bool(settings.CORS_ALLOWED_ORIGINS) and super().is_enabled(request)
