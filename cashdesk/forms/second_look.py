"""The second look: a page that shows an amount which is out of line once more, before it is booked.

A form passes a SecondLook to `submit_once`. The page has every field as it was typed in hidden fields, so that nothing is
lost on the way there and back, with and without a script.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from cashdesk.domain.counting.second_look import refuse_out_of_line
from cashdesk.enums import MovementKind
from cashdesk.errors import OutOfLine
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.pages import form_page
from cashdesk.models import Store
from cashdesk.movement_kinds import RULES
from cashdesk.web.drafts import DRAFT_FIELD

LOOKED: Final = "looked"
"""What the button "Book it" says: the amounts that were looked at, one a line."""
CORRECT: Final = "correct"
"""What the button "Correct the amount" says."""
_OF_THE_PAGE: Final = frozenset({"csrfmiddlewaretoken", "once", LOOKED, CORRECT, DRAFT_FIELD})


def is_correcting(request: HttpRequest) -> bool:
    """Whether the form is to be shown again as it was typed."""
    return CORRECT in request.POST


def looked_at(request: HttpRequest) -> list[str]:
    """Returns the amounts that the person has looked at, by token."""
    return request.POST.get(LOOKED, "").splitlines()


@dataclass(frozen=True, kw_only=True)
class SecondLook:
    """What a form books: `amounts` are pairs of minor units and currency. `more` goes into the context of the page."""

    store: Store
    kind: MovementKind
    amounts: Sequence[tuple[int, str]]
    is_vault: bool = False
    station: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def refuse_unlooked(self, request: HttpRequest) -> None:
        """Raises OutOfLine for an amount that is out of line and was not confirmed in this form."""
        refuse_out_of_line(
            store=self.store, kind=self.kind, amounts=self.amounts, is_vault=self.is_vault, looked_at=looked_at(request)
        )

    def page(self, request: HttpRequest, doubts: OutOfLine, *, draft: FormDraft) -> HttpResponse:
        """Shows the amounts once more, with what will be booked and why they are out of line."""
        found, look = doubts.facts["doubts"], RULES[self.kind].look
        context = {
            "doubts": found,
            "looked": "\n".join(doubt.token for doubt in found),
            "deed": look.told(station=self.station, is_vault=self.is_vault) if look else "",
            "draft": draft,
            "hidden_fields": [
                (name, value)
                for name, values in request.POST.lists()
                if name not in _OF_THE_PAGE and "password" not in name and name != "witness_name"
                for value in values
            ],
            **self.more,
        }
        return form_page(request, "cashdesk/second_look.html", context)
