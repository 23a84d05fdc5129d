"""What a browser needs to install Cashdesk and to answer without a connection (docs/decisions/0045-without-a-connection.md).

The manifest names the app and its icons. The service worker keeps files and a few forms, and shows the offline page for
everything else.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cashdesk.enums import Language
from cashdesk.formats import written_as
from cashdesk.web.desk_only import answers_pin

PAPER: Final = "#f8f6f1"
"""The token --paper, the ground of every page. A manifest has one colour; the pages name the dark one too."""
ICONS: Final = (
    ("favicon.svg", "image/svg+xml", "any", "any"),
    ("icon-192.png", "image/png", "192x192", "any"),
    ("icon-512.png", "image/png", "512x512", "any"),
    ("icon-maskable-512.png", "image/png", "512x512", "maskable"),
)
WORKER: Final = Path(__file__).resolve().parent.parent.joinpath("static", "cashdesk", "service_worker.js")


@answers_pin
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Describes the app in the language that the page asks for. Browsers ask for a manifest without cookies."""
    with translation.override(_language(request)):
        described = {
            "id": "/",
            "name": "Cashdesk",
            "short_name": "Cashdesk",
            "description": _("Count every drawer, and know where the cash is."),
            "lang": translation.get_language(),
            "dir": "rtl" if get_language_bidi() else "ltr",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": PAPER,
            "theme_color": PAPER,
            "icons": [
                {"src": static(f"cashdesk/{name}"), "type": kind, "sizes": sizes, "purpose": purpose}
                for name, kind, sizes, purpose in ICONS
            ],
        }
    answer = HttpResponse(json.dumps(described, ensure_ascii=False), content_type="application/manifest+json")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@answers_pin
@never_cache
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Answers the worker, with the values that it needs in front. Each deployment changes its bytes and so replaces it."""
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")


@answers_pin
@require_safe
def offline_page(request: HttpRequest) -> HttpResponse:
    """Answers the page that the worker shows without a connection. It is the same for everybody."""
    language = _language(request)
    return HttpResponse(_offline_page(language), headers={"Content-Language": language, "Cache-Control": "no-cache"})


def _language(request: HttpRequest) -> str:
    """Returns the language in the query, else the active one."""
    language = request.GET.get("language", translation.get_language() or Language.ENGLISH)
    if language not in Language.values:
        raise Http404
    return language


@cache
def _offline_page(language: str) -> str:
    with translation.override(language), written_as(language):
        return render_to_string("cashdesk/offline.html")


@cache
def _worker() -> str:
    pages = {language: f"{reverse('offline')}?language={language}" for language in Language.values}
    source = WORKER.read_text(encoding="utf-8")
    # The hashes of all static files, where they have some, and every word and file name of the offline pages.
    names = [str(getattr(staticfiles_storage, "manifest_hash", "")), *map(_offline_page, pages), source]
    version = sha256("\n".join(names).encode()).hexdigest()[:16]
    given = {"VERSION": version, "OFFLINE_PAGES": pages, "STATIC": settings.STATIC_URL}
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in given.items()) + source
