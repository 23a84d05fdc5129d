"""The form that chooses the language of the pages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.person import choose_language
from cashdesk.enums import Language
from cashdesk.forms.pages import path_to, path_within, see_path
from cashdesk.models import User
from cashdesk.web.desk_only import answers_pin

YEAR_SECONDS = 365 * 24 * 3600


@answers_pin
@never_cache
@require_POST
def choose_language_page(request: HttpRequest) -> HttpResponse:
    """Saves the language for the person, or in a cookie for a visitor. Then redirects to the page where it was chosen."""
    back = path_within(request.POST.get("back", "")) or path_to("home")
    answer, language = see_path(back), request.POST.get("language", "")
    if language not in Language.values:
        return answer
    if isinstance(request.user, User):
        choose_language(
            user=request.user, language=Language(language), by=Principal(user=request.user), at=timezone.now()
        )
    else:
        remember_language(answer, language)
    return answer


def remember_language(answer: HttpResponse, language: str) -> None:
    """Sets the cookie with the language that a visitor chose."""
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
