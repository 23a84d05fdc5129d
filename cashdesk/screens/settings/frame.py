"""Shared parts of the pages under /settings: whose rows they show, and pages that confirm an act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import DomainError, InvalidInput
from cashdesk.formats import write_as
from cashdesk.forms.pages import form_page
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import Store


def store_of_page(store_id: UUID, *, by: Principal) -> Store:
    """Returns a store in scope, and writes amounts and times in its style. Raises NotFound for every other id."""
    store = queries.shop(by=by, store_id=store_id)
    write_as(store.language, store.currency, store.time_zone)
    return store


def is_admin(by: Principal) -> bool:
    """Whether the caller sees the links for admins."""
    return by.has_role(Role.ADMIN)


@dataclass(kw_only=True)
class Confirmation:
    """A page that asks before it does something, with the same words on the heading and on the button.

    `act` calls the domain and returns the path of the next page. `warnings` are shown above the button.
    """

    request: HttpRequest
    by: Principal
    part: str
    """The entry in the navigation of the settings."""
    heading: str
    text: str
    button: str
    back: str
    act: Callable[[datetime], str]
    is_grave: bool = True
    warnings: tuple[str, ...] = ()
    template: str = "cashdesk/settings/confirm.html"
    context: Mapping[str, Any] = field(default_factory=dict)

    def answer(self) -> HttpResponse:
        """Shows the question, or acts and redirects."""
        if self.request.method != "POST":
            return self._show()
        at = timezone.now()

        def act() -> str:
            try:
                return self.act(at)
            except ValidationError as error:
                raise InvalidInput(error.messages[0]) from error

        def again(error: DomainError) -> HttpResponse:
            return self._show(Refusal(status=Refusal.of(error).status, message=error.page_message))

        return submit_once(self.request, by=self.by, at=at, act=act, again=again)

    def _show(self, refusal: Refusal | None = None) -> HttpResponse:
        shown = {
            "part": self.part,
            "heading": self.heading,
            "text": self.text,
            "button": self.button,
            "back": self.back,
            "is_grave": self.is_grave,
            "warnings": self.warnings,
        }
        return form_page(self.request, self.template, {**self.context, **shown}, refusal)
