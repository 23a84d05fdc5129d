"""The decorator for pages of signed-in people: checks the role and turns domain errors into pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import Forbidden, NotFound
from cashdesk.models import User
from cashdesk.web.desk_only import answers_pin, people_at_till
from cashdesk.web.drafts import DraftKey, draft_fields

Page = Callable[..., HttpResponseBase]
SAFE: Final = ("GET", "HEAD")


def page_for(role: Role, *, takes_posts: bool = False, by_pin: bool = False) -> Callable[[Page], Page]:
    """Decorates a view `(request, by, ...)` as a page for people with at least this role. No cache may store the page.

    With `by_pin` the page also answers people who signed in with a PIN, as cashiers (`desk_only`).

    Anonymous users go to the sign-in page and return here with their form input. A role that is too low gets 403; an
    object out of scope gets 404. With `takes_posts` the page also accepts POST. Django's middleware checks the CSRF token
    before that.
    """
    methods = [*SAFE, *(["POST"] if takes_posts else [])]

    def made(view: Page) -> Page:
        @require_http_methods(methods)
        @wraps(view)
        def page(request: HttpRequest, **named: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
                if request.method == "POST" and DraftKey.of(request) is not None:
                    return ask_to_sign_in(request)
                return redirect_to_login(request.get_full_path())
            if not request.user.has_role(role):
                raise PermissionDenied
            try:
                response = view(request, by=Principal(user=request.user), **named)
            except Forbidden as error:
                raise PermissionDenied from error
            except NotFound as error:
                raise Http404 from error
            # The next person at the same browser must not see these figures.
            add_never_cache_headers(response)
            return response

        page.needs_sign_in = True  # type: ignore[attr-defined]  # so that a form without its cookies leads to the sign-in
        return answers_pin(page) if by_pin else page

    return made


def ask_to_sign_in(request: HttpRequest, *, name: str = "", page: str = "") -> HttpResponse:
    """Answers a sent form with the sign-in page, which carries the form's input in hidden fields.

    Without a draft, the person comes to `page` after the sign-in. The status is 403, because a 401 must name a sign-in
    method that browsers implement themselves.
    """
    key = DraftKey.of(request)
    wanted = key.page if key else page or request.POST.get("next", "")
    context = {"next": wanted, "name": name, "is_too_old": True, "draft_fields": draft_fields(request)}
    context["people"] = people_at_till(request)
    answer = render(request, "cashdesk/sign_in.html", context, status=403)
    add_never_cache_headers(answer)
    return answer
