"""The second look: a page that asks the person to confirm an amount that is out of line, before the form is booked.

A form passes a SecondLook to `submit_once`. The page carries all typed fields as hidden fields, so that no input is lost,
with or without JavaScript.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from cashdesk.domain.counting.second_look import refuse_out_of_line
from cashdesk.enums import MovementKind
from cashdesk.errors import OutOfLine
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.pages import form_page
from cashdesk.models import Store
from cashdesk.movement_rules import RULES
from cashdesk.web.drafts import DRAFT_FIELD

LOOKED: Final = "looked"
"""The value of the button "Confirm amount": the tokens of the confirmed amounts, one per line."""
CORRECT: Final = "correct"
"""The button that returns to the form to correct the amount."""
_OF_THE_PAGE: Final = frozenset({"csrfmiddlewaretoken", "once", LOOKED, CORRECT, DRAFT_FIELD})


def is_correcting(request: HttpRequest) -> bool:
    """Whether the person pressed the button that returns to the form to correct the amount."""
    return CORRECT in request.POST


def looked_at(request: HttpRequest) -> list[str]:
    """Returns the tokens of the amounts that the person has confirmed."""
    return request.POST.get(LOOKED, "").splitlines()


@dataclass(frozen=True, kw_only=True)
class SecondLook:
    """Checks the amounts of a form, and shows a page that asks to confirm the unusual ones.

    `amounts` holds (minor units, currency).
    """

    store: Store
    kind: MovementKind
    amounts: Sequence[tuple[int, str]]
    is_vault: bool = False
    station: int | None = None

    def refuse_unlooked(self, request: HttpRequest) -> None:
        """Raises OutOfLine if an amount is out of line and the sent form does not confirm it."""
        refuse_out_of_line(
            store=self.store, kind=self.kind, amounts=self.amounts, is_vault=self.is_vault, looked_at=looked_at(request)
        )

    def doubts(self) -> dict[str, Any]:
        """Returns the context of a review that is the second look, too: each amount out of line, with its reason.

        `looked` has the tokens of these amounts. The review carries them, so that its button confirms the amounts.
        """
        try:
            refuse_out_of_line(store=self.store, kind=self.kind, amounts=self.amounts, is_vault=self.is_vault)
        except OutOfLine as doubts:
            return self._told(doubts)
        return {}

    def page(self, request: HttpRequest, doubts: OutOfLine, *, draft: FormDraft) -> HttpResponse:
        """Shows the page that asks to confirm the amounts in `doubts`. Shows a reason for each amount."""
        context = {
            **self._told(doubts),
            "draft": draft,
            "hidden_fields": [
                (name, value)
                for name, values in request.POST.lists()
                if name not in _OF_THE_PAGE and "password" not in name and name != "witness_name"
                for value in values
            ],
        }
        return form_page(request, "cashdesk/second_look.html", context)

    def _told(self, doubts: OutOfLine) -> dict[str, Any]:
        found, look = doubts.facts["doubts"], RULES[self.kind].look
        return {
            "doubts": found,
            "looked": "\n".join(doubt.token for doubt in found),
            "deed": look.told(station=self.station, is_vault=self.is_vault) if look else "",
        }
