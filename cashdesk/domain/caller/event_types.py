"""The table of all types of events, with one row for each type. To add a type, add a row here.

A row says which fields the body has, and which scope an API key needs to read events of this type. Law 5 decides the
fields: a body contains an expected amount or a difference only if a person counted it before the event was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from cashdesk.enums import EventType, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """One type of event.

    `fields` are all keys of its body, in the order in which answers show them. `figures` are the fields that would
    reveal an expected amount before a count. `event.record_event` leaves them out of an event that no count precedes.
    """

    scope: Scope
    fields: tuple[str, ...]
    figures: tuple[str, ...] = ()


_SESSION: Final = ("session_id", "shift_id", "user_id")
_SETTLEMENT: Final = ("settlement_id", "settlement_type", "business_date")
_VARIANCE: Final = ("variance_id", "kind", "subject", "session_id", "user_id", "business_date", "currency", "method")


def complete(rows: Mapping[EventType, EventRule]) -> Mapping[str, EventRule]:
    """Returns the rows in the order of EventType. Raises ImproperlyConfigured for a type without a row."""
    missing = [type_.value for type_ in EventType if type_ not in rows]
    if missing:
        raise ImproperlyConfigured(f"cashdesk.domain.caller.event_types has no row for {', '.join(missing)}.")
    return MappingProxyType({type_: rows[type_] for type_ in EventType})


EVENT_RULES: Final = complete(
    {
        EventType.SESSION_OPENED: EventRule(
            scope=Scope.SESSIONS_READ,
            fields=(*_SESSION, "opened_by", "business_date", "currency", "start_amount"),
        ),
        EventType.SESSION_CLOSED: EventRule(
            scope=Scope.SESSIONS_READ,
            fields=(
                *_SESSION, "closed_by", "business_date", "status", "is_counted", "is_cancelled", "currency",
                "start_amount", "expected_amount", "counted_amount", "difference",
            ),
            figures=("expected_amount", "counted_amount", "difference"),
        ),
        # The counted amount is what the drawer holds now. The next cashier counts it blind.
        EventType.SESSION_HANDED_OVER: EventRule(
            scope=Scope.SESSIONS_READ,
            fields=(*_SESSION, "closed_by", "business_date", "currency", "start_amount"),
        ),
        EventType.SETTLEMENT_OPENED: EventRule(
            scope=Scope.SETTLEMENTS_READ,
            fields=(*_SETTLEMENT, "opened_by", "amounts"),
        ),
        EventType.SETTLEMENT_COUNTING: EventRule(
            scope=Scope.SETTLEMENTS_READ,
            fields=(*_SETTLEMENT, "counted_by"),
        ),
        EventType.SETTLEMENT_CLOSED: EventRule(
            scope=Scope.SETTLEMENTS_READ,
            fields=(*_SETTLEMENT, "closed_by", "is_counted", "amounts"),
            figures=("amounts",),
        ),
        # Together with the sales, these movements add up to the expected amount of an open drawer.
        EventType.MOVEMENT_RECORDED: EventRule(
            scope=Scope.CASH_MANAGEMENT_READ,
            fields=(
                "movement_id", "kind", "source", "destination", "amount", "currency", "method", "session_id",
                "business_date", "recorded_by", "reason", "is_late", "reverses",
            ),
        ),
        EventType.VARIANCE_RAISED: EventRule(
            scope=Scope.CASH_MANAGEMENT_READ,
            fields=(*_VARIANCE, "counted_by", "expected_amount", "counted_amount", "difference"),
            figures=("expected_amount", "counted_amount", "difference"),
        ),
        EventType.VARIANCE_DECIDED: EventRule(
            scope=Scope.CASH_MANAGEMENT_READ,
            fields=(*_VARIANCE, "state", "reason", "decided_by"),
        ),
        # The expected cash of a store-day includes drawers that are still open. So the event has only the declared amount.
        EventType.RECONCILIATION_RECORDED: EventRule(
            scope=Scope.CASH_MANAGEMENT_READ,
            fields=(
                "reconciliation_id", "business_date", "operator_id", "operator_uid", "currency", "declared_amount",
                "reported_by", "supersedes",
            ),
        ),
        EventType.DAY_CLOSED: EventRule(
            scope=Scope.CASH_MANAGEMENT_READ,
            fields=("business_date", "closed_by", "uncounted_sessions", "uncounted_settlements"),
        ),
        EventType.DEPOSIT_COLLECTED: EventRule(
            scope=Scope.SETTLEMENTS_READ,
            fields=("deposit_id", "bag_number", "slip_number", "currency", "amount", "collected_by"),
        ),
        EventType.DEPOSIT_CREDITED: EventRule(
            scope=Scope.SETTLEMENTS_READ,
            fields=(
                "deposit_id", "bag_number", "slip_number", "currency", "amount", "credited_amount", "difference",
                "credited_by", "is_correction",
            ),
        ),
    }
)  # fmt: skip
