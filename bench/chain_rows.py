"""The SQL that fills the tables of a chain (`bench.chain`), in the order in which it runs.

Session `i` is of store `i mod stores` on day `i / stores`, and has `slots` ids of movements from `base` on. The last
`stores` numbers are those of today, whose drawers are open. Amounts are in minor units.
"""

import json
from typing import Any, Final

TOLERANCE: Final = 300
AMOUNTS: Final = {"float": 20_000, "drop": 5000, "paid_out": 500, "bag": 100_000, "opening": 500_000, "fee": 90}
SALES: Final = 7
CARDS: Final = 3

SALE: Final = "(300 + (i * 131 + k * 977) % 4700)"
"""The amount of payment `k` of session `i`."""

STORES: Final = """
CREATE TEMPORARY TABLE chain_store AS
SELECT ROW_NUMBER() OVER (ORDER BY store.id) - 1 AS n, store.id AS store,
    MAX(place.id) FILTER (WHERE place.kind = 'VAULT') AS vault,
    MAX(place.id) FILTER (WHERE place.kind = 'CUSTOMERS') AS customers,
    MAX(place.id) FILTER (WHERE place.kind = 'OUTSIDE') AS outside,
    MAX(place.id) FILTER (WHERE place.kind = 'BANK') AS bank,
    MAX(place.id) FILTER (WHERE place.kind = 'CLEARING') AS clearing,
    MAX(place.id) FILTER (WHERE place.kind = 'OVER_SHORT') AS over_short,
    MAX(place.id) FILTER (WHERE place.kind = 'OPENING') AS opening,
    ARRAY_AGG(place.id ORDER BY place.number) FILTER (WHERE place.kind = 'REGISTER') AS registers,
    (SELECT ARRAY_AGG(person.id ORDER BY person.id) FROM cashdesk_user person
        WHERE person.store_id = store.id AND person.role = 'cashier') AS cashiers,
    (SELECT MIN(person.id) FROM cashdesk_user person
        WHERE person.store_id = store.id AND person.role = 'manager') AS manager
FROM cashdesk_store store JOIN cashdesk_place place ON place.store_id = store.id
WHERE store.account_id = {account} GROUP BY store.id
"""

SESSIONS_PLANNED: Final = f"""
CREATE TEMPORARY TABLE chain_session AS
SELECT numbered.i, numbered.d, chain_store.*, registers[1 + (d + n) % 2] AS register, cashiers[1 + (d / 2) % 2] AS cashier,
    DATE '{{today}}' - {{days}} + d AS day, {{seal}} + i AS seal, {{cashsession}} + i AS session,
    {{movement}} + {{stores}} + i * {{slots}} AS base, {{payment}} + i * {SALES + CARDS} AS paid,
    CASE WHEN d < {{days}} THEN DATE '{{today}}' - {{days}} + d + TIME '08:00' AT TIME ZONE 'UTC'
        ELSE GREATEST(TIMESTAMPTZ '{{now}}' - INTERVAL '3 hours', TIMESTAMPTZ '{{today}}') END AS opened,
    CASE WHEN d < {{days}} THEN DATE '{{today}}' - {{days}} + d + TIME '16:00' AT TIME ZONE 'UTC'
        ELSE TIMESTAMPTZ '{{now}}' END AS closed,
    d = {{days}} AS is_open, d = {{days}} - 1 AND n % 50 = 7 AS is_forced,
    CASE WHEN i * 7919 % 100 < 70 THEN 0 WHEN i * 7919 % 100 < 92 THEN i % 401 - 200
        ELSE (i % 2 * 2 - 1) * ({TOLERANCE} + 10 + i * 37 % 4500) END AS difference,
    CASE WHEN i % 10 = 0 THEN {{paid_out}} ELSE 0 END AS paid_out, 0::bigint AS cash, 0::bigint AS card,
    0::bigint AS expected
FROM (
    SELECT i, (i / {{stores}})::int AS d, (i % {{stores}})::int AS n
    FROM generate_series(0, ({{past}} + {{stores}} - 1)::bigint) i
) numbered JOIN chain_store USING (n)
WHERE d < {{days}} OR (n % 2 = 0 AND n % 50 <> 7)
"""

