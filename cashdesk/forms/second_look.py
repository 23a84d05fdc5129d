"""The second look: a page that shows an amount which is out of line once more, before it is booked.

A form hooks in with two calls: `refuse_unlooked(...)` in the act, and `look_page(...)` where that raised OutOfLine. The page
carries every field as it was typed, so that nothing is lost on the way there and back, with and without a script.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from cashdesk.domain.counting.second_look import refuse_out_of_line
from cashdesk.enums import MovementKind
from cashdesk.errors import OutOfLine
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.pages import form_page
from cashdesk.forms.refusals import Refusal
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


def refuse_unlooked(
    request: HttpRequest,
    *,
    store: Store,
    kind: MovementKind,
    amounts: Iterable[tuple[int, str]],
    is_vault: bool = False,
) -> None:
    """Raises OutOfLine for an amount of a form that is out of line and was not looked at; called within the act."""
    refuse_out_of_line(store=store, kind=kind, amounts=amounts, is_vault=is_vault, looked_at=looked_at(request))


def look_page(
    request: HttpRequest,
    doubts: OutOfLine,
    *,
    draft: FormDraft,
    kind: MovementKind,
    is_vault: bool = False,
    station: int | None = None,
    refusal: Refusal | None = None,
    **more: Any,
) -> HttpResponse:
    """Shows the amounts once more, with what will be booked and why they are out of line."""
    found = doubts.facts["doubts"]
    context = {
        "doubts": found,
        "looked": "\n".join(doubt.token for doubt in found),
        "deed": look.told(station=station, is_vault=is_vault) if (look := RULES[kind].look) else "",
        "draft": draft,
        "hidden_fields": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in _OF_THE_PAGE and "password" not in name and name != "witness_name"
            for value in values
        ],
        **more,
    }
    return form_page(request, "cashdesk/second_look.html", context, refusal)
