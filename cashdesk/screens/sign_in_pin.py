"""Signing in with a PIN on a trusted till, and confirming with the password to leave the desk."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.pin import sign_in_by_pin
from cashdesk.domain.people.second_factor import needs_verification
from cashdesk.domain.people.sign_in import confirm_password, note_sign_in, refuse_password_of
from cashdesk.domain.people.trusted_till import people_at
from cashdesk.enums import Role
from cashdesk.errors import NotSignedIn, PasswordSignInOff, PinLocked, TooManyAttempts, WrongPassword
from cashdesk.forms.pages import path_within, see, see_path
from cashdesk.forms.refusals import wait_sentence
from cashdesk.models import TrustedTill, User
from cashdesk.screens.signing_in import after_password, begin_session, way_of, way_on
from cashdesk.web.browser_sessions import DESK_ONLY
from cashdesk.web.desk_only import answers_pin, till_of
from cashdesk.web.devices import source_of
from cashdesk.web.drafts import draft_fields
from cashdesk.web.errors import status_of
from cashdesk.web.pages import page_for
from cashdesk.web.shell import first_path_of


@answers_pin
@sensitive_post_parameters("pin")
@never_cache
@require_POST
def pin_page(request: HttpRequest) -> HttpResponse:
    """Signs a person in to the desk with their PIN. On a till that is not trusted it leads to the sign-in page."""
    till, wanted = till_of(request), path_within(request.POST.get("next", ""))
    if till is None:
        return see("sign-in")
    person, pin = request.POST.get("person", ""), request.POST.get("pin", "").strip()
    if not person or not pin:
        words = _("Choose your name.") if not person else _("Enter your PIN.")
        return _again(request, till, wanted=wanted, fault=words)
    try:
        user = sign_in_by_pin(till=till, person=person, pin=pin, at=timezone.now())
    except PinLocked as error:
        return _again(request, till, wanted=wanted, fault=error.message, is_locked=True)
    except NotSignedIn as error:
        return _again(request, till, wanted=wanted, fault=error.message)
    begin_session(request, user, way=way_of(request, wanted=wanted))
    request.session[DESK_ONLY] = True
    # A person of the session, as later requests find them: with the rights of a cashier.
    user.is_desk_only = True
    return redirect(way_on(request, user))


@sensitive_post_parameters("password")
@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def confirm_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Asks a person who signed in with a PIN for their password, and then leads to the page that they want."""
    user = cast(User, by.user)
    wanted = path_within(request.POST.get("next", request.GET.get("next", "")))
    if not user.is_desk_only:
        return see_path(wanted or first_path_of(user))
    if request.method != "POST":
        return _confirm_form(request, wanted=wanted)
    password, at = request.POST.get("password", ""), timezone.now()
    if not password:
        return _confirm_form(request, wanted=wanted, fault=_("Enter your password."), status=400)
    try:
        confirm_password(by=by, password=password, source=source_of(request), at=at)
        refuse_password_of(user)
    except PasswordSignInOff as error:
        return _confirm_form(request, wanted=wanted, fault=error.message, status=status_of(error))
    except WrongPassword:
        return _confirm_form(request, wanted=wanted, fault=_("This is not your password."), status=400)
    except TooManyAttempts as error:
        answer = _confirm_form(request, wanted=wanted, fault=wait_sentence(error), status=status_of(error))
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
        return answer
    user.is_desk_only = False
    if not needs_verification(user):
        note_sign_in(user, at=at)
    return after_password(request, user, wanted=wanted)


def _again(
    request: HttpRequest, till: TrustedTill, *, wanted: str, fault: str, is_locked: bool = False
) -> HttpResponse:
    """Shows the sign-in page again with the person still chosen. After too many tries it asks for the password."""
    people, chosen = people_at(till), request.POST.get("person", "")
    context: dict[str, Any] = {
        "next": wanted,
        "people": people,
        "chosen": chosen,
        "pin_fault": fault,
        "is_locked": is_locked,
        "name": next((one.username for one in people if is_locked and str(one.uuid) == chosen), ""),
        "draft_fields": draft_fields(request),
    }
    return render(request, "cashdesk/sign_in.html", context, status=400)


def _confirm_form(request: HttpRequest, *, wanted: str, fault: str = "", status: int = 200) -> HttpResponse:
    return render(request, "cashdesk/confirm.html", {"next": wanted, "fault": fault}, status=status)
