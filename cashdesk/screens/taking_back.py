"""The page where people undo movements that they entered by hand."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.reversal import REASON_MAX
from cashdesk.domain.ledger.undo import take_back, why_not_taken_back
from cashdesk.enums import Role
from cashdesk.errors import DomainError, NotFound
from cashdesk.formats import write_as
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.fields import text_of
from cashdesk.forms.pages import form_page, path_to
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import Movement
from cashdesk.movement_rules import RULES, name_at_desk
from cashdesk.web.pages import page_for


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def take_back_page(request: HttpRequest, by: Principal, movement: UUID) -> HttpResponse:
    """Shows one of the person's own movements and asks for a reason. Then reverses it once and redirects to the desk."""
    found = queries.own_movement(by=by, movement_id=movement)
    if found is None:
        raise NotFound("There is no such movement.")
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    draft = form_draft(request, f"take-back:{movement}", by=by)
    if request.method != "POST":
        return _show(request, found, draft)
    at, reason = timezone.now(), text_of(request, "reason")

    def act() -> str:
        take_back(movement=found, by=by, at=at, reason=reason)
        return path_to("desk", taken_back=str(movement))

    def again(error: DomainError) -> HttpResponse:
        return _show(request, found, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft)


def _show(request: HttpRequest, movement: Movement, draft: FormDraft, refusal: Refusal | None = None) -> HttpResponse:
    context = {
        "movement": movement,
        "name": name_at_desk(movement.kind),
        "shows_reason": RULES[movement.kind].shows_reason,
        "why_not": why_not_taken_back([movement], by=draft.by)[movement.pk],
        "draft": draft,
        "typed": {"reason": draft.typed.get("reason", "")},
        "reason_max": REASON_MAX,
    }
    return form_page(request, "cashdesk/take_back.html", context, refusal)
