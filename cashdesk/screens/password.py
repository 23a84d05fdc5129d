"""The page for changing your own password."""

from typing import Any

from django.contrib.auth import password_validation, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.person import set_password
from cashdesk.domain.people.sign_in import confirm_password
from cashdesk.enums import Role
from cashdesk.errors import TooManyAttempts, WrongPassword
from cashdesk.forms.pages import path_to, see_path
from cashdesk.forms.refusals import wait_sentence
from cashdesk.web.devices import source_of
from cashdesk.web.errors import status_of
from cashdesk.web.pages import page_for

FIELDS = ("old_password", "new_password1", "new_password2")


@sensitive_post_parameters(*FIELDS)
@page_for(Role.CASHIER, takes_posts=True)
def password_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Changes the person's password. This browser stays signed in; the person is signed out everywhere else."""
    if request.method != "POST":
        return _page(request, is_changed="changed" in request.GET)
    old, new, again = (request.POST.get(name, "") for name in FIELDS)
    faults = _faults(old=old, new=new, again=again, by=by)
    if faults:
        return _page(request, faults=faults, status=400)
    at = timezone.now()
    try:
        confirm_password(by=by, password=old, source=source_of(request), at=at)
    except WrongPassword:
        return _page(request, faults={"old_password": [_("This is not your current password.")]}, status=400)
    except TooManyAttempts as error:
        answer = _page(request, faults={"old_password": [wait_sentence(error)]}, status=status_of(error))
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
        return answer
    user = by.user
    assert user is not None  # noqa: S101 (the page is for people)
    set_password(user=user, password=new, by=by, at=at)
    update_session_auth_hash(request, user)
    return see_path(f"{path_to('password')}?changed")


def _faults(*, old: str, new: str, again: str, by: Principal) -> dict[str, list[str]]:
    """Returns the errors of each field. It does not check the current password, which the page does afterwards."""
    wanted = (_("Enter your current password."), _("Enter a new password."), _("Enter the new password again."))
    missing = {name: [words] for name, words, typed in zip(FIELDS, wanted, (old, new, again), strict=True) if not typed}
    if missing:
        return missing
    if new != again:
        return {"new_password2": [_("The two new passwords do not match.")]}
    try:
        password_validation.validate_password(new, by.user)
    except ValidationError as error:
        return {"new_password1": error.messages}
    return {}


def _page(
    request: HttpRequest, *, faults: dict[str, Any] | None = None, status: int = 200, is_changed: bool = False
) -> HttpResponse:
    fields = [
        {"name": name, "label": label, "autocomplete": complete, "faults": (faults or {}).get(name, [])}
        for name, label, complete in (
            ("old_password", _("Current password"), "current-password"),
            ("new_password1", _("New password"), "new-password"),
            ("new_password2", _("Repeat new password"), "new-password"),
        )
    ]
    rules = password_validation.password_validators_help_texts()
    context = {"fields": fields, "has_faults": bool(faults), "is_changed": is_changed, "rules": rules}
    return render(request, "cashdesk/password.html", context, status=status)
