"""Our own API for movements within a store and to the bank, and for reversals (docs/contracts.md, section 5)."""

from collections.abc import Sequence
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
from cashdesk.domain.visibility import COUNTED_PLACES, newest_by_place, note_periods_seen
from cashdesk.enums import CASH, MovementKind, Role, Scope, method_code
from cashdesk.models import Movement, Place
from cashdesk.movement_rules import kinds_where
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import (
    MethodField,
    ReferenceField,
    RowSerializer,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from cashdesk.web.list_filters import PAGE, STORE_OF_LIST, newest_for, of_store_or_session
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from settlements.domain.reversal_by_manager import reverse_movement
from settlements.domain.store_movement import UNDER_ACCOUNT, move_in_store
from settlements.filters.lists import MOVEMENT_PARAMETERS, MovementFilter
from settlements.queries import lists

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
    method = MethodField(min_length=1, default=CASH)
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
        held = open_session_of(by.user, by=by) if by.user is not None and not names_place else None
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
        fields: tuple[str, ...] = (
            "id", "store", "kind", "source", "destination", "amount", "currency", "method", "session", "reverses",
            "is_late", "business_date", "recorded_at", "reason", "note", "deposit",
        )  # fmt: skip


class ListedMovementSerializer(MovementSerializer):
    """A movement with its stations, the person who recorded it, and the rows that belong to it.

    A station is the number of a register, 0 for the vault, and null for a place outside the store.
    """

    source_station = serializers.SerializerMethodField()
    destination_station = serializers.SerializerMethodField()
    late_for_station = serializers.SerializerMethodField(
        help_text="For late money: the register or vault whose closed period it explains."
    )
    payment = serializers.CharField(
        source="payment.external_id", default=None, allow_null=True, help_text="The point of sale's id of its payment."
    )
    reversed_by = serializers.UUIDField(
        source="reversed_by.uuid", default=None, allow_null=True, help_text="Id of the movement that reversed it."
    )
    change_order = serializers.UUIDField(
        source="change_order.uuid", default=None, allow_null=True, help_text="For a change order that arrived: its id."
    )
    user_id = serializers.IntegerField(
        source="recorded_by_id", allow_null=True, help_text="Id of the person who recorded it; null for a program."
    )

    class Meta(MovementSerializer.Meta):
        fields = (
            *MovementSerializer.Meta.fields, "source_station", "destination_station", "late_for_station", "payment",
            "reversed_by", "change_order", "user_id", "occurred_at",
        )  # fmt: skip

    def get_source_station(self, row: Movement) -> int | None:
        return _station(row.source)

    def get_destination_station(self, row: Movement) -> int | None:
        return _station(row.destination)

    def get_late_for_station(self, row: Movement) -> int | None:
        return _station(row.late_for)


def _station(place: Place | None) -> int | None:
    return place.number if place is not None and place.kind in COUNTED_PLACES else None


class MovementViewSet(ApiViewSet):
    """List movements, move money within a store and to the bank, and reverse a movement.

    Movements never change and are never deleted.
    """

    dialect = ProblemDialect
    queryset = Movement.objects.none()
    filterset_class = MovementFilter
    query_parameters = {"list": ("store", *MOVEMENT_PARAMETERS, *NewestFirst.parameters)}
    at_drawer = ("create",)
    polled = {"list": POLLED, "retrieve": POLLED}
    access = {
        "list": Access(scope=Scope.SETTLEMENTS_READ),
        "retrieve": Access(scope=Scope.SETTLEMENTS_READ),
        "create": Access(scope=Scope.SETTLEMENTS_WRITE),
        "reverse": Access(role=Role.MANAGER, scope=Scope.SESSIONS_WRITE),
    }

    @extend_schema(
        operation_id="movements",
        parameters=[STORE_OF_LIST, *PAGE],
        responses={200: ListedMovementSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Movements"],
    )
    def list(self, request: Request) -> Response:
        """Lists movements of a store, newest first.

        Managers and API keys see all movements; every look at a place that is not counted yet is noted in the audit
        trail. A cashier must name one of their own closed sessions (`session`), and the list is empty until that
        session is counted. The `Link` header leads to the next page.
        """
        rows = self.filter_queryset(of_store_or_session(lists.movements(by=self.by), request, by=self.by))
        pages = newest_for(self.by, rows, instant="recorded_at")
        page = pages.page(rows, request)
        self._note_seen(page)
        return Response(ListedMovementSerializer(page, many=True).data, headers=pages.headers())

    @extend_schema(
        operation_id="movement",
        responses={200: ListedMovementSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Movements"],
    )
    def retrieve(self, request: Request, movement_id: UUID) -> Response:
        """Shows one movement. A cashier sees movements of their own counted sessions."""
        found = lists.movement(by=self.by, movement_id=movement_id)
        self._note_seen([found])
        return Response(ListedMovementSerializer(found).data)

    def _note_seen(self, page: Sequence[Movement]) -> None:
        ends = ((place, row.recorded_at) for row in page for place in (row.source_id, row.destination_id))
        sessions = {row.session_id for row in page if row.session_id is not None}
        note_periods_seen(places=newest_by_place(ends), sessions=sessions, by=self.by, at=self.now)

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
