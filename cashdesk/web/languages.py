"""Chooses the language of each page, and the style of its amounts and dates (docs/languages.md)."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from cashdesk.enums import Language
from cashdesk.formats import written_as
from cashdesk.web.waiting_sessions import person_of_session

ENGLISH_PATHS: Final = ("/api/", "/livez", "/readyz")
"""Paths that always use English, because answers for programs must not depend on a language."""


class LanguageMiddleware:
    """Chooses the language of a page: the person's own, else their store's, else the browser's.

    Paths in ENGLISH_PATHS always use English. Pages write amounts and dates in the style of the store. The query for
    the person already joins the store, so this middleware adds no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Activates the language and the style of amounts and dates during the request.

        Sets Content-Language on HTML pages.
        """
        if request.path_info.startswith(ENGLISH_PATHS):
            with translation.override(Language.ENGLISH), written_as(Language.ENGLISH):
                return self.get_response(request)
        user = person_of_session(request)
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
    """Returns the language in the language cookie, else the first supported language of Accept-Language."""
    return translation.get_language_from_request(request)
