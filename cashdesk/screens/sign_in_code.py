"""The pages after the password: enter the code of the second factor, or add a second factor if it is required."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cashdesk.domain.people.sign_in import note_sign_in, recognise_code
from cashdesk.errors import DomainError, TooManyAttempts
from cashdesk.forms.refusals import code_wait_sentence
from cashdesk.models import User
from cashdesk.screens.second_factor_pages import Added, add, codes_page
from cashdesk.screens.signing_in import end_sign_in, step_of
from cashdesk.web.errors import status_of
from cashdesk.web.waiting_sessions import mark_verified, person_to_verify


@sensitive_post_parameters("code", "recovery")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code_page(request: HttpRequest) -> HttpResponse:
    """Asks for a code of the app, or for a recovery code. The right one opens the session."""
    user = person_to_verify(request)
    if user is None or user.second_factor_since is None:
        return _elsewhere(user)
    if request.method != "POST":
        return _code_form(request)
    code = request.POST.get("code", "").strip() or request.POST.get("recovery", "").strip()
    if not code:
        return _code_form(request, fault=_("Enter the code."), status=400)
    try:
        kind = recognise_code(user=user, code=code, at=timezone.now())
    except TooManyAttempts as error:
        answer = _code_form(request, fault=code_wait_sentence(error), status=status_of(error))
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
        return answer
    except DomainError as error:
        # A 401 would have to name a sign-in method that browsers implement themselves.
        return _code_form(request, fault=error.on_pages.get("code") or error.message, status=400)
    mark_verified(request, by=kind)
    return redirect(end_sign_in(request, user))


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def must_add_page(request: HttpRequest) -> HttpResponse:
    """Asks a person who must have a second factor to add one. Then shows the recovery codes and opens the session."""
    user = person_to_verify(request)
    if user is None or user.second_factor_since is not None:
        return _elsewhere(user)
    added = add(request, user, is_demanded=True)
    if not isinstance(added, Added):
        return added
    note_sign_in(user, at=timezone.now(), second_factor="app")
    return codes_page(request, added.codes, way_on=end_sign_in(request, user))


def _elsewhere(user: User | None) -> HttpResponse:
    """Redirects to the page of the present step. A sign-in in another tab may have ended the wait for a code."""
    return redirect("sign-in" if user is None else step_of(user))


def _code_form(request: HttpRequest, *, fault: str = "", status: int = 200) -> HttpResponse:
    # The code is not shown again: it has changed, or it was wrong.
    is_recovery = bool(request.POST.get("recovery", "").strip())
    context: dict[str, Any] = {"fault": fault, "is_recovery": is_recovery}
    return render(request, "cashdesk/sign_in_code.html", context, status=status)
