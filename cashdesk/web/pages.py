"""Pages for people who are signed in: who may open them, and what a refusal of the domain becomes there."""

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
from cashdesk.web.drafts import DraftKey, draft_fields

Page = Callable[..., HttpResponseBase]
SAFE: Final = ("GET", "HEAD")


def page_for(role: Role, *, takes_posts: bool = False) -> Callable[[Page], Page]:
    """Makes a view of `(request, by, ...)` a page for people of at least this role, kept out of every cache.

    Who is not signed in is asked to and comes back, with what they typed where the form keeps it; who may not see it gets
    the page that says so; of what somebody may not know of there is no page. With `takes_posts` it has a form, whose
    token Django's CSRF check asks for before.
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
            # Figures must not be answered to the next person at the same browser.
            add_never_cache_headers(response)
            return response

        return page

    return made


def ask_to_sign_in(request: HttpRequest, *, name: str = "") -> HttpResponse:
    """Shows the sign-in page in place of what a form asked for, at once, and carries on what was typed into the form.

    Not 401, which would have to name a way of signing in that a browser knows by itself.
    """
    key = DraftKey.of(request)
    wanted = key.page if key else request.POST.get("next", "")
    context = {"next": wanted, "name": name, "is_too_old": True, "draft_fields": draft_fields(request)}
    answer = render(request, "cashdesk/sign_in.html", context, status=403)
    add_never_cache_headers(answer)
    return answer
