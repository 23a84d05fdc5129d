"""The shifts API (docs/contracts.md, section 2). A shift is a cash session. The API also books cash in and out."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money
from cashdesk.api.counted import CountsField, others_of
from cashdesk.denominations import cash_unit_of
from cashdesk.domain.caller.principal import Principal, find_person
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.cash_movement import move_cash, refuse_role
from cashdesk.domain.people.sign_in import confirm_password
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.store.workplace import store_to_open_in
from cashdesk.enums import MovementKind
from cashdesk.errors import Conflict, InvalidInput, NothingOpen
from cashdesk.models import CashSession, Movement, Shift
from cashdesk.web.devices import source_of
from cashdesk.web.dialects import EnvelopeDialect
from cashdesk.web.fields import InstantField, StrictSerializer, TextField, WholeNumberField
from cashdesk.web.openapi import ENVELOPE_ERROR, IDEMPOTENCY_KEY
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT
from cashdesk.web.views import ApiViewSet

DROP_CATEGORY = "drop"
CASH_DIRECTIONS = ("cash_in", "cash_out")
NO_SHIFT = "No active shift found for the current user"
FINAL_AMOUNTS = ("expected_cash_end", "actual_cash_end", "difference")


def cash_unit(currency: str) -> int:
    """Returns the minor units in one unit of this API: 1 for a cent or a peso, 100 for a rupiah."""
    return cash_unit_of(currency, money.exponent_of(currency))


def in_cash_units(amount: object, currency: str, field: str) -> int:
    """Converts an amount in the currency's smallest cash unit to minor units."""
    return money.parse_minor(amount, currency, field=field, unit=cash_unit(currency))


def whole_units(minor: int, currency: str) -> Any:
    """Converts minor units to the currency's smallest cash unit. Returns an int if the result is whole, else a Decimal."""
    return money.to_unit(minor, unit=cash_unit(currency))


@extend_schema_field({"type": "integer", "example": 500000})
class WholeUnitsField(serializers.Field[Any, Any, Any, Any]):
    """An amount in the currency's smallest cash unit."""

    def __init__(self, **kwargs: Any) -> None:
        # The API description requires every read-only field, so a field that may be absent is not marked as one.
        super().__init__(**{"read_only": kwargs.get("required", True), **kwargs})

    def get_attribute(self, instance: Any) -> Any:
        """Returns (amount, currency), or None for an amount that is not known yet."""
        amount = getattr(instance, self.source or "")
        return None if amount is None else (amount, instance.currency)

    def to_representation(self, value: tuple[int, str]) -> Any:
        return whole_units(*value)


@extend_schema_field({"type": "number", "example": 500000})
class UnitsSumField(WholeUnitsField):
    """A sum in the currency's smallest cash unit. It has a fraction if smaller amounts were reported."""


class OpenShiftSerializer(serializers.Serializer[Shift]):
    """An open shift. It has no fields for the final amounts."""

    id = serializers.UUIDField(source="uuid")
    user_id = serializers.UUIDField(source="user.uuid")
    start_cash = WholeUnitsField()
    status = serializers.CharField(source="state")
    start_time = InstantField(source="opened_at")


class EndedShiftSerializer(serializers.Serializer[Shift]):
    """A shift that was closed. Without a count its final amounts are absent: nobody knows them yet (law 5)."""

    id = serializers.UUIDField(source="uuid")
    user_id = serializers.UUIDField(source="user.uuid")
    start_cash = WholeUnitsField()
    expected_cash_end = UnitsSumField(required=False)
    actual_cash_end = UnitsSumField(required=False)
    difference = UnitsSumField(source="cash_difference", required=False)
    is_counted = serializers.BooleanField(help_text="False if the shift was closed without a count.")
    status = serializers.CharField(source="state")
    start_time = InstantField(source="opened_at")
    end_time = InstantField(source="closed_at")

    def to_representation(self, instance: Shift) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not instance.is_counted:
            for name in FINAL_AMOUNTS:
                del shown[name]
        return shown


