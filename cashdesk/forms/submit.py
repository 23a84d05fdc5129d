"""Runs the action of a sent form exactly once. Every page that books something uses this."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import DomainError, OutOfLine
from cashdesk.forms.draft import FormDraft
from cashdesk.forms.pages import see_path
from cashdesk.forms.second_look_page import SecondLook
from cashdesk.web.idempotency import act_once


def submit_once(
    request: HttpRequest,
    *,
    by: Principal,
    at: datetime,
    act: Callable[[], str],
    again: Callable[[DomainError], HttpResponse],
    draft: FormDraft | None = None,
    check: Callable[[], None] | None = None,
    look: SecondLook | None = None,
) -> HttpResponse:
    """Runs `act` once per form key, and redirects to the path that `act` returns.

    If the same form is sent again, only redirects to the path that the first run returned.

    In this order:
    1. `check` validates the input. It runs before the transaction, so that a wrong password stays counted.
    2. `look` asks the person to confirm amounts that are out of line, unless they have confirmed them.
    3. `act` calls the domain.
    4. `draft` is deleted, in the same transaction.

    On a DomainError nothing is booked, and `again` answers: it shows the form with the refusal, or redirects.
    """

    def done() -> str:
        if look is not None:
            look.refuse_unlooked(request)
        path = act()
        if draft is not None:
            draft.discard()
        return path

    try:
        if check is not None:
            check()
        return see_path(act_once(request=request, by=by, at=at, act=done))
    except OutOfLine as doubts:
        if look is None or draft is None:
            return again(doubts)
        draft.save(request, at=at)
        return look.page(request, doubts, draft=draft)
    except DomainError as error:
        return again(error)
