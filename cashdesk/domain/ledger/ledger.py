"""Inserts movements. Only `record()`, `record_with_payment()` and `reverse()` do this."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Field, Model

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.movement_event import record_moved
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
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.errors import InvalidMovement, PlaceMovedOn
from cashdesk.models import IdempotentAnswer, Movement, Payment, Place, Store
from cashdesk.money import AMOUNT_MAX
from cashdesk.movement_rules import RULES

ELSEWHERE: Final = frozenset({PlaceKind.CUSTOMERS, PlaceKind.OUTSIDE, PlaceKind.BANK, PlaceKind.OPENING})
"""The kinds of places that new money comes from."""

ROWS_PER_STATEMENT: Final = 500
"""Keeps the number of parameters far below the limits of a statement: 32,766 on SQLite, 65,535 on PostgreSQL."""


def record(
    *, store: Store, entries: Sequence[Entry], by: Principal, at: datetime, guard: Place | None = None
) -> list[UUID]:
    """Inserts movements in the given order and returns their UUIDs.

    Runs in the transaction of the caller, together with the change that causes the movements. With `guard` the
    INSERT takes a shared lock on that place, and inserts nothing if the place's `transitions` counter has changed. So a
    posting needs no earlier lock (docs/structure.md, section 5). Without `guard` the caller must already hold the locks
    of the places.

    Raises InvalidMovement if law 2 or the rules of the kind forbid an entry. Raises PlaceMovedOn if the counter of
    `guard` has changed.
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


def record_with_payment(
    *, payment: Payment, entry: Entry, by: Principal, at: datetime, guard: Place, answer: IdempotentAnswer | None
) -> bool:
    """Inserts a new payment, its movement and the answer to it, guarded as in `record`. Returns whether it did.

    It inserts nothing if the counter of `guard` has changed, if the store has a payment with this id, or if the key of
    the answer is in use. On PostgreSQL this is one statement. On SQLite, which has no INSERT within another statement,
    it is three, and the caller begins the transaction.
    """
    kept = _values_of(answer) if answer is not None else []
    row = _row(uuid=uuid4(), store=payment.store, entry=entry, by=by, at=at)
    at_place: list[Any] = [guard.pk, guard.transitions]
    known: list[Any] = [payment.store_id, payment.external_id]
    statements = _statements_with_payment(is_kept=answer is not None, vendor=connection.vendor)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            turn: list[Any] = [answer.lock_number] if answer is not None else []
            cursor.execute(statements[0], [*at_place, *turn, *_values_of(payment), *known, *kept, *row])
            return bool(cursor.rowcount == 1)
        cursor.execute(statements[0], [*_values_of(payment), *at_place, *known])
        if cursor.rowcount != 1:
            return False
        row[[field.name for field in _fields(Movement)].index("payment")] = cursor.lastrowid
        for statement, values in zip(statements[1:], (row, kept), strict=False):
            cursor.execute(statement, values)
    return True


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
    """Corrects a mistaken movement with an opposite movement, once (law 1). Returns the opposite movement.

    A movement of a running period is reversed in that period. If its register or its vault was counted since then, the
    reversal is late: over/short replaces the counted place. So the sealed figures do not change, and the reversal
    explains the frozen difference (law 4). `refuses_late` forbids late reversals. `kinds` are the kinds that the caller
    may reverse.

    Raises Conflict if the movement is already reversed, or if both of its places were counted since then. With
    `refuses_late`, also raises Conflict if the reversal would be late. Raises InvalidMovement for a kind outside
    `kinds`, and if `movement` is itself a reversal. Raises InvalidInput for a missing or too long reason.
    """
    refuse_kind(movement, kinds=kinds)
    refuse_reason(reason)
    store = movement.store
    places = places_of(store)
    ends = [end for end in (movement.source, movement.destination) if end.kind in COUNTED_KINDS]
    # Shared locks are enough, because a reversal is a posting. State is read after the locks are taken. For late money
    # the place whose period it explains is locked too, so that nobody approves the money at the same moment. If there
    # is no such place, the vault is locked, because every reconciliation locks the vault.
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
        # Two concurrent reversals meet in the unique index: the second one waits there and then fails. The row of the
        # movement cannot be locked, because a row lock needs the UPDATE privilege, which the application's role lacks.
        if "reverses_id" not in str(error):
            raise
        raise already_reversed() from error
    if movement.kind in REVERSIBLE_KINDS:
        # The movements of an opening have no event of their own, so their reversals have none either.
        record_moved(entry, uuid=made, store=store, by=by, at=at)
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
    """Returns the opposite entry. Over/short replaces a place that was counted since the movement."""
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
    """Raises InvalidMovement if law 2 or the rules of the kind forbid the entry.

    The database has constraints for the same rules. This check gives a readable error.
    """
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
    rule = RULES[entry.kind]
    if rule.never_cash and entry.method == CASH:
        raise InvalidMovement(f"{entry.kind.label} never moves cash.")
    allowed = rule.ends
    if entry.is_late and rule.never_cash:
        # Nobody counts clearing, so nothing there can arrive after a count.
        allowed = frozenset()
    elif entry.is_late:
        allowed = frozenset(
            late_ends for source, destination in allowed for late_ends in _late_ends(str(source), str(destination))
        )
    if ends not in allowed:
        raise InvalidMovement(f"{entry.kind.label} cannot go from {entry.source} to {entry.destination}.")


