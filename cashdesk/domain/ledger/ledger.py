"""The only two functions that insert movements: `record()` and `reverse()`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Field

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.raise_variance import raise_late
from cashdesk.domain.ledger.reversal import (
    COUNTED_KINDS,
    REVERSIBLE_KINDS,
    already_reversed,
    counted_since,
    counted_twice,
    late_only,
    refuse_kind,
    refuse_reason,
)
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.domain.store.withdrawn_currency import refuse_withdrawn
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.errors import InvalidMovement, PlaceMovedOn
from cashdesk.models import Movement, Place, Store
from cashdesk.money import AMOUNT_MAX
from cashdesk.movement_kinds import RULES

ELSEWHERE: Final = frozenset({PlaceKind.CUSTOMERS, PlaceKind.OUTSIDE, PlaceKind.BANK, PlaceKind.OPENING})
"""The places that new money comes from."""

ROWS_PER_STATEMENT: Final = 500
"""Keeps a statement's parameters far below the limits: 32,766 on SQLite, 65,535 on PostgreSQL."""


def record(
    *, store: Store, entries: Sequence[Entry], by: Principal, at: datetime, guard: Place | None = None
) -> list[UUID]:
    """Inserts movements in the given order and returns their UUIDs. Runs in the caller's transaction, with their cause.

    With `guard` the statement locks that place shared, and inserts nothing if its `transitions` counter changed. A
    posting then needs no earlier lock (docs/structure.md, section 5). Without `guard` the caller holds the places'
    locks.

    Raises InvalidMovement if law 2 or the kind forbids an entry, PlaceMovedOn if the guard's counter changed.
    """
    uuids = [uuid4() for _entry in entries]
    for start in range(0, len(entries), ROWS_PER_STATEMENT):
        chunk = range(start, min(start + ROWS_PER_STATEMENT, len(entries)))
        parameters: list[Any] = []
        for number in chunk:
            parameters += _row(uuid=uuids[number], store=store, entry=entries[number], by=by, at=at)
        if guard is not None:
            parameters += [guard.pk, guard.transitions]
        statement = _insert_statement(len(chunk), guarded=guard is not None, vendor=connection.vendor)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            if cursor.rowcount != len(chunk):
                raise PlaceMovedOn
    if any(entry.is_late for entry in entries):
        raise_late(store=store, entries=entries, at=at)
    return uuids


@transaction.atomic
def reverse(
    *,
    movement: Movement,
    by: Principal,
    at: datetime,
    reason: str,
    kinds: Collection[MovementKind] = REVERSIBLE_KINDS,
    refuses_late: bool = False,
) -> Movement:
    """Corrects a mistake with an opposite movement, once (law 1). Returns the reversing movement.

    A movement of a running period is reversed in that period. If the register or the vault was counted since, the
    reversal is late: over/short replaces that place, so sealed figures stay and the difference is explained (law 4).
    `refuses_late` forbids late reversals. `kinds` lets a transition reverse its own movements.

    Raises Conflict if the movement is already reversed, or if both its places were counted since. Raises
    InvalidMovement for a kind that the next count corrects, InvalidInput for the reason.
    """
    refuse_kind(movement, kinds=kinds)
    refuse_reason(reason)
    store = movement.store
    places = places_of(store)
    ends = [end for end in (movement.source, movement.destination) if end.kind in COUNTED_KINDS]
    # Shared locks are enough, because a reversal is a posting. State is read after the locks. For late money this also locks
    # the place whose period it explains, so that nobody approves it at the same moment. Late money without a place locks the
    # vault, as a count of the whole store does.
    explained = [movement.late_for or places[PlaceKind.VAULT]] if movement.is_late else []
    held = lock_places(shared=[*ends, *explained])
    if Movement.objects.filter(reverses=movement).exists():
        raise already_reversed()
    closed = counted_since([movement])[movement.pk]
    if refuses_late and (movement.is_late or closed):
        raise late_only(closed)
    if len(closed) == 2:
        raise counted_twice()
    entry = _against(movement, closed=closed, held=held, over_short=places[PlaceKind.OVER_SHORT], at=at, reason=reason)
    try:
        with transaction.atomic():
            (made,) = record(store=store, entries=[entry], by=by, at=at)
    except IntegrityError as error:
        # Of two concurrent reversals the second waits in the unique index. The movement itself cannot be locked, because
        # row locks need the right to update, which the application's role lacks.
        if "reverses_id" not in str(error):
            raise
        raise already_reversed() from error
    audit.note(
        action="movement.reversed",
        subject=f"movement:{movement.pk}",
        by=by,
        at=at,
        store=store,
        detail={"reason": reason},
    )
    return Movement.objects.get(uuid=made)


