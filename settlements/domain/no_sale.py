"""Records that a drawer was opened without a sale."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.may_trade import refuse_switched_off
from cashdesk.domain.store.place import register_at
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.domain.store.register_holder import refuse_drawer_of_another
from cashdesk.enums import SessionStatus
from cashdesk.errors import NothingOpen
from cashdesk.models import CashSession, Place, Store


@transaction.atomic
def note_no_sale(
    *, store: Store, station: int, by: Principal, at: datetime, reason: str, session: CashSession | None = None
) -> Place:
    """Records that a drawer was opened without a sale, and returns the register. No money moves.

    `session` is the open session for which the caller opened the drawer. Raises InvalidInput for an unknown station,
    Forbidden at another person's register, and Conflict if the store is switched off. Raises NothingOpen if `session`
    has been closed, so that the opening does not count in the next session's Z.
    """
    refuse_switched_off(store)
    register = register_at(store=store, station=station)
    # Takes the shared lock, as postings do, so that it waits for a concurrent open or close.
    lock_places(shared=[register])
    refuse_drawer_of_another(register=register, by=by)
    if session is not None and not CashSession.objects.filter(pk=session.pk, status=SessionStatus.OPEN).exists():
        raise NothingOpen(_("No active cash session found for the current user"))
    audit.note(
        action="register.no_sale", subject=f"place:{register.pk}", by=by, at=at, store=store, detail={"reason": reason}
    )
    return register
