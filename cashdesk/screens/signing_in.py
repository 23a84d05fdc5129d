"""The steps that end every sign-in on a page, with or without a second factor."""

from typing import Any, Final

from django.contrib.auth import SESSION_KEY, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.second_factor import needs_verification
from cashdesk.domain.people.trusted_till import note_full_sign_in
from cashdesk.models import User
from cashdesk.web.browser_sessions import DESK_ONLY
from cashdesk.web.devices import remember_device
from cashdesk.web.drafts import draft_fields, save_sent
from cashdesk.web.shell import first_path_of
from cashdesk.web.waiting_sessions import VERIFIED

BACKEND: Final = "cashdesk.web.authentication.SignInBackend"
WAY: Final = "way_after_sign_in"
"""The session's entry with the page that the person wants, and the form that they sent while signed out."""


def way_of(request: HttpRequest, *, wanted: str) -> dict[str, Any]:
    """Returns the session's entry WAY: the page that the person wants, and the form that they sent."""
    return {"wanted": wanted, "form": draft_fields(request)}


def begin_session(request: HttpRequest, user: User, *, way: dict[str, Any]) -> None:
    """Signs a person in to the browser session. `web.waiting_sessions` says whether it still waits for a code."""
    if request.session.get(SESSION_KEY) == str(user.pk):
        # Otherwise Django keeps the old session, which ends earlier.
        request.session.cycle_key()
    for mark in (VERIFIED, DESK_ONLY):
        request.session.pop(mark, None)
    login(request, user, backend=BACKEND)
    request.session[WAY] = way


def after_password(request: HttpRequest, user: User, *, wanted: str) -> HttpResponse:
    """Redirects a person with the right password to their page, or to the page that asks for the code."""
    begin_session(request, user, way=way_of(request, wanted=wanted))
    if needs_verification(user):
        return redirect(step_of(user))
    return redirect(end_sign_in(request, user))


def step_of(user: User) -> str:
    """Returns the page that a person sees after the password: it asks for the code, or for a new second factor."""
    return "sign-in-code" if user.second_factor_since is not None else "sign-in-second-factor"


def end_sign_in(request: HttpRequest, user: User) -> str:
    """Remembers and trusts the device, and goes on as `way_on` does. Returns the path of the person's page."""
    note_full_sign_in(user=user, device=remember_device(request, user), at=timezone.now())
    return way_on(request, user)


def way_on(request: HttpRequest, user: User) -> str:
    """Saves the form that the person sent while signed out. Returns the path of their page."""
    way = request.session.pop(WAY, {})
    wanted = str(way.get("wanted", ""))
    if form := way.get("form"):
        sent = request.POST.copy()
        sent.update(form)
        request.POST = sent  # type: ignore[assignment]  # Django's own class, which may still be changed
        wanted = save_sent(request=request, by=Principal(user=user), at=timezone.now())
    return wanted or first_path_of(user)