def _against(
    movement: Movement,
    *,
    closed: Sequence[Place],
    held: Mapping[int, Place],
    over_short: Place,
    at: datetime,
    reason: str,
) -> Entry:
    """Returns the opposite entry. Over/short replaces a place that was counted since."""
    source, destination = (
        over_short if end in closed else held.get(end.pk, end) for end in (movement.destination, movement.source)
    )
    return Entry(
        source=source,
        destination=destination,
        amount=movement.amount,
        currency=movement.currency,
        method=movement.method,
        kind=MovementKind(movement.kind),
        occurred_at=at,
        session=movement.session,
        payment=movement.payment,
        reverses=movement,
        is_late=movement.is_late or bool(closed),
        late_for=closed[0] if closed else movement.late_for,
        reason=reason,
    )


def _check(*, store: Store, entry: Entry) -> None:
    """Raises InvalidMovement if law 2 or the kind forbids the entry, before the database's constraints would."""
    if isinstance(entry.amount, bool) or not isinstance(entry.amount, int) or not 1 <= entry.amount <= AMOUNT_MAX:
        raise InvalidMovement(
            "amount: must be a whole number of minor units above 0.", errors={"amount": "must be above 0."}
        )
    if entry.source.pk == entry.destination.pk:
        raise InvalidMovement("The two places of a movement must differ.")
    if not entry.source.store_id == entry.destination.store_id == store.pk:
        raise InvalidMovement("Both places of a movement must belong to the same store.")
    ends = (entry.source.kind, entry.destination.kind)
    if entry.reverses is not None:
        ends = (ends[1], ends[0])
    allowed = RULES[entry.kind].ends
    if entry.is_late:
        allowed = frozenset(
            late_ends for source, destination in allowed for late_ends in _late_ends(str(source), str(destination))
        )
    if ends not in allowed:
        raise InvalidMovement(f"{entry.kind.label} cannot go from {entry.source} to {entry.destination}.")


def _late_ends(source: str, destination: str) -> list[tuple[str, str]]:
    """Returns the possible ends of a late movement: over/short replaces the place whose period is closed."""
    late = []
    if source in COUNTED_KINDS:
        late.append((str(PlaceKind.OVER_SHORT), destination))
    if destination in COUNTED_KINDS:
        late.append((source, str(PlaceKind.OVER_SHORT)))
    return late


def _row(*, uuid: UUID, store: Store, entry: Entry, by: Principal, at: datetime) -> list[Any]:
    """Returns the values of one row, prepared for the database, in the order of `_fields()`."""
    _check(store=store, entry=entry)
    if entry.source.kind in ELSEWHERE and entry.reverses is None:
        refuse_withdrawn(currency=entry.currency, store=store, on=business_date(store=store, at=entry.occurred_at))
    values = {
        "uuid": uuid,
        "store": store.pk,
        "source": entry.source.pk,
        "destination": entry.destination.pk,
        "amount": entry.amount,
        "currency": entry.currency,
        "method": entry.method,
        "kind": str(entry.kind),
        "session": entry.session.pk if entry.session else None,
        "payment": entry.payment.pk if entry.payment else None,
        "reverses": entry.reverses.pk if entry.reverses else None,
        "is_late": entry.is_late,
        "late_for": entry.late_for.pk if entry.late_for else None,
        "business_date": entry.date_in(store),
        "occurred_at": entry.occurred_at,
        "recorded_at": at,
        "recorded_by": by.user.pk if by.user else None,
        "recorded_with": by.token.pk if by.token else None,
        "reason": entry.reason,
        "note": entry.note,
    }
    return [field.get_db_prep_save(values[field.name], connection) for field in _fields()]


@cache
def _fields() -> tuple["Field[Any, Any]", ...]:
    return tuple(field for field in Movement._meta.concrete_fields if not field.primary_key)


@cache
def _insert_statement(rows: int, *, guarded: bool, vendor: str) -> str:
    """Builds the INSERT ... SELECT. Ids are drawn after the guard's row is locked.

    So the ids of a period have no gap that a movement of an earlier period could fill later.
    """
    columns = ", ".join(f'"{field.column}"' for field in _fields())
    # PostgreSQL needs the types of bare VALUES; SQLite needs none and would misread them.
    marks = [f"CAST(%s AS {field.db_type(connection)})" if vendor == "postgresql" else "%s" for field in _fields()]
    values = ", ".join(f"({', '.join(marks)})" for _ in range(rows))
    # The statement must begin with INSERT, because Python's sqlite3 sets `rowcount` only then.
    statement = (
        f"INSERT INTO cashdesk_movement ({columns}) "  # noqa: S608 (column names of the model and placeholders alone)
        f"WITH entry ({columns}) AS (VALUES {values}) SELECT entry.* FROM entry"
    )
    if guarded:
        statement += " CROSS JOIN cashdesk_place place WHERE place.id = %s AND place.transitions = %s"
        if vendor == "postgresql":
            statement += " FOR SHARE OF place"
    return statement
