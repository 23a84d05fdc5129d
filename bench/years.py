"""Creates a store's years of trade in seconds: many days, several tills, some of which stand idle after the beginning.

`bench.history` writes one day of many sessions, which hides scans: all of it is one business date. Here sessions follow one
another over the days. The idle tills rest in the last fifth of the time, and at the end every till has an open session. Each
closed session has its payments, its movements, its seal, its count and its audit entries. Closed settlements lie at a till
of their own, and every twentieth session is short.

The rows satisfy every constraint. The digests of the seals are right only after `seal_again`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max

from cashdesk import triggers
from cashdesk.domain.store.place import places_of
from cashdesk.enums import PlaceKind
from cashdesk.models import (
    AuditEntry,
    BusinessDay,
    CashSession,
    Count,
    CountAmount,
    Movement,
    Payment,
    Place,
    Seal,
    Store,
    User,
    Variance,
)
from settlements.models import Settlement

FLOAT: Final = 10_000
SALE: Final = 500
SHORT: Final = 100
SHORT_EVERY: Final = 20
DAY_SECONDS: Final = 86_400

# SQL that differs between the two databases. `at` is an instant this many seconds after the first one.
SPELLINGS: Final = {
    "postgresql": {
        "uuid": "gen_random_uuid()",
        "at": "(TIMESTAMPTZ '2023-01-02 00:00:00+00' + INTERVAL '1 second' * ({}))",
        "date": "CAST({} AT TIME ZONE 'UTC' AS date)",
        "json": "CAST('{}' AS jsonb)",
    },
    "sqlite": {
        "uuid": "lower(hex(randomblob(16)))",
        "at": "datetime('2023-01-02 00:00:00', '+' || CAST(({}) AS text) || ' seconds')",
        "date": "date({})",
        "json": "'{}'",
    },
}

# `i` is the number of a session, `n` that of its till, and `k` that of a movement in its session.
NUMBERS = """
WITH RECURSIVE number(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i + 1 < {rows}),
till(n, place, person) AS (VALUES {tills}),
session(i, n, place, person, opened) AS (
    SELECT i, n, place, person, {opened} FROM number
    JOIN till ON n = CASE WHEN i < {all_until} THEN i % {all_tills} ELSE i % {busy_tills} END
)
"""
SEALS = """
INSERT INTO cashdesk_seal (id, place_id, number, after_movement, last_movement, movement_count, balances, digest,
    previous_digest, sealed_at)
{numbers}
SELECT {seal} + i, place, ROW_NUMBER() OVER places, COALESCE({movement} + (LAG(i) OVER places + 1) * {length} - 1, 0),
    {movement} + (i + 1) * {length} - 1, {length}, {nothing}, CAST({seal} + i AS text),
    COALESCE(CAST({seal} + LAG(i) OVER places AS text), ''), {closed}
FROM session WINDOW places AS (PARTITION BY n ORDER BY i)
"""
SESSIONS = """
INSERT INTO cashdesk_cashsession (id, uuid, store_id, register_id, user_id, status, currency, business_date, start_amount,
    opening_difference, is_handed_over, is_cancelled, opened_at, opened_by_id, closed_at, closed_by_id, expected_amount,
    declared_amount, difference, seal_id)
{numbers}
SELECT {session} + i, {uuid}, {store}, place, person, 'CLOSED', 'EUR', {day}, {float},
    0, FALSE, FALSE, opened, person, {closed}, person, {counted} + {short}, {counted}, -{short}, {seal} + i
FROM session
"""
PAYMENTS = """
INSERT INTO cashdesk_payment (id, store_id, external_id, "order", type, status, method, currency, amount, channel, service,
    register_id, session_id, booked, business_date, paid_at, reported_at, source, clock_adjusted, fingerprint)
{numbers}, sale(k) AS (SELECT i + 1 FROM number WHERE i < {length} - 3)
SELECT {payment} + session.i * {length} + k, {store}, 'years-{store}-' || CAST(session.i * {length} + k AS text), '', 'SALE',
    'APPROVED', {method}, 'EUR', {sale}, '', '', place, {session} + session.i, 'on_time', {day}, {moved}, {moved},
    'till', FALSE, ''