SUMS: Final = f"""
UPDATE chain_session SET
    cash = (SELECT SUM({SALE}) FROM generate_series(1, {SALES}) k),
    card = (SELECT SUM({SALE}) FROM generate_series({SALES + 1}, {SALES + CARDS}) k);
UPDATE chain_session SET expected = {{float}} + cash - {{drop}} - paid_out;
CREATE INDEX ON chain_session (i);
ANALYZE chain_session
"""

SEALS: Final = """
INSERT INTO cashdesk_seal (id, place_id, number, after_movement, last_movement, movement_count, balances, digest,
    previous_digest, sealed_at)
SELECT seal, register, ROW_NUMBER() OVER chain, COALESCE(LAG(base + 15) OVER chain, 0), base + 15, 15,
    CASE WHEN is_forced THEN JSONB_BUILD_ARRAY(JSONB_BUILD_OBJECT('currency', 'EUR', 'method', 'CASH', 'amount', expected))
        ELSE '[]' END, 'seal-' || seal, COALESCE('seal-' || LAG(seal) OVER chain, ''), closed
FROM chain_session WHERE NOT is_open WINDOW chain AS (PARTITION BY register ORDER BY i)
"""

SESSIONS: Final = """
INSERT INTO cashdesk_cashsession (id, uuid, store_id, register_id, user_id, status, currency, business_date, start_amount,
    opening_difference, is_handed_over, is_cancelled, opened_at, opened_by_id, closed_at, closed_by_id, expected_amount,
    declared_amount, difference, seal_id)
SELECT session, gen_random_uuid(), store, register, cashier,
    CASE WHEN is_open THEN 'OPEN' WHEN is_forced THEN 'CLOSED_SYSTEM' ELSE 'CLOSED' END, 'EUR', day, {float}, 0, FALSE,
    FALSE, opened, cashier, CASE WHEN NOT is_open THEN closed END, CASE WHEN NOT is_open THEN cashier END,
    CASE WHEN NOT is_open THEN expected END,
    CASE WHEN is_open THEN NULL WHEN is_forced THEN 0 ELSE expected + difference END,
    CASE WHEN is_open THEN NULL WHEN is_forced THEN -expected ELSE difference END,
    CASE WHEN NOT is_open THEN seal END
FROM chain_session ORDER BY i
"""

PAYMENTS: Final = f"""
INSERT INTO cashdesk_payment (id, store_id, external_id, "order", type, status, method, currency, amount, channel, service,
    register_id, session_id, operator_id, booked, business_date, paid_at, reported_at, reported_by_id, source,
    clock_adjusted, fingerprint)
SELECT paid + k - 1, store, 'P-' || i || '-' || k, 'O-' || i || '-' || k, 'SALE', 'APPROVED',
    CASE WHEN k <= {SALES} THEN 'CASH' ELSE 'CARD' END, 'EUR', {SALE}, '', '', register, session, cashier, 'on_time', day,
    opened + k * (closed - opened) / 16, opened + k * (closed - opened) / 16, cashier, '', FALSE, ''
FROM chain_session, generate_series(1, {SALES + CARDS}) k ORDER BY i, k
"""

OPENING_BALANCES: Final = """
INSERT INTO cashdesk_movement (id, uuid, store_id, source_id, destination_id, amount, currency, method, kind, is_late,
    business_date, occurred_at, recorded_at, reason, note)
SELECT {movement} + n, gen_random_uuid(), store, opening, vault, {opening}, 'EUR', 'CASH', 'OPENING_BALANCE', FALSE,
    DATE '{today}' - {days}, TIMESTAMPTZ '{today}' - {days} * INTERVAL '1 day',
    TIMESTAMPTZ '{today}' - {days} * INTERVAL '1 day', '', ''
FROM chain_store
"""