def _late_ends(source: str, destination: str) -> list[tuple[str, str]]:
    """Returns each (source, destination) that a late movement may have.

    Over/short replaces the place whose period is closed.
    """
    late = []
    if source in COUNTED_KINDS:
        late.append((str(PlaceKind.OVER_SHORT), destination))
    if destination in COUNTED_KINDS:
        late.append((source, str(PlaceKind.OVER_SHORT)))
    return late


def _row(*, uuid: UUID, store: Store, entry: Entry, by: Principal, at: datetime) -> list[Any]:
    """Checks an entry and returns its column values, prepared for the database, in the order of `_fields()`."""
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
    return [field.get_db_prep_save(values[field.name], connection) for field in _fields(Movement)]


def _values_of(row: Model) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in _fields(type(row))]


@cache
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    return tuple(field for field in model._meta.concrete_fields if not field.primary_key)


def _columns(model: type[Model]) -> str:
    return ", ".join(f'"{field.column}"' for field in _fields(model))


def _marks(model: type[Model], vendor: str) -> list[str]:
    # PostgreSQL needs a type for each value. SQLite needs none, and its CAST would change some values.
    # The type of a text is given without its length, because such a CAST would cut a text that is too long.
    is_typed = vendor == "postgresql"
    types = ((field.db_type(connection) or "").partition("(")[0] for field in _fields(model))
    return [f"CAST(%s AS {type_})" if is_typed else "%s" for type_ in types]


@cache
def _insert_statement(rows: int, *, guarded: bool, vendor: str) -> str:
    """Builds the INSERT ... SELECT statement. The database assigns the ids after it has locked the guard's row.

    So the movements of a place in one period are a range of ids, with no movement of another period between them.
    """
    columns = _columns(Movement)
    values = ", ".join(f"({', '.join(_marks(Movement, vendor))})" for _ in range(rows))
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


@cache
def _statements_with_payment(*, is_kept: bool, vendor: str) -> tuple[str, ...]:
    """Builds the statements of `record_with_payment`: one for PostgreSQL, else the payment, the movement and the answer.

    Each row depends on the one before it, and the payment on the guard's row. So ids are drawn after the lock here too.
    """
    payment, movement, answer = (
        (f'INSERT INTO "{model._meta.db_table}" ({_columns(model)}) SELECT', _marks(model, vendor))
        for model in (Payment, Movement, IdempotentAnswer)
    )
    place = "FROM cashdesk_place place WHERE place.id = %s AND place.transitions = %s"
    is_new = "NOT EXISTS (SELECT 1 FROM cashdesk_payment known WHERE known.store_id = %s AND known.external_id = %s)"
    if vendor != "postgresql":
        others = (f"{insert} {', '.join(marks)}" for insert, marks in (movement, answer)[: 2 if is_kept else 1])
        return (f"{payment[0]} {', '.join(payment[1])} {place} AND {is_new}", *others)
    movement[1][[field.name for field in _fields(Movement)].index("payment")] = "COALESCE(%s, payment.id)"
    turn = "turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(%s::bigint) AS is_ours)," if is_kept else ""
    keeping = f"answer AS ({answer[0]} {', '.join(answer[1])} FROM payment)," if is_kept else ""
    return (
        # S608: names of tables and columns, and placeholders alone.
        f"WITH place AS MATERIALIZED (SELECT place.id {place} FOR SHARE), {turn} "  # noqa: S608
        f"payment AS ({payment[0]} {', '.join(payment[1])} FROM place{', turn' if is_kept else ''} "
        f"WHERE {'turn.is_ours AND ' if is_kept else ''}{is_new} RETURNING id), {keeping} "
        f"moved AS ({movement[0]} {', '.join(movement[1])} FROM payment RETURNING id) SELECT id FROM moved",
    )
