"""The front door: what Cashdesk is, and for a cashier the desk itself."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from cashdesk.enums import Role
from cashdesk.forms.pages import see
from cashdesk.models import User


@require_safe
def home_page(request: HttpRequest) -> HttpResponseBase:
    """Leads a cashier who is signed in to the desk; shows everyone else the doors that are theirs."""
    user = request.user if isinstance(request.user, User) else None
    is_manager = user is not None and user.has_role(Role.MANAGER)
    if user is not None and not is_manager:
        response = see("desk")
    else:
        response = render(request, "cashdesk/home.html", {"is_manager": is_manager})
    if user is not None:
        # What the next person at the same browser finds here is another page.
        add_never_cache_headers(response)
    return response
