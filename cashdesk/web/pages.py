"""Pages for people who are signed in: who may open them, and what a refusal of the domain becomes there."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from cashdesk.domain.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import Forbidden, NotFound
from cashdesk.models import User

Page = Callable[..., HttpResponseBase]
SAFE: Final = ("GET", "HEAD")


def page_for(role: Role, *, takes_posts: bool = False) -> Callable[[Page], Page]:
    """Makes a view of `(request, by, ...)` a page for people of at least this role, kept out of every cache.

    Who is not signed in is asked to and comes back; who may not see it gets the page that says so; of what somebody may not
    know of there is no page. With `takes_posts` it has a form, whose token Django's CSRF check asks for before.
    """
    methods = [*SAFE, *(["POST"] if takes_posts else [])]

    def made(view: Page) -> Page:
        @require_http_methods(methods)
        @wraps(view)
        def page(request: HttpRequest, **named: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
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
