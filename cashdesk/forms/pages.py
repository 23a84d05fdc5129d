"""Functions that show a form, and redirect after the form was booked."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from cashdesk.forms.refusals import Refusal
from cashdesk.web.idempotency import new_form_key


def form_page(
    request: HttpRequest, template: str, context: Mapping[str, Any], refusal: Refusal | None = None
) -> HttpResponse:
    """Shows a form with a new idempotency key. If there is a refusal, shows it and answers with its status."""
    filled = {**context, "refusal": refusal, "once": new_form_key()}
    return render(request, template, filled, status=refusal.status if refusal else 200)


def see(page: str, *named: Any, **query: str) -> HttpResponse:
    """Redirects to a page with 303, so that the browser uses GET and a reload does not send the form again."""
    return see_path(path_to(page, *named, **query))


def see_path(path: str) -> HttpResponse:
    """Redirects to a path with 303."""
    return HttpResponseRedirect(path, status=303)


def path_within(text: str) -> str:
    """Returns `text` if it is a path of this server, else ""."""
    return text if text.startswith("/") and url_has_allowed_host_and_scheme(text, allowed_hosts=None) else ""


def path_to(page: str, *named: Any, **query: str) -> str:
    """Returns the path of a page. The values of `query` must need no escaping."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return reverse(page, args=named) + (f"?{asked}" if asked else "")