MOVEMENTS: Final = f"""
INSERT INTO cashdesk_movement (id, uuid, store_id, source_id, destination_id, amount, currency, method, kind, session_id,
    payment_id, is_late, business_date, occurred_at, recorded_at, recorded_by_id, reason, note)
SELECT base + slot, gen_random_uuid(), store, source, destination, amount, 'EUR', method, kind,
    CASE WHEN slot < 16 THEN session END, payment, FALSE, day, opened + slot * (closed - opened) / 16,
    opened + slot * (closed - opened) / 16, CASE WHEN slot < 16 THEN cashier ELSE manager END, '', ''
FROM chain_session, LATERAL (
    SELECT 0 AS slot, vault AS source, register AS destination, {{float}} AS amount, 'CASH' AS method, 'FLOAT' AS kind,
        NULL::bigint AS payment
    UNION ALL
    SELECT k, customers, register, {SALE}, CASE WHEN k <= {SALES} THEN 'CASH' ELSE 'CARD' END, 'SALE', paid + k - 1
    FROM generate_series(1, {SALES + CARDS}) k
    UNION ALL SELECT 11, register, vault, {{drop}}, 'CASH', 'DROP', NULL
    UNION ALL SELECT 12, register, outside, paid_out, 'CASH', 'PAID_OUT', NULL WHERE paid_out > 0
    UNION ALL SELECT 13, register, clearing, card, 'CARD', 'CLEARING', NULL WHERE NOT is_open
    UNION ALL SELECT 14, CASE WHEN difference > 0 THEN over_short ELSE register END,
        CASE WHEN difference > 0 THEN register ELSE over_short END, ABS(difference), 'CASH', 'OVER_SHORT', NULL
    WHERE difference <> 0 AND NOT is_open AND NOT is_forced
    UNION ALL SELECT 15, register, vault, expected + difference, 'CASH', 'RETURN', NULL WHERE NOT is_open AND NOT is_forced
    UNION ALL SELECT 16, vault, bank, {{bag}}, 'CASH', 'DEPOSIT', NULL WHERE d % 7 = 5 AND NOT is_open
    UNION ALL SELECT 17, clearing, bank, card - {{fee}}, 'CARD', 'PAYOUT', NULL WHERE d % 7 = 5 AND NOT is_open
    UNION ALL SELECT 18, clearing, outside, {{fee}}, 'CARD', 'FEE', NULL WHERE d % 7 = 5 AND NOT is_open
) moved ORDER BY base + slot
"""

COUNTS: Final = """
INSERT INTO cashdesk_count (id, place_id, session_id, moment, attempt, counted_at, counted_by_id)
SELECT {count} + i * 2 + at, register, session, CASE WHEN at = 0 THEN 'OPENING' ELSE 'CLOSING' END, 1,
    CASE WHEN at = 0 THEN opened ELSE closed END, cashier
FROM chain_session, generate_series(0, 1) at WHERE at = 0 OR NOT (is_open OR is_forced) ORDER BY 1;
INSERT INTO cashdesk_countamount (id, count_id, currency, method, amount)
SELECT {countamount} + i * 2 + at, {count} + i * 2 + at, 'EUR', 'CASH',
    CASE WHEN at = 0 THEN {float} ELSE expected + difference END
FROM chain_session, generate_series(0, 1) at WHERE at = 0 OR NOT (is_open OR is_forced) ORDER BY 1;
INSERT INTO cashdesk_countpieces (count_amount_id, denomination, pieces)
SELECT {countamount} + i * 2 + 1, worth, 1 + (i + worth) % 9
FROM chain_session, UNNEST(ARRAY[5000, 2000, 1000, 500, 200, 100]) worth WHERE NOT (is_open OR is_forced)
"""

