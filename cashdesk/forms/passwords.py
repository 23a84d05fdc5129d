"""The fields in which people choose a new password, used by several pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cashdesk.models import User

NEW, AGAIN = "new_password1", "new_password2"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordField:
    """A field of a password, and its errors."""

    name: str
    label: str
    autocomplete: str
    faults: Sequence[str] = field(default_factory=tuple)


def new_password_fields(faults: Mapping[str, Sequence[str]] | None = None) -> list[PasswordField]:
    """Returns the two fields of a new password."""
    words = ((NEW, _("New password")), (AGAIN, _("Repeat new password")))
    return [
        PasswordField(name=name, label=label, autocomplete="new-password", faults=(faults or {}).get(name, ()))
        for name, label in words
    ]


def password_rules() -> str:
    """Returns the rules for a new password, for the page."""
    return " ".join(password_validation.password_validators_help_texts())


def new_password_of(request: HttpRequest) -> str:
    """Returns the new password that was typed."""
    return request.POST.get(NEW, "")


def faults_of_new_password(request: HttpRequest, *, user: User | None) -> dict[str, list[str]]:
    """Returns the errors of the two fields. `user` is None as long as the page does not know the person."""
    new, again = new_password_of(request), request.POST.get(AGAIN, "")
    words = {NEW: _("Enter a new password."), AGAIN: _("Enter the new password again.")}
    missing = {name: [words[name]] for name, typed in ((NEW, new), (AGAIN, again)) if not typed}
    if missing:
        return missing
    if new != again:
        return {AGAIN: [_("The two new passwords do not match.")]}
    try:
        password_validation.validate_password(new, user)
    except ValidationError as error:
        return {NEW: error.messages}
    return {}
