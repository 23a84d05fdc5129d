"""Decides who may see expected amounts, and writes an audit entry when somebody sees one before the count (law 5).

Only managers, programs with the scope and the system may see an expected amount before the count. Lists, pages, reports
and exports call these functions. `settlements.domain.visibility` has the rules for settlements and reports.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from django.db import transaction
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import Book, book_of
from cashdesk.domain.session.handover import was_counted_by_another, was_counted_since
from cashdesk.enums import PlaceKind, Role, SessionStatus
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import CashSession, Payment, Place, Store

COUNTED_PLACES: Final = frozenset({PlaceKind.VAULT, PlaceKind.REGISTER})

S = TypeVar("S", bound=CashSession)


def may_see_expected(by: Principal) -> bool:
    """Whether the caller may see the expected amount of a place before it is counted. A cashier may not.

    For a program, the API has already checked the scope (`Access`).
    """
    return by.has_role(Role.MANAGER)


def may_see_payment(payment: Payment, *, by: Principal) -> bool:
    """Whether the caller may see the method and the cash of a payment. A cashier may see only payments that they took.

    Otherwise a cashier could add up what came into the drawer of a colleague.
    """
    return by.has_role(Role.MANAGER) or (by.user is not None and payment.reported_by_id == by.user.pk)


def with_shown_result(sessions: "QuerySet[S]", *, by: Principal) -> "QuerySet[S]":
    """Adds `shows_result` and `awaits_count` to the sessions of a query.

    `shows_result`: `by` may see the final amounts of the session (law 5). `awaits_count`: somebody must still count the
    drawer. If a manager sees the final amounts of a session with `awaits_count`, `note_rows_seen` writes an audit
    entry.

    The final amounts of a session that was counted and not handed over are visible. Those of an open session are never
    visible. After a forced close or a handover, a manager sees the final amounts at once. The cashier sees them only
    after another person has counted the drawer. That count is the next opening, a count after the close, or a
    settlement (docs/decisions/0008).
    """
    counted_since = was_counted_since()
    may_see_waiting = Value(value=True) if may_see_expected(by) else was_counted_by_another(by.user)
    waits_for_manager = ~counted_since if may_see_expected(by) else Value(value=False)
    leaves_cash = Q(status=SessionStatus.CLOSED_SYSTEM) | Q(is_handed_over=True)
    shown = sessions.annotate(
        awaits_count=Case(
            When(leaves_cash, then=~counted_since),
            # The opening difference reveals the amount that is still in the drawer, so only managers see it.
            When(Q(is_cancelled=True) & ~Q(opening_difference=0), then=waits_for_manager),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
        shows_result=Case(
            When(leaves_cash, then=may_see_waiting),
            When(status=SessionStatus.CLOSED, then=Value(value=True)),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
    )
    return cast("QuerySet[S]", shown)


def result_is_shown(session: CashSession) -> bool:
    """Whether the caller may see the final amounts of a session.

    The sessions of a list have `shows_result` from `with_shown_result`. A session without `shows_result` must be the
    caller's own session. Its final amounts are shown if the caller has just counted it, and hidden while it is open.
    """
    return bool(getattr(session, "shows_result", session.is_counted))


@transaction.atomic
def view_book(*, place: Place, by: Principal, at: datetime) -> Book:
    """Returns the book of a vault or a register, and writes an audit entry that the caller saw it (law 5).

    Raises Forbidden for a cashier, and InvalidInput for a place outside the store, because nobody counts such a place.
    """
    if not may_see_expected(by):
        raise Forbidden("Only a manager can see what a place should hold.")
    if place.kind not in COUNTED_PLACES:
        raise InvalidInput.of("place", "Choose a vault or a register.")
    note_seen(subject=f"place:{place.pk}", by=by, at=at, store=place.store)
    return book_of(place)


def note_seen(
    *, subject: str, by: Principal, at: datetime, store: Store, detail: Mapping[str, Any] | None = None
) -> None:
    """Writes an audit entry that the caller saw an expected amount."""
    audit.note(action="expected.seen", subject=subject, by=by, at=at, store=store, detail=detail)


def note_rows_seen(*, rows: Iterable[Any], by: Principal, at: datetime, noun: str = "sessions") -> None:
    """Writes one audit entry per store if `by` saw the expected amounts of drawers that still need a count (law 5).

    `rows` are sessions or settlements with `awaits_count` and `shows_result` from their queries. A row without one of
    them, or with one of them false, is ignored.
    """
    awaited: dict[Store, list[int]] = defaultdict(list)
    for row in rows:
        if getattr(row, "awaits_count", False) and getattr(row, "shows_result", False):
            awaited[row.store].append(row.pk)
    for store, numbers in awaited.items():
        note_seen(subject=f"store:{store.pk}", by=by, at=at, store=store, detail={noun: numbers})
