"""Visibility of expected amounts, and the audit entry for each view of one (law 5).

Nobody learns what is expected before the count, except managers, programs with the scope and the system. Lists, pages,
reports and exports call these functions. `settlements.domain.visibility` adds the rules for settlements and reports.
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
from cashdesk.models import CashSession, Place, Store

COUNTED_PLACES: Final = frozenset({PlaceKind.VAULT, PlaceKind.REGISTER})

S = TypeVar("S", bound=CashSession)


def may_see_expected(by: Principal) -> bool:
    """Whether the caller may see what a place should hold before it is counted. Cashiers may not.

    Doors also check the scope of a program (`Access`).
    """
    return by.has_role(Role.MANAGER)


def with_shown_result(sessions: "QuerySet[S]", *, by: Principal) -> "QuerySet[S]":
    """Adds `shows_result` and `awaits_count` to sessions.

    `shows_result`: `by` may see the final amounts (law 5). `awaits_count`: the drawer still needs a count, so each
    manager who sees it gets an audit entry.

    The final amounts of a counted session are visible, those of an open one never. After a forced close or a handover a
    manager sees them. The cashier sees them only after another person has counted the drawer: at the next opening,
    afterwards, or in a settlement (docs/decisions/0008).
    """
    counted_since = was_counted_since()
    may_see_waiting = Value(value=True) if may_see_expected(by) else was_counted_by_another(by.user)
    waits_for_manager = ~counted_since if may_see_expected(by) else Value(value=False)
    leaves_cash = Q(status=SessionStatus.CLOSED_SYSTEM) | Q(is_handed_over=True)
    shown = sessions.annotate(
        awaits_count=Case(
            When(leaves_cash, then=~counted_since),
            # The opening difference tells what is still in the drawer, so only managers see it.
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

    Rows of a list have `shows_result` from their query. A session without it is the caller's own: open, or just counted.
    """
    return bool(getattr(session, "shows_result", session.is_counted))


@transaction.atomic
def view_book(*, place: Place, by: Principal, at: datetime) -> Book:
    """Returns what a vault or a register should hold now, and writes an audit entry (law 5).

    Raises Forbidden for a cashier, InvalidInput for a place outside the store, which nobody counts.
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
    """Writes an audit entry that the caller was shown what is expected."""
    audit.note(action="expected.seen", subject=subject, by=by, at=at, store=store, detail=detail)


def note_rows_seen(*, rows: Iterable[Any], by: Principal, at: datetime, noun: str = "sessions") -> None:
    """Writes one audit entry per store if `by` was shown the expected amount of uncounted drawers (law 5).

    `rows` are sessions or settlements with `awaits_count` and `shows_result` from their queries. Other rows are
    ignored.
    """
    awaited: dict[Store, list[int]] = defaultdict(list)
    for row in rows:
        if getattr(row, "awaits_count", False) and getattr(row, "shows_result", False):
            awaited[row.store].append(row.pk)
    for store, numbers in awaited.items():
        note_seen(subject=f"store:{store.pk}", by=by, at=at, store=store, detail={noun: numbers})
