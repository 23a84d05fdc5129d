"""Reads the fields of a sent form."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cashdesk import money
from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import InvalidInput
from cashdesk.formats import amount_typed
from cashdesk.models import CashSession
from cashdesk.web.fields import date_in


def session_meant(request: HttpRequest, *, by: Principal) -> CashSession | None:
    """Returns the session that the sent form names, or None if this person has no such session.

    The session may be open or closed. The form carries the session's id. So a form never changes a drawer that the
    person opened after the form was shown.
    """
    try:
        wanted = UUID(request.POST.get("session", ""))
    except ValueError:
        return None
    sessions = CashSession.objects.select_related("store", "register", "user")
    return sessions.filter(uuid=wanted, user=by.user).first()


def text_of(request: HttpRequest, name: str) -> str:
    """Returns the trimmed text of a one-line field, without control characters.

    Every kind of white space becomes a plain space, so that pasted words do not run together.
    """
    typed = "".join(" " if sign.isspace() else sign for sign in request.POST.get(name, "").strip())
    return "".join(sign for sign in typed if sign.isprintable())


class Fields:
    """Reads the fields of a form and collects their errors, so that the page can show all errors at once."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.errors: dict[str, str] = {}

    def amount(self, name: str, currency: str, *, may_be_nothing: bool = False) -> int:
        """Returns the amount in minor units. Collects an error for a wrong amount. `may_be_nothing` allows 0."""
        try:
            typed = self.request.POST.get(name, "")
            found = amount_typed(typed, currency, field=name, above_zero=not may_be_nothing)
        except InvalidInput as error:
            self.errors |= error.on_pages
            return 0
        if found == 0 and not may_be_nothing:
            self.errors[name] = _("Enter an amount above 0.")
        return found

    def text(self, name: str, *, length_max: int, missing: str = "") -> str:
        """Returns a line of text. `missing` is the error for an empty field. Without `missing`, the field is optional."""
        found = text_of(self.request, name)
        if missing and not found:
            self.errors[name] = missing
        elif len(found) > length_max:
            self.errors[name] = _("Enter at most %(limit)s characters.") % {"limit": length_max}
        return found

    def station(self, name: str) -> int:
        """Returns the number of a register. For a wrong number, collects an error and returns 0."""
        typed = self.request.POST.get(name, "")
        if not typed:
            self.errors[name] = _("Choose a register.")
            return 0
        try:
            return money.parse_whole(typed, field=name)
        except InvalidInput as error:
            self.errors |= error.on_pages
            return 0

    def day(self, name: str) -> date | None:
        """Returns a date, or None if the field is empty. For a wrong date, collects an error and returns None."""
        typed = self.request.POST.get(name, "").strip()
        try:
            return date_in(typed, field=name) if typed else None
        except InvalidInput as error:
            self.errors |= error.on_pages
            return None

    def refuse_wrong(self) -> None:
        """Raises InvalidInput with the errors of all fields, if there are any."""
        if self.errors:
            raise InvalidInput(_("Some fields are missing or wrong."), errors=self.errors)
