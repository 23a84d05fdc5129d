"""Handovers: one cashier counts the cash out and leaves it in the drawer; the next one counts it in, blind.

Between the two counts nobody has the drawer. A difference is the opening difference of the next session and names both
cashiers (docs/decisions/0016).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from cashdesk.enums import WITHIN_A_PERIOD, CountMoment, PlaceKind
from cashdesk.models import CashSession, Count, ForeignCash, Place, Store, User


def was_counted_since() -> Q:
    """Returns the condition that a session's own currency was counted after it left cash in its drawer.

    Counts are: the next opening, a count afterwards, or a settlement's count. For sessions that were handed over or
    closed without a count.
    """
    afterwards = Count.objects.filter(
        session=OuterRef("pk"), moment=CountMoment.AFTERWARDS, amounts__currency=OuterRef("currency")
    )
    return was_taken_on_since() | Q(Exists(afterwards))


def was_taken_on_since() -> Q:
    """Returns the condition that the drawer was opened again, or counted by a settlement, after such a session.

    A cancelled opening does not count.
    """
    opened_again = CashSession.objects.filter(register=OuterRef("register"), pk__gt=OuterRef("pk"), is_cancelled=False)
    settled = Count.objects.filter(
        place=OuterRef("register"), counted_at__gte=OuterRef("closed_at"), session__isnull=True
    ).exclude(moment__in=WITHIN_A_PERIOD)
    return Q(Exists(opened_again)) | Q(Exists(settled))


def was_counted_by_another(user: User | None) -> Combinable:
    """Returns the condition that a person other than `user` has counted the drawer after such a session.

    A count by a program is not enough, because `user` may be behind it (docs/decisions/0008).
    """
    counts = counts_of_custody().filter(place=OuterRef("register"), counted_by__isnull=False).exclude(counted_by=user)
    # Compares session ids, because the clocks of two servers differ. The instant only limits the index scan.
    opened_again = counts.filter(session__gt=OuterRef("pk"), counted_at__gte=OuterRef("opened_at"))
    afterwards = counts.filter(
        session=OuterRef("pk"), moment=CountMoment.AFTERWARDS, amounts__currency=OuterRef("currency")
    )
    settled = counts.filter(session__isnull=True, counted_at__gte=OuterRef("closed_at"))
    return Exists(opened_again) | Exists(afterwards) | Exists(settled)


def counts_of_custody() -> "QuerySet[Count]":
    """Returns the counts that begin or end a person's custody of a drawer: no previews, recounts or cancelled openings."""
    return Count.objects.exclude(moment__in=WITHIN_A_PERIOD).exclude(session__is_cancelled=True)


def is_place_counted(place: Place, *, since: datetime | None) -> bool:
    """Whether a custody count of a place was made at or after an instant."""
    return counts_of_custody().filter(place=place, counted_at__gte=since).exists()


def handovers_waiting(*, store: Store) -> list[CashSession]:
    """Returns the store's sessions whose drawers were handed over and not counted in yet, by register number. One
    query.

    They hold figures, so callers show only who, where and when (law 5).
    """
    return list(_waiting(store).select_related("register", "store", "user").order_by("register__number"))


def registers_waiting(store: Store) -> "QuerySet[Any]":
    """Returns the ids of the registers with a drawer that waits to be counted in, as a subquery."""
    return _waiting(store).order_by().values("register_id")


def _waiting(store: Store) -> "QuerySet[CashSession]":
    sessions = CashSession.objects.filter(register=OuterRef("pk"), is_cancelled=False)
    of_register = sessions.order_by("-pk").values("pk")[:1]
    last = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).annotate(last=Subquery(of_register))
    # An empty drawer needs no counting in: the next opening brings a float as usual.
    holds_foreign = Exists(ForeignCash.objects.filter(session=OuterRef("pk"), stays=True, counted_amount__gt=0))
    holds_cash = Q(declared_amount__gt=0) | Q(holds_foreign)
    handed_over = CashSession.objects.filter(holds_cash, pk__in=last.values("last"), is_handed_over=True)
    return handed_over.exclude(was_counted_since())


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """Who had a drawer last.

    `left_by` is the session that left the cash there. It is None if somebody has counted the drawer since then.
    `keeper_id` is the cashier of that session, or the person who counted. It is None for a program, or if nobody had
    the drawer.
    """

    left_by: CashSession | None
    keeper_id: int | None

    @property
    def handed_over_by(self) -> CashSession | None:
        """The session that handed its cash over. None if the drawer was empty or was closed without a count."""
        before = self.left_by
        return before if before is not None and before.is_handed_over and before.declared_amount else None


def custody_of(register: Place | int, *, until: CashSession | None = None) -> Custody:
    """Returns who had the drawer of a register last, before the session `until`. One query if it had a session."""
    place_id = register if isinstance(register, int) else register.pk
    sessions = CashSession.objects.filter(register=place_id, is_cancelled=False).select_related("user").order_by("-pk")
    counts = counts_of_custody().filter(place=place_id).order_by("-pk")
    of_settlement = Q(session__isnull=True)
    if until is not None:
        sessions = sessions.filter(pk__lt=until.pk)
        of_settlement &= Q(counted_at__lte=until.opened_at)
    settled = of_settlement & Q(counted_at__gte=OuterRef("closed_at"))
    # Such a count is always before the next opening. Clocks cannot tell, because they are read before the wait for the lock.
    afterwards = Q(session=OuterRef("pk"), moment=CountMoment.AFTERWARDS, amounts__currency=OuterRef("currency"))
    since = counts.filter(settled | afterwards)
    found = sessions.annotate(is_counted_since=Exists(since), counter=Subquery(since.values("counted_by")[:1]))
    before: Any = found.first()
    if before is None:
        first = counts.filter(of_settlement).first()
        return Custody(left_by=None, keeper_id=first.counted_by_id if first is not None else None)
    if before.is_counted_since:
        return Custody(left_by=None, keeper_id=before.counter)
    return Custody(left_by=before, keeper_id=before.user_id)


def handover_before(session: CashSession) -> CashSession | None:
    """Returns the session that handed its cash over to this one, with its cashier.

    Returns None if the drawer was empty, closed without a count, or counted by another person in between.
    """
    return custody_of(session.register_id, until=session).handed_over_by
