"""The page that opens a drawer without a sale. No money moves, but X and Z reports show the number of openings."""

from typing import Final, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.current import open_session_of
from cashdesk.enums import Role
from cashdesk.errors import DomainError, NothingOpen
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.fields import Fields, session_meant, text_of
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import CashSession, User
from cashdesk.web.pages import page_for
from settlements.domain.no_sale import note_no_sale

REASON_LENGTH_MAX: Final = 50
SUGGESTED: Final = (
    gettext_noop("Change for a customer"),
    gettext_noop("Receipt or printer"),
    gettext_noop("Opened by mistake"),
    gettext_noop("Test of the drawer"),
)
"""The most common reasons. They are stored in English, whatever the language of the page."""


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def no_sale_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Asks for a reason, records the no sale once, and redirects to the desk."""
    if request.method != "POST":
        session = open_session_of(cast(User, by.user))
        if session is None:
            return see("desk", notice="nothing-open")
        return _show(request, session, _draft(request, session, by=by))
    session = session_meant(request, by=by)
    if session is None:
        return see("desk", notice="nothing-open")
    draft, at = _draft(request, session, by=by), timezone.now()
    store, station = session.store, session.register.number
    fields = Fields(request)
    reason = _reason(fields)

    def act() -> str:
        note_no_sale(store=store, station=station, by=by, at=at, reason=reason, session=session)
        return path_to("desk", notice="no-sale")

    def again(error: DomainError) -> HttpResponse:
        if isinstance(error, NothingOpen):
            return see("desk", notice="closed-meanwhile")
        return _show(request, session, draft, Refusal.of(error))

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)


def _draft(request: HttpRequest, session: CashSession, *, by: Principal) -> FormDraft:
    return form_draft(request, f"no-sale:{session.uuid}", by=by, untyped=("session",))


def _reason(fields: Fields) -> str:
    """Returns the chosen reason, the typed reason, or both. Collects errors in `fields`."""
    chosen = text_of(fields.request, "reason")
    written = fields.text("words", length_max=REASON_LENGTH_MAX)
    reason = ": ".join(part for part in (chosen if chosen in SUGGESTED else "", written) if part)
    if not reason:
        fields.errors["reason"] = gettext("Choose a reason, or enter your own.")
    elif len(reason) > REASON_LENGTH_MAX:
        fields.errors.setdefault(
            "words", gettext("The chosen reason and your words are too long together. Enter fewer words.")
        )
    return reason


def _show(request: HttpRequest, session: CashSession, draft: FormDraft, refusal: Refusal | None = None) -> HttpResponse:
    context = {
        "session": session,
        "suggested": [(reason, gettext(reason)) for reason in SUGGESTED],
        "typed": {name: draft.typed.get(name, "") for name in ("reason", "words")},
        "draft": draft,
        "reason_max": REASON_LENGTH_MAX,
    }
    return form_page(request, "settlements/no_sale.html", context, refusal)
