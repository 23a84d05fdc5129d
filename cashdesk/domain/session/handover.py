"""Handovers: tells who had a drawer last, and whether its cash was counted since.

In a handover one cashier counts the cash and leaves it in the drawer. The next cashier counts it again, without seeing
the first count. Between the two counts nobody is responsible for the drawer. A difference is the opening difference of
the next session. The audit trail and the variance queue then name both cashiers (docs/decisions/0016).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from cashdesk.enums import WITHIN_A_PERIOD, CountMoment, PlaceKind
from cashdesk.models import CashSession, Count, ForeignCash, Place, Store, User


def was_counted_since() -> Q:
    """Returns the query condition that the cash of a session's own currency was counted after the session.

    Use it for sessions that were handed over or closed without a count. Any of these counts fulfils the condition: the
    count of a later opening, a count after the close (`CountMoment.AFTERWARDS`), and the count of a settlement.
    """
    afterwards = Count.objects.filter(
        session=OuterRef("pk"), moment=CountMoment.AFTERWARDS, amounts__currency=OuterRef("currency")
    )
    return was_taken_on_since() | Q(Exists(afterwards))


def was_taken_on_since() -> Q:
    """Returns the query condition that a session's drawer was opened again, or counted in a settlement, after the session.

    A cancelled opening is ignored.
    """
    opened_again = CashSession.objects.filter(register=OuterRef("register"), pk__gt=OuterRef("pk"), is_cancelled=False)
    settled = Count.objects.filter(
        place=OuterRef("register"), counted_at__gte=OuterRef("closed_at"), session__isnull=True
    ).exclude(moment__in=WITHIN_A_PERIOD)
    return Q(Exists(opened_again)) | Q(Exists(settled))


def was_counted_by_another(user: User | None) -> Combinable:
    """Returns the query condition that a person other than `user` has counted a session's drawer after the session.

    A count by a program is ignored, because `user` may have started the program (docs/decisions/0008).
    """
    counts = counts_of_custody().filter(place=OuterRef("register"), counted_by__isnull=False).exclude(counted_by=user)
    # The ids of the sessions are compared, because the clocks of two servers differ. The time only limits the index scan.
    opened_again = counts.filter(session__gt=OuterRef("pk"), counted_at__gte=OuterRef("opened_at"))
    afterwards = counts.filter(
        session=OuterRef("pk"), moment=CountMoment.AFTERWARDS, amounts__currency=OuterRef("currency")
    )
    settled = counts.filter(session__isnull=True, counted_at__gte=OuterRef("closed_at"))
    return Exists(opened_again) | Exists(afterwards) | Exists(settled)


def counts_of_custody() -> "QuerySet[Count]":
    """Returns the counts at which a person takes over or hands back a drawer.

    Leaves out previews, recounts and the counts of cancelled openings.
    """
    return Count.objects.exclude(moment__in=WITHIN_A_PERIOD).exclude(session__is_cancelled=True)


def is_place_counted(place: Place, *, since: datetime | None) -> bool:
    """Whether `counts_of_custody` has a count of this place at or after the time `since`."""
    return counts_of_custody().filter(place=place, counted_at__gte=since).exists()


def handovers_waiting(*, store: Store) -> list[CashSession]:
    """Returns the store's sessions that were handed over and whose cash nobody has counted in yet. Runs one query.

    Sorted by register number. The sessions have figures, so callers show only the person, the register and the time
    (law 5).
    """
    return list(_waiting(store).select_related("register", "store", "user").order_by("register__number"))


def registers_waiting(store: Store) -> "QuerySet[Any]":
    """Returns a subquery of the ids of registers whose cash was handed over and is not counted in yet."""
    return _waiting(store).order_by().values("register_id")


def _waiting(store: Store) -> "QuerySet[CashSession]":
    sessions = CashSession.objects.filter(register=OuterRef("pk"), is_cancelled=False)
    of_register = sessions.order_by("-pk").values("pk")[:1]
    last = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).annotate(last=Subquery(of_register))
    # An empty drawer does not wait for a count: the next opening gets a float from the vault as usual.
    holds_foreign = Exists(ForeignCash.objects.filter(session=OuterRef("pk"), stays=True, counted_amount__gt=0))
    holds_cash = Q(declared_amount__gt=0) | Q(holds_foreign)
    handed_over = CashSession.objects.filter(holds_cash, pk__in=last.values("last"), is_handed_over=True)
    return handed_over.exclude(was_counted_since())


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """The person who had a drawer last.

    `left_by` is the last session at the drawer. It is None if somebody has counted the drawer since then, or if there
    was no session. `keeper_id` is the person who counted the drawer at the close of that session or after it, or its
    cashier if nobody counted it. It is None if a program counted it, or if nobody has had the drawer yet.
    """

    left_by: CashSession | None
    keeper_id: int | None

    @property
    def handed_over_by(self) -> CashSession | None:
        """The session that handed its cash over. None if the last session left no cash or was not handed over."""
        before = self.left_by
        return before if before is not None and before.is_handed_over and before.declared_amount else None

    def answers_for_gap(self, user_id: int) -> bool:
        """Whether an opening difference belongs to this person: only if they had the drawer last and open it again."""
        return self.keeper_id == user_id


def custody_of(register: Place | int, *, until: CashSession | None = None) -> Custody:
    """Finds the person who had a register's drawer last, before the session `until` if given.

    Runs one query, and a second one if the register had no session.
    """
    place_id = register if isinstance(register, int) else register.pk
    sessions = CashSession.objects.filter(register=place_id, is_cancelled=False).select_related("user").order_by("-pk")
    counts = counts_of_custody().filter(place=place_id).order_by("-pk")
    of_settlement = Q(session__isnull=True)
    if until is not None:
        sessions = sessions.filter(pk__lt=until.pk)
        of_settlement &= Q(counted_at__lte=until.opened_at)
    settled = of_settlement & Q(counted_at__gte=OuterRef("closed_at"))
    # A count after the close is always before the next opening, so its time is not compared. The time may even be wrong,
    # because the clock is read before the wait for the lock.
    afterwards = Q(session=OuterRef("pk"), moment=CountMoment.AFTERWARDS, amounts__currency=OuterRef("currency"))
    since = counts.filter(settled | afterwards)
    found = sessions.annotate(is_counted_since=Exists(since), counter=Subquery(since.values("counted_by")[:1]))
    before: Any = found.first()
    if before is None:
        first = counts.filter(of_settlement).first()
        return Custody(left_by=None, keeper_id=first.counted_by_id if first is not None else None)
    if before.is_counted_since:
        return Custody(left_by=None, keeper_id=before.counter)
    return Custody(left_by=before, keeper_id=before.closed_by_id if before.is_counted else before.user_id)


def handover_before(session: CashSession) -> CashSession | None:
    """Returns the session whose cash `session` took over, or None.

    None unless the register's previous session was handed over and left cash in its own currency. Also None if
    somebody counted the drawer between the two sessions.
    """
    return custody_of(session.register_id, until=session).handed_over_by
