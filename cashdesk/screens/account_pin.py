"""The page on which people choose or remove their PIN."""

from collections.abc import Mapping
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.pin import may_have_pin, refuse_easy_pin, remove_pin, set_pin
from cashdesk.domain.people.sign_in import confirm_password
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput, TooManyAttempts, WrongPassword
from cashdesk.forms.pages import path_to, see, see_path
from cashdesk.forms.refusals import wait_sentence
from cashdesk.models import User
from cashdesk.web.devices import source_of
from cashdesk.web.errors import status_of
from cashdesk.web.pages import page_for


@sensitive_post_parameters("password", "pin", "pin_again")
@page_for(Role.CASHIER, takes_posts=True)
def pin_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Sets or removes the person's PIN. A new PIN needs the password, if the person has one."""
    user, at = cast(User, by.user), timezone.now()
    if not may_have_pin(user) and not user.pin:
        return see("account")
    if request.method != "POST":
        return _form(request, {})
    if request.POST.get("act") == "remove":
        remove_pin(user=user, at=at)
        return see_path(f"{path_to('account')}?pin-removed")
    if faults := _faults(request, user=user):
        return _form(request, faults, status=400)
    try:
        if user.has_usable_password():
            confirm_password(by=by, password=request.POST.get("password", ""), source=source_of(request), at=at)
    except WrongPassword:
        return _form(request, {"password": _("This is not your password.")}, status=400)
    except TooManyAttempts as error:
        answer = _form(request, {"password": wait_sentence(error)}, status=status_of(error))
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
        return answer
    set_pin(user=user, pin=request.POST.get("pin", "").strip(), at=at)
    return see_path(f"{path_to('account')}?pin-set")


def _faults(request: HttpRequest, *, user: User) -> dict[str, str]:
    """Returns the errors of the fields, except whether the password is right."""
    faults, pin = {}, request.POST.get("pin", "").strip()
    if user.has_usable_password() and not request.POST.get("password"):
        faults["password"] = _("Enter your password.")
    try:
        refuse_easy_pin(pin, user=user)
    except InvalidInput as error:
        faults |= error.on_pages
    if "pin" not in faults and pin != request.POST.get("pin_again", "").strip():
        faults["pin_again"] = _("The two PINs do not match.")
    return faults


def _form(request: HttpRequest, faults: Mapping[str, str], *, status: int = 200) -> HttpResponse:
    return render(request, "cashdesk/account_pin.html", {"faults": faults}, status=status)