VARIANCES: Final = f"""
INSERT INTO cashdesk_variance (id, uuid, store_id, kind, subject, place_id, session_id, person_id, counted_by_id,
    business_date, currency, method, expected_amount, counted_amount, difference, tolerance, raised_at, state, is_escalated,
    reason, notes, explained_by_id, explained_at, decided_by_id, decided_at)
SELECT {{variance}} + i, gen_random_uuid(), store, CASE WHEN is_forced THEN 'UNCOUNTED' ELSE 'SESSION' END,
    'session:' || session, register, session, cashier, CASE WHEN NOT is_forced THEN cashier END, day, 'EUR', 'CASH',
    CASE WHEN NOT is_forced THEN expected END, CASE WHEN NOT is_forced THEN expected + difference END,
    CASE WHEN NOT is_forced THEN difference END, {TOLERANCE}, closed, state, state = 'ESCALATED',
    CASE WHEN state IN ('EXPLAINED', 'APPROVED') THEN 'WRONG_CHANGE_GIVEN' ELSE '' END, '',
    CASE WHEN state IN ('EXPLAINED', 'APPROVED') THEN cashier END,
    CASE WHEN state IN ('EXPLAINED', 'APPROVED') THEN closed + INTERVAL '1 hour' END,
    CASE WHEN state = 'APPROVED' THEN manager END, CASE WHEN state = 'APPROVED' THEN closed + INTERVAL '2 hours' END
FROM chain_session, LATERAL (
    SELECT CASE WHEN d < {{days}} - 3 THEN 'APPROVED' WHEN is_forced THEN 'OPEN'
        ELSE (ARRAY['OPEN', 'EXPLAINED', 'ESCALATED'])[1 + i % 3] END AS state
) decided WHERE NOT is_open AND (is_forced OR ABS(difference) > {TOLERANCE}) ORDER BY i;
INSERT INTO reconciliations_varianceevent (uuid, variance_id, act, at, by_user_id, by_label, from_state, to_state, reason,
    notes)
SELECT gen_random_uuid(), id, act, CASE WHEN act = 'EXPLAIN' THEN explained_at ELSE decided_at END,
    CASE WHEN act = 'EXPLAIN' THEN explained_by_id ELSE decided_by_id END, 'user:' || explained_by_id,
    CASE WHEN act = 'EXPLAIN' THEN 'OPEN' ELSE 'EXPLAINED' END,
    CASE WHEN act = 'EXPLAIN' THEN 'EXPLAINED' ELSE 'APPROVED' END, CASE WHEN act = 'EXPLAIN' THEN reason ELSE '' END, ''
FROM cashdesk_variance, UNNEST(ARRAY['EXPLAIN', 'APPROVE']) act
WHERE explained_by_id IS NOT NULL AND id >= {{variance}} AND (act = 'EXPLAIN' OR state = 'APPROVED') ORDER BY id
"""

AUDIT_TRAIL: Final = """
INSERT INTO cashdesk_auditentry (id, at, action, subject, account_id, store_id, user_id, detail, request_id)
SELECT {auditentry} + i * 4 + entry.at, moment, action, subject, {account}, store, person, '{{}}', ''
FROM chain_session, LATERAL (
    SELECT 0 AS at, opened AS moment, 'session.opened' AS action, 'session:' || session AS subject, cashier AS person
    UNION ALL SELECT 1, opened + INTERVAL '1 hour', 'register.no_sale', 'place:' || register, cashier WHERE i % 5 = 0
    UNION ALL SELECT 2, closed, CASE WHEN is_forced THEN 'session.forced_closed' ELSE 'session.closed' END,
        'session:' || session, cashier WHERE NOT is_open
    UNION ALL SELECT 3, closed + INTERVAL '1 hour', 'business_day.closed', 'business_day:' || {businessday} + i, manager
    WHERE NOT is_open
) entry ORDER BY 1
"""

BUSINESS_DAYS: Final = """
INSERT INTO cashdesk_businessday (id, store_id, date, closed_at, closed_by_id, last_movement)
SELECT {businessday} + i, store, day, closed + INTERVAL '1 hour', manager, base + 19
FROM chain_session WHERE NOT is_open AND NOT (d = {days} - 1 AND n % 20 = 3) ORDER BY i
"""

REPORTS: Final = """
INSERT INTO reconciliations_storedayreport (store_id, number, day_id, made_at, contents, digest, previous_digest)
SELECT store_id, number, day, closed_at, %(contents)s, 'day-' || day, COALESCE('day-' || before, '')
FROM (
    SELECT closed.store_id, closed.id AS day, closed_at, ROW_NUMBER() OVER chain AS number,
        LAG(closed.id) OVER chain AS before
    FROM cashdesk_businessday closed JOIN chain_store ON chain_store.store = closed.store_id
    WINDOW chain AS (PARTITION BY closed.store_id ORDER BY closed.id)
) numbered ORDER BY day
"""

