"""Showing a form, and leading on after it was done."""

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
    """Shows a form with a new one-time key and, where it was refused, why."""
    filled = {**context, "refusal": refusal, "once": new_form_key()}
    return render(request, template, filled, status=refusal.status if refusal else 200)


def see(page: str, *named: Any, **query: str) -> HttpResponse:
    """Leads to a page by GET, so that a reload there sends nothing again."""
    return see_path(path_to(page, *named, **query))


def see_path(path: str) -> HttpResponse:
    """Leads to a path by GET."""
    return HttpResponseRedirect(path, status=303)


def path_within(text: str) -> str:
    """Returns the path that a form asks to be led to, or "" where that is no path of this server."""
    return text if text.startswith("/") and url_has_allowed_host_and_scheme(text, allowed_hosts=None) else ""


def path_to(page: str, *named: Any, **query: str) -> str:
    """Returns the path of a page; `query` are words and ids of ours."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return reverse(page, args=named) + (f"?{asked}" if asked else "")
