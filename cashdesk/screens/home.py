"""The home page."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from cashdesk.enums import Role
from cashdesk.forms.pages import see
from cashdesk.models import User


@require_safe
def home_page(request: HttpRequest) -> HttpResponseBase:
    """Redirects a signed-in cashier to the desk. Shows everyone else the links that their role may use."""
    user = request.user if isinstance(request.user, User) else None
    is_manager = user is not None and user.has_role(Role.MANAGER)
    if user is not None and not is_manager:
        response = see("desk")
    else:
        response = render(request, "cashdesk/home.html", {"is_manager": is_manager})
    if user is not None:
        # The page depends on the person, and another person may use the same browser next.
        add_never_cache_headers(response)
    return response