DEPOSITS: Final = """
INSERT INTO settlements_deposit (uuid, store_id, movement_id, state, bag_number, slip_number, prepared_at, prepared_by_id,
    collected_at, courier, pieces, credited_at, credited_by_id, credited_amount, difference)
SELECT gen_random_uuid(), store, base + 16, CASE WHEN is_credited THEN 'CREDITED' ELSE 'PREPARED' END, 'BAG-' || i, '',
    closed, manager, NULL, '', '{{}}', CASE WHEN is_credited THEN closed + INTERVAL '1 day' END,
    CASE WHEN is_credited THEN manager END, CASE WHEN is_credited THEN {bag} END, CASE WHEN is_credited THEN 0 END
FROM chain_session, LATERAL (SELECT d < {days} - 7 AS is_credited) credit WHERE d % 7 = 5 AND NOT is_open ORDER BY i;
INSERT INTO settlements_payout (uuid, store_id, movement_id, fee_movement_id, reference, paid_on, recorded_at,
    recorded_by_id)
SELECT gen_random_uuid(), store, base + 17, base + 18, 'PO-' || i, day, closed, manager
FROM chain_session WHERE d % 7 = 5 AND NOT is_open ORDER BY i;
INSERT INTO settlements_changeorder (uuid, store_id, state, currency, amount, pieces, note, ordered_at, ordered_by_id,
    reason, received_pieces)
SELECT gen_random_uuid(), store, 'ORDERED', 'EUR', 20000, '{{}}', '', TIMESTAMPTZ '{now}' - INTERVAL '1 day', manager, '',
    '{{}}'
FROM chain_store WHERE n % 5 = 0 ORDER BY n
"""

NOTES: Final = """
INSERT INTO cashdesk_sessionnote (uuid, session_id, text, written_at, written_by_id)
SELECT gen_random_uuid(), session, 'The line was long.', closed, cashier
FROM chain_session WHERE i % 50 = 0 AND NOT is_open AND NOT is_forced ORDER BY i
"""

RECONCILIATIONS: Final = """
INSERT INTO reconciliations_reconciliation (uuid, store_id, business_date, operator_uid, currency, system_amount,
    declared_amount, discrepancy, as_of_movement, rule, as_of_session, as_of_seal, first_movement, reason, notes,
    is_post_close, awaits_approval, reported_by, reported_by_user_id, reported_at)
SELECT gen_random_uuid(), store, day, '', 'EUR', expected, expected + off, off, base + 19, 2, session, seal, base,
    CASE WHEN off = 0 THEN '' ELSE 'COUNTING_ERROR' END, '', FALSE, FALSE, 'user:' || manager, manager, closed
FROM chain_session, LATERAL (SELECT CASE WHEN i % 5 = 0 THEN 200 WHEN i % 7 = 0 THEN -200 ELSE 0 END AS off) declared
WHERE i % 4 = 0 AND NOT is_open ORDER BY i
"""

NIGHTS: Final = """
CREATE TEMPORARY TABLE chain_night AS
SELECT *, ROW_NUMBER() OVER chain AS z, COALESCE(LAG(last) OVER chain, {movement} + n) AS after,
    COALESCE(LAG(closed_at) OVER chain, TIMESTAMPTZ '{today}' - {days} * INTERVAL '1 day') AS opened_at,
    COALESCE(LAG(held) OVER chain, {opening}) AS started
FROM (
    SELECT n, d, store, vault, manager, base + 15 AS last, closed AS closed_at, day,
        {opening} + SUM(
            {drop} - {float} + CASE WHEN is_forced THEN 0 ELSE expected + difference END
            - CASE WHEN d % 7 = 5 THEN {bag} ELSE 0 END
        ) OVER (PARTITION BY n ORDER BY d) AS held
    FROM chain_session WHERE n % 2 = 0 AND NOT is_open
) ended WINDOW chain AS (PARTITION BY n ORDER BY d)
"""

