"""The page for changing your own password."""

from collections.abc import Mapping, Sequence

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.person import set_password
from cashdesk.domain.people.sign_in import confirm_password
from cashdesk.domain.people.trusted_till import note_full_sign_in
from cashdesk.enums import Role
from cashdesk.errors import TooManyAttempts, WrongPassword
from cashdesk.forms.pages import path_to, see_path
from cashdesk.forms.passwords import (
    AGAIN,
    NEW,
    PasswordField,
    faults_of_new_password,
    new_password_fields,
    new_password_of,
    password_rules,
)
from cashdesk.forms.refusals import wait_sentence
from cashdesk.web.devices import remember_device, source_of
from cashdesk.web.errors import status_of
from cashdesk.web.pages import page_for

OLD = "old_password"


@sensitive_post_parameters(OLD, NEW, AGAIN)
@page_for(Role.CASHIER, takes_posts=True)
def password_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Changes the person's password. This browser stays signed in; the person is signed out everywhere else."""
    if request.method != "POST":
        return _page(request, is_changed="changed" in request.GET)
    old = request.POST.get(OLD, "")
    faults = {} if old else {OLD: [_("Enter your current password.")]}
    faults |= faults_of_new_password(request, user=by.user)
    if faults:
        return _page(request, faults=faults, status=400)
    at = timezone.now()
    try:
        confirm_password(by=by, password=old, source=source_of(request), at=at)
    except WrongPassword:
        return _page(request, faults={OLD: [_("This is not your current password.")]}, status=400)
    except TooManyAttempts as error:
        answer = _page(request, faults={OLD: [wait_sentence(error)]}, status=status_of(error))
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
        return answer
    user = by.user
    assert user is not None  # noqa: S101 (the page is for people)
    set_password(user=user, password=new_password_of(request), by=by, at=at)
    update_session_auth_hash(request, user)
    # The new password ended the trust in this till.
    note_full_sign_in(user=user, device=remember_device(request, user), at=at)
    return see_path(f"{path_to('password')}?changed")


def _page(
    request: HttpRequest,
    *,
    faults: Mapping[str, Sequence[str]] | None = None,
    status: int = 200,
    is_changed: bool = False,
) -> HttpResponse:
    old = PasswordField(
        name=OLD,
        label=_("Current password"),
        autocomplete="current-password",
        faults=(faults or {}).get(OLD, ()),
    )
    context = {
        "fields": [old, *new_password_fields(faults)],
        "has_faults": bool(faults),
        "is_changed": is_changed,
        "rules": password_rules(),
    }
    return render(request, "cashdesk/password.html", context, status=status)
