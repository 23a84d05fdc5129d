"""Handing a drawer over: one cashier counts the cash out and leaves it there, the next one counts it in, blind.

Between the two counts nobody has the drawer. What differs is the opening difference of the one who counts in, named with
both (docs/decisions/0016).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from cashdesk.enums import WITHIN_A_PERIOD, CountMoment, PlaceKind
from cashdesk.models import CashSession, Count, ForeignCash, Place, Store, User


def was_counted_since() -> Q:
    """Builds the condition on sessions that left cash in their drawer, handed over or closed without a count, that their own
    currency was counted since: by the next opening, by itself afterwards, or by a settlement.
    """
    afterwards = Count.objects.filter(
        session=OuterRef("pk"), moment=CountMoment.AFTERWARDS, amounts__currency=OuterRef("currency")
    )
    return was_taken_on_since() | Q(Exists(afterwards))


def was_taken_on_since() -> Q:
    """Builds the condition on the same sessions that the drawer was opened since, or counted by a settlement. A cancelled
    opening is no count.
    """
    opened_again = CashSession.objects.filter(register=OuterRef("register"), pk__gt=OuterRef("pk"), is_cancelled=False)
    settled = Count.objects.filter(
        place=OuterRef("register"), counted_at__gte=OuterRef("closed_at"), session__isnull=True
    ).exclude(moment__in=WITHIN_A_PERIOD)
    return Q(Exists(opened_again)) | Q(Exists(settled))


def was_counted_by_another(user: User | None) -> Combinable:
    """Builds the condition on the same sessions that another person than `user` has counted the drawer since.

    A count by a program does not pass: nobody but `user` need stand behind it (docs/decisions/0008).
    """
    counts = counts_of_custody().filter(place=OuterRef("register"), counted_by__isnull=False).exclude(counted_by=user)
    # Session ids, since the clocks of two servers differ; the instant only bounds the search in the index of the place.
    opened_again = counts.filter(session__gt=OuterRef("pk"), counted_at__gte=OuterRef("opened_at"))
    afterwards = counts.filter(
        session=OuterRef("pk"), moment=CountMoment.AFTERWARDS, amounts__currency=OuterRef("currency")
    )
    settled = counts.filter(session__isnull=True, counted_at__gte=OuterRef("closed_at"))
    return Exists(opened_again) | Exists(afterwards) | Exists(settled)


def counts_of_custody() -> "QuerySet[Count]":
    """Returns the counts that begin or end somebody's custody of a drawer: no preview, no recount, no cancelled opening."""
    return Count.objects.exclude(moment__in=WITHIN_A_PERIOD).exclude(session__is_cancelled=True)


def is_place_counted(place: Place, *, since: datetime | None) -> bool:
    """Whether somebody has taken custody of a place by a count at an instant or after it."""
    return counts_of_custody().filter(place=place, counted_at__gte=since).exists()


def handovers_waiting(*, store: Store) -> list[CashSession]:
    """Returns the sessions of a store whose drawer was handed over and that nobody has counted in yet, by register, in one
    statement that looks at the last session of each register. They hold figures: doors show who, where and when (law 5).
    """
    return list(_waiting(store).select_related("register", "store", "user").order_by("register__number"))


def registers_waiting(store: Store) -> "QuerySet[Any]":
    """Returns the ids of the registers at which a drawer was handed over and not counted in yet, for another statement."""
    return _waiting(store).order_by().values("register_id")


def _waiting(store: Store) -> "QuerySet[CashSession]":
    sessions = CashSession.objects.filter(register=OuterRef("pk"), is_cancelled=False)
    of_register = sessions.order_by("-pk").values("pk")[:1]
    last = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).annotate(last=Subquery(of_register))
    # Nothing lies in a drawer that was handed over empty: whoever opens it brings a float, as into any other.
    holds_foreign = Exists(ForeignCash.objects.filter(session=OuterRef("pk"), stays=True, counted_amount__gt=0))
    holds_cash = Q(declared_amount__gt=0) | Q(holds_foreign)
    handed_over = CashSession.objects.filter(holds_cash, pk__in=last.values("last"), is_handed_over=True)
    return handed_over.exclude(was_counted_since())


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """Who had a drawer last. `left_by` is the session that left it as it is, None where the drawer was counted since;
    `keeper_id` is its cashier, or who counted it since: None for a program, and where nobody had it.
    """

    left_by: CashSession | None
    keeper_id: int | None

    @property
    def handed_over_by(self) -> CashSession | None:
        """The session whose cash was handed over; None where the drawer was empty or closed without a count."""
        before = self.left_by
        return before if before is not None and before.is_handed_over and before.declared_amount else None


def custody_of(register: Place | int, *, until: CashSession | None = None) -> Custody:
    """Returns who had the drawer of a register last, before the session `until`. One statement where it had a session."""
    place_id = register if isinstance(register, int) else register.pk
    sessions = CashSession.objects.filter(register=place_id, is_cancelled=False).select_related("user").order_by("-pk")
    counts = counts_of_custody().filter(place=place_id).order_by("-pk")
    of_settlement = Q(session__isnull=True)
    if until is not None:
        sessions = sessions.filter(pk__lt=until.pk)
        of_settlement &= Q(counted_at__lte=until.opened_at)
    settled = of_settlement & Q(counted_at__gte=OuterRef("closed_at"))
    # Always before the next opening, whatever the clocks say: both read theirs before they waited for the lock.
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
    """Returns the session whose cash was handed over to this one, with its cashier; None where the drawer was empty, closed
    without a count, or counted by somebody else in between.
    """
    return custody_of(session.register_id, until=session).handed_over_by