SETTLEMENTS: Final = """
INSERT INTO settlements_settlement (uuid, store_id, place_id, type, state, business_date, opened_after, opened_after_z,
    opened_at, opened_by_id, opened_by_name, counted_by_name, last_count_by_name, preview_count, closed_by_name, closing)
SELECT gen_random_uuid(), store, vault, 'VAULT', 'OPEN', opened_at::date, after, z - 1, opened_at, manager,
    (SELECT name FROM cashdesk_user WHERE id = manager), '', '', 0, '', ''
FROM chain_night WHERE z = {z} ORDER BY n;
INSERT INTO settlements_initialamount (settlement_id, currency, method, amount, opening_difference)
SELECT settlement.id, 'EUR', 'CASH', started, 0
FROM chain_night JOIN settlements_settlement settlement ON place_id = vault AND opened_after_z = z - 1 WHERE z = {z};
INSERT INTO cashdesk_seal (place_id, number, after_movement, last_movement, movement_count, balances, digest,
    previous_digest, sealed_at)
SELECT vault, z, after, last, 30,
    JSONB_BUILD_ARRAY(JSONB_BUILD_OBJECT('currency', 'EUR', 'method', 'CASH', 'amount', held)),
    'vault-' || vault || '-' || z, CASE WHEN z > 1 THEN 'vault-' || vault || '-' || z - 1 ELSE '' END, closed_at
FROM chain_night WHERE z = {z} ORDER BY n;
INSERT INTO settlements_closingamount (settlement_id, currency, method, target, actual, difference, is_assumed)
SELECT settlement.id, 'EUR', 'CASH', held, held, 0, FALSE
FROM chain_night JOIN settlements_settlement settlement ON place_id = vault AND opened_after_z = z - 1 WHERE z = {z};
UPDATE settlements_settlement settlement SET state = 'CLOSED', closed_at = night.closed_at, closed_by_id = manager,
    closed_by_name = opened_by_name, closing = 'DECLARED', seal_id = seal.id
FROM chain_night night JOIN cashdesk_seal seal ON seal.place_id = vault AND seal.number = z
WHERE night.z = {z} AND settlement.place_id = vault AND settlement.opened_after_z = z - 1
"""

RUNNING_SETTLEMENTS: Final = """
INSERT INTO settlements_settlement (uuid, store_id, place_id, type, state, business_date, opened_after, opened_after_z,
    opened_at, opened_by_id, opened_by_name, counted_by_name, last_count_by_name, preview_count, closed_by_name, closing)
SELECT gen_random_uuid(), store, vault, 'VAULT', 'OPEN', day, last, z, closed_at, manager,
    (SELECT name FROM cashdesk_user WHERE id = manager), '', '', 0, '', ''
FROM chain_night WHERE z = {nights} ORDER BY n;
INSERT INTO settlements_initialamount (settlement_id, currency, method, amount, opening_difference)
SELECT settlement.id, 'EUR', 'CASH', held, 0
FROM chain_night JOIN settlements_settlement settlement ON place_id = vault AND opened_after_z = z WHERE z = {nights};
UPDATE cashdesk_place SET settling = 'OPEN', settling_by_id = manager, settling_since = closed_at, settled_after_z = {nights}
FROM chain_night WHERE cashdesk_place.id = vault AND z = {nights}
"""

PLAIN_INDEXES: Final = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid::regclass::text IN ('cashdesk_movement', 'cashdesk_payment', 'cashdesk_cashsession', 'cashdesk_auditentry')
    AND NOT indisunique
"""
"""The indexes of the largest tables that hold no constraint, with the statements that make them."""

STATEMENTS: Final = (
    STORES, SESSIONS_PLANNED, SUMS, SEALS, SESSIONS, PAYMENTS, OPENING_BALANCES, MOVEMENTS, COUNTS, VARIANCES, AUDIT_TRAIL,
    BUSINESS_DAYS, DEPOSITS, NOTES, RECONCILIATIONS, NIGHTS,
)  # fmt: skip


def as_json(contents: Any) -> str:
    """Returns a value as JSON."""
    return json.dumps(contents)
