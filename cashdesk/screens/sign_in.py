"""The pages that sign people in and out, by username, e-mail address or tax id."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cashdesk.domain.people.access_token import end_sign_in
from cashdesk.domain.people.sign_in import recognise
from cashdesk.domain.setup.setup_link import is_empty
from cashdesk.errors import NotSignedIn, PasswordSignInOff, TooManyAttempts
from cashdesk.forms.pages import path_to, path_within
from cashdesk.forms.refusals import wait_sentence
from cashdesk.models import User
from cashdesk.screens.provider_sign_in import ID_TOKEN, end_at_provider
from cashdesk.screens.signing_in import WAY, after_password, step_of
from cashdesk.web.authentication import COOKIE, delete_token_cookies
from cashdesk.web.desk_only import answers_pin, people_at_till
from cashdesk.web.devices import source_of
from cashdesk.web.drafts import draft_fields
from cashdesk.web.errors import status_of
from cashdesk.web.openid_provider import is_configured
from cashdesk.web.shell import first_path_of
from cashdesk.web.waiting_sessions import person_to_verify


@answers_pin
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Signs a person in. Then redirects to `?next=` if it is a path of this server, else to the person's first page.

    A form that was sent while the person was signed out becomes a draft after the sign-in, and is shown again. If another
    person signs in, nothing is saved and they go to their first page.
    """
    wanted = path_within(request.POST.get("next", request.GET.get("next", "")))
    context = {"next": wanted, "name": "", "is_signed_out": "signed-out" in request.GET}
    context["is_signed_out_everywhere"] = request.GET.get("signed-out") == "everywhere"
    context["has_new_password"] = "new-password" in request.GET
    context["draft_fields"] = draft_fields(request)
    if request.method != "POST":
        if isinstance(request.user, User):
            return redirect(wanted or first_path_of(request.user))
        if (waiting := person_to_verify(request)) is not None:
            return redirect(step_of(waiting))
        return _page(request, {**context, "is_empty": is_empty()})
    name, password = request.POST.get("name", "").strip(), request.POST.get("password", "")
    context |= {"name": name, "is_signed_out": False}
    if not name or not password:
        missing = {"lacks_name": not name, "lacks_password": not password}
        return _page(request, {**context, **missing}, status=400)
    try:
        user = recognise(name=name, password=password, source=source_of(request), at=timezone.now())
    except TooManyAttempts as error:
        answer = _page(request, {**context, "wait": wait_sentence(error)}, status=status_of(error))
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
        return answer
    except PasswordSignInOff as error:
        return _page(request, {**context, "refusal": error.message}, status=status_of(error))
    except NotSignedIn:
        # A 401 would have to name a sign-in method that browsers implement themselves.
        return _page(request, {**context, "is_wrong": True}, status=400)
    return after_password(request, user, wanted=wanted)


def _page(request: HttpRequest, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Shows the sign-in page. On a trusted till it offers the people who may sign in with a PIN."""
    return render(request, "cashdesk/sign_in.html", {**context, "people": people_at_till(request)}, status=status)


@answers_pin
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the browser session, and revokes the API tokens in the cookies of this browser. An open drawer stays open."""
    id_token = str(request.session.get(ID_TOKEN, ""))
    logout(request)
    answer = end_at_provider(request, id_token) or redirect(f"{path_to('sign-in')}?signed-out")
    if secret := request.COOKIES.get(COOKIE, ""):
        end_sign_in(secret=secret, at=timezone.now())
    # Always, because the browser sends the refresh token only to the API.
    delete_token_cookies(answer)
    return answer


@sensitive_post_parameters("password")
@never_cache
def back_office_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Signs a person in to the back office with Django's form. Then asks for the code, if the person needs one."""
    if request.method != "POST" and is_configured() and not isinstance(request.user, User):
        # Django's form does not have the button of the provider.
        query = urlencode({"next": path_within(request.GET.get("next", "")) or path_to("admin:index")})
        return redirect(f"{path_to('sign-in')}?{query}")
    response = admin.site.login(request)
    user = person_to_verify(request)
    if user is None:
        return response
    wanted = path_within(request.POST.get("next", request.GET.get("next", "")))
    request.session[WAY] = {"wanted": wanted or path_to("admin:index"), "form": {}}
    return redirect(step_of(user))
