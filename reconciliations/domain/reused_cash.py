"""Reused cash: the part of a day's floats and loans that is the same cash again.

Takes the day's movements in order. A subtotal rises by the cash that goes into a drawer, and falls by the cash that
comes back. The highest subtotal is new cash. The rest of the cash that went in was reused. Example: 200.00 goes in and
comes back five times. Then 200.00 is new and 800.00 is reused.
For the whole store, FLOAT and LOAN go in, and RETURN comes back. For one operator, the amount counted at each opening
goes in. The cash that the session left at its close comes back, whether it went to the vault or stayed in the drawer.
Registers that the operator held by a settlement follow the rule for stores.
The rule is SQL so that one list of reconciliations can apply it to every row (docs/decisions/0014).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL

from cashdesk.enums import MovementKind
from cashdesk.models import CashSession, Store, User
from cashdesk.movement_rules import kinds_where
from reconciliations.domain.operator_custody import Seen

# The kinds are literals, because both databases use the partial index on these kinds only for literals.
_MOVED: Final = """
    SELECT m.id AS line, m.currency AS currency,
        CASE WHEN m.kind IN ({back}) THEN -m.amount ELSE m.amount END AS step,
        CASE WHEN m.kind IN ({back}) THEN 0 ELSE m.amount END AS came
    FROM cashdesk_movement m
    WHERE m.store_id = {store} AND m.business_date = {day} AND m.kind IN ({float_kinds})
      AND m.method = 'CASH' AND m.reverses_id IS NULL AND m.id <= {movement}
      AND NOT EXISTS (
        SELECT 1 FROM cashdesk_movement r
        WHERE r.reverses_id = m.id AND r.business_date = {day} AND r.id <= {movement}
      )
"""

# A register without a session is held by the person who opened its settlement. The float is recorded before the
# settlement exists. COALESCE keeps SQLite from using the index on sessions, where all movements without a session have
# one value.
_OF_HOLDER: Final = """
      AND COALESCE(m.session_id, 0) = 0 AND {operator} = CASE WHEN m.kind = 'FLOAT' THEN m.recorded_by_id ELSE (
        SELECT s.opened_by_id FROM settlements_settlement s
        WHERE s.place_id = CASE WHEN m.kind IN ({back}) THEN m.source_id ELSE m.destination_id END
          AND s.opened_after < m.id
        ORDER BY s.id DESC LIMIT 1
      ) END
"""
_MOVED_BY_HOLDER: Final = f"{_MOVED}{_OF_HOLDER}"

# Line `id * 2` has a session's opening amount and its loans. Line `id * 2 + 1` has the cash that the session left: the
# count or, without a count, its book. A negative book counts as 0. Cancelled openings are left out.
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
    WHERE m.store_id = {store} AND m.business_date = {day} AND m.kind IN ({float_kinds})
      AND m.kind IN ({lent}) AND m.method = 'CASH' AND m.reverses_id IS NULL AND m.id <= {movement}
      AND s.user_id = {operator} AND (s.business_date = {day} OR s.id = {overnight})
      AND NOT EXISTS (
        SELECT 1 FROM cashdesk_movement r
        WHERE r.reverses_id = m.id AND r.business_date = {day} AND r.id <= {movement}
      )
"""

# Without a frame clause, the running sum includes all rows with the same `line`.
_WALK: Final = """
    SELECT currency, CAST(SUM(came) - CASE WHEN MAX(net) > 0 THEN MAX(net) ELSE 0 END AS bigint) AS reused
    FROM (
        SELECT currency, came, SUM(step) OVER (PARTITION BY currency ORDER BY line) AS net FROM ({steps}) steps
    ) walk GROUP BY currency
"""


def _written(kinds: Iterable[MovementKind]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)


_KINDS: Final = {
    "float_kinds": _written(kinds_where(lambda rule: rule.moves_float != 0)),
    "back": _written(kinds_where(lambda rule: rule.moves_float < 0)),
    "lent": _written(kinds_where(lambda rule: rule.moves_float > 0 and rule.is_by_hand)),
}
_PARAMETERS: Final = {
    **_KINDS,
    **{name: f"%({name})s" for name in ("store", "day", "movement", "session", "seal", "operator", "overnight")},
}
_ROW: Final = "reconciliations_reconciliation"
_COLUMNS: Final = {
    **_KINDS,
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
    """Returns the part of a day's floats and loans that is the same cash again, by currency, in minor units.

    Without `operator` the result is for the whole store. `overnight` is the session that the operator had open when the
    day began. Rows after `seen` do not count.
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
    """Builds an expression for lists of reconciliations: the change of the reused cash since each was recorded.

    This is the reused cash now minus the reused cash when the reconciliation was recorded.
    """
    walks = (_SESSIONS, _MOVED_BY_HOLDER) if of_operator else (_MOVED,)
    terms = [
        f"{sign} COALESCE((SELECT reused FROM ({_WALK.format(steps=steps).format(**names)}) w"  # noqa: S608
        f" WHERE w.currency = {_ROW}.currency), 0)"
        for steps in walks
        for sign, names in (("+", _NOW), ("-", _THEN))
    ]
    return RawSQL(f"(0 {' '.join(terms)})", (), output_field=BigIntegerField())  # noqa: S611
