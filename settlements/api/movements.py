"""Our own API for movements within a store and to the bank, and for reversals (docs/contracts.md, section 5)."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money
from cashdesk import queries as ledger_queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.store.store_reference import store_for
from cashdesk.enums import CASH, MovementKind, Role, Scope, method_code
from cashdesk.models import Movement
from cashdesk.movement_kinds import kinds_where
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import ReferenceField, RowSerializer, StrictSerializer, TextField, WholeNumberField
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from settlements.domain.reversal_by_manager import reverse_movement
from settlements.domain.store_movement import UNDER_ACCOUNT, move_in_store

# Entries of the cashbook come last: the published description lists the kinds in this order.
MOVED_BY_HAND: Final = sorted(kinds_where(lambda rule: rule.is_by_hand), key=lambda kind: kind in UNDER_ACCOUNT)


class MovementRequest(StrictSerializer):
    """The body of `POST /movements`.

    The store and the register default to the caller's own. The currency defaults to the store's, and the method to
    cash.
    """

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in MOVED_BY_HAND])
    amount = WholeNumberField(min_value=1, help_text="Amount in minor units.")
    currency = TextField(
        min_length=3, max_length=3, required=False, help_text="ISO 4217. Default: the store's currency."
    )
    method = TextField(min_length=1, max_length=32, default=CASH)
    store = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store.")
    station = WholeNumberField(
        min_value=0, max_value=2**31 - 1, required=False, help_text="Number of the register; 0 is the vault."
    )
    reason = TextField(
        max_length=50,
        default="",
        allow_blank=True,
        help_text="Required for PAID_IN and PAID_OUT: the code of a cashbook account.",
    )
    note = TextField(max_length=500, default="", allow_blank=True)
    bag_number = TextField(
        max_length=64, default="", allow_blank=True, help_text="For a DEPOSIT: the number on the bag."
    )
    slip_number = TextField(max_length=64, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Finds the store and its currency. Without a store and a station, the caller's open session decides."""
        by: Principal = self.context["by"]
        names_place = attrs["store"] or "station" in attrs or by.user is None
        held = open_session_of(by.user) if by.user is not None and not names_place else None
        store = held.store if held is not None else store_for(reference=attrs["store"], by=by)
        currency = attrs.get("currency", store.currency)
        money.exponent_of(currency)
        return {
            **attrs,
            "kind": MovementKind(attrs["kind"]),
            "store": store,
            "held": held,
            "currency": currency,
            "method": method_code(attrs["method"]),
        }


class ReverseRequest(StrictSerializer):
    """The body of `POST /movements/{id}/reverse`."""

    reason = TextField(min_length=1, max_length=50)


class MovementSerializer(RowSerializer[Movement]):
    """A movement. `amount` is in minor units; `source` and `destination` are kinds of places."""

    id = serializers.UUIDField(source="uuid")
    store = serializers.CharField(source="store.number")
    source = serializers.CharField(source="source.kind")  # type: ignore[assignment]  # a field of this name, over DRF's attribute
    destination = serializers.CharField(source="destination.kind")
    session = serializers.IntegerField(source="session_id", allow_null=True)
    reverses = serializers.UUIDField(source="reverses.uuid", default=None, allow_null=True)
    deposit = serializers.UUIDField(
        source="deposit.uuid", default=None, allow_null=True, help_text="For a DEPOSIT: its id."
    )

    class Meta:
        model = Movement
        fields = (
            "id", "store", "kind", "source", "destination", "amount", "currency", "method", "session", "reverses",
            "is_late", "business_date", "recorded_at", "reason", "note", "deposit",
        )  # fmt: skip


class MovementViewSet(ApiViewSet):
    """Move money within a store and to the bank, and reverse a movement.

    Movements never change and are never deleted.
    """

    dialect = ProblemDialect
    queryset = Movement.objects.none()
    access = {
        "create": Access(scope=Scope.SETTLEMENTS_WRITE),
        "reverse": Access(role=Role.MANAGER, scope=Scope.SESSIONS_WRITE),
    }

    @extend_schema(
        operation_id="movement_make",
        parameters=[IDEMPOTENCY_KEY],
        request=MovementRequest,
        responses={201: MovementSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 409: PROBLEM},
        tags=["Movements"],
    )
    def create(self, request: Request) -> Response:
        """Books a drop, a loan, a deposit, a withdrawal, or money paid in or out."""
        movement = move_in_store(**self.validated(MovementRequest), by=self.by, at=self.now)
        return Response(MovementSerializer(movement).data, status=201)

    @extend_schema(
        operation_id="movement_reverse",
        parameters=[IDEMPOTENCY_KEY],
        request=ReverseRequest,
        responses={201: MovementSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM},
        tags=["Movements"],
    )
    def reverse(self, request: Request, movement_id: UUID) -> Response:
        """Books the opposite movement, once.

        If the period is closed, the reversal is late. The reversal of a deposit cancels the deposit.
        """
        asked: dict[str, Any] = self.validated(ReverseRequest)
        movement = ledger_queries.movement(by=self.by, movement_id=movement_id)
        reversal = reverse_movement(movement=movement, by=self.by, at=self.now, **asked)
        return Response(MovementSerializer(reversal).data, status=201)
