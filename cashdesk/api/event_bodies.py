"""Describes each type of event for the API description. `domain.caller.event_types` decides which fields a type has."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from drf_spectacular.utils import PolymorphicProxySerializer, inline_serializer
from rest_framework import serializers

from cashdesk.domain.caller.event_types import EVENT_RULES
from cashdesk.enums import EventType, MovementKind, PlaceKind, SessionStatus, VarianceKind, VarianceState
from cashdesk.web.fields import InstantField

Make = Callable[[], serializers.Field[Any, Any, Any, Any]]


class EventPlace(serializers.Serializer[Any]):
    """The place at one end of a movement: its source or its destination."""

    kind = serializers.ChoiceField(choices=PlaceKind.choices)
    station = serializers.IntegerField(allow_null=True, help_text="0 is the vault. Null for a place outside the store.")


def _text(told: str, *, allow_blank: bool = False) -> Make:
    return lambda: serializers.CharField(help_text=told, allow_blank=allow_blank)


def _uuid(told: str, *, allow_null: bool = False) -> Make:
    return lambda: serializers.UUIDField(help_text=told, allow_null=allow_null)


def _number(told: str, *, allow_null: bool = False) -> Make:
    return lambda: serializers.IntegerField(help_text=told, allow_null=allow_null)


def _flag(told: str) -> Make:
    return lambda: serializers.BooleanField(help_text=told)


def _choice(choices: Any, told: str) -> Make:
    return lambda: serializers.ChoiceField(choices=choices, help_text=told)


def _person(told: str) -> Make:
    return _number(f"Id of the person {told}. Null for a program.", allow_null=True)


def _place(told: str) -> Make:
    return lambda: EventPlace(help_text=told)


def _amounts(name: str, *, figures: tuple[str, ...], told: str, allow_null: bool = False) -> Make:
    fields: dict[str, Make] = {
        "currency": _FIELDS["currency"],
        "method": _FIELDS["method"],
        **{figure: _number("In minor units of the currency.") for figure in figures if figure != "is_assumed"},
    }
    if "is_assumed" in figures:
        fields["is_assumed"] = _flag("Nobody counts this method by hand, so the amount of the books was taken.")
    return lambda: inline_serializer(
        name, {field: make() for field, make in fields.items()}, many=True, allow_null=allow_null, help_text=told
    )


_FIELDS: Final[Mapping[str, Make]] = {
    "session_id": _number("Id of the cash session.", allow_null=True),
    "shift_id": _uuid("UUID of the cash session, its id in the shifts API."),
    "user_id": _number("Id of the cashier.", allow_null=True),
    "opened_by": _person("who opened it"),
    "closed_by": _person("who closed it"),
    "counted_by": _person("who counts or counted"),
    "decided_by": _person("who decided"),
    "recorded_by": _person("who recorded it"),
    "collected_by": _person("who recorded it"),
    "credited_by": _person("who recorded it"),
    "business_date": lambda: serializers.DateField(help_text="Business date of the store."),
    "currency": _text("ISO 4217."),
    "method": _text("CASH, or the code of another method."),
    "start_amount": _number("The float that was counted, in minor units."),
    "amount": _number("In minor units of the currency."),
    "declared_amount": _number("The declared amount, in minor units."),
    "credited_amount": _number("The amount that the bank credited, in minor units."),
    "expected_amount": _number("In minor units. Null if no count came before this event.", allow_null=True),
    "counted_amount": _number("In minor units. Null if no count came before this event.", allow_null=True),
    "difference": _number("Counted minus expected, in minor units. Null without a count.", allow_null=True),
    "status": _choice(SessionStatus.choices, "CLOSED_SYSTEM: closed without a count."),
    "state": _choice(VarianceState.choices, "The state after the decision."),
    "is_counted": _flag(
        "Whether a count closed it. If not, or while a settlement holds the register, there are no figures."
    ),
    "is_cancelled": _flag("Whether the opening was cancelled, because it was a mistake."),
    "is_late": _flag("Whether the period of the place was closed already."),
    "is_correction": _flag("Whether this corrects an earlier figure of the bank."),
    "settlement_id": _uuid("UUID of the settlement."),
    "settlement_type": _text("VAULT or CASHREGISTER."),
    "movement_id": _uuid("UUID of the movement."),
    "source": _place("The place that the money left."),
    "destination": _place("The place that the money came to."),
    "reverses": _uuid("UUID of the movement that this one reverses.", allow_null=True),
    "reason": _text("May be empty.", allow_blank=True),
    "variance_id": _uuid("UUID of the variance."),
    "subject": _text("The cause, such as session:12."),
    "reconciliation_id": _uuid("UUID of the reconciliation."),
    "operator_id": _number("Id of the person whose cash was declared. Null for the whole store.", allow_null=True),
    "operator_uid": _text("As it was declared. May be empty.", allow_blank=True),
    "reported_by": _text("user:<id> or apikey:<prefix>."),
    "supersedes": _uuid("UUID of the reconciliation that this one replaces.", allow_null=True),
    "uncounted_sessions": lambda: serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids of the sessions that were closed without a count."
    ),
    "uncounted_settlements": lambda: serializers.ListField(
        child=serializers.UUIDField(), help_text="UUIDs of the settlements that were closed without a count."
    ),
    "deposit_id": _uuid("UUID of the deposit."),
    "bag_number": _text("The number on the bag."),
    "slip_number": _text("May be empty.", allow_blank=True),
}

_OWN: Final[Mapping[tuple[EventType, str], Make]] = {
    (EventType.MOVEMENT_RECORDED, "kind"): _choice(
        MovementKind.choices, "SALE only for a sale that was reversed by hand."
    ),
    (EventType.VARIANCE_RAISED, "kind"): _choice(VarianceKind.choices, "The kind of the variance."),
    (EventType.VARIANCE_DECIDED, "kind"): _choice(VarianceKind.choices, "The kind of the variance."),
    (EventType.SETTLEMENT_OPENED, "amounts"): _amounts(
        "EventInitialAmount", figures=("amount",), told="The amounts that were counted at the opening."
    ),
    (EventType.SETTLEMENT_CLOSED, "amounts"): _amounts(
        "EventClosingAmount",
        figures=("expected_amount", "counted_amount", "difference", "is_assumed"),
        told="Null if nobody counted.",
        allow_null=True,
    ),
    (EventType.DEPOSIT_CREDITED, "difference"): _number("Credited minus packed, in minor units."),
}
"""Fields whose meaning depends on the type."""


def _described(type_: EventType) -> serializers.Serializer[Any]:
    name = "".join(word.capitalize() for word in type_.value.replace(".", "_").split("_"))
    data = {field: (_OWN.get((type_, field)) or _FIELDS[field])() for field in EVENT_RULES[type_].fields}
    return inline_serializer(
        f"{name}Event",
        {
            "id": serializers.UUIDField(help_text="The same in every answer and delivery."),
            "type": serializers.ChoiceField(choices=[(type_.value, type_.value)]),
            "timestamp": InstantField(help_text="When it happened, in UTC."),
            "store_id": serializers.UUIDField(),
            "store": serializers.CharField(help_text="Number of the store."),
            "station": serializers.IntegerField(
                allow_null=True,
                help_text="Number of the register; 0 is the vault. Null if it concerns no single place.",
            ),
            "data": inline_serializer(f"{name}Data", data),
        },
    )


EVENT: Final = PolymorphicProxySerializer(
    component_name="Event",
    serializers={type_.value: _described(type_) for type_ in EventType},
    resource_type_field_name="type",
)
"""Any event. `type` tells which fields `data` has."""
