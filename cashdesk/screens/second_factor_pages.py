"""The pages on which people add and remove their second factor, and get recovery codes."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import segno
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.second_factor import (
    add_second_factor,
    enrolment_of,
    may_have_second_factor,
    must_have_second_factor,
    recovery_codes_left,
    remove_second_factor,
    renew_recovery_codes,
)
from cashdesk.enums import Role
from cashdesk.errors import DomainError, Forbidden
from cashdesk.forms.own_confirmation import Faults, confirmation_faults
from cashdesk.forms.pages import path_to, see
from cashdesk.models import User
from cashdesk.models.code_device import new_key
from cashdesk.web.pages import page_for
from cashdesk.web.waiting_sessions import mark_verified

KEY: Final = "new_second_factor"
"""The session's entry with the key that the page shows. The app's own key is calculated from it (models/code_device)."""
PAGES: Final = {"codes": "second-factor-codes", "remove": "second-factor-remove"}


@dataclass(frozen=True, kw_only=True)
class Added:
    """The second factor was added. The codes are shown once."""

    codes: tuple[str, ...]


@page_for(Role.CASHIER)
def second_factor_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows whether the person has a second factor, with links to add it, renew its codes or remove it."""
    user = _person(by)
    context = {
        "left": recovery_codes_left(user),
        "is_allowed": may_have_second_factor(user),
        "must_have": must_have_second_factor(user),
        "is_removed": "removed" in request.GET,
    }
    return render(request, "cashdesk/second_factor.html", context)


@sensitive_post_parameters("code", "password")
@page_for(Role.MANAGER, takes_posts=True)
def add_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Adds a second factor. The person stays signed in here, and is signed out everywhere else."""
    user = _person(by)
    if user.second_factor_since is not None:
        return see("second-factor")
    added = add(request, user, is_demanded=False)
    if isinstance(added, Added):
        return codes_page(request, added.codes, way_on=path_to("second-factor"))
    return added


@sensitive_post_parameters("code", "password")
@page_for(Role.CASHIER, takes_posts=True)
def renew_codes_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Replaces the recovery codes, after password and code."""
    user = _person(by)
    if user.second_factor_since is None:
        return see("second-factor")
    if request.method == "POST" and not (faults := confirmation_faults(request, user)):
        codes = renew_recovery_codes(user=user, by=by, at=timezone.now())
        return codes_page(request, codes, way_on=path_to("second-factor"))
    return _confirm_form(request, user, "codes", faults if request.method == "POST" else {})


@sensitive_post_parameters("code", "password")
@page_for(Role.CASHIER, takes_posts=True)
def remove_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Removes the person's own second factor, after password and code. This browser stays signed in."""
    user = _person(by)
    if user.second_factor_since is None or must_have_second_factor(user):
        return see("second-factor")
    if request.method == "POST" and not (faults := confirmation_faults(request, user)):
        remove_second_factor(user=user, by=by, at=timezone.now())
        update_session_auth_hash(request, user)
        return see("second-factor", removed="1")
    return _confirm_form(request, user, "remove", faults if request.method == "POST" else {})


def add(request: HttpRequest, user: User, *, is_demanded: bool) -> HttpResponse | Added:
    """Shows the form with the QR code, and adds the second factor when it is sent.

    With `is_demanded` it asks for no password, because the person has just entered it to sign in.
    """
    asks_password = not is_demanded and user.has_usable_password()
    key = str(request.session.setdefault(KEY, new_key()))
    context = {"is_demanded": is_demanded, "asks_password": asks_password, **_shown(user, key)}
    if request.method != "POST":
        return _form(request, "cashdesk/second_factor_add.html", context)
    at, code, faults = timezone.now(), request.POST.get("code", "").strip(), Faults()
    if asks_password:
        faults.check_password(request, user)
    if not code:
        faults["code"] = _("Enter the code that the app shows.")
    if not faults:
        try:
            codes = add_second_factor(user=user, key=key, code=code, by=Principal(user=user), at=at)
        except DomainError as error:
            faults["code"] = error.message
        else:
            del request.session[KEY]
            request.user = user  # not yet, for a person who signs in just now
            update_session_auth_hash(request, user)
            mark_verified(request, by="app")
            return Added(codes=codes)
    return _form(request, "cashdesk/second_factor_add.html", {**context, "faults": faults}, status=faults.status)


def codes_page(request: HttpRequest, codes: tuple[str, ...], *, way_on: str) -> HttpResponse:
    """Shows new recovery codes, which no page shows again."""
    text = "\r\n".join([_("Recovery codes for Cashdesk"), "", *codes, ""])
    context = {"codes": codes, "file": f"data:text/plain;charset=utf-8,{quote(text)}", "way_on": way_on}
    return _form(request, "cashdesk/second_factor_codes.html", context)


def _confirm_form(request: HttpRequest, user: User, act: str, faults: dict[str, str]) -> HttpResponse:
    context = {"act": act, "page": path_to(PAGES[act]), "asks_password": user.has_usable_password(), "faults": faults}
    status = faults.status if isinstance(faults, Faults) else 200
    answer = _form(request, "cashdesk/second_factor_confirm.html", context, status=status)
    if isinstance(faults, Faults) and faults.wait_seconds:
        answer.headers["Retry-After"] = str(faults.wait_seconds)
    return answer


def _shown(user: User, key: str) -> dict[str, Any]:
    enrolment = enrolment_of(user, key)
    drawn = segno.make(enrolment.uri, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000", omitsize=True)
    return {"key": enrolment.key, "uri": enrolment.uri, "qr": mark_safe(drawn)}  # noqa: S308 (our own drawing)


def _form(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    answer = render(request, template, context, status=status)
    add_never_cache_headers(answer)
    return answer


def _person(by: Principal) -> User:
    if by.user is None:
        raise Forbidden("Only a person has a second factor.")
    return by.user