FROM session CROSS JOIN sale WHERE NOT ({is_short} AND k = {length} - 3)
"""
MOVEMENTS = """
INSERT INTO cashdesk_movement (id, uuid, store_id, source_id, destination_id, amount, currency, method, kind, session_id,
    payment_id, is_late, business_date, occurred_at, recorded_at, recorded_by_id, reason, note)
{numbers}, step(k) AS (SELECT i FROM number WHERE i < {length}),
moved(i, k, place, person, opened, kind) AS (
    SELECT i, k, place, person, opened, CASE WHEN k = 0 THEN 'FLOAT' WHEN k = {length} - 1 THEN 'RETURN'
        WHEN k = {length} - 2 THEN 'CLEARING' WHEN k = {length} - 3 AND {is_short} THEN 'OVER_SHORT' ELSE 'SALE' END
    FROM session CROSS JOIN step
)
SELECT {movement} + i * {length} + k, {uuid}, {store},
    CASE kind WHEN 'FLOAT' THEN {vault} WHEN 'SALE' THEN {customers} ELSE place END,
    CASE kind WHEN 'RETURN' THEN {vault} WHEN 'CLEARING' THEN {clearing} WHEN 'OVER_SHORT' THEN {over_short} ELSE place END,
    CASE kind WHEN 'FLOAT' THEN {float} WHEN 'RETURN' THEN {counted} WHEN 'CLEARING' THEN {cleared}
        WHEN 'OVER_SHORT' THEN {short_amount} ELSE {sale} END,
    'EUR', CASE kind WHEN 'CLEARING' THEN 'CARD' WHEN 'SALE' THEN {method} ELSE 'CASH' END, kind, {session} + i,
    CASE kind WHEN 'SALE' THEN {payment} + i * {length} + k END,
    FALSE, {day}, {moved}, {moved}, person, '', ''
FROM moved
"""
COUNTS = """
INSERT INTO cashdesk_count (id, place_id, session_id, moment, attempt, counted_at, counted_by_id)
{numbers}
SELECT {count} + i, place, {session} + i, 'CLOSING', 1, {closed}, person FROM session
"""
COUNT_AMOUNTS = """
INSERT INTO cashdesk_countamount (count_id, currency, method, amount)
{numbers}
SELECT {count} + i, 'EUR', 'CASH', {counted} FROM session
"""
ENTRIES = """
INSERT INTO cashdesk_auditentry (at, action, subject, account_id, store_id, user_id, detail, request_id)
{numbers}
SELECT opened, 'session.opened', 'session:' || CAST({session} + i AS text), {account}, {store}, person, {empty}, ''
FROM session
UNION ALL
SELECT {closed}, 'session.closed', 'session:' || CAST({session} + i AS text), {account}, {store}, person, {empty}, ''
FROM session
"""
VARIANCES = """
INSERT INTO cashdesk_variance (id, uuid, store_id, kind, subject, place_id, session_id, person_id, counted_by_id,
    business_date, currency, method, expected_amount, counted_amount, difference, tolerance, raised_at, state,
    is_escalated, reason, notes)
{numbers}
SELECT {variance} + i, {uuid}, {store}, 'SESSION', 'session:' || CAST({session} + i AS text), place, {session} + i, person,
    person, {day}, 'EUR', 'CASH', {counted} + {short}, {counted}, -{short}, 0, {closed},
    CASE WHEN i < {waiting_from} THEN 'SUPERSEDED' ELSE 'OPEN' END, FALSE, '', ''
FROM session WHERE {is_short}
"""
DAYS = """
INSERT INTO cashdesk_businessday (store_id, date, closed_at, last_movement)
SELECT {store}, business_date, MAX(recorded_at), MAX(id) FROM cashdesk_movement WHERE store_id = {store}
GROUP BY business_date HAVING MAX(id) < {movement} + ({sessions} - 1) * {length}
ORDER BY business_date
"""
OPEN_SESSIONS = """
INSERT INTO cashdesk_cashsession (id, uuid, store_id, register_id, user_id, status, currency, business_date, start_amount,
    opening_difference, is_handed_over, is_cancelled, opened_at, opened_by_id)
{numbers}
SELECT {session} + i, {uuid}, {store}, till.place, till.person, 'OPEN', 'EUR', {day}, {float}, 0,
    FALSE, FALSE, {opened}, till.person
FROM till JOIN number ON i = {sessions} + till.n
"""
OPEN_FLOATS = """
INSERT INTO cashdesk_movement (id, uuid, store_id, source_id, destination_id, amount, currency, method, kind, session_id,
    is_late, business_date, occurred_at, recorded_at, recorded_by_id, reason, note)
SELECT {movement} + {sessions} * {length} + ROW_NUMBER() OVER (ORDER BY id) - 1, {uuid}, {store},
    {vault}, register_id, {float}, 'EUR', 'CASH', 'FLOAT', id, FALSE, business_date, opened_at,
    opened_at, user_id, '', ''
FROM cashdesk_cashsession WHERE store_id = {store} AND status = 'OPEN' ORDER BY id
"""
SETTLEMENT_SEALS = """
INSERT INTO cashdesk_seal (id, place_id, number, after_movement, last_movement, movement_count, balances, digest,
    previous_digest, sealed_at)
{numbers}
SELECT {seal} + {sessions} + i, {settled}, i + 1, 0, 0, 0, {nothing}, CAST({seal} + {sessions} + i AS text),
    CASE WHEN i = 0 THEN '' ELSE CAST({seal} + {sessions} + i - 1 AS text) END, {closed}