class CashTransactionSerializer(serializers.Serializer[Movement]):
    """Cash in or out of a shift. `type` and `category` are returned as they were sent."""

    id = serializers.UUIDField(source="uuid")
    shift_id = serializers.UUIDField(source="session.uuid")
    type = serializers.SerializerMethodField()
    amount = WholeUnitsField()
    category = serializers.CharField(source="reason")
    description = serializers.CharField(source="note")
    user_id = serializers.UUIDField(source="recorded_by.uuid")
    created_at = InstantField(source="recorded_at")

    def get_type(self, movement: Movement) -> str:
        """`cash_in` or `cash_out`."""
        return "cash_in" if movement.destination_id == movement.session.register_id else "cash_out"  # type: ignore[union-attr]


class StartRequest(StrictSerializer):
    """The body of `POST /shifts/start`."""

    start_cash = WholeNumberField(min_value=0, help_text="The float, in the currency's smallest cash unit.")
    password = serializers.CharField(max_length=4096, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reads the amount in the currency of the store."""
        by = self.context["by"]
        user = find_person(user_id=None, by=by)
        currency = store_to_open_in(user=user, by=by).currency
        amount = money.parse_minor(attrs["start_cash"], currency, field="start_cash", unit=cash_unit(currency))
        return {"user": user, "counted": CountedAmount(currency=currency, amount=amount)}


class EndRequest(StrictSerializer):
    """The body of `POST /shifts/end`. A missing `actual_cash_end` means that nobody counted, never a counted zero."""

    password = serializers.CharField(max_length=4096, trim_whitespace=False)
    actual_cash_end = WholeNumberField(
        min_value=0,
        required=False,
        help_text="The counted amount, in the currency's smallest cash unit. "
        "If it is absent, the shift is closed without a count, and somebody else has to count the drawer.",
    )
    counts = CountsField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reads the amount in the currency of the open shift. Raises NothingOpen."""
        session = _current_shift(self.context["by"])
        if "actual_cash_end" not in attrs:
            if attrs.get("counts"):
                raise InvalidInput.of("actual_cash_end", "Count all the cash of the drawer, or none of it.")
            return {"session": session, "counted": None}
        currency = session.currency
        amount = money.parse_minor(
            attrs["actual_cash_end"], currency, field="actual_cash_end", unit=cash_unit(currency)
        )
        counted = CountedAmount(currency=currency, amount=amount)
        return {"session": session, "counted": counted, "others": others_of(attrs, read=in_cash_units)}


class PasswordRequest(serializers.Serializer[Any]):
    """The password in a start or end request. It is checked even if the caller gets a stored answer."""

    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class CashTransactionRequest(StrictSerializer):
    """The body of `POST /shifts/cash-transaction`."""

    type = serializers.ChoiceField(choices=CASH_DIRECTIONS)
    amount = WholeNumberField(min_value=1)
    category = TextField(min_length=1, max_length=50)
    description = TextField(max_length=500, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Maps `type` to a kind of movement. Cash out with the category `drop` is a drop into the vault."""
        session = _current_shift(self.context["by"])
        out = MovementKind.DROP if attrs["category"].lower() == DROP_CATEGORY else MovementKind.PAID_OUT
        kind = MovementKind.PAID_IN if attrs["type"] == "cash_in" else out
        refuse_role(kind, by=self.context["by"])
        return {
            "session": session,
            "kind": kind,
            "amount": money.parse_minor(
                attrs["amount"], session.currency, field="amount", unit=cash_unit(session.currency)
            ),
            "reason": attrs["category"],
            "note": attrs["description"],
        }


def _current_shift(by: Principal) -> CashSession:
    session = open_session_of(find_person(user_id=None, by=by), by=by)
    if session is None:
        raise NothingOpen(NO_SHIFT)
    return session


def _left_uncounted(session: CashSession, *, by: Principal, at: datetime) -> CashSession:
    try:
        return force_close_session(session=session, by=by, at=at, reason="shift ended without a count")
    except Conflict as error:  # somebody closed it at the same moment
        raise NothingOpen(NO_SHIFT) from error


def _answer(name: str, serializer: Any) -> Any:
    return inline_serializer(name, {"message": serializers.CharField(), "data": serializer})


class ShiftViewSet(ApiViewSet):
    """Starts a shift, shows it, moves cash in and out, and ends it with a blind count."""

    dialect = EnvelopeDialect
    at_drawer = ("active", "current", "cash_transaction")
    polled = {"active": KEPT, "current": KEPT}
    access = {
        "start": Access(),
        "end": Access(),
        "active": Access(),
        "current": Access(),
        "cash_transaction": Access(),
    }

    def confirm(self, request: Request) -> None:
        """Checks the password for start and end, also on a repeated request."""
        if self.action in ("start", "end"):
            asked = PasswordRequest(data=request.data if isinstance(request.data, dict) else {})
            asked.is_valid(raise_exception=True)
            confirm_password(
                by=self.by, password=asked.validated_data["password"], source=source_of(request._request), at=self.now
            )

    @extend_schema(
        operation_id="shift_start",
        parameters=[IDEMPOTENCY_KEY],
        request=StartRequest,
        responses={
            201: _answer("ShiftStartedAnswer", OpenShiftSerializer()),
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            409: ENVELOPE_ERROR,
            429: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    @action(detail=False, methods=["post"])
    def start(self, request: Request) -> Response:
        """Starts a shift with a counted float."""
        session = open_session(**self.validated(StartRequest), by=self.by, at=self.now)
        return Response(
            EnvelopeDialect.body("Shift started successfully", OpenShiftSerializer(Shift.of(session)).data), status=201
        )

    @extend_schema(
        operation_id="shift_end",
        parameters=[IDEMPOTENCY_KEY],
        request=EndRequest,
        responses={
            200: _answer("ShiftEndedAnswer", EndedShiftSerializer()),
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            404: ENVELOPE_ERROR,
            429: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    @action(detail=False, methods=["post"])
    def end(self, request: Request) -> Response:
        """Ends the shift with a blind count and shows the result. Without an amount, ends it without a count."""
        asked = self.validated(EndRequest)
        if asked["counted"] is None:
            session = _left_uncounted(asked["session"], by=self.by, at=self.now)
        else:
            session = close_session(**asked, by=self.by, at=self.now)
        return Response(EnvelopeDialect.body("Shift ended successfully", EndedShiftSerializer(Shift.of(session)).data))

    @extend_schema(
        operation_id="shift_active",
        responses={200: _answer("ShiftActiveAnswer", OpenShiftSerializer(allow_null=True)), 401: ENVELOPE_ERROR},
        tags=["Shifts"],
    )
    @action(detail=False, methods=["get"])
    def active(self, request: Request) -> Response:
        """Shows the open shift, or null."""
        session = open_session_of(find_person(user_id=None, by=self.by), by=self.by)
        shown = OpenShiftSerializer(Shift.of(session)).data if session else None
        return Response(EnvelopeDialect.body("Active shift retrieved successfully", shown))

    @extend_schema(
        operation_id="shift_current",
        responses={200: _answer("ShiftCurrentAnswer", OpenShiftSerializer()), 401: ENVELOPE_ERROR, 404: ENVELOPE_ERROR},
        tags=["Shifts"],
    )
    @action(detail=False, methods=["get"])
    def current(self, request: Request) -> Response:
        """Shows the open shift. Answers 404 if there is none."""
        session = _current_shift(self.by)
        return Response(
            EnvelopeDialect.body("Active shift retrieved successfully", OpenShiftSerializer(Shift.of(session)).data)
        )

    @extend_schema(
        operation_id="shift_cash_transaction",
        parameters=[IDEMPOTENCY_KEY],
        request=CashTransactionRequest,
        responses={
            201: _answer("CashTransactionAnswer", CashTransactionSerializer()),
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            404: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    @action(detail=False, methods=["post"], url_path="cash-transaction")
    def cash_transaction(self, request: Request) -> Response:
        """Books cash paid in, paid out or dropped to the vault during the shift."""
        movement = move_cash(**self.validated(CashTransactionRequest), by=self.by, at=self.now)
        return Response(
            EnvelopeDialect.body("Cash transaction created successfully", CashTransactionSerializer(movement).data),
            status=201,
        )
