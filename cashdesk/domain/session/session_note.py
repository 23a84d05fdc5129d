"""Notes of cashiers on their closed drawers. A note is never changed; another one is added to it."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import CashSession, SessionNote

NOTE_MAX: Final = 500
NOTES_MAX: Final = 20


def may_note(session: CashSession, *, by: Principal) -> bool:
    """Whether `by` may add a note to a session: its cashier may, after the close.

    It does not depend on a difference. Otherwise the offer would reveal whether there is one (law 5).
    """
    is_own = by.user is not None and by.user.pk == session.user_id
    return is_own and not session.is_open and not session.is_cancelled


@transaction.atomic
def add_note(*, session: CashSession, text: str, by: Principal, at: datetime) -> SessionNote:
    """Adds a note of the cashier to their closed session, and returns it.

    Raises Forbidden for everybody else, and Conflict for a session that is open or cancelled or has too many notes.
    Raises InvalidInput for `note` if the text is empty or too long.
    """
    session = CashSession.objects.select_related("store").get(pk=session.pk)
    if by.user is None or by.user.pk != session.user_id:
        raise Forbidden(_("Only the cashier of this drawer can add a note."))
    if not may_note(session, by=by):
        raise Conflict(_("You can add a note after the drawer is counted and closed."))
    if not text:
        raise InvalidInput.of("note", _("Enter a note."))
    if len(text) > NOTE_MAX:
        raise InvalidInput.of("note", _("Enter at most %(limit)s characters.") % {"limit": NOTE_MAX})
    if SessionNote.objects.filter(session=session).count() >= NOTES_MAX:
        raise Conflict(_("This drawer has enough notes. Tell your manager the rest."))
    note = SessionNote.objects.create(session=session, text=text, written_at=at, written_by=by.user)
    audit.note(
        action="session.noted",
        subject=f"session:{session.pk}",
        by=by,
        at=at,
        store=session.store,
        detail={"note": str(note.uuid)},
    )
    return note
