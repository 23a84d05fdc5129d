"""Reusable reads, each with its fixed number of queries. Nothing here writes, and nothing here sums money anew."""

from datetime import date
from typing import TypeVar, cast
from uuid import UUID

from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.utils.translation import gettext as _

from cashdesk.domain.principal import Principal
from cashdesk.domain.session import was_counted_since
from cashdesk.enums import CountMoment, Role, SessionStatus
from cashdesk.errors import NotFound
from cashdesk.models import CashSession, CountPieces, Movement, PaymentMethod, Shift

S = TypeVar("S", bound=CashSession)


def with_shown_result(sessions: "QuerySet[S]", *, by: Principal) -> "QuerySet[S]":
    """Adds `shows_result`: whether `by` may read the final amounts of a session (law 5), and `awaits_count`: whether its
    drawer still waits to be counted, so that a manager's look at what is expected there is noted.

    Counted: yes. Open: nobody. Closed without a count: a manager; the cashier only once the drawer was counted by the
    next opening or afterwards, since until then the expected amount is what still lies there for them to count.
    """
    counted_since = was_counted_since()
    may_see_uncounted = Value(value=True) if by.has_role(Role.MANAGER) else counted_since
    shown = sessions.annotate(
        awaits_count=Case(
            When(status=SessionStatus.CLOSED_SYSTEM, then=~counted_since),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
        shows_result=Case(
            When(status=SessionStatus.CLOSED, then=Value(value=True)),
            When(status=SessionStatus.CLOSED_SYSTEM, then=may_see_uncounted),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
    )
    return cast("QuerySet[S]", shown)


def sessions(*, by: Principal) -> "QuerySet[CashSession]":
    """Returns the sessions that `by` may list, with what a list shows of them."""
    return with_shown_result(by.sessions().select_related("user", "store", "register"), by=by)


def shift_summary(*, by: Principal, start: date, end: date) -> "QuerySet[Shift]":
    """Returns the shifts whose business date lies from `start` to `end`, both included, oldest first."""
    shifts = Shift.objects.filter(store__in=by.stores(), business_date__gte=start, business_date__lte=end)
    return with_shown_result(shifts.select_related("user", "store"), by=by).order_by("opened_at", "pk")


def movement(*, by: Principal, movement_id: UUID) -> Movement:
    """Returns the movement with this UUID among those of the stores that `by` may know of. Raises NotFound."""
    movements = Movement.objects.select_related("store", "source", "destination", "payment", "session", "late_for")
    found = movements.filter(uuid=movement_id, store__in=by.stores()).first()
    if found is None:
        raise NotFound(_("There is no movement with this id."))
    return found


def own_movement(*, by: Principal, movement_id: UUID | None) -> Movement | None:
    """Returns the movement that `by` has recorded themselves under this UUID, if there is one."""
    if movement_id is None or by.user is None:
        return None
    return Movement.objects.select_related("store").filter(uuid=movement_id, recorded_by=by.user).first()


def last_closed_session(*, by: Principal) -> CashSession | None:
    """Returns the drawer that `by` closed or was closed for them last, if there is one."""
    sessions = CashSession.objects.select_related("store", "register").filter(user=by.user)
    return sessions.exclude(status=SessionStatus.OPEN).order_by("-opened_at", "-pk").first()


def pieces_counted(session: CashSession) -> "list[CountPieces]":
    """Returns the notes and coins of the count that closed a session, largest first; none where an amount was told."""
    pieces = CountPieces.objects.filter(
        count_amount__count__session=session, count_amount__count__moment=CountMoment.CLOSING
    )
    return list(pieces.order_by("-denomination"))


def payment_methods(*, by: Principal) -> "QuerySet[PaymentMethod]":
    """Returns the active ways to pay of the account."""
    methods = PaymentMethod.objects.filter(is_active=True)
    return methods if by.account_id is None else methods.filter(account_id=by.account_id)
