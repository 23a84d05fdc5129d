"""The page of a person's own account: name, language, password, and the list of their sign-ins."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk import formats
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people import signed_in_places
from cashdesk.domain.people.pin import may_have_pin
from cashdesk.domain.people.provider_connection import connection_of, may_disconnect
from cashdesk.domain.people.signed_in_places import places_of
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.forms.pages import path_to, see, see_path
from cashdesk.models import AccessToken, BrowserSession, User
from cashdesk.web.authentication import delete_token_cookies
from cashdesk.web.device_words import device_words
from cashdesk.web.openid_provider import is_configured
from cashdesk.web.pages import page_for

ID_DIGITS_MAX = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A row of the list of sign-ins: a browser, or a program with an API token. Times are written for the person."""

    name: str
    value: str
    device: str
    place: str
    since: str
    last_used: str
    is_here: bool
    is_desk_only: bool = False

    @property
    def kind(self) -> str:
        """The word for the kind of sign-in."""
        if self.name == "token":
            return _("API")
        return _("Browser, by PIN") if self.is_desk_only else _("Browser")


@page_for(Role.CASHIER)
def account_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows the person's account and where they are signed in, this browser first."""
    user, at = cast(User, by.user), timezone.now()
    places = places_of(user, at=at)
    here = request.session.digest  # type: ignore[attr-defined]  # our own session store
    rows = [
        *(_of_browser(session, user, is_here=session.pk == here) for session in places.browsers),
        *(_of_token(token, user) for token in places.tokens),
    ]
    rows.sort(key=lambda row: not row.is_here)
    context = {"person": user, "role": user.get_role_display(), "sign_ins": rows, "is_ended": "ended" in request.GET}
    context |= {"may_have_pin": may_have_pin(user) or user.pin}
    context |= {"is_pin_set": "pin-set" in request.GET, "is_pin_removed": "pin-removed" in request.GET}
    context |= {"is_connected_now": "connected" in request.GET, "is_disconnected_now": "disconnected" in request.GET}
    context["provider"] = settings.PROVIDER.name if is_configured() else ""
    if context["provider"]:
        connection = connection_of(user)
        context["connected_since"] = _written(connection.created_at, user) if connection is not None else ""
        context["may_disconnect"] = may_disconnect(user)
    return render(request, "cashdesk/account.html", context)


@page_for(Role.CASHIER, takes_posts=True)
def end_sign_in_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Ends one of the person's sign-ins. A sign-in that has ended already is no error."""
    user, at = cast(User, by.user), timezone.now()
    if request.method != "POST":
        return see("account")
    session_key, token_id = request.POST.get("session", ""), request.POST.get("token", "")
    try:
        if session_key:
            signed_in_places.end_browser(user=user, session_key=session_key, at=at)
        elif token_id.isascii() and token_id.isdecimal() and len(token_id) <= ID_DIGITS_MAX:
            signed_in_places.end_token(user=user, token_id=int(token_id), at=at)
    except NotFound:
        return see("account")
    return see_path(f"{path_to('account')}?ended")


@page_for(Role.CASHIER, takes_posts=True)
def sign_out_everywhere_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Asks whether to end every sign-in (GET), and ends them all with this one (POST). An open drawer stays open."""
    if request.method != "POST":
        return render(request, "cashdesk/sign_out_everywhere.html", {})
    signed_in_places.sign_out_everywhere(user=cast(User, by.user), at=timezone.now())
    logout(request)
    answer = redirect("sign-in")
    answer.headers["Location"] += "?signed-out=everywhere"
    delete_token_cookies(answer)
    return answer


def _of_browser(session: BrowserSession, user: User, *, is_here: bool) -> SignIn:
    return SignIn(
        name="session",
        value=session.pk,
        device=device_words(session.user_agent),
        place=session.address,
        since=_written(session.signed_in_at, user),
        last_used=_written(session.last_seen_at, user),
        is_here=is_here,
        is_desk_only=session.is_desk_only,
    )


def _of_token(token: AccessToken, user: User) -> SignIn:
    return SignIn(
        name="token",
        value=str(token.pk),
        device=device_words(token.user_agent),
        place=token.address,
        since=_written(token.created_at, user),
        last_used=_written(token.last_used_at, user),
        is_here=False,
    )


def _written(at: datetime | None, user: User) -> str:
    zone = user.store.time_zone if user.store is not None else "UTC"
    return formats.style().instant(at, zone) if at is not None else ""
