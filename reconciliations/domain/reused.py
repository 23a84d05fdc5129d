"""What of a day's floats and loans is the same cash again: a float is taken first from what drawers brought back that day.

Walk the day in order: cash that goes into a drawer counts up, cash that comes back counts down. The highest point of the
walk is what was new; the rest of what went in had been brought back before. Five times 200.00, each brought back, is
200.00. Of the store, cash goes in with FLOAT and LOAN and comes back with RETURN. Of one operator, a session goes in with
what they counted at its opening and comes back with what it left, wherever it went; registers that they hold by a
settlement are walked like the store's.

The rule is SQL, so that one list of reconciliations asks it for every row (docs/decisions/0014).
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL

from cashdesk.models import CashSession, Store, User
from reconciliations.domain.custody import Seen

# The kinds are written out: only then do both databases read the index that has these kinds alone.
_MOVED: Final = """
    SELECT m.id AS line, m.currency AS currency,
        CASE WHEN m.kind = 'RETURN' THEN -m.amount ELSE m.amount END AS step,
        CASE WHEN m.kind = 'RETURN' THEN 0 ELSE m.amount END AS came
    FROM cashdesk_movement m
    WHERE m.store_id = {store} AND m.business_date = {day} AND m.kind IN ('FLOAT', 'LOAN', 'RETURN')
      AND m.method = 'CASH' AND m.reverses_id IS NULL AND m.id <= {movement}
      AND NOT EXISTS (
        SELECT 1 FROM cashdesk_movement r
        WHERE r.reverses_id = m.id AND r.business_date = {day} AND r.id <= {movement}
      )
"""

# Registers without a session: the settlement's opener holds them, and brings the float before the settlement is there.
# COALESCE keeps SQLite from reading the index of sessions, which has all history without one.
_OF_HOLDER: Final = """
      AND COALESCE(m.session_id, 0) = 0 AND {operator} = CASE WHEN m.kind = 'FLOAT' THEN m.recorded_by_id ELSE (
        SELECT s.opened_by_id FROM settlements_settlement s
        WHERE s.place_id = CASE WHEN m.kind = 'RETURN' THEN m.source_id ELSE m.destination_id END
          AND s.opened_after < m.id
        ORDER BY s.id DESC LIMIT 1
      ) END
"""
_MOVED_BY_HOLDER: Final = f"{_MOVED}{_OF_HOLDER}"

# What a session began with and the loans to it stand on one line of the walk, what it left on the next: what was counted,
# or, where nobody counted, what its book held. A book below zero leaves nothing. A cancelled opening never was.
_SESSIONS: Final = """
    SELECT s.id * 2 AS line, s.currency AS currency, s.start_amount AS step, s.start_amount AS came
    FROM cashdesk_cashsession s
    WHERE s.store_id = {store} AND s.business_date = {day} AND s.user_id = {operator} AND s.id <= {session}
      AND NOT (s.is_cancelled AND s.seal_id <= {seal})
    UNION ALL
    SELECT s.id * 2 + 1, s.currency,
        -(CASE WHEN s.status = 'CLOSED' THEN s.declared_amount
            WHEN s.expected_amount > 0 THEN s.expected_amount ELSE 0 END), 0
    FROM cashdesk_cashsession s
    WHERE s.user_id = {operator} AND s.store_id = {store} AND s.status <> 'OPEN' AND s.id <= {session}
      AND (s.business_date = {day} OR s.id = {overnight}) AND NOT (s.is_cancelled AND s.seal_id <= {seal})
    UNION ALL
    SELECT m.session_id * 2, m.currency, m.amount, m.amount
    FROM cashdesk_movement m JOIN cashdesk_cashsession s ON s.id = m.session_id
    WHERE m.store_id = {store} AND m.business_date = {day} AND m.kind IN ('FLOAT', 'LOAN', 'RETURN')
      AND m.kind = 'LOAN' AND m.method = 'CASH' AND m.reverses_id IS NULL AND m.id <= {movement}
      AND s.user_id = {operator} AND (s.business_date = {day} OR s.id = {overnight})
      AND NOT EXISTS (
        SELECT 1 FROM cashdesk_movement r
        WHERE r.reverses_id = m.id AND r.business_date = {day} AND r.id <= {movement}
      )
"""

# Without a frame a window takes all rows of one line together.
_WALK: Final = """
    SELECT currency, CAST(SUM(came) - CASE WHEN MAX(net) > 0 THEN MAX(net) ELSE 0 END AS bigint) AS reused
    FROM (
        SELECT currency, came, SUM(step) OVER (PARTITION BY currency ORDER BY line) AS net FROM ({steps}) steps
    ) walk GROUP BY currency
"""

_PARAMETERS: Final = {
    name: f"%({name})s" for name in ("store", "day", "movement", "session", "seal", "operator", "overnight")
}
_ROW: Final = "reconciliations_reconciliation"
_COLUMNS: Final = {
    "store": f"{_ROW}.store_id",
    "day": f"{_ROW}.business_date",
    "operator": f"{_ROW}.operator_id",
    "overnight": f"COALESCE({_ROW}.overnight_session_id, 0)",
}
_NOW: Final = {**_COLUMNS, **dict.fromkeys(("movement", "session", "seal"), str(2**63 - 1))}
_THEN: Final = {**_COLUMNS, **{name: f"{_ROW}.as_of_{name}" for name in ("movement", "session", "seal")}}


def reused_cash(
    *, store: Store, on: date, operator: User | None, overnight: CashSession | None, seen: Seen
) -> Mapping[str, int]:
    """Returns by currency what of the cash that went into drawers on a business date had been brought back on it before,
    minor units. `overnight` is the session that the operator held when the day began.
    """
    parameters: dict[str, Any] = {
        "store": store.pk, "day": on, "movement": seen.movement, "session": seen.session, "seal": seen.seal,
    }  # fmt: skip
    if operator is not None:
        parameters |= {"operator": operator.pk, "overnight": overnight.pk if overnight else 0}
    reused: dict[str, int] = defaultdict(int)
    for steps in (_MOVED,) if operator is None else (_SESSIONS, _MOVED_BY_HOLDER):
        with connection.cursor() as cursor:
            cursor.execute(_WALK.format(steps=steps).format(**_PARAMETERS), parameters)
            for currency, amount in cursor.fetchall():
                reused[currency] += int(amount)
    return reused


def reused_since(*, of_operator: bool) -> RawSQL:
    """Builds, for a list of reconciliations, what `reused_cash()` says now minus what it said when each was recorded."""
    walks = (_SESSIONS, _MOVED_BY_HOLDER) if of_operator else (_MOVED,)
    terms = [
        f"{sign} COALESCE((SELECT reused FROM ({_WALK.format(steps=steps).format(**names)}) w"  # noqa: S608
        f" WHERE w.currency = {_ROW}.currency), 0)"
        for steps in walks
        for sign, names in (("+", _NOW), ("-", _THEN))
    ]
    return RawSQL(f"(0 {' '.join(terms)})", (), output_field=BigIntegerField())  # noqa: S611
