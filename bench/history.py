"""Creates years of trade in seconds: whole closed sessions, with one INSERT ... SELECT per table.

The rows satisfy every constraint and trigger, but the digests of their seals are invented and do not verify.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from cashdesk.domain.store.place import places_of
from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, Movement, Payment, Place, Seal, Store, User

MOVEMENTS_OF_A_SESSION = 100
FLOAT = 10_000
SALE = 500
COUNTED = FLOAT + (MOVEMENTS_OF_A_SESSION - 2) * SALE

# SQL that differs between the two databases.
SPELLINGS = {
    "postgresql": {
        "uuid": "gen_random_uuid()",
        "date": "DATE '2026-01-05'",
        "instant": "TIMESTAMPTZ '2026-01-05 12:00:00+00'",
        "json": "CAST('[]' AS jsonb)",
    },
    "sqlite": {
        "uuid": "lower(hex(randomblob(16)))",
        "date": "'2026-01-05'",
        "instant": "'2026-01-05 12:00:00'",
        "json": "'[]'",
    },
}

# Session `i` uses register `i mod registers`. Its movements have consecutive ids.
NUMBERS = "WITH RECURSIVE number(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i + 1 < {rows})"

SEALS = """
INSERT INTO cashdesk_seal (id, place_id, number, after_movement, last_movement, movement_count, balances, digest,
    previous_digest, sealed_at)
{numbers}
SELECT {seal} + i, {register} + i % {registers}, i / {registers} + 1,
    CASE WHEN i < {registers} THEN 0 ELSE {movement} + (i - {registers} + 1) * {length} - 1 END,
    {movement} + (i + 1) * {length} - 1, {length}, {json}, CAST({seal} + i AS text),
    CASE WHEN i < {registers} THEN '' ELSE CAST({seal} + i - {registers} AS text) END, {instant}
FROM number
"""
SESSIONS = """
INSERT INTO cashdesk_cashsession (id, uuid, store_id, register_id, user_id, status, currency, business_date, start_amount,
    opening_difference, is_handed_over, is_cancelled, opened_at, closed_at, expected_amount, declared_amount, difference,
    seal_id)
{numbers}
SELECT {session} + i, {uuid}, {store}, {register} + i % {registers}, {user}, 'CLOSED', 'EUR', {date}, {float},
    0, FALSE, FALSE, {instant}, {instant}, {counted}, {counted}, 0, {seal} + i
FROM number
"""
PAYMENTS = """
INSERT INTO cashdesk_payment (id, store_id, external_id, "order", type, status, method, currency, amount, channel, service,
    register_id, session_id, booked, business_date, paid_at, reported_at, source, clock_adjusted, fingerprint)
{numbers}
SELECT {payment} + i, {store}, 'history-' || CAST(i AS text), '', 'SALE', 'APPROVED', 'CASH', 'EUR', {sale}, '', '',
    {register} + (i / {length}) % {registers}, {session} + i / {length}, 'on_time', {date}, {instant}, {instant}, '',
    FALSE, ''
FROM number WHERE i % {length} NOT IN (0, {length} - 1)
"""
MOVEMENTS = """
INSERT INTO cashdesk_movement (id, uuid, store_id, source_id, destination_id, amount, currency, method, kind, session_id,
    payment_id, is_late, business_date, occurred_at, recorded_at, reason, note)
{numbers}
SELECT {movement} + i, {uuid}, {store},
    CASE WHEN i % {length} = 0 THEN {vault} WHEN i % {length} = {length} - 1 THEN {register} + (i / {length}) % {registers}
        ELSE {customers} END,
    CASE WHEN i % {length} = {length} - 1 THEN {vault} ELSE {register} + (i / {length}) % {registers} END,
    CASE WHEN i % {length} = 0 THEN {float} WHEN i % {length} = {length} - 1 THEN {counted} ELSE {sale} END,
    'EUR', 'CASH',
    CASE WHEN i % {length} = 0 THEN 'FLOAT' WHEN i % {length} = {length} - 1 THEN 'RETURN' ELSE 'SALE' END,
    {session} + i / {length},
    CASE WHEN i % {length} IN (0, {length} - 1) THEN NULL ELSE {payment} + i END,
    FALSE, {date}, {instant}, {instant}, '', ''
FROM number
"""
RUNNING_SALES = """
INSERT INTO cashdesk_movement (id, uuid, store_id, source_id, destination_id, amount, currency, method, kind, session_id,
    is_late, business_date, occurred_at, recorded_at, reason, note)
{numbers}
SELECT {movement} + i, {uuid}, {store}, {customers}, {register}, {sale}, 'EUR', 'CASH', 'SALE', {session},
    FALSE, {date}, {instant}, {instant}, '', ''
FROM number
"""


def write_history(*, store: Store, user: User, rows: int) -> None:
    """Adds about `rows` movements to a store's registers, in whole sessions with their payments and seals."""
    registers = list(Place.objects.filter(store=store, kind=PlaceKind.REGISTER).order_by("pk"))
    _write(
        (SEALS, SESSIONS, PAYMENTS, MOVEMENTS),
        rows=(rows // MOVEMENTS_OF_A_SESSION,) * 2 + (rows // MOVEMENTS_OF_A_SESSION * MOVEMENTS_OF_A_SESSION,) * 2,
        **_places(store),
        **_next_ids(),
        user=user.pk,
        register=registers[0].pk,
        registers=len(registers),
    )


def write_running_sales(*, session: CashSession, rows: int) -> None:
    """Adds `rows` cash sales to an open session."""
    values = {**_places(session.store), **_next_ids(), "session": session.pk, "register": session.register_id}
    _write((RUNNING_SALES,), rows=(rows,), **values)


@transaction.atomic
def _write(statements: tuple[str, ...], *, rows: tuple[int, ...], **values: int) -> None:
    values |= {"length": MOVEMENTS_OF_A_SESSION, "float": FLOAT, "sale": SALE, "counted": COUNTED}
    with connection.cursor() as cursor:
        for statement, count in zip(statements, rows, strict=True):
            numbers = NUMBERS.format(rows=count)
            cursor.execute(statement.format(numbers=numbers, **values, **SPELLINGS[connection.vendor]))
        if connection.vendor == "postgresql":
            # The ids were given explicitly, so the sequences have not advanced.
            for model in (Seal, CashSession, Payment, Movement):
                table = model._meta.db_table
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")


def tidy_tables() -> None:
    """Updates statistics and the visibility map, which PostgreSQL's autovacuum would do later.

    Index-only scans need them.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _places(store: Store) -> dict[str, int]:
    ends = places_of(store)
    return {"store": store.pk, "vault": ends[PlaceKind.VAULT].pk, "customers": ends[PlaceKind.CUSTOMERS].pk}


def _next_ids() -> dict[str, int]:
    models: dict[str, Any] = {"seal": Seal, "session": CashSession, "payment": Payment, "movement": Movement}
    return {name: (model.objects.aggregate(last=Max("pk"))["last"] or 0) + 1 for name, model in models.items()}