FROM session
"""
SETTLEMENTS = """
INSERT INTO settlements_settlement (id, uuid, store_id, place_id, type, state, business_date, opened_after, opened_after_z,
    opened_at, opened_by_id, opened_by_name, counted_at, counted_by_id, counted_by_name, last_count_by_name, preview_count,
    closed_at, closed_by_id, closed_by_name, closing, seal_id)
{numbers}
SELECT {settlement} + i, {uuid}, {store}, {settled}, 'CASHREGISTER', 'CLOSED', {day}, 0, i, opened, person, 'Carla',
    {closed}, person, 'Carla', '', 0, {closed}, person, 'Carla', 'DECLARED', {seal} + {sessions} + i
FROM session
"""
MODELS: Final[dict[str, Any]] = {
    "seal": Seal, "session": CashSession, "payment": Payment, "movement": Movement, "count": Count,
    "variance": Variance, "settlement": Settlement,
}  # fmt: skip
TABLES: Final = [model._meta.db_table for model in (*MODELS.values(), CountAmount, AuditEntry, BusinessDay)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Years:
    """The size of a history: `sessions` sessions of `length` movements each, over `days` days.

    The last `idle` tills stand idle in the last fifth of the time. `settlements` settlements are closed at the last
    register of the store, which has no sessions.
    """

    sessions: int
    length: int = 10
    days: int = 700
    idle: int = 2
    settlements: int = 0


def write_years(*, store: Store, cashiers: Sequence[User], years: Years) -> None:
    """Adds the history to a store without any. It has one register more than cashiers: that one is for settlements."""
    *registers, settled = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).order_by("number")
    tills = list(zip(registers, cashiers, strict=True))
    values = _values(store, years, [f"({n}, {place.pk}, {person.pk})" for n, (place, person) in enumerate(tills)])
    values["settled"] = settled.pk
    sessions = (
        SEALS, SESSIONS, PAYMENTS, MOVEMENTS, COUNTS, COUNT_AMOUNTS, ENTRIES, VARIANCES, DAYS, OPEN_SESSIONS, OPEN_FLOATS,
    )  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        lifted = triggers.lift(connection, tables=TABLES)
        for statement in sessions:
            # The recursion also counts the tills that are open at the end.
            rows = years.sessions + len(tills) if statement is OPEN_SESSIONS else years.sessions
            _run(cursor, statement, values, rows=rows)
        for statement in (SETTLEMENT_SEALS, SETTLEMENTS) if years.settlements else ():
            _run(cursor, statement, values, rows=years.settlements)
        for model in MODELS.values() if connection.vendor == "postgresql" else ():
            # The ids were given explicitly, so the sequences have not advanced.
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")
        # PostgreSQL makes no trigger while checks of foreign keys wait for the end of the transaction.
        connection.check_constraints()
        triggers.put_back(connection, lifted)


def _run(cursor: Any, statement: str, values: dict[str, Any], *, rows: int) -> None:
    numbers = NUMBERS.format(**{**values, "rows": rows})
    cursor.execute(statement.format(**{**values, "numbers": numbers}))


def _values(store: Store, years: Years, tills: list[str]) -> dict[str, Any]:
    """Returns what the statements are filled in with: ids, amounts and expressions."""
    ends, spelling = places_of(store), SPELLINGS[connection.vendor]
    step = max(years.days * DAY_SECONDS // years.sessions, years.length)
    by_card = len(range(4, years.length - 3, 4))
    is_short = f"(i % {SHORT_EVERY} = 7)" if years.length > 4 else "(i < 0)"
    short = f"(CASE WHEN {is_short} THEN {SHORT} ELSE 0 END)"
    sold = f"{(years.length - 3 - by_card) * SALE} - (CASE WHEN {is_short} THEN {SALE} ELSE 0 END)"
    opened = spelling["at"].format(f"i * {step}")
    names = {name: (model.objects.aggregate(last=Max("pk"))["last"] or 0) + 1 for name, model in MODELS.items()}
    return names | {
        "tills": ", ".join(tills),
        "all_tills": len(tills),
        "busy_tills": len(tills) - years.idle,
        "all_until": max(years.sessions * 8 // 10 // len(tills), 1) * len(tills),
        "sessions": years.sessions,
        "waiting_from": years.sessions - 100,
        "length": years.length,
        "store": store.pk,
        "account": store.account_id,
        **{name: ends[PlaceKind(name.upper())].pk for name in ("vault", "customers", "clearing", "over_short")},
        "float": FLOAT,
        "sale": SALE,
        "is_short": is_short,
        "short": short,
        "short_amount": SHORT,
        "counted": f"({FLOAT} + {sold} - {short})",
        "cleared": by_card * SALE,
        "method": "(CASE WHEN k % 4 = 0 AND k < " + str(years.length - 3) + " THEN 'CARD' ELSE 'CASH' END)",
        "uuid": spelling["uuid"],
        "nothing": spelling["json"].format("[]"),
        "empty": spelling["json"].format("{}"),
        "opened": opened,
        "closed": spelling["at"].format(f"i * {step} + {step}"),
        "moved": spelling["at"].format(f"i * {step} + k * {step // years.length}"),
        "day": spelling["date"].format(opened),
    }
