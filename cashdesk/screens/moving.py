"""The forms that book cash moved by hand in an open drawer: paid in, paid out, and drop."""

from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cashdesk import queries
from cashdesk.contributions import contributions
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_movement import may_record, move_cash, refuse_role
from cashdesk.domain.session.current import open_session_of
from cashdesk.enums import MovementKind, Role
from cashdesk.errors import DomainError, NothingOpen
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.fields import Fields, session_meant
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.second_look_page import SecondLook, is_correcting
from cashdesk.forms.submit import submit_once
from cashdesk.models import CashSession, Store, User
from cashdesk.movement_rule_columns import FormWords
from cashdesk.movement_rules import RULES
from cashdesk.web.kept_pages import kept_without_connection
from cashdesk.web.pages import page_for

REASON_LENGTH_MAX: Final = 50
NOTE_LENGTH_MAX: Final = 500

PAGES: Final = {
    MovementKind.PAID_IN: "desk-pay-in",
    MovementKind.PAID_OUT: "desk-pay-out",
    MovementKind.DROP: "desk-drop",
}
"""The URL name of each kind's form. The subject of its draft starts with this name without `desk-`."""


def forms_offered(*, by: Principal) -> list[tuple[str, FormWords]]:
    """Returns the URL name and the words of each form that the caller may use, for the desk's buttons."""
    return [
        (PAGES[kind], words)
        for kind in PAGES
        if (words := RULES[kind].register_form) is not None and may_record(kind, by=by)
    ]


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
@kept_without_connection
def pay_in_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows and books the form for cash that comes into the drawer from outside."""
    return _page(request, by=by, kind=MovementKind.PAID_IN)


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
@kept_without_connection
def pay_out_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows and books the form for cash that leaves the drawer to pay for something."""
    return _page(request, by=by, kind=MovementKind.PAID_OUT)


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
@kept_without_connection
def drop_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows and books the form for cash that goes from the drawer into the vault."""
    return _page(request, by=by, kind=MovementKind.DROP)


def _page(request: HttpRequest, *, by: Principal, kind: MovementKind) -> HttpResponse:
    """Shows the form of a kind (GET), or books its movement once and redirects to the desk (POST).

    The table of kinds says whose role suffices. Raises Forbidden for others.
    """
    refuse_role(kind, by=by)
    if request.method != "POST":
        session = open_session_of(cast(User, by.user))
        if session is None:
            return see("desk", notice="nothing-open")
        return _show(request, session, kind, _draft(request, session, kind, by=by))
    session = session_meant(request, by=by)
    if session is None:
        return see("desk", notice="nothing-open")
    draft, at = _draft(request, session, kind, by=by), timezone.now()
    if is_correcting(request):
        return _show(request, session, kind, draft)
    fields = Fields(request)
    told = _read(fields, session, kind)
    look = SecondLook(
        store=session.store,
        kind=kind,
        amounts=[(told["amount"], session.currency)],
        station=session.register.number,
    )

    def act() -> str:
        movement = move_cash(session=session, kind=kind, **told, by=by, at=at)
        return path_to("desk", booked=str(movement.uuid))

    def again(error: DomainError) -> HttpResponse:
        if isinstance(error, NothingOpen):
            return see("desk", notice="closed-meanwhile")
        return _show(request, session, kind, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong, look=look)


def _draft(request: HttpRequest, session: CashSession, kind: MovementKind, *, by: Principal) -> FormDraft:
    return form_draft(request, f"{PAGES[kind].removeprefix('desk-')}:{session.uuid}", by=by, untyped=("session",))


def _read(fields: Fields, session: CashSession, kind: MovementKind) -> dict[str, Any]:
    """Returns the amount (minor units), the reason and the note of the form. Collects errors in `fields`."""
    return {
        "amount": fields.amount("amount", session.currency),
        "reason": fields.text("reason", length_max=REASON_LENGTH_MAX, missing=_("Enter a reason."))
        if RULES[kind].shows_reason
        else kind.lower(),
        "note": fields.text("note", length_max=NOTE_LENGTH_MAX),
    }


def _show(
    request: HttpRequest, session: CashSession, kind: MovementKind, draft: FormDraft, refusal: Refusal | None = None
) -> HttpResponse:
    rule = RULES[kind]
    typed = {name: draft.typed.get(name, "") for name in ("amount", "reason", "note")}
    context = {
        "session": session,
        "words": rule.register_form,
        "typed": typed,
        "draft": draft,
        "shows_reason": rule.shows_reason,
        "reasons": _reasons(session.store, kind, by=draft.by) if rule.shows_reason else [],
        "reason_max": REASON_LENGTH_MAX,
        "note_max": NOTE_LENGTH_MAX,
    }
    return form_page(request, "cashdesk/move.html", context, refusal)


def _reasons(store: Store, kind: MovementKind, *, by: Principal) -> list[str]:
    """Returns the reasons to offer: those that other apps keep for the store, and then those that were often used."""
    kept = [
        reason
        for one in contributions()
        if one.paid_reasons
        for reason in import_string(one.paid_reasons)(store=store, kind=kind)
    ]
    known = {reason.casefold() for reason in kept}
    used = queries.usual_reasons(by=by, store=store, kind=kind)
    return [*kept, *(reason for reason in used if reason.casefold() not in known)]
