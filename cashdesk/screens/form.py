"""What the forms of the desk share: what was refused of one, how it is shown again, and where a page leads afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import DomainError
from cashdesk.models import CashSession
from cashdesk.web.errors import status_of
from cashdesk.web.idempotency import new_form_key


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a form was not done: the fields that are wrong, or the state of things in one sentence."""

    status: int
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str = ""

    @classmethod
    def of(cls, error: DomainError) -> "Refusal":
        """Returns what the domain says; a sentence where the fault is in no field."""
        return cls(status=status_of(error), errors=error.errors, message="" if error.errors else error.message)


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


def session_meant(request: HttpRequest, *, by: Principal) -> CashSession | None:
    """Returns the person's own session that a form was shown for, open or not, with its register and store; else None.

    A form says which drawer it is about, so that it never counts, or takes from, another one that was opened since.
    """
    try:
        wanted = UUID(request.POST.get("session", ""))
    except ValueError:
        return None
    sessions = CashSession.objects.select_related("store", "register", "user")
    return sessions.filter(uuid=wanted, user=by.user).first()


def text_of(request: HttpRequest, name: str) -> str:
    """Returns what was typed into a field of one line: trimmed, without characters that no line has, and with plain spaces
    where other ones were pasted, which would else run words together.
    """
    typed = "".join(" " if sign.isspace() else sign for sign in request.POST.get(name, "").strip())
    return "".join(sign for sign in typed if sign.isprintable())
