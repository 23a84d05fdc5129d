-- What the application may do in PostgreSQL, and what it may not, whoever got hold of its password.
--
-- Two roles, made once by an administrator of the server:
--
--     createuser --pwprompt cashdesk_owner
--     createuser --pwprompt cashdesk_app
--     createdb --owner cashdesk_owner --encoding UTF8 --template template0 cashdesk
--
-- cashdesk_owner owns the tables, runs `manage.py migrate` and then, after every migration, this file:
--
--     psql postgres://cashdesk_owner@host/cashdesk --single-transaction -v ON_ERROR_STOP=1 -f docs/postgresql-roles.sql
--
-- cashdesk_app is what the server and the commands `close_days`, `export`, `tidy`, `verify` and `createsuperuser` run as. The
-- triggers refuse a change of the books from everybody; this role is refused before any trigger is asked, and cannot
-- drop or disable one, since only a table's owner can. The file begins from nothing, so running it again leaves
-- exactly what it says.

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, cashdesk_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, cashdesk_app;

GRANT USAGE ON SCHEMA public TO cashdesk_app;

-- Everything may be read. What PostgreSQL draws an id from needs no grant of its own.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO cashdesk_app;

-- Only ever added to: the ledger, the seals, the counts, the audit trail (laws 1 and 4), and the admin's own history.
GRANT INSERT ON
    cashdesk_movement,
    cashdesk_seal,
    cashdesk_count,
    cashdesk_countamount,
    cashdesk_countpieces,
    cashdesk_foreigncash,
    cashdesk_sessionnote,
    cashdesk_auditentry,
    settlements_initialamount,
    settlements_closingamount,
    settlements_settlementcount,
    settlements_creditcorrection,
    settlements_payout,
    cashdesk_businessday,
    reconciliations_reconciliation,
    reconciliations_authorization,
    reconciliations_varianceevent,
    reconciliations_repayment,
    reconciliations_closefacts,
    reconciliations_storedayreport,
    django_admin_log
TO cashdesk_app;

-- Added to, and changed in the few columns that a transition sets: a session closes, a pending payment is decided, a
-- place moves on. A lock (FOR SHARE, FOR UPDATE) asks for UPDATE on one column at least, and finds it here.
GRANT INSERT, UPDATE (
    status, closed_at, closed_by_id, expected_amount, declared_amount, difference, seal_id, is_handed_over, is_cancelled
)    ON cashdesk_cashsession TO cashdesk_app;
GRANT INSERT, UPDATE (status, booked, decided_at) ON cashdesk_payment TO cashdesk_app;
GRANT INSERT, UPDATE (status, payment_id, version, updated_at) ON cashdesk_order TO cashdesk_app;
GRANT INSERT, UPDATE (asked_at, answered_at, expires_at, transaction_id, answer) ON cashdesk_charge TO cashdesk_app;
GRANT INSERT, UPDATE (
    name, is_active, transitions, settling, settling_by_id, settling_since, settled_after_z,
    tolerance_minor, tolerance_basis_points, escalation_minor, witness_minor, pull_minor, lock_minor, least_minor, most_minor
) ON cashdesk_place TO cashdesk_app;
GRANT INSERT, UPDATE (
    state, counted_at, counted_by_id, counted_by_name, last_count_at, last_count_by_name, preview_count,
    closed_at, closed_by_id, closed_by_name, closing, seal_id
) ON settlements_settlement TO cashdesk_app;
GRANT INSERT, UPDATE (
    state, collected_at, collected_by_id, courier, credited_at, credited_by_id, credited_amount, difference
) ON settlements_deposit TO cashdesk_app;
GRANT INSERT, UPDATE (
    state, reason, ended_at, ended_by_id, received, received_pieces, movement_id
) ON settlements_changeorder TO cashdesk_app;
GRANT INSERT, UPDATE (number, description, is_active) ON settlements_cashbookaccount TO cashdesk_app;
GRANT INSERT, UPDATE (
    state, is_escalated, reason, notes, explained_by_id, explained_at, decided_by_id, decided_at, difference, last_movement
) ON cashdesk_variance TO cashdesk_app;
GRANT INSERT, UPDATE (state, rows_done, progressed_at, ended_at) ON reconciliations_export TO cashdesk_app;

-- Events are added, get their position once, and are deleted when they are old: a trigger keeps the younger ones.
GRANT INSERT, UPDATE (position), DELETE ON cashdesk_event TO cashdesk_app;

-- Webhooks: endpoints and their secrets are added and changed. Deliveries and their attempts are deleted when they are old.
GRANT INSERT, UPDATE ON cashdesk_webhookendpoint, cashdesk_webhooklane TO cashdesk_app;
GRANT INSERT, UPDATE (expires_at) ON cashdesk_webhooksecret TO cashdesk_app;
GRANT INSERT, UPDATE, DELETE ON cashdesk_webhookdelivery TO cashdesk_app;
GRANT INSERT, DELETE ON cashdesk_webhookattempt TO cashdesk_app;

-- Master data: added and changed, never deleted. Who leaves is made inactive, a token is revoked.
GRANT INSERT, UPDATE ON
    cashdesk_account,
    cashdesk_vendor,
    cashdesk_store,
    cashdesk_user,
    cashdesk_accesstoken
TO cashdesk_app;
GRANT INSERT, UPDATE (name, is_counted, is_active) ON cashdesk_paymentmethod TO cashdesk_app;

-- Patterns: the setting of an account, and the evidence of months, which is added and goes after its time.
GRANT INSERT, UPDATE (shows_people, agreed, changed_by_id, changed_at) ON reconciliations_patternsetting TO cashdesk_app;
GRANT INSERT, DELETE ON reconciliations_patternmonth, reconciliations_patternevidence TO cashdesk_app;

-- What serves its time and goes: kept answers, tries to sign in, one-time links, browser sessions, drafts.
GRANT INSERT, DELETE ON cashdesk_idempotentanswer, cashdesk_signinattempt TO cashdesk_app;
GRANT INSERT, UPDATE ON cashdesk_requestcount TO cashdesk_app;
GRANT INSERT, UPDATE (used_at, revoked_at), DELETE ON cashdesk_onetimelink TO cashdesk_app;
GRANT INSERT, DELETE ON cashdesk_setuplink TO cashdesk_app;
GRANT INSERT, UPDATE (device), DELETE ON cashdesk_wrongpin TO cashdesk_app;
GRANT INSERT, UPDATE, DELETE ON cashdesk_trustedtill, cashdesk_browsersession, cashdesk_draft TO cashdesk_app;
GRANT INSERT, UPDATE (query, saved_at), DELETE ON reconciliations_varianceview TO cashdesk_app;
-- Which reports a person gets by mail, and which the worker has sent.
GRANT INSERT, UPDATE (rhythm, sent_until, due_at, claimed_until) ON reconciliations_reportmail TO cashdesk_app;

-- The second factor: added and removed by people; a recovery code goes when it is used. Accounts at a provider: linked and unlinked.
GRANT INSERT, UPDATE, DELETE ON otp_totp_totpdevice, otp_static_staticdevice, otp_static_statictoken TO cashdesk_app;
GRANT INSERT, UPDATE (last_used_at), DELETE ON cashdesk_identity TO cashdesk_app;

-- Only migrations write to the rest: django_migrations, django_content_type, auth_permission, auth_group,
-- auth_group_permissions.
