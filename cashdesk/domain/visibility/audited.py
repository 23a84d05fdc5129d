"""Compares the counts in the middle of a shift with the books as they stood then. Each look is noted (law 5)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import moved
from cashdesk.domain.session.audit_count import COUNTED, may_audit
from cashdesk.domain.visibility import note_seen
from cashdesk.enums import CASH, CountMoment
from cashdesk.errors import Forbidden, NotFound
from cashdesk.models import AuditEntry, CashSession, Count, Place, Seal
from cashdesk.pair import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A count beside the books. Amounts are in minor units of the session's currency."""

    count: Count
    session: CashSession
    counted: int
    expected: int

    @property
    def difference(self) -> int:
        """Counted minus expected."""
        return self.counted - self.expected


def find_audit_count(*, place: Place, session_id: int, attempt: int, by: Principal) -> Count:
    """Returns a count in the middle of a shift. Raises NotFound, also unless the caller manages the store."""
    # A subquery, because a number that no column can hold is then no session, and not an error of the database.
    session = CashSession.objects.filter(pk=session_id)
    rows = Count.objects.filter(place=place, session__in=session, moment=CountMoment.AUDIT, attempt=attempt)
    count = rows.select_related("session__store", "session__register").first()
    if count is None or count.session is None or not by.manages(count.session.store):
        raise NotFound(_("There is no such count."))
    return count


@transaction.atomic
def view_audit_count(*, session: CashSession, count_id: int, by: Principal, at: datetime) -> Audited:
    """Returns a count in the middle of a shift and the expected amount at that moment. Writes an audit entry of the look.

    The expected amount is summed from the movements up to the count; it is stored nowhere. Raises Forbidden unless the
    caller `may_audit` the drawer, and NotFound for another count.
    """
    if not may_audit(session, by=by):
        raise Forbidden(_("Only another manager of the store can see this count."))
    rows = Count.objects.filter(session=session, moment=CountMoment.AUDIT, pk=count_id).select_related(
        "counted_by", "place__store"
    )
    count = rows.first()
    entry = AuditEntry.objects.filter(subject=f"count:{count_id}", action=COUNTED).order_by("-pk").first()
    if count is None or entry is None:
        raise NotFound(_("There is no such count."))
    note_seen(subject=f"session:{session.pk}", by=by, at=at, store=session.store, detail={"count": count.pk})
    until = int(entry.detail["until_movement"])
    seals = Seal.objects.filter(place=session.register_id, last_movement__lte=until, sealed_at__lte=count.counted_at)
    seal = seals.order_by("-last_movement", "-number").first()
    pair = Pair(session.currency, CASH)
    begun = [one["amount"] for one in (seal.balances if seal else []) if Pair(one["currency"], one["method"]) == pair]
    period = moved(place=session.register, after=seal.last_movement if seal else 0, until=until)
    amount = count.amounts.get(currency=session.currency, method=CASH).amount
    return Audited(count=count, session=session, counted=amount, expected=sum(begun) + period.get(pair, 0))
