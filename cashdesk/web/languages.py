"""In which language a page speaks, and how amounts and dates are written on it (docs/languages.md)."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from cashdesk.enums import Language
from cashdesk.formats import written_as
from cashdesk.models import User

ENGLISH_PATHS: Final = ("/api/", "/admin/", "/livez", "/readyz")
"""What programs read never changes with who asks; of the back office nobody translates the words."""


class LanguageMiddleware:
    """Answers a page in the language of the person, else of their store, else of the browser; all else in English.

    The person was read with the store, so it costs no statement. Amounts and dates are written as in the store.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Has the language and the style in force while the request is answered, and tells which it was."""
        if request.path_info.startswith(ENGLISH_PATHS):
            with translation.override(Language.ENGLISH), written_as(Language.ENGLISH):
                return self.get_response(request)
        user = request.user if isinstance(request.user, User) else None
        store = user.store if user is not None else None
        language = (user and user.language) or (store and store.language) or _of_browser(request)
        place = (store.language, store.currency, store.time_zone) if store is not None else (language,)
        with translation.override(language), written_as(*place):
            response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def _of_browser(request: HttpRequest) -> str:
    """The language that was chosen in this browser (a cookie), else the first of the browser's own that the pages speak."""
    return translation.get_language_from_request(request)
