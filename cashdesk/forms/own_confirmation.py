"""Asks a signed-in person for their password and code before something that concerns their sign-in."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.second_factor import confirm_code
from cashdesk.domain.people.sign_in import confirm_password
from cashdesk.errors import DomainError, TooManyAttempts, WrongPassword
from cashdesk.forms.refusals import code_wait_sentence, wait_sentence
from cashdesk.models import User
from cashdesk.web.devices import source_of
from cashdesk.web.errors import status_of


class Faults(dict[str, str]):
    """The error of each field, and the status of the answer."""

    status = 400
    wait_seconds = 0

    def check_password(self, request: HttpRequest, user: User) -> None:
        """Adds an error unless the typed password is right."""
        password = request.POST.get("password", "")
        if not password:
            self["password"] = _("Enter your password.")
            return
        try:
            confirm_password(by=Principal(user=user), password=password, source=source_of(request), at=timezone.now())
        except WrongPassword:
            self["password"] = _("This is not your password.")
        except TooManyAttempts as error:
            self["password"] = wait_sentence(error)
            self._wait(error)

    def check_code(self, request: HttpRequest, user: User) -> None:
        """Adds an error unless the typed code is right."""
        code = request.POST.get("code", "").strip()
        if not code:
            self["code"] = _("Enter the code that the app shows, or a recovery code.")
            return
        try:
            confirm_code(user=user, code=code, at=timezone.now())
        except TooManyAttempts as error:
            self["code"] = code_wait_sentence(error)
            self._wait(error)
        except DomainError as error:
            self["code"] = error.on_pages.get("code") or error.message

    def _wait(self, error: TooManyAttempts) -> None:
        self.status, self.wait_seconds = status_of(error), error.retry_after_seconds


def confirmation_faults(request: HttpRequest, user: User) -> Faults:
    """Checks the password, and then the code, so that a wrong password uses up no code. Each only if the person has it."""
    faults = Faults()
    if user.has_usable_password():
        faults.check_password(request, user)
    if not faults and user.second_factor_since is not None:
        faults.check_code(request, user)
    return faults
