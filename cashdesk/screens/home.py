"""The address `/`, which leads everybody to their first page, and the page about Cashdesk for visitors."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cashdesk.models import User
from cashdesk.web.browser_sessions import DESK_ONLY
from cashdesk.web.desk_only import answers_pin
from cashdesk.web.shell import first_path_of, keep_to_person


@answers_pin
@never_cache
@require_safe
def home_page(request: HttpRequest) -> HttpResponse:
    """Redirects cashiers to the desk, other people to their first page, and visitors to the sign-in page."""
    if not isinstance(request.user, User):
        return redirect("sign-in")
    return redirect("desk" if request.session.get(DESK_ONLY) else first_path_of(request.user))


@answers_pin
@require_safe
def about_page(request: HttpRequest) -> HttpResponse:
    """Tells visitors what Cashdesk does, and lists its APIs."""
    response = render(request, "cashdesk/about.html")
    keep_to_person(request, response)
    return response
